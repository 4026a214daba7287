package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What programs on whole stacks notice of the boxes between them, in simulated time.
class BehindNatTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private LeakCheck leaks;
    private Internet net;

    @BeforeEach
    void open() {
        leaks = new LeakCheck();
        net = Internet.virtualTime(9);
    }

    @AfterEach
    void close() {
        net.close();
        leaks.close();
    }

    private static LinkConditions delay(int ms) {
        return LinkConditions.perfect().delay(Duration.ofMillis(ms));
    }

    /// Tells whoever sends to UDP port 7 where that comes from, after a time.
    private static void rendezvous(Host host, Duration after) {
        host.run(() -> {
            try (UdpSocket s = host.stack().udp().bind(new InetSocketAddress(7))) {
                while (true) {
                    InetSocketAddress from = s.receive(ByteBuffer.allocate(100));
                    host.sleep(after);
                    s.send(ByteBuffer.wrap((from.getHostString() + " " + from.getPort()).getBytes()), from);
                }
            } catch (SocketException e) {
                // The end.
            }
        });
    }

    private static String receive(UdpSocket s) throws IOException {
        var b = ByteBuffer.allocate(100);
        s.receive(b);
        return new String(b.array(), 0, b.position());
    }

    private static InetSocketAddress outsideOf(UdpSocket s) throws IOException {
        s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("198.51.100.1", 7));
        String[] place = receive(s).split(" ");
        return new InetSocketAddress(place[0], Integer.parseInt(place[1]));
    }

    @ParameterizedTest
    @CsvSource({
        "ENDPOINT_INDEPENDENT, ENDPOINT_INDEPENDENT, true",
        "ENDPOINT_INDEPENDENT, ADDRESS_AND_PORT_DEPENDENT, true",
        "ADDRESS_AND_PORT_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT, false"})
    void holesCanBePunchedIfMappingsDoNotDependOnThePeer(NatBehavior mapping, NatBehavior filtering, boolean through)
            throws Exception {
        // RFC 5128 §3.3
        NatOptions options = NatOptions.DEFAULT.withMapping(mapping).withFiltering(filtering).withPortPreservation(false);
        rendezvous(net.host("server", "198.51.100.1"), Duration.ZERO);
        Host a = net.nat("na", "203.0.113.1", options).host("a", "192.168.1.2");
        Host b = net.nat("nb", "203.0.113.2", options).host("b", "192.168.1.2");
        try (UdpSocket sa = a.stack().udp().bind(new InetSocketAddress(5000));
                UdpSocket sb = b.stack().udp().bind(new InetSocketAddress(5000))) {
            sa.setReadTimeout(SECOND);
            sb.setReadTimeout(SECOND);
            InetSocketAddress outsideA = outsideOf(sa);
            InetSocketAddress outsideB = outsideOf(sb);
            sa.send(ByteBuffer.wrap("from a".getBytes()), outsideB);
            sb.send(ByteBuffer.wrap("from b".getBytes()), outsideA);
            if (through) {
                assertEquals("from b", receive(sa));
                sa.send(ByteBuffer.wrap("again".getBytes()), outsideB);
                String first = receive(sb);
                assertEquals("again", first.equals("from a") ? receive(sb) : first);
            } else {
                assertThrows(SocketTimeoutException.class, () -> receive(sa));
                assertThrows(SocketTimeoutException.class, () -> receive(sb));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"299, true", "301, false"})
    void anAnswerThatTakesLongerThanTheMappingIsLost(int seconds, boolean through) throws Exception {
        rendezvous(net.host("server", "198.51.100.1"), Duration.ofSeconds(seconds));
        NatBox home = net.nat("home", "203.0.113.1", NatOptions.DEFAULT);
        Host pc = home.host("pc", "192.168.1.2");
        try (UdpSocket s = pc.stack().udp().bind(new InetSocketAddress(5000))) {
            s.setReadTimeout(Duration.ofSeconds(400));
            if (through) {
                assertEquals("203.0.113.1", outsideOf(s).getHostString());
            } else {
                assertThrows(SocketTimeoutException.class, () -> outsideOf(s));
                assertEquals(1, home.counters().get("dropped-nat-no-mapping"));
            }
        }
    }

    private static void discard(Host host) {
        host.run(() -> {
            try (TcpListener l = host.stack().tcp().listen(9)) {
                while (true) {
                    try (TcpSocket s = l.accept()) {
                        var b = ByteBuffer.allocate(1 << 16);
                        int sum = 0;
                        for (int n; (n = s.read(b.clear())) >= 0;) {
                            sum += n;
                        }
                        s.write(ByteBuffer.wrap(Integer.toString(sum).getBytes()));
                    }
                }
            } catch (IOException e) {
                // The end.
            }
        });
    }

    private static String send(Host host, int bytes) throws IOException {
        try (TcpSocket s = host.stack().tcp().connect(new InetSocketAddress("198.51.100.1", 9), Duration.ofSeconds(10))) {
            s.write(ByteBuffer.allocate(bytes));
            s.shutdownOutput();
            var b = ByteBuffer.allocate(100);
            while (s.read(b) >= 0) {
                // To the end.
            }
            return new String(b.array(), 0, b.position());
        }
    }

    @Test
    void aSmallMtuOutsideIsFoundOutThroughTheTranslator() throws Exception {
        // RFC 5508 REQ-4: the error quotes the packet as the host sent it, or the host would not know it.
        Host server = net.host("server", "198.51.100.1");
        NatBox home = net.nat("home", "203.0.113.1", NatOptions.DEFAULT);
        Host pc = home.host("pc", "192.168.1.2");
        net.router("r", "192.0.2.1");
        net.link("home", "r", delay(1));
        net.link("r", "server", delay(1).mtu(1300));
        discard(server);
        assertEquals("100000", send(pc, 100_000));
        assertTrue(net.counters().get("too-big") >= 1, net.counters().toString());
    }

    @Test
    void aSmallMtuBehindAFirewallIsFoundOut() throws Exception {
        Host server = net.host("server", "198.51.100.1");
        FirewallBox wall = net.firewall("wall", FirewallOptions.DEFAULT, "10.0.0.254");
        Host pc = wall.host("pc", "10.0.0.2");
        net.router("r", "192.0.2.1");
        net.link("wall", "r", delay(1));
        net.link("r", "server", delay(1).mtu(1300));
        discard(server);
        assertEquals("100000", send(pc, 100_000));
        assertTrue(net.counters().get("too-big") >= 1, net.counters().toString());
    }

    @Test
    void aTranslatorThatRebootsLosesConnectionsAndTakesNewOnes() throws Exception {
        Host server = net.host("server", "198.51.100.1");
        NatBox home = net.nat("home", "203.0.113.1", NatOptions.DEFAULT);
        Host pc = home.host("pc", "192.168.1.2");
        discard(server);
        try (TcpSocket s = pc.stack().tcp().connect(new InetSocketAddress("198.51.100.1", 9), Duration.ofSeconds(10))) {
            home.forget();
            s.setReadTimeout(Duration.ofSeconds(30));
            s.write(ByteBuffer.allocate(10));
            s.shutdownOutput();
            assertThrows(SocketTimeoutException.class, () -> s.read(ByteBuffer.allocate(10)));
        }
        assertEquals("1000", send(pc, 1000));
        assertTrue(home.counters().get("dropped-out-of-state") >= 1, home.counters().toString());
    }

    @Test
    void aFullTranslatorTellsItsHosts() throws Exception {
        rendezvous(net.host("server", "198.51.100.1"), Duration.ZERO);
        NatBox home = net.nat("home", "203.0.113.1", NatOptions.DEFAULT.withMaxMappings(1));
        Host pc = home.host("pc", "192.168.1.2");
        try (UdpSocket one = pc.stack().udp().bind(new InetSocketAddress(5000));
                UdpSocket two = pc.stack().udp().bind(new InetSocketAddress(5001))) {
            two.setReadTimeout(SECOND);
            outsideOf(one);
            assertThrows(IOException.class, () -> outsideOf(two));
            outsideOf(one);
            assertEquals(1, home.counters().get("dropped-nat-table-full"));
        }
    }

    @Test
    void aSmallMtuInsideIsFoundOutByWhoSendsFromOutside() throws Exception {
        Host server = net.host("server", "198.51.100.1");
        NatBox home = net.nat("home", "203.0.113.1", NatOptions.DEFAULT.withForward(PortForward.tcp(80, "192.168.1.2", 80)));
        Host pc = home.host("pc", "192.168.1.2");
        Host laptop = home.host("laptop", "192.168.1.3");
        net.link("pc", "home", delay(1).mtu(1300));
        // From outside, and from inside by the address outside.
        for (Host sender : new Host[] {server, laptop}) {
            Program<String> program = pc.call(() -> {
                try (TcpListener l = pc.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                    return Integer.toString(s.inputStream().readAllBytes().length);
                }
            });
            try (TcpSocket s = sender.stack().tcp().connect(new InetSocketAddress("203.0.113.1", 80), Duration.ofSeconds(10))) {
                s.write(ByteBuffer.allocate(100_000));
            }
            assertEquals("100000", program.get(Duration.ofSeconds(60)));
        }
        assertTrue(net.counters().get("too-big") >= 2, net.counters().toString());
    }

    @Test
    void hostsBehindAPrefixTranslatorHaveAddressesOutside() throws Exception {
        // RFC 6296
        Host server = net.host("server", "2001:db8:5::1");
        NatBox home = net.nat("home", "203.0.113.1", NatOptions.DEFAULT.withPrefixTranslation(Cidr.parse("fd01:203:405::/48"),
                Cidr.parse("2001:db8:1::/48")));
        Host pc = home.host("pc", "fd01:203:405:1::1234");
        Host laptop = home.host("laptop", "fd01:203:405:1::9");
        net.link("pc", "home", delay(1).mtu(1300));
        discard(pc);
        for (Host sender : new Host[] {server, laptop}) {
            try (TcpSocket s = sender.stack().tcp().connect(new InetSocketAddress("2001:db8:1:d550::1234", 9),
                    Duration.ofSeconds(10))) {
                s.write(ByteBuffer.allocate(100_000));
                s.shutdownOutput();
                assertEquals("100000", new String(s.inputStream().readAllBytes()));
            }
        }
        rendezvous(server, Duration.ZERO);
        try (UdpSocket s = pc.stack().udp().connect(new InetSocketAddress("2001:db8:5::1", 7))) {
            s.setReadTimeout(SECOND);
            s.send(ByteBuffer.wrap(new byte[1]), null);
            assertTrue(receive(s).startsWith("2001:db8:1:d550:0:0:0:1234 "));
        }
        assertTrue(net.counters().get("too-big") >= 2, net.counters().toString());
    }
}
