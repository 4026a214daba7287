package dev.millrace.cli;

import dev.millrace.Units;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// The wish to end a command that serves, by SIGINT or SIGTERM or because its time is up. The JVM ends only after the
/// command has.
public final class EndOfRun implements AutoCloseable {
    /// How long the end of the JVM waits for the command's.
    private static final Duration TO_END = Duration.ofSeconds(5);

    private final CountDownLatch wanted = new CountDownLatch(1);
    private final CountDownLatch reached = new CountDownLatch(1);
    private final Thread hook = new Thread(this::endFromOutside, "millrace-end");

    /// Begins to listen to signals.
    public EndOfRun() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// The value of `--for`, or `null` if there is none.
    ///
    /// @throws ParameterException if it is no duration
    public static Duration limit(CommandSpec spec, String text) {
        try {
            return text == null ? null : Units.duration(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--for: " + e.getMessage(), e);
        }
    }

    private void endFromOutside() {
        wanted.countDown();
        try {
            reached.await(TO_END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Waits for the wish, at most for `limit` (`null`: for ever).
    public void await(Duration limit) throws InterruptedException {
        if (limit == null) {
            wanted.await();
        } else {
            wanted.await(limit.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void close() {
        reached.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM ends already, and the hook waited for this.
        }
    }
}
