package dev.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    @Test
    void knowsNothingBeforeTheFirst() {
        assertEquals(0, new Latencies().percentile(0.5));
        assertEquals(0, new Latencies().count());
    }

    @Test
    void smallDurationsAreExact() {
        var latencies = new Latencies();
        for (int i = 1; i <= 60; i++) {
            latencies.record(i);
        }
        assertEquals(30, latencies.percentile(0.5));
        assertEquals(60, latencies.percentile(1));
        assertEquals(1, latencies.percentile(0));
    }

    @Test
    void negativeDurationsCountAsZeroAndTheLongestFits() {
        var latencies = new Latencies();
        latencies.record(-1);
        latencies.record(Long.MAX_VALUE);
        assertEquals(2, latencies.count());
        assertEquals(0, latencies.percentile(0.5));
        assertEquals(Long.MAX_VALUE, latencies.percentile(1), Long.MAX_VALUE / 64.0);
    }

    @Property(tries = 300)
    void percentilesAreWithinTheResolutionOfTheSortedList(
            @ForAll @Size(min = 1, max = 200) List<@LongRange(max = 10_000_000_000L) Long> durations,
            @ForAll @DoubleRange(min = 0, max = 1) double part) {
        long[] all = durations.stream().mapToLong(Long::longValue).toArray();
        var latencies = new Latencies();
        for (long ns : all) {
            latencies.record(ns);
        }
        Arrays.sort(all);
        long exact = all[(int) Math.max(1, Math.ceil(part * all.length)) - 1];
        assertEquals(exact, latencies.percentile(part), exact / 64.0);
    }

    @Test
    void recordingAllocatesNothing() {
        var latencies = new Latencies();
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 10; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                latencies.record(i * 37L);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < 1000, least + " bytes for 10 000 durations");
    }
}
