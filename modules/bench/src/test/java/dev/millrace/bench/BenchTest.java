package dev.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every work runs over every link and gives its figures; no figure is judged.
@Timeout(120)
class BenchTest {
    @ParameterizedTest
    @CsvSource({"STREAM, gbit_per_s", "RR, p50_us", "CONNECT, per_s", "UDP_RR, p99_us", "UDP_FLOOD, per_s", "IDLE, bytes_per_pair"})
    void everyWorkGivesItsFigure(Work work, String figure) throws IOException {
        for (String link : new String[] {"loopback", "vnic", "jdk"}) {
            for (var threads : new BenchOptions.Threads[] {BenchOptions.Threads.PLATFORM, BenchOptions.Threads.VIRTUAL}) {
                if (link.equals("jdk") && threads == BenchOptions.Threads.VIRTUAL) {
                    continue;
                }
                BenchResult r = Bench.run(new BenchOptions(work, link, link.equals("vnic") ? 1500 : 65536, 0.1, 0.05, 65536, 50, threads));
                assertTrue(((Number) r.figures().get(figure)).doubleValue() > 0, link + " " + r);
                assertEquals(work.label(), r.figures().get("work"));
                assertEquals(link, r.figures().get("link"));
            }
        }
    }

    @Test
    void anUnknownLinkIsSaid() {
        var o = new BenchOptions(Work.RR, "pigeon", 1500, 1, 0, 1, 1, BenchOptions.Threads.PLATFORM);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Bench.run(o)).getMessage().contains("pigeon"));
    }

    @Test
    void percentilesAreWithinTheResolution() {
        var l = new Latencies();
        var random = new Random(1);
        long[] all = new long[10_000];
        for (int i = 0; i < all.length; i++) {
            all[i] = (long) Math.exp(random.nextDouble() * 20);
            l.record(all[i]);
        }
        java.util.Arrays.sort(all);
        for (double p : new double[] {0.01, 0.5, 0.9, 0.99, 0.999}) {
            double exact = all[(int) Math.ceil(p * all.length) - 1];
            assertEquals(exact, l.percentile(p), exact / 32 + 1, "p" + p);
        }
        assertEquals(all.length, l.count());
        l.clear();
        assertEquals(0, l.percentile(0.5));
    }
}
