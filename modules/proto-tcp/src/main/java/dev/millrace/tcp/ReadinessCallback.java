package dev.millrace.tcp;

import dev.millrace.Readiness;
import dev.millrace.spi.StackContext;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Calls a program's readiness callback without a lock and never twice at once: a signal that comes while the callback
/// runs, perhaps caused by it, makes it run again afterwards instead of recursing. What it is told is asked for at that
/// moment, so that the newest is told last. What it throws is its program's affair: it is counted, and the next signal
/// calls it again.
final class ReadinessCallback extends AtomicInteger {
    private static final long serialVersionUID = 1;

    private final transient Supplier<Readiness> present;
    private final transient Consumer<Readiness> listener;
    private final transient StackContext ctx;

    ReadinessCallback(Supplier<Readiness> present, Consumer<Readiness> listener, StackContext ctx) {
        this.present = present;
        this.listener = listener;
        this.ctx = ctx;
    }

    void signal() {
        if (getAndIncrement() != 0) {
            return;
        }
        int seen;
        do {
            seen = get();
            try {
                listener.accept(present.get());
            } catch (Throwable t) {
                ctx.failed("readiness-callback", t);
            }
        } while (addAndGet(-seen) != 0);
    }
}
