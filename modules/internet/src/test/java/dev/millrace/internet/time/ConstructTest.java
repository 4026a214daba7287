package dev.millrace.internet.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// What other languages wait in, by stack traces as they are there; `examples/consumers/kotlin` has the real thing.
class ConstructTest {
    private static StackTraceElement frame(String type, String method) {
        return new StackTraceElement(type, method, type.substring(type.lastIndexOf('.') + 1) + ".kt", 1);
    }

    /// As of kotlinx.coroutines 1.11.
    private static final StackTraceElement[] RUN_BLOCKING = {
        frame("java.lang.VirtualThread", "park"),
        frame("java.util.concurrent.locks.LockSupport", "parkNanos"),
        frame("kotlinx.coroutines.BlockingCoroutine", "joinBlocking"),
        frame("kotlinx.coroutines.BuildersKt__BuildersKt", "runBlockingImpl"),
        frame("kotlinx.coroutines.BuildersKt", "runBlocking$default"),
        frame("acme.Weather", "report"),
        frame("dev.millrace.internet.Program", "run")
    };

    @Test
    void runBlockingIsNamedWithWhatCoroutinesHaveInstead() {
        Construct c = Construct.of(RUN_BLOCKING, Watchdog::isOurs);
        assertEquals("runBlocking", c.called());
        assertTrue(c.advice().contains("host.executor()") && c.advice().contains("asCoroutineDispatcher"), c.advice());
    }

    @Test
    void thePlaceIsTheProgramsOwnLine() {
        assertEquals("acme.Weather.report(Weather.kt:1)", Watchdog.place(RUN_BLOCKING));
    }
}
