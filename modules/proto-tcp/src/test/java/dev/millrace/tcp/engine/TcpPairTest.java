package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.buffer.Leaks;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Two engines talk over a wire that loses, doubles, reorders, delays and damages what it carries.
class TcpPairTest {
    private static final long SECOND = 1_000_000_000L;
    private long packets;
    private long buffers;

    @BeforeEach
    void count() {
        packets = Leaks.packets();
        buffers = Leaks.buffers();
    }

    @AfterEach
    void nothingLeaks() {
        assertEquals(packets, Leaks.packets(), () -> "packets leak: " + Leaks.owners());
        assertEquals(buffers, Leaks.buffers(), () -> "buffers leak: " + Leaks.owners());
    }

    @Test
    void cleanWireCarriesBothDirectionsWithoutRetransmission() {
        Pair p = new Pair(1, Pair.Wire.clean(), TcpSettings.of());
        p.transfer(3_000_000, 2_000_000, 100 * SECOND);
        assertEquals(0, p.a.tcp.info(p.nowNs).totals().retransmittedSegments());
        assertEquals(0, p.b.tcp.info(p.nowNs).totals().retransmittedSegments());
    }

    @Test
    void lossyWireCarriesEverythingWithSack() {
        for (int seed = 0; seed < 30; seed++) {
            lossy(seed, TcpSettings.of(), 0);
        }
    }

    @Test
    void lossyWireCarriesEverythingWithoutSack() {
        for (int seed = 0; seed < 30; seed++) {
            lossy(seed, TcpSettings.of("sack", "false"), 0);
        }
    }

    @Test
    void lossyWireCarriesEverythingWithoutAnyOption() {
        for (int seed = 0; seed < 30; seed++) {
            lossy(seed, TcpSettings.of("sack", "false", "timestamps", "false", "window-scaling", "false"), 0);
        }
    }

    @Test
    void lossyWireCarriesSuperSegments() {
        for (int seed = 0; seed < 30; seed++) {
            lossy(seed, TcpSettings.of(), 64_240);
        }
    }

    @Test
    void smallBuffersAreNeverOverrun() {
        for (int seed = 0; seed < 30; seed++) {
            lossy(seed, TcpSettings.of("receive-buffer", "4KiB", "send-buffer", "3KiB"), 0);
        }
    }

    @Test
    void sameSeedGivesTheSameTrace() {
        assertEquals(trace(7, 0, 0), trace(7, 0, 0));
    }

    @Test
    void tracesDoNotDependOnTheInitialSequenceNumbers() {
        for (int seed = 0; seed < 5; seed++) {
            List<String> zero = trace(seed, 0, 0);
            for (int shift : new int[] {0x7fff_ff00, -3000, -1, Integer.MIN_VALUE}) {
                assertEquals(zero, trace(seed, shift, -shift + 17), "seed " + seed + ", shift " + shift);
            }
        }
    }

    private static List<String> trace(int seed, int issA, int issB) {
        Pair.Wire wire = new Pair.Wire(0.08, 0.05, 0.1, 0.02, 5_000_000, 3_000_000);
        Pair p = new Pair(seed, wire, TcpSettings.of(), TcpSettings.of(), 1460, 1460, 0, issA, issB);
        p.tracing = true;
        p.transfer(100_000, 50_000, 3000 * SECOND);
        assertTrue(p.a.tcp.info(p.nowNs).totals().retransmittedSegments() > 0);
        return p.trace;
    }

    @Test
    void anIdlePairIsSilent() {
        for (int seed = 0; seed < 20; seed++) {
            Pair p = new Pair(seed, new Pair.Wire(0.02, 0.02, 0.05, 0, 5_000_000, 1_000_000), TcpSettings.of());
            p.a.toWrite = 30_000;
            p.b.toWrite = 30_000;
            p.open();
            p.run(5 * SECOND, () -> false);
            long before = p.segments;
            p.run(600 * SECOND, () -> false);
            assertEquals(before, p.segments, "an idle pair is silent");
            p.end();
        }
    }

