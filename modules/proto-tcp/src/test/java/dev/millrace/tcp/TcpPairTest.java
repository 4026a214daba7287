package dev.millrace.tcp;

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
        assertEquals(0, p.a.tcp.info().retransmittedSegments());
        assertEquals(0, p.b.tcp.info().retransmittedSegments());
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
