package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// UDP sockets from end to end.
@Timeout(60)
class UdpTest {
    private Stack stack;

    @BeforeEach
    void open() throws IOException {
        stack = Lab.loopback();
    }

    @AfterEach
    void close() {
        stack.close();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {Lab.V4, Lab.V6})
    void datagramsComeWithTheirSender(String address) throws Exception {
        try (UdpSocket server = stack.udp().bind(9000); UdpSocket client = stack.udp().bind(new InetSocketAddress(address, 9001))) {
            client.send(bytes("one"), new InetSocketAddress(address, 9000));
            ByteBuffer b = ByteBuffer.allocate(100);
            assertEquals(new InetSocketAddress(address, 9001), server.receive(b));
            assertEquals("one", new String(b.array(), 0, b.position()));
            server.send(bytes("two"), new InetSocketAddress(address, 9001));
            assertEquals(new InetSocketAddress(address, 9000), client.receive(b.clear()));
        }
    }

    @Test
    void everySizeUpToTheLargestArrivesWhole() throws Exception {
        try (UdpSocket server = stack.udp().bind(9000); UdpSocket client = stack.udp().connect(new InetSocketAddress(Lab.V4, 9000))) {
            server.setReadTimeout(Duration.ofSeconds(5));
            for (int size : new int[] {0, 1, 7, 8, 255, 256, 257, 1472, 2040, 2048, 9000, 65507}) {
                byte[] data = new byte[size];
                new Random(size).nextBytes(data);
                client.send(ByteBuffer.wrap(data), null);
                ByteBuffer b = ByteBuffer.allocate(65536);
                server.receive(b);
                byte[] got = new byte[b.position()];
                b.flip().get(got);
                assertArrayEquals(data, got, "size " + size);
            }
            var e = assertThrows(SocketException.class, () -> client.send(ByteBuffer.allocate(65508), null));
            assertEquals("Message too long", e.getMessage());
        }
    }

