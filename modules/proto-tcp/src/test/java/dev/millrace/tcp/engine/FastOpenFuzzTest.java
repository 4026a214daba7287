package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.buffer.Leaks;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Engines that open fast, as client and as server, against segments that are nearly right and a program that does everything in
/// any order: the engine's assertions hold after each step, and nothing is left.
class FastOpenFuzzTest {
    private static final int RUNS = 4_000;

    private static FastOpenCookie cookie(Random r) {
        return switch (r.nextInt(3)) {
            case 0 -> FastOpenCookie.REQUEST;
            case 1 -> FastOpenCookie.of(r.nextLong());
            default -> new FastOpenCookie(4 + 2 * r.nextInt(7), r.nextLong(), r.nextLong());
        };
    }

    private static boolean run(int seed) {
        Random r = new Random(seed);
        TcpBench b = TcpFuzzTest.bench(r);
        b.tcp.ownOptions().cork = r.nextInt(8) == 0;
        b.tcp.ownOptions().maxSegment = r.nextInt(4) == 0 ? 48 + r.nextInt(2_000) : 0;
        if (r.nextBoolean()) {
            b.connect(new FastOpenOffer(cookie(r), r.nextInt(3) * r.nextInt(70_000)));
            if (r.nextInt(4) != 0) {
                b.write(1 + r.nextInt(5_000));
            }
        } else {
            b.accept(TcpFuzzTest.options(r, TcpBench.syn()).len(r.nextInt(3_000)).win(r.nextInt(65_536)), r.nextBoolean() ? cookie(r) : null);
        }
        boolean connected = TcpFuzzTest.run(b, r, r.nextBoolean() ? new Random(~seed) : null);
        FastOpen.info(b.tcp);
        return connected && !FastOpen.isUnconfirmed(b.tcp);
    }

    @Test
    void nearlyRightSegmentsNeverBreakTheEngine() {
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        int connected = 0;
        for (int seed = 0; seed < RUNS; seed++) {
            try {
                connected += run(seed) ? 1 : 0;
            } catch (Throwable t) {
                throw new AssertionError("seed " + seed, t);
            }
        }
        assertTrue(connected > RUNS / 5, "only " + connected + " connected");
        assertEquals(packets, Leaks.packets());
        assertEquals(buffers, Leaks.buffers());
    }
}
