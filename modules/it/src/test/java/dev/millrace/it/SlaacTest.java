package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Cidr;
import dev.millrace.NameServers;
import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A stack that is given no IPv6 address, on an Ethernet with real routers, hosts and switches.
@Timeout(180)
class SlaacTest {
    private static final String PREFIX = "2001:db8:77::/64";
    private static final String ROUTER = "2001:db8:77::1";

    private final LeakCheck leaks = new LeakCheck();
    private final List<Path> files = new ArrayList<>();
    private NetworkNamespace ns;
    private Stack stack;

    private void lab(String... programs) throws IOException {
        String missing = NetworkNamespace.missing(programs).orElse(null);
        assumeTrue(missing == null, missing);
        ns = new NetworkNamespace();
    }

    @AfterEach
    void close() throws Exception {
        if (stack != null) {
            stack.close();
        }
        if (ns != null) {
            ns.close();
        }
        for (Path f : files) {
            Files.deleteIfExists(f);
        }
        leaks.close();
    }

    private String sh(String command) throws IOException {
        return ns.run(Duration.ofSeconds(60), "bash", "-c", command).orFail();
    }

    private Path file(String text) throws IOException {
        Path f = Files.createTempFile("slaac", ".txt");
        files.add(f);
        return Files.writeString(f, text);
    }

    /// The kernel is a router on `e0`; the link of the stack is the other end.
    private void ethernet(String link) throws IOException {
        sh("sysctl -qw net.ipv6.conf.all.forwarding=1");
        if (link.startsWith("tap")) {
            ns.addDevice("e0", "tap", ROUTER + "/64");
        } else {
            // The stack has the MAC address of e1, and the kernel would forward what comes to it.
            sh("ip link add e0 type veth peer name e1 && sysctl -qw net.ipv6.conf.e1.disable_ipv6=1 && ip link set e1 up && ip link set e0 up && ip addr add " + ROUTER
                    + "/64 dev e0 nodad");
        }
    }

    private void open(String link, String... addressesAndOptions) throws Exception {
        stack = ns.call(() -> Stack.builder().name("slaac").nic("nic", link, nic -> {
            for (String a : addressesAndOptions) {
                int equals = a.indexOf('=');
                if (equals < 0) {
                    nic.address(a);
                } else {
                    nic.option(a.substring(0, equals), a.substring(equals + 1));
                }
            }
        }).option("tcp", "time-wait", "20ms").open());
    }

    private Process radvd(String prefix, String more) throws IOException {
        Path conf = file("interface e0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 12;\n"
                + " AdvLinkMTU 1400; " + more + "\n prefix " + PREFIX + " { AdvOnLink on; AdvAutonomous on; " + prefix + " };\n };\n");
        Path pid = file("");
        Files.delete(pid);
        return ns.start(file(""), "radvd", "-n", "-C", conf.toString(), "-p", pid.toString(), "-m", "stderr");
    }

