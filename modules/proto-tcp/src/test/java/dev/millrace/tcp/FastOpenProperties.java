package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.VirtualTime;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/// Clients with Fast Open and a server that has it, or not any more, over a wire that loses, doubles and reorders, SYNs most of
/// all: what is written comes once and in order, and so does what is answered; no SYN makes a second connection while the
/// first is there. In the end nothing is left.
class FastOpenProperties {
    private static final long MS = 1_000_000;
    private static final int PORT = 80;

    private VirtualTime time;
    private SplittableRandom random;
    private FaultyStack client;
    private FaultyStack server;
    private TcpListener listener;
    private double trouble;
    private final Map<Integer, Side> clients = new LinkedHashMap<>();
    private final Map<Integer, Side> servers = new HashMap<>();

    /// One end of a connection: writes some bytes, and reads those of the other.
    private static final class Side {
        final TcpSocket socket;
        final int seed;
        final int peersSeed;
        final int toWrite;
        int written;
        int read;
        boolean failed;

        Side(TcpSocket socket, int seed, int peersSeed, int toWrite) {
            this.socket = socket;
            this.seed = seed;
            this.peersSeed = peersSeed;
            this.toWrite = toWrite;
        }

        private static byte at(int seed, int i) {
            return (byte) (i * 31 + (i >>> 8) * 7 + seed);
        }

        @Override
        public String toString() {
            return "wrote " + written + " of " + toWrite + ", read " + read + ": " + socket.info();
        }

        void go(int most) {
            try {
                var piece = ByteBuffer.allocate(Math.min(most, toWrite - written));
                for (int i = 0; i < piece.capacity(); i++) {
                    piece.put(i, at(seed, written + i));
                }
                written += piece.hasRemaining() ? socket.tryWrite(piece) : 0;
                var in = ByteBuffer.allocate(20_000);
                int n = socket.tryRead(in);
                for (int i = 0; i < n; i++) {
                    assertEquals(at(peersSeed, read + i), in.get(i), "byte " + (read + i));
                }
                read += Math.max(0, n);
            } catch (IOException e) {
                // The wire has swallowed every SYN, say.
                failed = true;
            }
        }
    }

    private void carry(FaultyStack from, FaultyStack to, byte[] bytes) {
        boolean syn = (TcpHeader.flags(MemorySegment.ofArray(bytes), 0) & TcpHeader.SYN) != 0;
        double chance = syn ? trouble : trouble / 3;
        int copies = random.nextDouble() < chance ? 0 : random.nextDouble() < chance ? random.nextInt(2, 4) : 1;
        for (int i = 0; i < copies; i++) {
            // Some overtake the SYN that is sent again after a second.
            long delay = random.nextDouble() >= chance ? 1 : random.nextBoolean() ? random.nextInt(1, 60) : random.nextInt(900, 2_500);
            time.create(_ -> deliver(from, to, bytes)).set(time.nanoTime() + delay * MS);
        }
    }

    private static void deliver(FaultyStack from, FaultyStack to, byte[] bytes) {
        Packet p = Packet.copyOf(bytes);
        p.setIpFacts(6, 64, 0);
        p.setAddresses(from.address().hi(), from.address().lo(), to.address().hi(), to.address().lo());
        p.handOver(Packet.Checksumming.VOUCHED);
        to.tcp.receive(p);
    }

    private void start(boolean v6) throws Exception {
        time = new VirtualTime();
        Map<String, String> options = Map.of("fast-open", "both", "fast-open-key-lifetime", "100s");
        client = new FaultyStack(v6 ? "fd00::1" : "10.0.0.1", time, options);
        server = new FaultyStack(v6 ? "fd00::2" : "10.0.0.2", time, options);
        client.onSend = bytes -> carry(client, server, bytes);
        server.onSend = bytes -> carry(server, client, bytes);
        listener = server.tcp.listen(new InetSocketAddress(PORT), 0);
    }

