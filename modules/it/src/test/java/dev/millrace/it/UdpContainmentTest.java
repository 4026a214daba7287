package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.Readiness;
import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What goes wrong in a program's callback or buffer stays there: the socket, the thread and the next datagram live on.
@Timeout(60)
class UdpContainmentTest {
    private static final InetSocketAddress FAR = new InetSocketAddress("10.9.0.1", 9);

    private static ManualStack stack(Vnic wire) throws IOException {
        return Stack.builder().nic("n", wire, n -> n.address("10.9.0.2/24")).manual(1);
    }

    private static byte[] datagram() {
        return PacketBuilder.between("10.9.0.1", "10.9.0.2").udp(9, 53, new byte[10]);
    }

    @Test
    void aReadinessCallbackThatThrowsIsCalledAgain() throws Exception {
        var wire = new Vnic(1500);
        try (ManualStack stack = stack(wire); UdpSocket socket = stack.udp().bind(53)) {
            var calls = new AtomicInteger();
            socket.onReady(_ -> {
                if (calls.incrementAndGet() <= 2) {
                    throw new AssertionError("a mistake of the program");
                }
            });
            for (int i = 1; i <= 4; i++) {
                wire.inject(datagram());
                assertEquals(i, calls.get());
            }
            // Also where the program's own call leads to the callback.
            socket.onReady(_ -> {
                calls.incrementAndGet();
                throw new AssertionError("a mistake of the program");
            });
            assertEquals(5, calls.get());
            socket.close();
            assertEquals(6, calls.get());
            assertEquals(0, stack.udp().socketCount());
        }
    }

    @Test
    void aCallbackThatSendsToItsOwnSocketDoesNotRecurse() throws Exception {
        try (Stack stack = Lab.loopback(); UdpSocket socket = stack.udp().bind(new InetSocketAddress(Lab.V4, 9000))) {
            var depth = new AtomicInteger();
            var deepest = new AtomicInteger();
            var told = new ArrayList<Readiness>();
            var left = new AtomicInteger(50);
            socket.onReady(r -> {
                deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                told.add(r);
                try {
                    while (socket.tryReceive(ByteBuffer.allocate(10)) != null) {
                        if (left.getAndDecrement() > 0) {
                            socket.send(ByteBuffer.allocate(1), new InetSocketAddress(Lab.V4, 9000));
                        }
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                depth.decrementAndGet();
            });
            socket.send(ByteBuffer.allocate(1), new InetSocketAddress(Lab.V4, 9000));
            assertEquals(1, deepest.get(), "the callback ran inside itself");
            assertTrue(left.get() < 0, "all datagrams were received: " + left);
            assertEquals(Readiness.of(true, true, false), told.getFirst());
        }
    }

    @Test
    void aBufferThatCannotBeReadLosesNoPacket() throws Exception {
        long before = Leaks.packets();
        var wire = new Vnic(1500);
        try (ManualStack stack = stack(wire); UdpSocket socket = stack.udp().bind(53)) {
            ByteBuffer closed;
            try (Arena arena = Arena.ofConfined()) {
                closed = arena.allocate(10).asByteBuffer();
            }
            assertThrows(IllegalStateException.class, () -> socket.send(closed, FAR));
            wire.inject(datagram());
            assertThrows(IllegalStateException.class, () -> socket.tryReceive(closed));
            wire.inject(datagram());
            assertEquals(new InetSocketAddress("10.9.0.1", 9), socket.tryReceive(ByteBuffer.allocate(10)));
        }
        assertEquals(before, Leaks.packets(), "packets leaked");
    }

    @Test
    void whatCouldNotBeSentIsNotSentWithTheNextDatagram() throws Exception {
        long before = Leaks.packets();
        var wire = new Vnic(1500);
        List<byte[]> sent = new ArrayList<>();
        var broken = new AtomicInteger(1);
        wire.onTransmit(bytes -> {
            if (broken.getAndDecrement() > 0) {
                throw new AssertionError("a mistake of the program");
            }
            sent.add(bytes);
        });
        try (ManualStack stack = stack(wire); UdpSocket socket = stack.udp().bind(53)) {
            try {
                socket.send(ByteBuffer.allocate(100), FAR);
            } catch (AssertionError e) {
                // Whether the sender hears of it is the NIC's business.
            }
            socket.send(ByteBuffer.allocate(1), FAR);
            assertEquals(List.of(29), sent.stream().map(b -> b.length).toList());
        }
        assertEquals(before, Leaks.packets(), "packets leaked");
    }

    @Test
    void aLinksCallbackMaySendWhileTheThreadIsSending() throws Exception {
        long before = Leaks.packets();
        var wire = new Vnic(1500);
        var other = new Vnic(1500);
        List<byte[]> sent = new ArrayList<>();
        List<byte[]> sentByOther = new ArrayList<>();
        other.onTransmit(sentByOther::add);
        try (ManualStack stack = stack(wire); ManualStack second = stack(other); UdpSocket socket = stack.udp().bind(53);
                UdpSocket log = second.udp().bind(54)) {
            wire.onTransmit(bytes -> {
                sent.add(bytes);
                try {
                    log.send(ByteBuffer.allocate(2), FAR);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            socket.send(ByteBuffer.allocate(1), FAR);
            socket.send(ByteBuffer.allocate(1), FAR);
            assertEquals(List.of(29, 29), sent.stream().map(b -> b.length).toList());
            assertEquals(List.of(30, 30), sentByOther.stream().map(b -> b.length).toList());
        }
        assertEquals(before, Leaks.packets(), "packets leaked");
    }

    @Test
    void memoryIsGivenBackToTheByte() throws Exception {
        var wire = new Vnic(1500);
        try (ManualStack stack = stack(wire)) {
            for (int round = 0; round < 3; round++) {
                UdpSocket socket = stack.udp().bind(53);
                for (int i = 0; i < 300; i++) {
                    wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.2").udp(9, 53, new byte[i * 4]));
                }
                for (int i = 0; i < 100 * round; i++) {
                    socket.tryReceive(ByteBuffer.allocate(10));
                }
                socket.close();
            }
            try (UdpSocket socket = stack.udp().bind(53)) {
                assertEquals(0, socket.dropped());
            }
        }
    }

    /// What is kept ready for the next datagram is no reason to refuse another socket's.
    @Test
    void socketsThatHoldNothingDoNotUseUpTheMemoryOfTheStack() throws Exception {
        var wire = new Vnic(1500);
        List<UdpSocket> sockets = new ArrayList<>();
        try (ManualStack stack = Stack.builder().option("stack", "memory", "1MiB").nic("n", wire, n -> n.address("10.9.0.2/24"))
                .manual(1)) {
            for (int port = 1; port <= 100; port++) {
                UdpSocket socket = stack.udp().bind(port);
                sockets.add(socket);
                wire.inject(PacketBuilder.between("10.9.0.1", "10.9.0.2").udp(9, port, new byte[1400]));
                assertNotNull(socket.tryReceive(ByteBuffer.allocate(10)), "socket " + port + ": " + stack.counters().get("drops"));
            }
            for (UdpSocket socket : sockets) {
                socket.close();
            }
        }
    }
}
