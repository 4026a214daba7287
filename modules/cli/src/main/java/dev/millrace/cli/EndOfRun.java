package dev.millrace.cli;

import dev.millrace.Units;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// The wish to end a command that serves, by SIGINT or SIGTERM or because its time is up. The JVM ends only after the
/// command has, and with the command's exit code instead of the signal's.
public final class EndOfRun implements AutoCloseable {
    /// How long the end of the JVM waits for the command's.
    private static final Duration TO_END = Duration.ofSeconds(5);

    private static final CompletableFuture<Integer> EXIT_CODE = new CompletableFuture<>();

    private final List<Runnable> actions = new ArrayList<>();
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

    /// The command has ended with this code, and all that it printed has left.
    static void exit(int code) {
        EXIT_CODE.complete(code);
    }

    private void endFromOutside() {
        wish();
        try {
            if (reached.await(TO_END.toMillis(), TimeUnit.MILLISECONDS)) {
                // System.exit would wait for this hook, and the code would be the signal's.
                Runtime.getRuntime().halt(EXIT_CODE.get(TO_END.toMillis(), TimeUnit.MILLISECONDS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // The JVM ends as it would have without this.
            return;
        }
    }

    private void wish() {
        List<Runnable> now;
        synchronized (actions) {
            wanted.countDown();
            now = List.copyOf(actions);
        }
        now.forEach(EndOfRun::run);
    }

    private static void run(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            // The others are run nevertheless; whoever is ended so hears of it where it waits.
            return;
        }
    }

    /// Prints a line at once. That nobody reads any more, as behind head(1), is a wish to end as well.
    public void say(PrintWriter out, String line) {
        out.println(line);
        // Also sends what is printed.
        if (out.checkError()) {
            wish();
        }
    }

    /// Whether the end is wished for.
    public boolean isWanted() {
        return wanted.getCount() == 0;
    }

    /// Has `action` run when the end is wished for, on another thread; at once if it is already. It ends what the command
    /// waits for.
    public void whenWanted(Runnable action) {
        synchronized (actions) {
            if (!isWanted()) {
                actions.add(action);
                return;
            }
        }
        run(action);
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
