package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Path MTU discovery against a kernel that forwards to a narrow link: the stack's packets go by TUN to a namespace that is
/// the router, and from there to another one. The router tells what is too big, or iptables keeps it from telling.
@Timeout(120)
class TunPathMtuTest {
    private static final String FAR_V4 = "10.5.0.1";
    private static final String FAR_V6 = "fd00:5::1";

    /// Answers each connection with the SHA-256 of all that came, each datagram with its own, and says when it listens.
    private static final String PEER = """
            import hashlib, socket, threading
            u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            u.bind(('::', 9007))
            s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
            s.bind(('::', 9009))
            s.listen()
            def echo():
                while True:
                    data, who = u.recvfrom(65536)
                    u.sendto(hashlib.sha256(data).digest(), who)
            threading.Thread(target=echo, daemon=True).start()
            print('ready', flush=True)
            while True:
                c, _ = s.accept()
                h = hashlib.sha256()
                while True:
                    data = c.recv(1 << 20)
                    if not data:
                        break
                    h.update(data)
                c.sendall(h.digest())
                c.close()
            """;

    private static void narrow(TunLab lab, NetworkNamespace far, int mtu, boolean icmp) throws Exception {
        lab.sh("ip link add r0 type veth peer name f0 netns " + far.name() + " && ip link set r0 mtu " + mtu
                + " && ip addr add 10.5.0.254/24 dev r0 && ip addr add fd00:5::fe/64 dev r0 nodad && ip link set r0 up && "
                + "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0");
        if (!icmp) {
            lab.sh("iptables -A OUTPUT -p icmp -j DROP && ip6tables -A OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP");
        }
        for (String command : new String[] {"addr add 10.5.0.1/24 dev f0", "addr add fd00:5::1/64 dev f0 nodad", "link set f0 up",
            "route add default via 10.5.0.254", "-6 route add default via fd00:5::fe"}) {
            far.run(("ip " + command).split(" ")).orFail();
        }
        Path program = Files.writeString(lab.folder().resolve("peer.py"), PEER);
        Path log = lab.folder().resolve("peer.log");
        far.start(log, "python3", program.toString());
        Await.until(() -> says(log, "ready"), () -> "the peer did not start");
        // The two ends of the link know each other.
        Await.until(() -> ping(far, "10.5.0.254") && ping(far, "fd00:5::fe") || !icmp && ping(far, "fd00:5::fe"), () -> "no link");
    }

