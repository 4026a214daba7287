package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Path MTU discovery of whole stacks: with routers that tell, with a firewall that drops what they tell, and as time goes by.
@Timeout(120)
class PathMtuTest {
    private LeakCheck leaks;
    private Internet net;
    private Host sink;
    private NetworkLink narrow;

    @BeforeEach
    void open() {
        leaks = new LeakCheck();
        net = Internet.virtualTime(7);
    }

    @AfterEach
    void close() {
        net.close();
        leaks.close();
    }

    private static LinkConditions delay() {
        return LinkConditions.perfect().delay(Duration.ofMillis(2));
    }

    /// A host `sender` behind a firewall, a router behind it, and a narrow link from there to `sink`, which throws away what it
    /// gets and answers with how much it was.
    private Host sender(boolean icmp, String... options) throws IOException {
        sink = net.host("sink", "198.51.100.1", "2001:db8:2::1");
        FirewallOptions rules = icmp ? FirewallOptions.DEFAULT
                : FirewallOptions.DEFAULT.withStateful(false).withDefaults(FirewallRule.Action.ALLOW, FirewallRule.Action.ALLOW)
                        .withRule("drop in icmp from any to any");
        FirewallBox wall = net.firewall("wall", rules, "10.0.0.254", "2001:db8:1::fe");
        Host sender = wall.host("sender", "10.0.0.2", "2001:db8:1::2");
        net.router("r", "192.0.2.1", "2001:db8:9::1");
        net.link("wall", "r", delay());
        narrow = net.link("r", "sink", delay().mtu(1400));
        sink.run(() -> {
            try (TcpListener l = sink.stack().tcp().listen(9)) {
                while (true) {
                    TcpSocket s = l.accept();
                    sink.run(() -> discard(s));
                }
            } catch (SocketException e) {
                // The end.
            }
        });
        return sender;
    }

    private static void discard(TcpSocket s) throws IOException {
        try (s) {
            var b = ByteBuffer.allocate(1 << 16);
            while (s.read(b.clear()) >= 0) {
                if (b.get(b.position() - 1) == 1) {
                    s.write(ByteBuffer.wrap(new byte[] {1}));
                }
            }
        }
    }

    /// Writes so much, and waits until all has arrived.
    private static void write(TcpSocket s, int bytes) throws IOException {
        byte[] data = new byte[bytes];
        data[bytes - 1] = 1;
        s.write(ByteBuffer.wrap(data));
        assertEquals(1, s.read(ByteBuffer.allocate(1)));
    }

    private static TcpSocket connect(Host host, String to) throws IOException {
        TcpSocket s = host.stack().tcp().connect(new InetSocketAddress(to, 9), Duration.ofSeconds(10));
        s.setReadTimeout(Duration.ofSeconds(60));
        return s;
    }

    private static long counter(Host host, String group, String name) {
        return host.stack().counters().get(group).getOrDefault(name, 0L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.51.100.1", "2001:db8:2::1"})
    void aFirewallThatDropsIcmpCostsASecondOnceT17(String to) throws Exception {
        Host host = sender(false);
        try (TcpSocket s = connect(host, to)) {
            Duration began = net.now();
            write(s, 100_000);
            assertTrue(net.now().minus(began).toMillis() < 2500, "took " + net.now().minus(began));
            for (int i = 0; i < 40; i++) {
                write(s, 300_000);
            }
            assertEquals(1400, s.info().sending().pathMtu(), () -> "" + s.info());
        }
        assertEquals(0, counter(host, to.contains(":") ? "ipv6" : "ipv4", "icmp-errors-received"));
        assertEquals(1, counter(host, "tcp", "mtu-black-holes"));
        assertTrue(counter(host, "tcp", "mtu-probes-sent") > counter(host, "tcp", "mtu-probes-lost"));
        // What one has found out the next one knows.
        try (TcpSocket s = connect(host, to)) {
            assertEquals(1400, s.info().sending().pathMtu());
            Duration began = net.now();
            write(s, 100_000);
            assertTrue(net.now().minus(began).toMillis() < 200, "took " + net.now().minus(began));
            assertEquals(0, s.info().totals().timeouts());
        }
    }

    @Test
    void andDatagramsOverIpv6FitThen() throws Exception {
        Host host = sender(false);
        try (UdpSocket in = sink.stack().udp().bind(new InetSocketAddress(7));
                UdpSocket out = host.stack().udp().connect(new InetSocketAddress("2001:db8:2::1", 7))) {
            in.setReadTimeout(Duration.ofSeconds(1));
            byte[] data = new byte[3000];
            new Random(1).nextBytes(data);
            out.send(ByteBuffer.wrap(data), null);
            ByteBuffer b = ByteBuffer.allocate(65536);
            assertThrows(IOException.class, () -> in.receive(b), "nobody knows of the narrow link");
            try (TcpSocket s = connect(host, "2001:db8:2::1")) {
                for (int i = 0; i < 40; i++) {
                    write(s, 300_000);
                }
            }
            assertEquals(1400, out.getOption(UdpOptions.PATH_MTU));
            out.send(ByteBuffer.wrap(data), null);
            in.receive(b);
            assertArrayEquals(data, Arrays.copyOf(b.array(), b.position()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.51.100.1", "2001:db8:2::1"})
    void whereRoutersTellNothingIsProbed(String to) throws Exception {
        Host host = sender(true);
        try (TcpSocket s = connect(host, to)) {
            write(s, 1_000_000);
            assertEquals(1400, s.info().sending().pathMtu());
            assertEquals(0, s.info().totals().timeouts());
            assertEquals(Long.MAX_VALUE, s.info().sending().ssthresh(), "no congestion");
            write(s, 1_000_000);
        }
        assertEquals(0, counter(host, "tcp", "mtu-probes-sent"));
        assertEquals(1, counter(host, to.contains(":") ? "ipv6" : "ipv4", "path-mtus-learned"));
    }

    /// RFC 1191 §6.3, RFC 8201 §4: an open connection's segments grow again when what was learned has had its time.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPathThatHasBecomeWiderIsUsedAfterTenMinutes(boolean icmp) throws Exception {
        Host host = sender(icmp);
        try (TcpSocket s = connect(host, "198.51.100.1")) {
            for (int i = 0; i < 40; i++) {
                write(s, 300_000);
            }
            assertEquals(1400, s.info().sending().pathMtu());
            narrow.setConditions(delay());
            write(s, 300_000);
            assertEquals(1400, s.info().sending().pathMtu());
            net.runFor(Duration.ofMinutes(10));
            for (int i = 0; i < 3; i++) {
                write(s, 300_000);
            }
            assertEquals(1500, s.info().sending().pathMtu());
            assertEquals(icmp ? 0 : 5, s.info().totals().timeouts());
        }
    }
}