    @Test
    void aStackShortOfMemorySlowsDownButFinishes() {
        for (int seed = 0; seed < 20; seed++) {
            Pair.Wire wire = new Pair.Wire(0.05, 0.02, 0.1, 0, 5_000_000, 1_000_000);
            TcpSettings s = TcpSettings.of();
            long limit = seed % 2 == 0 ? 5_000 : 150_000;
            Pair p = new Pair(seed, wire, s, s, 1460, 1460, 0, 5, 9, limit);
            try {
                p.transfer(60_000, 60_000, 20_000 * SECOND);
            } catch (Throwable t) {
                throw new AssertionError("seed " + seed, t);
            }
        }
    }

    @Test
    void sidesThatDisagreeOnTheNumbersFallSilent() {
        for (String sack : new String[] {"true", "false"}) {
            Pair p = new Pair(5, Pair.Wire.clean(), TcpSettings.of("sack", sack));
            p.a.toWrite = 10;
            p.open();
            p.run(5 * SECOND, () -> false);
            // As if somebody had injected data into both: each holds the other's numbers for wrong.
            p.a.watch = null;
            p.b.watch = null;
            p.a.tcp.rcv.nxt += 200_000;
            p.a.tcp.rcv.edge += 200_000;
            p.b.tcp.rcv.nxt += 200_000;
            p.b.tcp.rcv.edge += 200_000;
            long before = p.segments;
            p.a.tcp.acks.now();
            p.a.drain();
            p.run(60 * SECOND, () -> false);
            assertTrue(p.segments - before < 50, "an ACK storm of " + (p.segments - before));
            p.end();
        }
    }

    /// Mathis et al.: a rate of about MSS/RTT · 1.22/√loss, which is 14 Mbit/s here; and without a timeout.
    @Test
    void oneLossInAHundredCostsNoTimeouts() {
        for (String sack : new String[] {"true", "false"}) {
            Pair p = new Pair(1, new Pair.Wire(0.01, 0, 0, 0, 5_000_000, 0), TcpSettings.of("sack", sack));
            long start = p.nowNs;
            p.a.toWrite = 5_000_000;
            p.open();
            assertTrue(p.run(1000 * SECOND, () -> p.b.read == 5_000_000));
            double mbit = 40e9 / (p.nowNs - start);
            assertTrue(mbit > 10 && mbit < 25, mbit + " Mbit/s");
            assertTrue(p.a.tcp.info(p.nowNs).totals().timeouts() <= 1, "timeouts " + p.a.tcp.info(p.nowNs).totals().timeouts());
            p.end();
        }
    }

    @Test
    void thirtyPercentLossIsSurvived() {
        for (int seed = 0; seed < 4; seed++) {
            Pair p = new Pair(seed, new Pair.Wire(0.3, 0.02, 0.1, 0.02, 5_000_000, 1_000_000), TcpSettings.of());
            p.transfer(60_000, 0, 40_000 * SECOND);
        }
    }

    @Test
    void aReaderThatSleepsClosesTheWindowAndOpensItAgain() {
        Pair p = new Pair(3, new Pair.Wire(0.05, 0, 0, 0, 5_000_000, 0), TcpSettings.of("receive-buffer", "20000"));
        p.b.readLimit = 0;
        p.a.toWrite = 100_000;
        p.open();
        p.run(300 * SECOND, () -> false);
        assertEquals(0, p.b.tcp.rcv.wnd());
        p.b.readLimit = Integer.MAX_VALUE;
        p.b.use();
        assertTrue(p.run(300 * SECOND, () -> p.b.read == 100_000));
        p.end();
    }

    private static void lossy(int seed, TcpSettings settings, int superSegment) {
        Pair.Wire wire = new Pair.Wire(0.03 * (seed % 6), 0.02 * (seed % 4), 0.05 * (seed % 5), 0.01 * (seed % 3),
                5_000_000, 2_000_000L * (seed % 4));
        int[] mss = {1460, 536, 1460, 8960, 65483};
        int m = mss[seed % mss.length];
        Pair p = new Pair(seed, wire, settings, settings, m, mss[(seed + 1) % mss.length], superSegment,
                seed * 77777, -seed * 31337);
        try {
            p.transfer(150_000 + seed * 1000, seed % 2 == 0 ? 60_000 : 0, 3000 * SECOND);
        } catch (Throwable t) {
            throw new AssertionError("seed " + seed, t);
        }
    }
}
