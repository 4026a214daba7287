package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopologyTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private LeakCheck leaks;
    private Internet net;

    @BeforeEach
    void open() {
        leaks = new LeakCheck();
        net = Internet.virtualTime(5);
    }

    @AfterEach
    void close() {
        net.close();
        leaks.close();
    }

    private static LinkConditions delay(int ms) {
        return LinkConditions.perfect().delay(Duration.ofMillis(ms));
    }

    /// Answers each datagram, and says where it came from.
    private static void echo(Host host) {
        host.run(() -> {
            try (UdpSocket s = host.stack().udp().bind(new InetSocketAddress(7))) {
                var b = ByteBuffer.allocate(65535);
                while (true) {
                    InetSocketAddress from = s.receive(b.clear());
                    s.send(ByteBuffer.wrap(from.toString().getBytes()), from);
                }
            } catch (SocketException e) {
                // The end.
            }
        });
    }

    private static String ask(Host host, String whom) throws IOException {
        try (UdpSocket s = host.stack().udp().connect(new InetSocketAddress(whom, 7))) {
            s.setReadTimeout(SECOND);
            s.send(ByteBuffer.wrap(new byte[] {1}), null);
            var b = ByteBuffer.allocate(1000);
            s.receive(b);
            return new String(b.array(), 0, b.position());
        }
    }

    private static void serve(Host host, int port, int bytes) {
        host.run(() -> {
            try (TcpListener l = host.stack().tcp().listen(port)) {
                while (true) {
                    try (TcpSocket s = l.accept()) {
                        s.write(ByteBuffer.allocate(bytes));
                    }
                }
            } catch (SocketException e) {
                // The end.
            }
        });
    }

    private static int fetch(Host host, String whom, int port) throws IOException {
        try (TcpSocket s = host.stack().tcp().connect(new InetSocketAddress(whom, port), Duration.ofSeconds(10))) {
            var b = ByteBuffer.allocate(1 << 16);
            int sum = 0;
            for (int n; (n = s.read(b.clear())) >= 0;) {
                sum += n;
            }
            return sum;
        }
    }

    @Test
    void routersForwardOverSeveralHopsU31() throws Exception {
        Host a = net.host("a", "10.1.0.1", "fd00:1::1");
        Host b = net.host("b", "10.2.0.1", "fd00:2::1");
        net.router("r1", "10.1.0.254", "fd00:1::fe");
        net.router("r2", "10.2.0.254");
        net.link("a", "r1", delay(1));
        net.link("r1", "r2", delay(10));
        net.link("r2", "b", delay(1));
        echo(b);
        assertTrue(ask(a, "10.2.0.1").startsWith("/10.1.0.1:"));
        assertEquals(24, net.now().toMillis());
        ask(a, "fd00:2::1");
        serve(b, 80, 100_000);
        assertEquals(100_000, fetch(a, "10.2.0.1", 80));
    }

    @Test
    void whatLeadsNowhereIsAnsweredByTheRouter() throws Exception {
        Host a = net.host("a", "10.1.0.1");
        net.router("r1", "10.1.0.254");
        net.link("a", "r1", delay(1));
        assertEquals("Network is unreachable",
                assertThrows(SocketException.class, () -> fetch(a, "10.9.9.9", 80)).getMessage());
        Host b = net.host("b", "10.2.0.1");
        assertThrows(NoRouteToHostException.class, () -> fetch(b, "10.9.9.9", 80));
    }

    @Test
    void aWayIsFoundAroundALinkOutOfService() throws Exception {
        Host a = net.host("a", "10.1.0.1");
        Host b = net.host("b", "10.2.0.1");
        for (String r : List.of("ra", "rb", "detour")) {
            net.router(r);
        }
        net.link("a", "ra", delay(1));
        net.link("b", "rb", delay(1));
        NetworkLink direct = net.link("ra", "rb", delay(5));
        net.link("ra", "detour", delay(50));
        net.link("detour", "rb", delay(50));
        echo(b);
        ask(a, "10.2.0.1");
        assertEquals(14, net.now().toMillis());
        direct.setUp(false);
        ask(a, "10.2.0.1");
        assertEquals(14 + 204, net.now().toMillis());
        direct.setUp(true);
        try (Fault cut = direct.cut()) {
            // Nobody knows that it is cut.
            assertThrows(SocketTimeoutException.class, () -> ask(a, "10.2.0.1"));
        }
        ask(a, "10.2.0.1");
    }

    @Test
    void aSmallMtuOnTheWayIsFoundOut() throws Exception {
        Host a = net.host("a", "10.1.0.1", "fd00:1::1");
        Host b = net.host("b", "10.2.0.1", "fd00:2::1");
        net.router("r1", "10.1.0.254", "fd00:1::fe");
        net.router("r2", "10.2.0.254", "fd00:2::fe");
        net.link("a", "r1", delay(1));
        net.link("r1", "r2", delay(1).mtu(1300));
        net.link("r2", "b", delay(1));
        serve(b, 80, 100_000);
        assertEquals(100_000, fetch(a, "10.2.0.1", 80));
        assertEquals(100_000, fetch(a, "fd00:2::1", 80));
        assertTrue(net.counters().get("too-big") >= 2, net.counters().toString());
    }

    @Test
    void aSmallMtuBetweenTwoHostsIsFoundOut() throws Exception {
        Host a = net.host("a", "10.1.0.1");
        Host b = net.host("b", "10.2.0.1");
        net.link("a", "b", delay(1).mtu(1300));
        serve(b, 80, 100_000);
        assertEquals(100_000, fetch(a, "10.2.0.1", 80));
    }

    @Test
    void broadcastReachesAllOfASubnetAndNobodyElse() throws Exception {
        net.subnet("lan", "10.1.0.0/24");
        net.router("r", "10.1.0.254");
        net.link("lan", "r", delay(1));
        List<Host> lan = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            lan.add(net.host("h" + i, "10.1.0." + i + "/24"));
            net.link("h" + i, "lan", delay(1));
        }
        Host far = net.host("far", "10.2.0.1");
        net.link("far", "r", delay(1));
        echo(far);
        lan.forEach(TopologyTest::echo);
        try (UdpSocket s = lan.getFirst().stack().udp().bind(new InetSocketAddress(9999))) {
            s.setReadTimeout(SECOND);
            s.setOption(StandardSocketOptions.SO_BROADCAST, true);
            for (String to : List.of("10.1.0.255", "255.255.255.255")) {
                s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress(to, 7));
                var who = new ArrayList<String>();
                assertThrows(SocketTimeoutException.class, () -> {
                    while (true) {
                        who.add(s.receive(ByteBuffer.allocate(100)).getHostString());
                    }
                });
                who.remove("10.1.0.1");
                who.sort(null);
                assertEquals(List.of("10.1.0.2", "10.1.0.3"), who, to);
            }
        }
        assertTrue(ask(lan.getFirst(), "10.2.0.1").startsWith("/10.1.0.1:"));
        assertTrue(ask(lan.getFirst(), "10.1.0.2").startsWith("/10.1.0.1:"));
    }

    @Test
    void behindATranslatorHostsAreReachedOnlyWhenTheyBegin() throws Exception {
        Host server = net.host("server", "198.51.100.1");
        NatBox home = net.nat("home", "203.0.113.7", NatOptions.DEFAULT.withForward(PortForward.tcp(8080, "192.168.1.2", 80)));
        Host pc = home.host("pc", "192.168.1.2");
        NatBox other = net.nat("other", "203.0.113.8", NatOptions.DEFAULT);
        Host twin = other.host("twin", "192.168.1.2");
        echo(server);
        serve(server, 80, 50_000);
        assertTrue(ask(pc, "198.51.100.1").startsWith("/203.0.113.7:"));
        assertTrue(ask(twin, "198.51.100.1").startsWith("/203.0.113.8:"));
        assertEquals(50_000, fetch(pc, "198.51.100.1", 80));
        serve(pc, 80, 100);
        assertEquals(100, fetch(server, "203.0.113.7", 8080));
        assertEquals(100, fetch(twin, "203.0.113.7", 8080));
        echo(pc);
        assertThrows(SocketTimeoutException.class, () -> ask(server, "203.0.113.7"));
        assertThrows(IOException.class, () -> ask(server, "192.168.1.2"));
        assertEquals(2, home.counters().get("mappings"));
        home.forget();
    }

    @Test
    void translatorsStandBehindTranslators() throws Exception {
        Host server = net.host("server", "198.51.100.1");
        NatBox carrier = net.nat("carrier", "203.0.113.7", NatOptions.DEFAULT);
        NatBox home = carrier.nat("home", "100.64.0.2", NatOptions.DEFAULT);
        Host pc = home.host("pc", "192.168.1.2");
        net.link("carrier", "internet", delay(20));
        serve(server, 80, 10_000);
        echo(server);
        assertTrue(ask(pc, "198.51.100.1").startsWith("/203.0.113.7:"));
        assertEquals(40, net.now().toMillis());
        assertEquals(10_000, fetch(pc, "198.51.100.1", 80));
        try (Fault cut = net.cut("pc", "server")) {
            assertThrows(SocketTimeoutException.class, () -> ask(pc, "198.51.100.1"));
        }
        ask(pc, "198.51.100.1");
    }

    @Test
    void aFirewallLetsInWhatItsRulesAllow() throws Exception {
        Host out = net.host("out", "198.51.100.1");
        FirewallBox wall = net.firewall("wall", FirewallOptions.DEFAULT.withRule("allow in tcp from any to 10.0.0.2 port 80")
                .withRule("reject in tcp from any to any"), "10.0.0.254");
        Host in = wall.host("in", "10.0.0.2");
        serve(in, 80, 1000);
        serve(in, 81, 1000);
        serve(out, 80, 1000);
        echo(in);
        assertEquals(1000, fetch(out, "10.0.0.2", 80));
        assertEquals(1000, fetch(in, "198.51.100.1", 80));
        assertThrows(ConnectException.class, () -> fetch(out, "10.0.0.2", 81));
        assertThrows(SocketTimeoutException.class, () -> ask(out, "10.0.0.2"));
        wall.setOptions(FirewallOptions.DEFAULT.withRule("allow in udp from any to any port 7"));
        ask(out, "10.0.0.2");
    }

    @Test
    void aBoxLinkedElsewhereIsNotInTheMiddleAnyMore() throws Exception {
        Host server = net.host("server", "198.51.100.1");
        NatBox home = net.nat("home", "203.0.113.7", NatOptions.DEFAULT);
        Host pc = home.host("pc", "192.168.1.2");
        net.router("isp", "203.0.113.1");
        net.link("home", "isp", delay(5));
        echo(server);
        assertThrows(IOException.class, () -> ask(pc, "198.51.100.1"));
        net.link("isp", "internet", delay(5));
        Duration begin = net.now();
        ask(pc, "198.51.100.1");
        assertEquals(20, net.now().minus(begin).toMillis());
    }

    @Test
    void whatIsToBefallAHostThatIsGoneDoesNotHappen() throws Exception {
        net.host("a", "10.0.0.1");
        net.host("b", "10.0.0.2");
        net.at(SECOND).crash("b").cut("a", "b", SECOND).isolate("b").partition(List.of("a"), List.of("b")).heal("a", "b")
                .change("a", "b", c -> c.loss(1));
        net.runFor(SECOND.multipliedBy(3));
        assertEquals(List.of(), net.faults());
        assertEquals(List.of("a"), List.copyOf(net.hosts().keySet()));
    }

    @Test
    void cutsLoseWhatIsOnItsWayToo() throws Exception {
        Host a = net.host("a", "10.1.0.1");
        Host b = net.host("b", "10.2.0.1");
        Host c = net.host("c", "10.2.0.2");
        net.router("r");
        net.link("a", "r", delay(100));
        net.link("b", "r", delay(0));
        net.link("b", "c", delay(100));
        try (UdpSocket atB = b.stack().udp().bind(new InetSocketAddress(9));
                UdpSocket overTheRouter = a.stack().udp().connect(new InetSocketAddress("10.2.0.1", 9));
                UdpSocket direct = c.stack().udp().connect(new InetSocketAddress("10.2.0.1", 9))) {
            atB.setReadTimeout(SECOND);
            for (String[] ends : new String[][] {{"a", "r"}, {"b", "c"}}) {
                for (boolean cut : new boolean[] {true, false}) {
                    (ends[0].equals("a") ? overTheRouter : direct).send(ByteBuffer.allocate(1), null);
                    net.runFor(Duration.ofMillis(50));
                    try (Fault _ = cut ? net.cut(ends[0], ends[1]) : net.isolate("r")) {
                        net.runFor(Duration.ofMillis(100));
                    }
                    if (cut) {
                        assertThrows(SocketTimeoutException.class, () -> atB.receive(ByteBuffer.allocate(1)), ends[0]);
                    } else {
                        atB.receive(ByteBuffer.allocate(1));
                    }
                }
            }
        }
    }

    @Test
    void partitionsAndIsolationsHeal() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        net.host("b", "10.0.0.2");
        Host c = net.host("c", "10.0.0.3");
        for (Host h : net.hosts().values()) {
            echo(h);
        }
        try (Fault p = net.partition(List.of("a", "b"), List.of("c"))) {
            ask(a, "10.0.0.2");
            assertThrows(SocketTimeoutException.class, () -> ask(a, "10.0.0.3"));
            assertThrows(SocketTimeoutException.class, () -> ask(c, "10.0.0.2"));
            assertEquals(2, p.packets());
        }
        ask(a, "10.0.0.3");
        net.isolate("a");
        assertThrows(SocketTimeoutException.class, () -> ask(a, "10.0.0.2"));
        assertEquals(1, net.faults().size());
        net.healAll();
        assertEquals(List.of(), net.faults());
        ask(a, "10.0.0.2");
        net.at(net.now().plus(SECOND)).cut("a", "b", SECOND.multipliedBy(5));
        net.runFor(SECOND.multipliedBy(2));
        assertThrows(SocketTimeoutException.class, () -> ask(a, "10.0.0.2"));
        net.runFor(SECOND.multipliedBy(5));
        ask(a, "10.0.0.2");
    }

    @Test
    void packetsAreDroppedAndDelayedByPredicate() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Host b = net.host("b", "10.0.0.2");
        echo(b);
        serve(b, 80, 1000);
        try (Fault f = net.drop("no-udp", PacketView::isUdp)) {
            assertThrows(SocketTimeoutException.class, () -> ask(a, "10.0.0.2"));
            assertEquals(1000, fetch(a, "10.0.0.2", 80));
            assertEquals(1, f.packets());
            assertEquals(1, net.counters().get("no-udp"));
        }
        Duration begin = net.now();
        try (Fault _ = net.delay(p -> p.isFrom(b), Duration.ofMillis(300))) {
            ask(a, "10.0.0.2");
        }
        assertEquals(300, net.now().minus(begin).toMillis());
    }

    @Test
    void aCrashedHostTellsNobodyAndAnotherMayTakeItsPlace() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Host b = net.host("b", "10.0.0.2");
        Program<Integer> p = b.call(() -> {
            try (TcpListener l = b.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                return s.read(ByteBuffer.allocate(1));
            }
        });
        try (TcpSocket s = a.stack().tcp().connect(new InetSocketAddress("10.0.0.2", 80), SECOND)) {
            b.crash();
            s.setReadTimeout(SECOND);
            assertThrows(SocketTimeoutException.class, () -> s.read(ByteBuffer.allocate(1)));
            Host again = net.host("b", "10.0.0.2");
            serve(again, 80, 10);
            assertEquals(10, fetch(a, "10.0.0.2", 80));
            // The new one knows nothing of the old connection.
            s.write(ByteBuffer.wrap(new byte[1]));
            assertThrows(SocketException.class, () -> {
                s.setReadTimeout(SECOND.multipliedBy(5));
                s.read(ByteBuffer.allocate(1));
            });
        }
        assertTrue(p.isDone());
        assertFalse(b.isOpen());
    }

    @Test
    void namesThatAreNotThereAreTold() throws Exception {
        net.host("shop", "10.0.0.1");
        var e = assertThrows(IllegalArgumentException.class, () -> net.link("shpo", "shop", delay(1)));
        assertTrue(e.getMessage().contains("did you mean shop?"), e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> net.host("shop", "10.0.0.9"));
        assertThrows(IllegalArgumentException.class, () -> net.host("a b", "10.0.0.9"));
        assertThrows(IllegalArgumentException.class, () -> net.at(SECOND).cut("shop", "bank"));
        assertThrows(IllegalStateException.class, () -> net.take());
    }
}