    private void connect(int toWrite) throws Exception {
        TcpSocket s = client.tcp.open();
        if (random.nextInt(4) == 0) {
            s.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        s.startConnect(new InetSocketAddress(server.address().toInetAddress(), PORT));
        int port = s.localAddress().getPort();
        clients.put(port, new Side(s, port, ~port, toWrite));
    }

    private void accept() throws Exception {
        TcpSocket s;
        while ((s = listener.tryAccept()) != null) {
            int port = s.remoteAddress().getPort();
            Side before = servers.put(port, new Side(s, ~port, port, clients.get(port).toWrite * 3));
            // RFC 7413 §6.1 has it so: whose SYN,ACKs were all lost was given up, and his next SYN begins anew.
            assertTrue(before == null || before.socket.pendingError().orElse(null) == ErrorCode.CONNECTION_TIMED_OUT,
                    "a second connection of port " + port);
            if (before != null) {
                before.socket.close();
            }
        }
    }

    private void pass(long ms) throws Exception {
        for (long i = 0; i < ms; i += 5) {
            time.runUntil(time.nanoTime() + 5 * MS);
            accept();
            for (Side c : clients.values()) {
                c.go(random.nextInt(1, 2_000));
            }
            for (Side s : servers.values()) {
                s.go(random.nextInt(1, 5_000));
            }
        }
    }

    private boolean isDone() {
        return clients.entrySet().stream().allMatch(e -> {
            Side c = e.getValue();
            Side s = servers.get(e.getKey());
            return c.failed || s != null && (s.failed || s.read == c.toWrite && c.read == s.toWrite);
        });
    }

    /// What is not done yet.
    private String left() {
        var text = new StringBuilder();
        clients.forEach((port, c) -> {
            Side s = servers.get(port);
            if (!c.failed && (s == null || !s.failed && (s.read < c.toWrite || c.read < s.toWrite))) {
                text.append("client ").append(c).append("\nserver ").append(s).append('\n');
            }
        });
        return text.toString();
    }

    @Property(tries = 100)
    void whatIsWrittenComesOnce(@ForAll long seed) throws Exception {
        try (var _ = new LeakCheck()) {
            random = new SplittableRandom(seed);
            start(random.nextBoolean());
            clients.clear();
            servers.clear();
            trouble = 0;
            connect(10);
            pass(20);
            trouble = random.nextInt(1, 5) * 0.1;
            int n = random.nextInt(1, 6);
            for (int i = 0; i < n; i++) {
                listener.setOption(TcpOptions.FAST_OPEN, random.nextInt(3) == 0 ? random.nextInt(3) : 10);
                listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ofSeconds(random.nextInt(4) == 0 ? 3 : 0));
                connect(random.nextInt(1, random.nextBoolean() ? 100 : 8_000));
                // Old cookies, and ones that are too old.
                pass(random.nextInt(8) == 0 ? random.nextInt(250_000) : random.nextInt(50));
            }
            // At worst the attempt to connect takes its three minutes, and then it has failed.
            for (int i = 0; i < 600 && !isDone(); i++) {
                pass(1_000);
            }
            assertTrue(isDone(), this::left);
            for (Side c : clients.values()) {
                Statistics.label("outcome").collect(c.socket.info().fastOpen().outcome());
                Statistics.label("connection").collect(c.failed ? "failed" : "done");
                assertTrue(servers.size() <= clients.size());
                c.socket.close();
            }
            trouble = 0;
            time.runUntil(time.nanoTime() + 5_000 * MS);
            for (Side s : servers.values()) {
                s.socket.close();
            }
            listener.close();
            time.runUntil(time.nanoTime() + 1_000_000 * MS);
            assertEquals(0, client.places() + server.places());
            assertEquals(0, client.reserved() + server.reserved());
            assertEquals(0, client.told.size() + server.told.size());
        }
    }
}