    private static <T> T await(String what, Callable<T> question) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        T answer = null;
        while (answer == null && System.nanoTime() < until) {
            answer = question.call();
            if (answer == null) {
                Thread.sleep(20);
            }
        }
        assertNotNull(answer, "in a minute: " + what);
        return answer;
    }

    private NicAddress address(String origin, State state) {
        return stack.nics().getFirst().addressDetails().stream()
                .filter(a -> a.origin().equals(origin) && a.state() == state).findFirst().orElse(null);
    }

    private boolean hasDefaultRoute() {
        return stack.routes().stream().anyMatch(r -> r.to().equals(Cidr.parse("::/0")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap:e0", "packet:e1"})
    void addressRouteAndNameServersComeAndGo(String link) throws Exception {
        lab("radvd", "ping", "socat", "ndisc6", "sysctl");
        ethernet(link);
        Process radvd = radvd("AdvValidLifetime 14; AdvPreferredLifetime 7;", "RDNSS 2001:db8:77::53 { AdvRDNSSLifetime 12; };\n"
                + "route 2001:db8:88::/48 { AdvRouteLifetime 12; };");
        open(link, "slaac");
        NicAddress own = await("an address", () -> address("slaac", State.PREFERRED));
        String host = own.address().toString();
        assertTrue(Cidr.parse(PREFIX).contains(own.address()));
        await("a default route", () -> hasDefaultRoute() ? true : null);
        assertTrue(stack.routes().stream().anyMatch(r -> r.to().equals(Cidr.parse("2001:db8:88::/48"))), stack.routes().toString());
        assertEquals("2001:db8:77:0:0:0:0:53",
                stack.service(NameServers.class).orElseThrow().list().getFirst().address().getHostAddress());

        // The kernel finds it, pings it, and speaks TCP with it, both ways.
        sh("ping -c 20 -i 0.2 -W 5 " + host + " | grep -v ' 100% packet loss'");
        String found = sh("ndisc6 -r 10 -w 2000 " + host + " e0");
        assertTrue(found.contains("Target link-layer address"), found);
        byte[] data = new byte[1 << 20];
        new Random(3).nextBytes(data);
        Path in = file("");
        Files.write(in, data);
        try (TcpListener listener = stack.tcp().listen(5003)) {
            Thread.startVirtualThread(() -> {
                try (TcpSocket s = listener.accept()) {
                    s.inputStream().transferTo(s.outputStream());
                    s.shutdownOutput();
                } catch (IOException e) {
                    // The other end sees it.
                }
            });
            assertEquals(sh("sha256sum < " + in), sh("socat -t 30 TCP6:[" + host + "]:5003 - < " + in + " | sha256sum"));
        }
        Process echo = ns.start(file(""), "socat", "TCP6-LISTEN:6003,reuseaddr", "EXEC:cat");
        TcpSocket socket = await("a connection", () -> {
            try {
                return stack.tcp().connect(new InetSocketAddress(ROUTER, 6003), Duration.ofSeconds(5));
            } catch (IOException e) {
                return null;
            }
        });
        try (socket) {
            socket.write(data, 0, 1000);
            socket.shutdownOutput();
            assertEquals(1000, socket.inputStream().readAllBytes().length);
            assertEquals(own.address(), IpAddress.of(socket.localAddress().getAddress()));
        } finally {
            echo.destroy();
        }

        // The router goes without a word: all of it ends.
        radvd.destroyForcibly();
        await("an address that is deprecated", () -> address("slaac", State.PREFERRED) == null ? true : null);
        await("no address", () -> address("slaac", State.DEPRECATED) == null ? true : null);
        await("no default route", () -> hasDefaultRoute() ? null : true);
        await("no name servers", () -> stack.service(NameServers.class).orElseThrow().list().isEmpty() ? true : null);
        assertNotNull(address("link-local", State.PREFERRED), "this one stays");
    }

    @Test
    void temporaryAddressesAreWhatConnectionsComeFrom() throws Exception {
        lab("radvd", "socat", "sysctl");
        ethernet("tap:e0");
        radvd("AdvValidLifetime 7200; AdvPreferredLifetime 3600;", "");
        open("tap:e0", "slaac", "temporary-addresses=true");
        NicAddress temporary = await("a temporary address", () -> address("temporary", State.PREFERRED));
        Process echo = ns.start(file(""), "socat", "TCP6-LISTEN:6003,reuseaddr", "SYSTEM:echo $SOCAT_PEERADDR");
        TcpSocket socket = await("a connection", () -> {
            try {
                return stack.tcp().connect(new InetSocketAddress(ROUTER, 6003), Duration.ofSeconds(5));
            } catch (IOException e) {
                return null;
            }
        });
        try (socket) {
            socket.shutdownOutput();
            String seen = new String(socket.inputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII).trim();
            assertEquals(temporary.address(), IpAddress.parse(seen.replaceAll("[\\[\\]]", "")));
        } finally {
            echo.destroy();
        }
    }

    /// The kernel has the address, or wants one that the stack has.
    @Test
    void duplicatesAreFoundByBothSides() throws Exception {
        lab("sysctl");
        ethernet("tap:e0");
        sh("ip addr add fd00:1::2/64 dev e0 nodad && ip addr add 10.0.0.2/24 dev e0");
        open("tap:e0", "dad=true", "fd00:1::2/64", "fd00:1::3/64", "10.0.0.2/24", "10.0.0.3/24");
        for (String taken : List.of("fd00:1::2", "10.0.0.2")) {
            await(taken + " is taken", () -> state(taken) == State.DUPLICATE ? true : null);
        }
        for (String free : List.of("fd00:1::3", "10.0.0.3")) {
            await(free + " is free", () -> state(free) == State.PREFERRED ? true : null);
        }
        assertEquals(2, stack.counters().get("neighbors").get("duplicate-addresses"));
        sh("ip addr add fd00:1::3/64 dev e0");
        await("the kernel gives it up", () -> sh("ip -6 addr show dev e0").contains("dadfailed") ? true : null);
        assertEquals(State.PREFERRED, state("fd00:1::3"));
    }

    private State state(String address) {
        return stack.nics().getFirst().addressDetails().stream().filter(a -> a.address().equals(IpAddress.parse(address)))
                .map(NicAddress::state).findFirst().orElse(null);
    }

    /// A switch that looks which groups a port wants gives the stack its neighbours' questions.
    @Test
    void aSnoopingSwitchKnowsTheStacksGroups() throws Exception {
        lab("ping", "sysctl", "bridge");
        sh("ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_query_response_interval 100 && ip link set br0 up");
        sh("ip link add p0 type veth peer name e1 && ip link set p0 master br0 && ip link set p0 up && ip link set e1 up");
        sh("ip addr add fd00:1::1/64 dev br0 nodad");
        open("packet:e1", "fd00:1::ab:cdef/64");
        await("the group in the bridge's table", () -> sh("bridge mdb show").contains("ff02::1:ffab:cdef") ? true : null);
        await("an answer", () -> ns.run("ping", "-c", "3", "-i", "0.2", "-W", "2", "fd00:1::ab:cdef").code() == 0 ? true : null);
        stack.close();
        stack = null;
    }
}
