package dev.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.bench.BenchOptions.Threads;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// That each work runs over each link and says what it has to say; how fast is not a test's business.
@Timeout(60)
class BenchTest {
    private static BenchOptions options(Work work, String link, Threads threads) {
        return new BenchOptions(work, link, link.equals("vnic") ? 1500 : 65536, 0.1, 0.05, 16384, 50, threads);
    }

    private static double number(Map<String, Object> figures, String name) {
        assertTrue(figures.get(name) instanceof Number, name + " is missing in " + figures);
        return ((Number) figures.get(name)).doubleValue();
    }

    @ParameterizedTest
    @CsvSource({
        "STREAM, loopback", "STREAM, vnic", "STREAM, jdk", "RR, loopback", "RR, vnic", "RR, jdk",
        "CONNECT, loopback", "CONNECT, vnic", "CONNECT, jdk", "UDP_RR, loopback", "UDP_RR, vnic", "UDP_RR, jdk",
        "UDP_FLOOD, loopback", "UDP_FLOOD, vnic", "UDP_FLOOD, jdk", "IDLE, loopback", "IDLE, vnic", "IDLE, jdk"})
    void everyWorkRunsOverEveryLink(Work work, String link) throws IOException {
        Map<String, Object> figures = Bench.run(options(work, link, Threads.PLATFORM)).figures();
        assertEquals(work.label(), figures.get("work"));
        assertEquals(link, figures.get("link"));
        assertEquals(0.1, figures.get("seconds"));
        assertEquals("platform", figures.get("threads"));
        assertTrue(number(figures, "mtu") >= 1500, figures::toString);
        switch (work) {
            case STREAM -> assertTrue(number(figures, "gbit_per_s") > 0, figures::toString);
            case RR, UDP_RR -> {
                double p50 = number(figures, "p50_us");
                assertTrue(p50 > 0 && p50 <= number(figures, "p99_us"), figures::toString);
                assertTrue(number(figures, "per_s") > 0, figures::toString);
            }
            case CONNECT -> assertTrue(number(figures, "per_s") > 0, figures::toString);
            case UDP_FLOOD -> {
                assertTrue(number(figures, "per_s") > 0, figures::toString);
                double part = number(figures, "received_of_sent");
                assertTrue(part > 0 && part <= 1, figures::toString);
            }
            case IDLE -> {
                assertEquals(50, figures.get("pairs"));
                number(figures, "bytes_per_pair");
            }
        }
        if (work != Work.IDLE) {
            assertTrue(number(figures, "cpu_cores") >= 0, figures::toString);
            assertEquals(!link.equals("jdk"), figures.containsKey("alloc_bytes_per_packet"), figures::toString);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Work.class, mode = EnumSource.Mode.EXCLUDE, names = "IDLE")
    void everyWorkRunsOnVirtualThreads(Work work) throws IOException {
        assertEquals("virtual", Bench.run(options(work, "loopback", Threads.VIRTUAL)).figures().get("threads"));
    }

    @ParameterizedTest
    @EnumSource(value = Work.class, names = {"RR", "CONNECT"})
    void theBetterKindOfThreadCounts(Work work) throws IOException {
        Object threads = Bench.run(options(work, "loopback", Threads.BEST)).figures().get("threads");
        assertTrue("platform".equals(threads) || "virtual".equals(threads), "threads: " + threads);
    }

    @ParameterizedTest
    @ValueSource(strings = {"loopback", "vnic", "jdk"})
    void leavesNoThreadBehind(String link) throws IOException {
        for (Work work : Work.values()) {
            Bench.run(options(work, link, Threads.PLATFORM));
        }
        assertFalse(Thread.getAllStackTraces().keySet().stream().anyMatch(t -> t.getName().startsWith("bench-")),
                () -> "threads: " + Thread.getAllStackTraces().keySet());
    }

    @ParameterizedTest
    @ValueSource(strings = {"loopback", "vnic"})
    void anIdlePairHoldsNoPacketMemory(String link) throws IOException {
        long before = Leaks.buffers();
        var kept = new ArrayList<Network.Connection>();
        try (Network network = StackNetwork.open(link, 1500); Network.Server server = network.listen()) {
            for (int i = 0; i < 20; i++) {
                kept.add(server.connect());
                kept.add(server.accept());
            }
            assertEquals(before, Leaks.buffers());
            for (Network.Connection c : kept) {
                c.close();
            }
        }
    }

    @Test
    void namesTheLinksThereAre() {
        var e = assertThrows(IllegalArgumentException.class,
                () -> Bench.run(options(Work.STREAM, "tun", Threads.PLATFORM)));
        assertEquals("link \"tun\" is none of loopback, vnic, jdk", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 1, 1, seconds", "-1, 0, 1, 1, seconds", "NaN, 0, 1, 1, seconds", "1e9, 0, 1, 1, seconds",
        "1, -1, 1, 1, warm-up", "1, NaN, 1, 1, warm-up", "1, 0, 0, 1, chunk", "1, 0, 1, 0, pairs"})
    void saysWhichOptionIsOutOfRange(double seconds, double warmup, int chunk, int pairs, String name) {
        var e = assertThrows(IllegalArgumentException.class,
                () -> new BenchOptions(Work.IDLE, "jdk", 1500, seconds, warmup, chunk, pairs, Threads.BEST));
        assertTrue(e.getMessage().startsWith(name), e.getMessage());
    }
}
