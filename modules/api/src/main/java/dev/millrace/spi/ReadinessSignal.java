package dev.millrace.spi;

import dev.millrace.Readiness;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Tells a program's readiness callback that something may have changed. One object serves one callback of one socket.
///
/// Four things hold, whatever the callback does and however many threads signal:
///
/// 1. The callback never runs twice at once, nor inside itself: a [#signal()] that comes while it runs, perhaps caused by
///    it, makes it run once more afterwards, on the thread that it runs on already.
/// 2. It is told the readiness of the moment: the supplier is asked when the callback is about to run, not when the
///    signal was given. So the last thing it is told is never older than the last signal, and signals may melt into one.
/// 3. What it throws, an [Error] too, goes to `onFailure` and no further: neither to the thread that delivered a packet,
///    nor in the way of later calls.
/// 4. The caller of [#signal()] holds no lock meanwhile; that is the caller's part.
///
/// Signalling allocates nothing.
public final class ReadinessSignal {
    private static final int IDLE = 0;
    /// The callback runs and has been told, or is about to ask for, everything that was signalled.
    private static final int RUNNING = 1;
    /// Something was signalled since the supplier was asked.
    private static final int AGAIN = 2;

    private final AtomicInteger state = new AtomicInteger(IDLE);
    private final Supplier<Readiness> present;
    private final Consumer<? super Readiness> listener;
    private final Consumer<? super Throwable> onFailure;

    /// A signal to one callback.
    ///
    /// @param present what the socket is ready for now; asked without a lock, by whatever thread signals
    /// @param listener the program's callback
    /// @param onFailure told what the callback (or the supplier) threw; [StackContext#failed] is made for it. What it throws
    ///     itself is lost
    public ReadinessSignal(Supplier<Readiness> present, Consumer<? super Readiness> listener,
            Consumer<? super Throwable> onFailure) {
        this.present = Objects.requireNonNull(present, "present");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.onFailure = Objects.requireNonNull(onFailure, "onFailure");
    }

    /// Has the callback told the present readiness: by this thread before it returns, or, if the callback is running
    /// already, by the thread that runs it. Call it without a lock, after the change is visible to the supplier.
    public void signal() {
        // Read-modify-writes throughout: each carries the signaller's change to the thread that will ask the supplier.
        if (state.getAndSet(AGAIN) != IDLE) {
            return;
        }
        do {
            state.getAndSet(RUNNING);
            tell();
        } while (!state.compareAndSet(RUNNING, IDLE));
    }

    private void tell() {
        try {
            listener.accept(present.get());
        } catch (Throwable t) {
            report(t);
        }
    }

    private void report(Throwable failure) {
        try {
            onFailure.accept(failure);
        } catch (Throwable _) {
            // No memory left to report that there is no memory left: the socket lives on, which matters more.
        }
    }
}
