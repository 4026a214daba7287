package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Datagrams that do not fit the links on their way: cut by their sender or by a router, made whole by their receiver.
@Timeout(60)
class FragmentsOnTheWayTest {
    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(3);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    private static byte[] data(int n) {
        byte[] b = new byte[n];
        new Random(n).nextBytes(b);
        return b;
    }

    private static byte[] receive(UdpSocket s) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(65536);
        s.receive(b);
        return Arrays.copyOf(b.array(), b.position());
    }

    private Host[] hosts(String a, String b) throws IOException {
        Host one = net.host("one", a);
        Host two = net.host("two", b);
        net.router("r", "192.0.2.1", "2001:db8:9::1");
        net.link("one", "r", LinkConditions.perfect().delay(Duration.ofMillis(1)));
        net.link("r", "two", LinkConditions.perfect().delay(Duration.ofMillis(1)).mtu(1300));
        return new Host[] {one, two};
    }

    @Test
    void overIpv4TheRouterCutsOnceMore() throws Exception {
        Host[] hosts = hosts("198.51.100.1", "203.0.113.1");
        try (UdpSocket to = hosts[1].stack().udp().bind(new InetSocketAddress(7));
                UdpSocket from = hosts[0].stack().udp().connect(new InetSocketAddress("203.0.113.1", 7))) {
            to.setReadTimeout(Duration.ofSeconds(1));
            for (int size : new int[] {1000, 1400, 3000, 65507}) {
                from.send(ByteBuffer.wrap(data(size)), null);
                assertArrayEquals(data(size), receive(to));
            }
            from.setOption(UdpOptions.DONT_FRAGMENT, true);
            from.send(ByteBuffer.wrap(data(1400)), null);
            assertThrows(IOException.class, () -> receive(to), "too large, and nobody may cut it");
            assertEquals("Message too long", assertThrows(IOException.class, () -> from.tryReceive(ByteBuffer.allocate(1))).getMessage());
            assertEquals(1300, from.getOption(UdpOptions.PATH_MTU));
            assertThrows(IOException.class, () -> from.send(ByteBuffer.wrap(data(1273)), null));
            from.send(ByteBuffer.wrap(data(1272)), null);
            assertArrayEquals(data(1272), receive(to));
        }
    }

    @Test
    void overIpv6TheSenderLearnsAndCuts() throws Exception {
        Host[] hosts = hosts("2001:db8:1::1", "2001:db8:2::1");
        try (UdpSocket to = hosts[1].stack().udp().bind(new InetSocketAddress(7));
                UdpSocket from = hosts[0].stack().udp().bind(new InetSocketAddress(8))) {
            to.setReadTimeout(Duration.ofSeconds(1));
            var address = new InetSocketAddress("2001:db8:2::1", 7);
            from.send(ByteBuffer.wrap(data(3000)), address);
            assertThrows(IOException.class, () -> receive(to), "lost, as each first datagram to a narrow path");
            for (int size : new int[] {1000, 1400, 3000, 65527}) {
                from.send(ByteBuffer.wrap(data(size)), address);
                assertArrayEquals(data(size), receive(to));
            }
        }
        assertTrue(net.counters().get("too-big") >= 1);
    }
}
