package dev.millrace.testkit;

import java.util.concurrent.Callable;

/// Waits for what other threads and programs do by the wall clock. Its patience is that of a machine that has much else to do: a
/// test that waits for less fails there for no reason.
public final class Await {
    private static final int PATIENCE_S = 60;
    private static final long LOOK_MS = 5;

    private Await() {
    }

    /// Returns when a condition holds, at once if it does.
    ///
    /// @param otherwise what to say if it does not
    /// @throws AssertionError if it does not hold for a minute
    /// @throws Exception what the condition throws
    public static void until(Callable<Boolean> condition, Callable<String> otherwise) throws Exception {
        long begin = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - begin > PATIENCE_S * 1_000_000_000L) {
                throw new AssertionError("not within " + PATIENCE_S + " s: " + otherwise.call());
            }
            Thread.sleep(LOOK_MS);
        }
    }
}
