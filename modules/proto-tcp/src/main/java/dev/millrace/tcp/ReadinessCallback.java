package dev.millrace.tcp;

import dev.millrace.Readiness;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// Calls a program's readiness callback without a lock and never twice at once: a signal that comes while the callback
/// runs, perhaps caused by it, makes it run again afterwards instead of recursing.
final class ReadinessCallback extends AtomicInteger {
    private static final long serialVersionUID = 1;

    private final transient Consumer<Readiness> listener;
    private volatile int status;

    ReadinessCallback(Consumer<Readiness> listener) {
        this.listener = listener;
    }

    void signal(int newStatus) {
        status = newStatus;
        if (getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            seen = get();
            int s = status;
            listener.accept(Readiness.of(
                    (s & ConnectionEndpoint.READABLE) != 0,
                    (s & ConnectionEndpoint.WRITABLE) != 0,
                    (s & ConnectionEndpoint.FAILED) != 0));
        } while (addAndGet(-seen) != 0);
    }
}
