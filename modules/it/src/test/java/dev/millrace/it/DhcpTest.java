package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import dev.millrace.config.StackConfigFile;
import dev.millrace.dhcp.Dhcp;
import dev.millrace.dhcp.Dhcp.Lease;
import dev.millrace.dhcp.Dhcp.State;
import dev.millrace.dns.Resolver;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Stacks that lease their addresses from dnsmasq.
@Timeout(180)
class DhcpTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    /// An Ethernet in a namespace with a server on it.
    private final class DhcpLab implements AutoCloseable {
        final LeakCheck leaks = new LeakCheck();
        final NetworkNamespace ns;
        final Path log = folder.resolve("dnsmasq.log");
        final Path leases = folder.resolve("dnsmasq.leases");
        private Process server;

        DhcpLab(boolean tap, String... programs) throws Exception {
            String missing = NetworkNamespace.missing(programs).orElse(null);
            assumeTrue(missing == null, missing);
            ns = new NetworkNamespace();
            try {
                if (tap) {
                    ns.addDevice("e0", "tap", "10.7.0.1/24");
                } else {
                    ns.run("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1").orFail();
                    ns.run("ip", "link", "set", "e1", "up").orFail();
                    ns.run("ip", "addr", "add", "10.7.0.1/24", "dev", "e0").orFail();
                    ns.run("ip", "link", "set", "e0", "up").orFail();
                }
            } catch (Throwable t) {
                ns.close();
                throw t;
            }
        }

        void serve(String range, String... more) throws Exception {
            var command = new ArrayList<>(List.of("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts",
                    "--no-resolv", "--interface=e0", "--bind-dynamic", "--log-dhcp", "--log-facility=-", "--pid-file=",
                    "--no-ping", "--user=root", "--dhcp-authoritative", "--dhcp-leasefile=" + leases, "--dhcp-range=" + range,
                    "--domain=lab.test", "--address=/www.lab.test/10.7.0.80"));
            command.addAll(List.of(more));
            server = ns.start(log, command.toArray(String[]::new));
            awaitTrue(() -> logged("IP range"), () -> "dnsmasq has not begun");
        }

        void stop() throws Exception {
            server.destroy();
            assertTrue(server.waitFor(30, TimeUnit.SECONDS));
        }

        boolean logged(String text) {
            try {
                return Files.exists(log) && Files.readString(log).contains(text);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        Stack open(String link, Map<String, String> options) throws Exception {
            return ns.call(() -> Stack.builder().name("leased").nic("nic", link, nic -> {
                nic.address("dhcp").option("mac", "02:00:00:00:07:07");
                options.forEach(nic::option);
            }).option("tcp", "time-wait", "20ms").open());
        }

        void awaitTrue(Callable<Boolean> what, Callable<String> otherwise) throws Exception {
            Await.until(what, () -> otherwise.call() + "\n" + text(log));
        }

        static String text(Path file) {
            try {
                return Files.exists(file) ? Files.readString(file) : "";
            } catch (IOException e) {
                return e.toString();
            }
        }

        @Override
        public void close() throws Exception {
            ns.close();
            leaks.close();
        }
    }

    private static Dhcp dhcp(Stack stack) {
        return stack.service(Dhcp.class).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap:e0", "packet:e1"})
    void aLeaseIsTakenUsedRenewedAndGivenBack(String link) throws Exception {
        try (DhcpLab lab = new DhcpLab(link.startsWith("tap"), "dnsmasq", "socat", "ping")) {
            lab.serve("10.7.0.100,10.7.0.150,255.255.255.0,2m", "--dhcp-option=option:classless-static-route,0.0.0.0/0,10.7.0.1,"
                    + "10.88.0.0/16,10.7.0.2", "--dhcp-option=option:mtu,1400", "--dhcp-option=option:domain-search,lab.test,b.test");
            Process echo = lab.ns.start(folder.resolve("socat.log"), "socat", "TCP4-LISTEN:6003,reuseaddr,fork", "EXEC:cat");
            try (Stack stack = lab.open(link, Map.of("dhcp-hostname", "box"))) {
                Lease lease = dhcp(stack).awaitLease("nic", PATIENCE);
                String address = lease.address().address().toString();
                assertTrue(Cidr.parse("10.7.0.0/24").contains(lease.address().address()) && lease.address().prefixLength() == 24);
                assertEquals(List.of(InetAddress.ofLiteral("10.7.0.1")), lease.nameServers());
                assertEquals("lab.test", lease.domain());
                assertEquals(List.of("lab.test", "b.test"), lease.searchDomains());
                assertEquals(1400, stack.nics().getFirst().mtu());
                assertEquals(120, Duration.between(lease.began(), lease.expires()).toSeconds());
                assertTrue(stack.routes().stream().anyMatch(r -> r.to().equals(Cidr.parse("10.88.0.0/16"))), stack.routes().toString());
                lab.awaitTrue(() -> DhcpLab.text(lab.leases).contains("02:00:00:00:07:07 " + address + " box"), () -> "not in the lease file");

                // TCP over it, to an address that only the default route leads to, and from the kernel.
                lab.ns.run("ip", "addr", "add", "10.99.0.1/32", "dev", "lo").orFail();
                for (String to : new String[] {"10.7.0.1", "10.99.0.1"}) {
                    try (TcpSocket socket = Lab.connect(stack, to, 6003)) {
                        socket.outputStream().write("hello".getBytes());
                        socket.shutdownOutput();
                        assertEquals("hello", new String(socket.inputStream().readAllBytes()));
                    }
                }
                assertTrue(lab.ns.run("ping", "-c", "1", "-W", "30", address).orFail().contains(" 0% packet loss"));

                Resolver resolver = Resolver.builder(stack)
                        .server(new InetSocketAddress(lease.nameServers().getFirst(), Resolver.PORT)).build();
                assertEquals(List.of(InetAddress.ofLiteral("10.7.0.80")), resolver.resolve("www.lab.test"));

                dhcp(stack).renew("nic");
                lab.awaitTrue(() -> dhcp(stack).lease("nic").orElseThrow().began().isAfter(lease.began())
                        && dhcp(stack).state("nic") == State.BOUND, () -> "not renewed: " + dhcp(stack).state("nic"));
                assertEquals(lease.address(), dhcp(stack).lease("nic").orElseThrow().address());

                dhcp(stack).release("nic");
                lab.awaitTrue(() -> lab.logged("DHCPRELEASE(e0) " + address), () -> "no release");
                lab.awaitTrue(() -> !DhcpLab.text(lab.leases).contains(address), () -> "still in the lease file");
                assertEquals(List.of(), stack.nics().getFirst().addresses());
                assertTrue(stack.routes().isEmpty(), stack.routes().toString());

                dhcp(stack).renew("nic");
                dhcp(stack).awaitLease("nic", PATIENCE);
            } finally {
                echo.destroy();
                echo.waitFor(10, TimeUnit.SECONDS);
            }
            // Whoever is closed gives back what was lent, though nobody waits for an answer of ARP then. A TAP device is down
            // at once, and dnsmasq does not always look at what came just before.
            lab.awaitTrue(() -> link.startsWith("tap") || DhcpLab.text(lab.log).split("DHCPRELEASE", -1).length == 3,
                    () -> "no release at the end");
        }
    }

    @Test
    void aRestartWithALeaseFileGetsTheSameAddressAndAnotherNetworkRefusesIt() throws Exception {
        Path file = folder.resolve("lease");
        try (DhcpLab lab = new DhcpLab(false, "dnsmasq")) {
            lab.serve("10.7.0.100,10.7.0.150,255.255.255.0,1h");
            Map<String, String> options = Map.of("dhcp-lease-file", file.toString());
            Cidr address;
            try (Stack stack = lab.open("packet:e1", options)) {
                address = dhcp(stack).awaitLease("nic", PATIENCE).address();
            }
            assertTrue(Files.readString(file).contains("address = " + address.address()));
            int discovers = DhcpLab.text(lab.log).split("DHCPDISCOVER", -1).length;
            try (Stack stack = lab.open("packet:e1", options)) {
                assertEquals(address, dhcp(stack).awaitLease("nic", PATIENCE).address());
            }
            assertEquals(discovers, DhcpLab.text(lab.log).split("DHCPDISCOVER", -1).length, "asked for at once");
            assertFalse(lab.logged("DHCPRELEASE"));

            // The same station in another network: its server refuses the old address, and lends one of its own.
            lab.stop();
            lab.ns.run("ip", "addr", "flush", "dev", "e0").orFail();
            lab.ns.run("ip", "addr", "add", "10.8.0.1/24", "dev", "e0").orFail();
            Files.delete(lab.leases);
            lab.serve("10.8.0.100,10.8.0.150,255.255.255.0,1h");
            try (Stack stack = lab.open("packet:e1", options)) {
                Lease lease = dhcp(stack).awaitLease("nic", PATIENCE);
                assertTrue(Cidr.parse("10.8.0.0/24").contains(lease.address().address()), lease.toString());
                assertTrue(lab.logged("DHCPNAK(e0) " + address.address()), DhcpLab.text(lab.log));
            }
        }
    }

    /// The address that the server lends is another station's, of which the server does not know.
    @Test
    void anAddressThatTheKernelHasIsDeclined() throws Exception {
        try (DhcpLab lab = new DhcpLab(false, "dnsmasq")) {
            lab.ns.run("ip", "addr", "add", "10.7.0.100/24", "dev", "e0").orFail();
            lab.serve("10.7.0.100,10.7.0.101,255.255.255.0,1h", "--dhcp-host=02:00:00:00:07:07,10.7.0.100");
            try (Stack stack = lab.open("packet:e1", Map.of())) {
                lab.awaitTrue(() -> lab.logged("DHCPDECLINE(e0) 10.7.0.100"), () -> "not declined");
                assertEquals("10.7.0.101/24", dhcp(stack).awaitLease("nic", PATIENCE).address().toString());
            }
        }
    }

    @Test
    void aFileAsksForItInEitherWay() throws Exception {
        String nic = "[[nic]]\nname = \"nic\"\nlink = \"vnic:\"\nmedium = \"ethernet\"\n";
        for (String asked : new String[] {"dhcp = true\n", "addresses = [\"dhcp\", \"10.1.1.1/24\"]\n"}) {
            try (Stack stack = StackConfigFile.parse(nic + asked + "[dhcp]\nprobe-time = \"0s\"\n", "test").open()) {
                assertEquals(State.SELECTING, dhcp(stack).state("nic"));
            }
        }
        try (Stack stack = StackConfigFile.parse(nic, "test").open()) {
            assertTrue(stack.service(Dhcp.class).isEmpty());
        }
        var wrong = assertThrows(ConfigurationException.class, () -> StackConfigFile.parse(nic + "addresses = [\"dhpc\"]\n", "test"));
        assertTrue(wrong.getMessage().contains("no source of addresses"), wrong.getMessage());
    }
}
