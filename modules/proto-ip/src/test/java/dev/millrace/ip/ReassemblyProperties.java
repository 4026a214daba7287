package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.FakeNetwork.Delivery;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// What comes out of fragments is what was cut, or nothing.
class ReassemblyProperties {
    private static final long LONG = 120_000_000_000L;

    private static IpBench bench(boolean v4) {
        return new IpBench(v4 ? 4 : 6, new FakeNic(1500), Map.of("reassembly-fragments", "8192", "reassembly-memory", "64MiB"));
    }

    private static void end(IpBench bench) {
        bench.ip.close();
        assertEquals(0, bench.network.memory().reserved());
        assertTrue(bench.addsUp(), () -> bench.network.counts(bench.group()).toString());
    }

    /// A packet of which a random part lies in other buffers.
    private static Packet inPieces(byte[] bytes, Random random) {
        if (random.nextInt(3) > 0) {
            return Packet.copyOf(bytes);
        }
        int linear = Math.min(bytes.length, random.nextInt(bytes.length + 1));
        Packet p = Packet.allocate(Packet.HEADROOM, Math.max(linear, 80));
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, p.memory(), p.append(linear), linear);
        if (linear < bytes.length) {
            int n = bytes.length - linear;
            Buffer b = Buffer.allocate(n);
            MemorySegment.copy(MemorySegment.ofArray(bytes), linear, b.memory(), 0, n);
            p.addFragment(b, 0, n);
        }
        return p;
    }

    @Property(tries = 400)
    void randomCutsInAnyOrderWithDuplicatesGiveTheOriginals(@ForAll long seed, @ForAll boolean v4) {
        try (var _ = new LeakCheck()) {
            var random = new Random(seed);
            IpBench bench = bench(v4);
            var datagrams = new ArrayList<byte[]>();
            var pieces = new ArrayList<byte[]>();
            for (int id = 0; id < 4; id++) {
                int size = random.nextInt(10) == 0 ? 65_507 - random.nextInt(100) : 1 + random.nextInt(5000);
                byte[] datagram = bench.fromPeer().udp(id, 2, Cuts.noise(random, size));
                datagrams.add(datagram);
                List<byte[]> own = Cuts.random(random, 1 + random.nextInt(60), bench, 1000 + id, datagram);
                pieces.addAll(own);
                // One at most: duplicates of all are one datagram more.
                if (random.nextBoolean()) {
                    pieces.add(own.get(random.nextInt(own.size())));
                }
            }
            Collections.shuffle(pieces, random);
            for (byte[] piece : pieces) {
                bench.ip.receive(bench.nic, inPieces(piece, random));
            }
            assertEquals(4, bench.network.deliveries().size());
            for (Delivery d : bench.network.deliveries()) {
                assertArrayEquals(Cuts.transport(datagrams.get((d.bytes()[0] & 0xff) << 8 | d.bytes()[1])), d.bytes());
                assertEquals(17, d.protocol());
            }
            assertEquals(4, bench.count("reassembled"));
            end(bench);
        }
    }

    /// An attacker who knows the identification adds fragments of his own, with other bytes, wherever he likes.
    @Property(tries = 1000)
    void overlapsGiveTheOriginalOrNothing(@ForAll long seed, @ForAll boolean v4) {
        try (var _ = new LeakCheck()) {
            var random = new Random(seed);
            IpBench bench = bench(v4);
            byte[] datagram = bench.fromPeer().udp(1, 2, Cuts.noise(random, 300));
            byte[] transport = Cuts.transport(datagram);
            List<byte[]> pieces = Cuts.random(random, 1 + random.nextInt(8), bench, 7, datagram);
            // With an edge inside one of ours: what fits in the place of ours is taken by any receiver if it comes first.
            var forged = Cuts.noise(random, 400);
            int added = 0;
            while (added == 0) {
                int from = 8 * random.nextInt(40);
                boolean more = random.nextBoolean();
                int end = more ? from + 8 * (1 + random.nextInt(8)) : Math.max(from, transport.length);
                byte[] piece = Cuts.piece(bench.fromPeer(), v4, 7, 17, java.util.Arrays.copyOf(forged, end), from, end, more);
                boolean fits = more ? end < transport.length : end == transport.length && from > 0;
                if (fits && (isInside(pieces, from, v4) || isInside(pieces, end, v4))) {
                    pieces.add(random.nextInt(pieces.size() + 1), piece);
                    added++;
                }
            }
            if (random.nextBoolean()) {
                Collections.shuffle(pieces, random);
            }
            for (byte[] piece : pieces) {
                bench.receive(piece);
            }
            for (Delivery d : bench.network.deliveries()) {
                assertArrayEquals(transport, d.bytes());
            }
            assertTrue(bench.network.deliveries().size() <= 1);
            assertTrue(bench.nic.sent().isEmpty(), "nothing is said of it");
            // Whatever is left goes in time.
            bench.time.runUntil(LONG);
            assertEquals(0, bench.network.memory().reserved());
            end(bench);
        }
    }

    private static int from(byte[] p, boolean v4) {
        return v4 ? ((p[6] & 0x1f) << 8 | p[7] & 0xff) * 8 : (p[42] & 0xff) << 8 | p[43] & 0xf8;
    }

    private static int end(byte[] p, boolean v4) {
        return from(p, v4) + p.length - (v4 ? 20 : 48);
    }

    private static boolean isInside(List<byte[]> pieces, int place, boolean v4) {
        return pieces.stream().anyMatch(p -> from(p, v4) < place && place < end(p, v4));
    }

    @Property(tries = 500)
    void anyFragmentsKeepTheBooksAndLeakNothing(@ForAll long seed, @ForAll boolean v4, @ForAll @IntRange(min = 1, max = 300) int n) {
        try (var _ = new LeakCheck()) {
            var random = new Random(seed);
            var bench = new IpBench(v4 ? 4 : 6, new FakeNic(1500),
                    Map.of("reassembly-fragments", "5", "reassembly-memory", "256KiB"));
            byte[] noise = Cuts.noise(random, 70_000);
            for (int i = 0; i < n; i++) {
                int from = 8 * random.nextInt(random.nextInt(4) == 0 ? 8192 : 6);
                boolean more = random.nextInt(3) > 0;
                int size = random.nextInt(4) == 0 ? random.nextInt(1300) : 8 * random.nextInt(5);
                bench.ip.receive(bench.nic, inPieces(Cuts.piece(bench.fromPeer(), v4, random.nextInt(4),
                        random.nextInt(8) == 0 ? 58 : 17, noise, from, from + size, more), random));
                assertTrue(bench.network.memory().reserved() <= 256 * 1024);
                if (random.nextInt(50) == 0) {
                    bench.time.runUntil(bench.time.nanoTime() + random.nextLong(LONG / 2));
                }
            }
            for (byte[] sent : bench.nic.sent()) {
                assertTrue(IpBench.checksumsAreRight(sent));
            }
            end(bench);
        }
    }
}
