package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.HostileWire;
import dev.millrace.testkit.HostileWire.Faults;
import dev.millrace.testkit.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Whole stacks over a wire that harms packets, in virtual time: every byte arrives once and in order, both ends come to
/// rest, nothing leaks; and a seed is a whole run.
class HostileWireProperties {
    private static final long SECOND = 1_000_000_000L;

    /// One transfer to and fro; returns what happened, for comparison.
    private static String transfer(long seed, Faults faults, int size, boolean v6) throws IOException {
        byte[] data = new byte[size];
        new Random(seed).nextBytes(data);
        var wire = new HostileWire(1400, seed, faults);
        try (var leaks = new LeakCheck();
                ManualStack a = Stack.builder().name("a").nic("n", wire.left(), n -> n.address("10.0.0.1/24").address("fd00::1/64"))
                        .manual(seed);
                ManualStack b = Stack.builder().name("b").nic("n", wire.right(), n -> n.address("10.0.0.2/24").address("fd00::2/64"))
                        .manual(seed + 1)) {
            TcpListener listener = b.tcp().listen(80);
            TcpSocket client = a.tcp().open();
            client.startConnect(new InetSocketAddress(v6 ? "fd00::2" : "10.0.0.2", 80));
            TcpSocket[] server = new TcpSocket[1];
            assertTrue(wire.run(a, b, 200 * SECOND, () -> uncheck(() -> {
                if (server[0] == null) {
                    server[0] = listener.tryAccept();
                }
                return server[0] != null && client.finishConnect();
            })), "never connected");
            var toServer = new Flow(client, server[0], data);
            var toClient = new Flow(server[0], client, data);
            boolean done = wire.run(a, b, 4000 * SECOND, () -> toServer.advance() & toClient.advance());
            assertTrue(done, () -> "stuck at " + toServer + ", " + toClient + " " + client.info() + " " + server[0].info());
            assertArrayEquals(data, toServer.received.toByteArray());
            assertArrayEquals(data, toClient.received.toByteArray());
            String run = wire.nowNs() + " " + wire.harmed() + " " + a.counters().get("n") + b.counters().get("n");
            client.close();
            server[0].close();
            listener.close();
            wire.setFaults(Faults.none(1_000_000));
            wire.run(a, b, wire.nowNs() + 400 * SECOND, () -> a.tcp().connectionCount() + b.tcp().connectionCount() == 0);
            assertEquals(0, a.tcp().connectionCount() + b.tcp().connectionCount(), "connections left");
            assertTrue(leaks != null);
            return run;
        }
    }

    private interface Body<T> {
        T run() throws IOException;
    }

    private static <T> T uncheck(Body<T> body) {
        try {
            return body.run();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// Bytes in one direction, moved as far as they go.
    private static final class Flow {
        private final TcpSocket from;
        private final TcpSocket to;
        private final ByteBuffer out;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final byte[] chunk = new byte[8192];
        private boolean ended;

        Flow(TcpSocket from, TcpSocket to, byte[] data) {
            this.from = from;
            this.to = to;
            this.out = ByteBuffer.wrap(data);
        }

        boolean advance() {
            return uncheck(() -> {
                if (out.hasRemaining()) {
                    from.tryWrite(out);
                    if (!out.hasRemaining()) {
                        from.shutdownOutput();
                    }
                }
                ByteBuffer in = ByteBuffer.wrap(chunk);
                int n;
                while (!ended && (n = to.tryRead(in)) != 0) {
                    ended = n < 0;
                    if (n > 0) {
                        received.write(chunk, 0, n);
                        in.clear();
                    }
                }
                return ended;
            });
        }

        @Override
        public String toString() {
            return received.size() + " received, " + out.remaining() + " to write";
        }
    }

    @Property(tries = 40)
    void everyByteArrivesOnceAndInOrder(@ForAll long seed) throws IOException {
        var random = new Random(seed);
        var faults = new Faults(random.nextDouble() * 0.15, random.nextDouble() * 0.1, random.nextDouble() * 0.05,
                random.nextInt(50_000_000), random.nextInt(30_000_000));
        transfer(seed, faults, random.nextInt(60_000), random.nextBoolean());
    }

    @Example
    void itGoesThroughThirtyPercentLoss() throws IOException {
        transfer(5, new Faults(0.3, 0.05, 0.05, 10_000_000, 5_000_000), 20_000, false);
    }

    @Example
    void aSeedIsAWholeRun() throws IOException {
        var faults = new Faults(0.05, 0.02, 0.01, 20_000_000, 10_000_000);
        assertEquals(transfer(77, faults, 100_000, false), transfer(77, faults, 100_000, false));
    }
}
