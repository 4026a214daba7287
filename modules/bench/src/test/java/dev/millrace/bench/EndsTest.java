package dev.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.bench.BenchOptions.Threads;
import dev.millrace.bench.Ends.Window;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class EndsTest {
    private static Ends ends(double seconds, Threads threads) {
        return new Ends(new BenchOptions(Work.RR, "jdk", 1500, seconds, 0, 1, 1, threads), threads, () -> 7);
    }

    private static void untilOver(Ends ends) {
        while (!ends.over()) {
            ends.done(1);
            LockSupport.parkNanos(100_000);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Threads.class, names = {"PLATFORM", "VIRTUAL"})
    void measuresTheStretchThatWasAskedFor(Threads threads) throws IOException {
        Ends ends = ends(0.1, threads);
        var closed = new CountDownLatch(1);
        Window w = ends.measure(closed::countDown, "client", () -> untilOver(ends), "server", closed::await);
        assertTrue(w.ns() >= 100_000_000, w::toString);
        assertTrue(w.done() > 0, w::toString);
        assertEquals(0, w.packets());
    }

    @ParameterizedTest
    @EnumSource(value = Threads.class, names = {"PLATFORM", "VIRTUAL"})
    void theFailureOfEitherEndEndsTheBenchmarkSoon(Threads threads) {
        for (boolean first : new boolean[] {true, false}) {
            Ends ends = ends(3600, threads);
            var closed = new CountDownLatch(1);
            var cause = new AssertionError("broken");
            Ends.Step fails = () -> {
                throw cause;
            };
            var e = assertThrows(IOException.class, () -> ends.measure(closed::countDown,
                    "client", first ? fails : closed::await, "server", first ? closed::await : fails));
            assertEquals("the benchmark failed: java.lang.AssertionError: broken", e.getMessage());
            assertSame(cause, e.getCause());
        }
    }

    @ParameterizedTest
    @EnumSource(value = Threads.class, names = {"PLATFORM", "VIRTUAL"})
    void anEndThatStopsTooEarlyIsAFailure(Threads threads) {
        Ends ends = ends(3600, threads);
        var e = assertThrows(IOException.class, () -> ends.measure(() -> { },
                "client", () -> untilOver(ends), "server", () -> { }));
        assertTrue(e.getMessage().contains("the server came to an end too early"), e.getMessage());
    }

    @Test
    void aShortStretchGoesOnUntilSomethingWasDone() throws IOException {
        Ends ends = ends(0.01, Threads.PLATFORM);
        var closed = new CountDownLatch(1);
        Window w = ends.measure(closed::countDown, "client", () -> {
            Thread.sleep(200);
            untilOver(ends);
        }, "server", closed::await);
        assertTrue(w.done() > 0, w::toString);
    }

    @Test
    void nothingDoneForSecondsIsAFailure() {
        Ends ends = ends(0.05, Threads.PLATFORM);
        var closed = new CountDownLatch(1);
        var e = assertThrows(IOException.class,
                () -> ends.measure(closed::countDown, "client", closed::await, "server", closed::await));
        assertTrue(e.getMessage().contains("nothing was done"), e.getMessage());
    }
}
