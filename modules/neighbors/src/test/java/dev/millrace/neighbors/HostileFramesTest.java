package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Frames that nobody should send: random ones, and real ones of stations that talk, damaged. Nothing is thrown, every frame
/// that is not used is counted under a reason, the cache stays within its bound, and the station still answers.
class HostileFramesTest {
    private static final int FRAMES = Integer.getInteger("millrace.fuzz", 200_000);
    private static final long SEED = Long.getLong("millrace.fuzz.seed", System.nanoTime());

    @Test
    void framesOfAnyKindAreCountedAndHarmless() throws IOException {
        var random = new Random(SEED);
        var leaks = new LeakCheck();
        try (var segment = new Segment()) {
            ManualStack victim = segment.station("victim", Map.of("neighbors", Map.of("cache", "64")), "10.0.0.1/24", "fd00::1/64");
            ManualStack other = segment.station("other", "10.0.0.2/24", "fd00::2/64");
            List<byte[]> samples = talk(segment, other);
            for (int i = 0; i < FRAMES; i++) {
                segment.inject(random.nextInt(4) == 0 ? noise(random) : damaged(samples.get(random.nextInt(samples.size())), random));
                if (i % 1000 == 0) {
                    segment.pass(10);
                    segment.seen.clear();
                    int known = victim.service(Neighbors.class).orElseThrow().list().size();
                    assertTrue(known <= 64, "seed " + SEED + ": " + known + " neighbours");
                }
            }
            for (ManualStack stack : List.of(victim, other)) {
                assertEquals(Map.of(), stack.counters().get("failures"), "seed " + SEED);
            }
            // What the damaged frames said is forgotten or was never believed: the stations find one another again.
            segment.pass(60_000);
            segment.seen.clear();
            try (var to = victim.udp().bind(7); var from = other.udp().bind(0)) {
                for (int i = 0; i < 20 && to.tryReceive(java.nio.ByteBuffer.allocate(10)) == null; i++) {
                    from.send(java.nio.ByteBuffer.allocate(1), new java.net.InetSocketAddress("10.0.0.1", 7));
                    segment.pass(1_000);
                }
                from.send(java.nio.ByteBuffer.allocate(1), new java.net.InetSocketAddress("10.0.0.1", 7));
                segment.settle();
                assertTrue(to.tryReceive(java.nio.ByteBuffer.allocate(10)) != null, "seed " + SEED + ": nothing comes any more");
            }
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + SEED, e);
        }
        leaks.close();
    }

    /// What stations say when they find one another, in both families, with and without a connection.
    private static List<byte[]> talk(Segment segment, ManualStack from) throws IOException {
        try (var socket = from.udp().bind(0)) {
            for (String to : List.of("10.0.0.1", "10.0.0.9", "fd00::1", "fd00::9")) {
                socket.send(java.nio.ByteBuffer.allocate(20), new java.net.InetSocketAddress(to, 7));
            }
            segment.pass(8_000);
        }
        var samples = new ArrayList<>(segment.seen);
        segment.seen.clear();
        return samples;
    }

    private static byte[] noise(Random random) {
        byte[] frame = new byte[1 + random.nextInt(120)];
        random.nextBytes(frame);
        return frame;
    }

    private static byte[] damaged(byte[] sample, Random random) {
        byte[] frame = java.util.Arrays.copyOf(sample, Math.max(1, random.nextInt(8) == 0 ? random.nextInt(sample.length + 20)
                : sample.length));
        int damage = 1 + random.nextInt(4);
        for (int i = 0; i < damage; i++) {
            frame[random.nextInt(frame.length)] = (byte) random.nextInt();
        }
        return frame;
    }
}
