package dev.millrace.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /// Returns when a program has printed a text.
    ///
    /// @param output the file that it prints to, which need not be there yet
    /// @throws AssertionError if it ends before, or has not after a minute; the message is what it has printed
    public static void said(Process program, Path output, String text) throws Exception {
        until(() -> printed(output).contains(text) || !program.isAlive(), () -> "no \"" + text + "\" in " + printed(output));
        if (!printed(output).contains(text)) {
            throw new AssertionError("ended without \"" + text + "\": " + printed(output));
        }
    }

    private static String printed(Path output) throws IOException {
        return Files.exists(output) ? Files.readString(output) : "";
    }
}