    @Test
    void aShortBufferGetsTheBeginning() throws Exception {
        try (UdpSocket server = stack.udp().bind(9000); UdpSocket client = stack.udp().connect(new InetSocketAddress(Lab.V4, 9000))) {
            client.send(bytes("abcdef"), null);
            client.send(bytes("next"), null);
            ByteBuffer b = ByteBuffer.allocate(3);
            server.receive(b);
            assertEquals("abc", new String(b.array()));
            ByteBuffer c = ByteBuffer.allocate(10);
            server.receive(c);
            assertEquals("next", new String(c.array(), 0, c.position()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {Lab.V4, Lab.V6})
    void aClosedPortIsToldToConnectedSockets(String address) throws Exception {
        try (UdpSocket client = stack.udp().connect(new InetSocketAddress(address, 9))) {
            client.send(bytes("anyone?"), null);
            PortUnreachableException e = assertThrows(PortUnreachableException.class, () -> client.receive(ByteBuffer.allocate(1)));
            assertEquals(ErrorCode.PORT_UNREACHABLE, ErrorCode.of(e).orElseThrow());
            assertNull(client.tryReceive(ByteBuffer.allocate(1)), "told once");
        }
    }

    @Test
    void aConnectedSocketHearsItsPeerOnly() throws Exception {
        try (UdpSocket peer = stack.udp().bind(9000); UdpSocket stranger = stack.udp().bind(9001);
                UdpSocket client = stack.udp().connect(new InetSocketAddress(Lab.V4, 9000))) {
            InetSocketAddress to = client.localAddress();
            stranger.send(bytes("stranger"), to);
            peer.send(bytes("peer"), to);
            ByteBuffer b = ByteBuffer.allocate(20);
            client.receive(b);
            assertEquals("peer", new String(b.array(), 0, b.position()));
            assertNull(client.tryReceive(b.clear()));
        }
    }

    @Test
    void portsAreTakenOnce() throws Exception {
        try (UdpSocket first = stack.udp().bind(9000)) {
            assertEquals("Address already in use", assertThrows(BindException.class, () -> stack.udp().bind(9000)).getMessage());
            assertThrows(BindException.class, () -> stack.udp().bind(new InetSocketAddress("192.0.2.1", 9001)));
            assertTrue(first.isOpen());
        }
        stack.udp().bind(9000).close();
        assertEquals(0, stack.udp().socketCount());
    }

    @Test
    void aFullReceiveBufferDropsAndCounts() throws Exception {
        try (UdpSocket server = stack.udp().bind(9000); UdpSocket client = stack.udp().connect(new InetSocketAddress(Lab.V4, 9000))) {
            server.setOption(StandardSocketOptions.SO_RCVBUF, 8192);
            for (int i = 0; i < 100; i++) {
                client.send(ByteBuffer.allocate(1000), null);
            }
            int received = 0;
            while (server.tryReceive(ByteBuffer.allocate(1000)) != null) {
                received++;
            }
            assertTrue(received > 0 && received < 20, "received " + received);
            assertEquals(100 - received, server.dropped());
            assertEquals(100L - received, stack.counters().get("drops").get("receive-buffer-full"));
            client.send(bytes("room again"), null);
            assertTrue(server.tryReceive(ByteBuffer.allocate(100)) != null);
        }
    }

    @Test
    void waitingEndsByTimeoutCloseAndInterruption() throws Exception {
        UdpSocket socket = stack.udp().bind(9000);
        socket.setReadTimeout(Duration.ofMillis(10));
        assertEquals("Receive timed out",
                assertThrows(SocketTimeoutException.class, () -> socket.receive(ByteBuffer.allocate(1))).getMessage());
        socket.setReadTimeout(Duration.ZERO);
        var closed = new CompletableFuture<Throwable>();
        Thread blocked = Thread.startVirtualThread(() -> receive(socket, closed));
        awaitWaiting(blocked);
        socket.close();
        assertInstanceOf(AsynchronousCloseException.class, Lab.within(closed));

        UdpSocket other = stack.udp().bind(9000);
        var thrown = new CompletableFuture<Throwable>();
        Thread t = Thread.startVirtualThread(() -> receive(other, thrown));
        awaitWaiting(t);
        t.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, Lab.within(thrown));
    }

    private static void receive(UdpSocket socket, CompletableFuture<Throwable> thrown) {
        try {
            socket.receive(ByteBuffer.allocate(1));
        } catch (Throwable t) {
            thrown.complete(t);
        }
    }

    private static void awaitWaiting(Thread thread) {
        long until = System.nanoTime() + 30_000_000_000L;
        while (thread.getState() != Thread.State.WAITING) {
            assertTrue(System.nanoTime() < until, "the thread does not come to wait");
            Thread.yield();
        }
    }

    @Test
    void broadcastHasToBeAskedFor() throws Exception {
        try (UdpSocket server = stack.udp().bind(9000); UdpSocket client = stack.udp().bind(0)) {
            var to = new InetSocketAddress("10.9.0.255", 9000);
            assertEquals("Permission denied", assertThrows(SocketException.class, () -> client.send(bytes("all"), to)).getMessage());
            client.setOption(StandardSocketOptions.SO_BROADCAST, true);
            client.send(bytes("all"), to);
            server.setReadTimeout(Duration.ofSeconds(5));
            server.receive(ByteBuffer.allocate(10));
        }
    }

    @Test
    void connectingIsNoWayAroundAskingForBroadcast() throws Exception {
        try (UdpSocket client = stack.udp().bind(0)) {
            for (String all : new String[] {"10.9.0.255", "255.255.255.255"}) {
                var to = new InetSocketAddress(all, 9000);
                assertEquals("Permission denied", assertThrows(SocketException.class, () -> client.connect(to)).getMessage());
                assertNull(client.remoteAddress());
            }
            client.setOption(StandardSocketOptions.SO_BROADCAST, true);
            client.connect(new InetSocketAddress("10.9.0.255", 9000));
            client.send(bytes("all"), null);
            client.setOption(StandardSocketOptions.SO_BROADCAST, false);
            assertEquals("Permission denied", assertThrows(SocketException.class, () -> client.send(bytes("all"), null)).getMessage());
        }
    }

    @Test
    void broadcastEndsWhenItIsTakenBack() throws Exception {
        try (UdpSocket client = stack.udp().bind(0)) {
            var to = new InetSocketAddress("10.9.0.255", 9000);
            client.setOption(StandardSocketOptions.SO_BROADCAST, true);
            client.send(bytes("all"), to);
            client.setOption(StandardSocketOptions.SO_BROADCAST, false);
            assertEquals("Permission denied", assertThrows(SocketException.class, () -> client.send(bytes("all"), to)).getMessage());
        }
    }
}
