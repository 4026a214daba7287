package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A hundred thousand SYNs from anywhere against one listener, and honest hosts that connect meanwhile: each of them does,
/// what the listener remembers stays within its bound, and nothing is left. In virtual time.
@Timeout(120)
class FloodTest {
    private static final int SYNS = 100_000;
    private static final long SYN_EVERY_NS = 20_000;
    /// More than all records are good for while the flood lasts: an answer is not in them any more when its ACK comes.
    private static final long DELAY_NS = 20_000_000;
    private static final int TEXT = 200_000;

    private record Frame(long arrivesNs, Vnic to, byte[] bytes) {
    }

    /// A host at the end of the listener's wire.
    private final class Client implements AutoCloseable {
        final Vnic wire = new Vnic(1500);
        final ManualStack stack;
        final byte[] address;
        final boolean timestamps;
        TcpSocket socket;
        ByteBuffer toSend;
        int connected;

        Client(int last, boolean v6, boolean timestamps) throws IOException {
            String ip = v6 ? "fd09::" + last : "10.9.0." + last;
            address = IpAddress.parse(ip).toInetAddress().getAddress();
            this.timestamps = timestamps;
            stack = Stack.builder().name("client" + last).nic("n", wire, n -> n.address(ip + (v6 ? "/64" : "/24")))
                    .option("tcp", "timestamps", timestamps + "").option("tcp", "time-wait", "1s").manual(last);
            wire.onTransmit(f -> frames.add(new Frame(now + DELAY_NS, serverWire, f)));
        }

        void advance(InetSocketAddress to) throws IOException {
            if (socket == null) {
                socket = stack.tcp().open();
                socket.startConnect(to);
                toSend = null;
            } else if (toSend == null && socket.finishConnect()) {
                toSend = ByteBuffer.wrap(TEXT_SENT);
            } else if (toSend != null) {
                socket.tryWrite(toSend);
                if (!toSend.hasRemaining()) {
                    // Timestamps bring back what was offered, and without them nothing was.
                    assertEquals(timestamps, socket.info().agreed().sack());
                    assertEquals(timestamps ? 10 : 0, socket.info().agreed().sendWindowScale());
                    socket.close();
                    socket = null;
                    connected++;
                }
            }
        }

        @Override
        public void close() {
            if (socket != null) {
                socket.abort();
            }
            stack.close();
        }
    }

    private static final byte[] TEXT_SENT = new byte[TEXT];

    static {
        new Random(7).nextBytes(TEXT_SENT);
    }

    private final Vnic serverWire = new Vnic(1500);
    private final ArrayDeque<Frame> frames = new ArrayDeque<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<TcpSocket> accepted = new ArrayList<>();
    private final List<ByteBuffer> received = new ArrayList<>();
    private long now;
    private long answers;

    @Test
    void everyHonestHostConnectsAndNothingIsLeft() throws Exception {
        var random = new Random(1);
        try (var leaks = new LeakCheck(); ManualStack server = Stack.builder().name("server")
                .nic("n", serverWire, n -> n.address("10.9.0.2/24").address("fd09::2/64")).route("default", "n")
                .option("tcp", "time-wait", "1s").manual(1);
                TcpListener listener = server.tcp().listen(new InetSocketAddress(80), 64);
                Client a = new Client(11, false, true); Client b = new Client(12, false, false);
                Client c = new Client(13, true, true)) {
            clients.addAll(List.of(a, b, c));
            serverWire.onTransmit(this::route);
            var v4 = new InetSocketAddress("10.9.0.2", 80);
            var v6 = new InetSocketAddress("fd09::2", 80);
            // All calm records are taken before the first honest host comes.
            for (int i = 0; i < 300; i++) {
                serverWire.inject(syn(random));
            }
            for (int i = 0; i < SYNS; i++) {
                now += SYN_EVERY_NS;
                serverWire.inject(syn(random));
                if (i % 50 == 0) {
                    turn(server, listener);
                    a.advance(v4);
                    b.advance(v4);
                    c.advance(v6);
                }
            }
            for (Client client : clients) {
                assertTrue(client.connected >= 5, () -> "only " + client.connected + " times connected");
                assertEquals(0, client.stack.counters().get("tcp").get("retransmitted-segments"));
            }
            var tcp = server.counters().get("tcp");
            assertTrue(tcp.get("syn-cookies-received") >= 15, tcp::toString);
            assertEquals(0, tcp.get("backlog-drops"));
            assertTrue(answers >= SYNS, "answers to every SYN");
            // Sockets under way and what they wait for end; the records of the flood do so by themselves.
            for (Client client : clients) {
                if (client.socket != null) {
                    client.socket.abort();
                    client.socket = null;
                }
            }
            long end = now + 70_000_000_000L;
            while (now < end) {
                now += 5_000_000;
                turn(server, listener);
            }
            assertEquals(0, server.tcp().connectionCount());
            assertEquals(Long.MAX_VALUE, server.nextDeadlineNs(), "a timer for nothing");
            assertTrue(received.isEmpty() && accepted.isEmpty());
            assertNull(listener.tryAccept());
            assertTrue(leaks != null);
        }
    }

    /// The server's program reads what there is, and frames arrive whose time has come.
    private void turn(ManualStack server, TcpListener listener) throws IOException {
        server.step(now);
        for (Client client : clients) {
            client.stack.step(now);
        }
        while (!frames.isEmpty() && frames.peek().arrivesNs <= now) {
            Frame f = frames.poll();
            f.to.inject(f.bytes);
        }
        TcpSocket next;
        while ((next = listener.tryAccept()) != null) {
            accepted.add(next);
            received.add(ByteBuffer.allocate(TEXT + 1));
        }
        for (int i = accepted.size() - 1; i >= 0; i--) {
            if (ends(accepted.get(i), received.get(i))) {
                accepted.remove(i).close();
                received.remove(i);
            }
        }
    }

    private static boolean ends(TcpSocket socket, ByteBuffer in) {
        try {
            if (socket.tryRead(in) >= 0) {
                return false;
            }
            assertArrayEquals(TEXT_SENT, Arrays.copyOf(in.array(), in.position()));
            return true;
        } catch (IOException e) {
            // The test has aborted it at the end.
            assertFalse(in.position() > TEXT);
            return true;
        }
    }

    private void route(byte[] frame) {
        boolean v4 = frame[0] >> 4 == 4;
        answers++;
        for (Client client : clients) {
            if (Arrays.equals(client.address, Arrays.copyOfRange(frame, v4 ? 16 : 24, v4 ? 20 : 40))) {
                frames.add(new Frame(now + DELAY_NS, client.wire, frame));
            }
        }
    }

    private static byte[] syn(Random random) {
        byte[] source = new byte[4];
        random.nextBytes(source);
        // What can be a host's address, and none of ours.
        source[0] = (byte) (11 + random.nextInt(100));
        var from = new IpAddress(0, 0xffff_0000_0000L | (source[0] & 0xffL) << 24 | (source[1] & 0xffL) << 16
                | (source[2] & 0xffL) << 8 | source[3] & 0xffL);
        byte[] options = random.nextBoolean() ? new byte[0] : PacketBuilder.bytes(2, 4, 5, 180, 1, 3, 3, 7);
        return PacketBuilder.between(from, IpAddress.parse("10.9.0.2")).tcp(1024 + random.nextInt(60_000), 80,
                random.nextInt(), 0, TcpHeader.SYN, 65_535, options, new byte[0]);
    }
}
