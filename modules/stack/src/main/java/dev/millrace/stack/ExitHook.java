package dev.millrace.stack;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// Closes the stacks that are open when the JVM ends, as a kernel closes the sockets of a process that ends, so that peers
/// do not keep connections to nobody. One shutdown hook serves all; it is there while a threaded stack is open.
final class ExitHook {
    /// How long the end of the JVM waits in all. Peers are told when what was written has arrived, or should have; what may
    /// take long, or wait for a thread that itself waits in `System.exit`, comes after.
    private static final long PATIENCE_MS = TimeUnit.SECONDS.toMillis(2);
    private static final long DRAIN_NS = TimeUnit.SECONDS.toNanos(1);
    /// How long the program's own hooks, which run at the same time, have to close their stacks in their own way.
    private static final long GRACE_MS = 500;
    private static final long LOOK_MS = 5;

    private static final Object LOCK = new Object();
    private static final Set<AssembledStack> OPEN = new LinkedHashSet<>();
    private static Thread hook;

    private ExitHook() {
    }

    static void add(AssembledStack stack) {
        synchronized (LOCK) {
            if (hook == null) {
                Thread t = Thread.ofPlatform().inheritInheritableThreadLocals(false).name("millrace-exit")
                        .unstarted(ExitHook::closeAll);
                try {
                    Runtime.getRuntime().addShutdownHook(t);
                } catch (IllegalStateException ending) {
                    // The JVM ends already: whoever opens a stack now closes it himself.
                    return;
                }
                hook = t;
            }
            OPEN.add(stack);
        }
    }

    static void remove(AssembledStack stack) {
        synchronized (LOCK) {
            OPEN.remove(stack);
            if (OPEN.isEmpty() && hook != null) {
                try {
                    Runtime.getRuntime().removeShutdownHook(hook);
                } catch (IllegalStateException ending) {
                    // It runs: with nothing to close, it ends at once.
                    return;
                }
                hook = null;
            }
        }
    }

    private static List<AssembledStack> open() {
        synchronized (LOCK) {
            return new ArrayList<>(OPEN);
        }
    }

    /// A thread for each stack, since one that cannot be closed must not keep the others open, nor the JVM alive.
    private static void closeAll() {
        try {
            for (long waited = 0; waited < GRACE_MS && !open().isEmpty(); waited += LOOK_MS) {
                Thread.sleep(LOOK_MS);
            }
        } catch (InterruptedException e) {
            // Whoever is in such a hurry gets what there is.
            Thread.currentThread().interrupt();
        }
        List<Thread> closers = new ArrayList<>();
        for (AssembledStack stack : open()) {
            closers.add(Thread.ofPlatform().daemon().name("millrace-exit-" + stack.name())
                    .start(() -> stack.closeWithin(DRAIN_NS)));
        }
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        for (Thread closer : closers) {
            try {
                closer.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime())));
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