    private static boolean says(Path log, String word) {
        try {
            return Files.readString(log).contains(word);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean ping(NetworkNamespace from, String to) {
        try {
            return from.run("ping", "-c", "1", "-W", "1", to).code() == 0;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long counter(TunLab lab, String group, String name) {
        return lab.stack.counters().get(group).getOrDefault(name, 0L);
    }

    /// Writes until the path's MTU is what is expected, and a megabyte more; all must arrive as it was.
    private static void transfer(TcpSocket s, int mtu) throws Exception {
        var random = new Random(1);
        MessageDigest sum = MessageDigest.getInstance("SHA-256");
        byte[] data = new byte[1 << 20];
        long limit = System.nanoTime() + 60_000_000_000L;
        boolean found = false;
        while (!found) {
            found = s.info().sending().pathMtu() == mtu || System.nanoTime() - limit > 0;
            random.nextBytes(data);
            sum.update(data);
            s.write(ByteBuffer.wrap(data));
        }
        s.shutdownOutput();
        s.setReadTimeout(Duration.ofSeconds(30));
        ByteBuffer answer = ByteBuffer.allocate(32);
        while (answer.hasRemaining() && s.read(answer) >= 0) {
            Thread.onSpinWait();
        }
        assertArrayEquals(sum.digest(), answer.array());
        assertEquals(mtu, s.info().sending().pathMtu(), () -> "" + s.info());
    }

    @ParameterizedTest
    @CsvSource({"10.5.0.1,true", "10.5.0.1,false", "fd00:5::1,true", "fd00:5::1,false"})
    void aRouterThatTellsIsBelieved(String to, boolean offload) throws Exception {
        try (TunLab lab = new TunLab(offload ? Map.of() : Map.of("offload", "false"), false, false, "python3", "sysctl", "ping");
                var far = new NetworkNamespace()) {
            narrow(lab, far, 1400, true);
            try (TcpSocket s = lab.stack.tcp().connect(new InetSocketAddress(to, 9009), Duration.ofSeconds(10))) {
                transfer(s, 1400);
            }
            assertEquals(0, counter(lab, "tcp", "mtu-black-holes"));
            assertEquals(1, counter(lab, to.contains(":") ? "ipv6" : "ipv4", "path-mtus-learned"));
        }
    }

    @ParameterizedTest
    @CsvSource({"10.5.0.1,true", "10.5.0.1,false", "fd00:5::1,true", "fd00:5::1,false"})
    void aRouterThatDropsInSilenceIsFoundOut(String to, boolean offload) throws Exception {
        try (TunLab lab = new TunLab(offload ? Map.of() : Map.of("offload", "false"), false, false, "python3", "sysctl", "ping",
                "iptables", "ip6tables"); var far = new NetworkNamespace()) {
            narrow(lab, far, 1400, false);
            long began = System.nanoTime();
            try (TcpSocket s = lab.stack.tcp().connect(new InetSocketAddress(to, 9009), Duration.ofSeconds(10))) {
                transfer(s, 1400);
                assertTrue(s.info().totals().timeouts() >= 3);
            }
            assertTrue(System.nanoTime() - began < 30_000_000_000L, "took " + (System.nanoTime() - began) / 1_000_000 + " ms");
            assertTrue(counter(lab, "tcp", "mtu-black-holes") >= 1);
            assertEquals(0, counter(lab, to.contains(":") ? "ipv6" : "ipv4", "icmp-type-" + (to.contains(":") ? 2 : 3) + "-received"));
            // The next connection knows.
            try (TcpSocket s = lab.stack.tcp().connect(new InetSocketAddress(to, 9009), Duration.ofSeconds(10))) {
                assertEquals(1400, s.info().sending().pathMtu());
                transfer(s, 1400);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void overALinkBelowTheFloorRoutersMayFragment(boolean offload) throws Exception {
        try (TunLab lab = new TunLab(offload ? Map.of() : Map.of("offload", "false"), false, false, "python3", "sysctl", "ping");
                var far = new NetworkNamespace()) {
            narrow(lab, far, 1400, true);
            // The least that the kernel lets an IPv4 link have, but for a few bytes; IPv6 ends with it.
            lab.sh("ip link set r0 mtu 296");
            try (TcpSocket s = lab.stack.tcp().connect(new InetSocketAddress(FAR_V4, 9009), Duration.ofSeconds(10))) {
                transfer(s, 552);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {FAR_V4, FAR_V6})
    void datagramsReachTheOtherEndWhole(String to) throws Exception {
        try (TunLab lab = new TunLab(Map.of(), false, false, "python3", "sysctl", "ping"); var far = new NetworkNamespace()) {
            narrow(lab, far, 1400, true);
            try (UdpSocket s = lab.stack.udp().connect(new InetSocketAddress(to, 9007))) {
                s.setReadTimeout(Duration.ofMillis(500));
                byte[] data = new byte[9000];
                new Random(2).nextBytes(data);
                ByteBuffer b = ByteBuffer.allocate(65536);
                for (int i = 0; b.position() == 0 && i < 20; i++) {
                    try {
                        s.send(ByteBuffer.wrap(data), null);
                        s.receive(b);
                    } catch (IOException e) {
                        // Lost, as each first datagram to a narrow path over IPv6.
                        assertTrue(to.contains(":") || i < 5, "" + e);
                    }
                }
                assertArrayEquals(MessageDigest.getInstance("SHA-256").digest(data), Arrays.copyOf(b.array(), b.position()));
            }
        }
    }
}
