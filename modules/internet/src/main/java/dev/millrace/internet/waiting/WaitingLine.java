package dev.millrace.internet.waiting;

import dev.millrace.internet.time.Clockwork;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Threads that wait, in simulated time, for something that others bring about. One at a time has the turn, so that nothing
/// here needs a lock; who waits looks again each time that it is woken, and the seed chooses who looks first.
final class WaitingLine {
    private final Clockwork clockwork;
    private final List<Thread> waiting = new ArrayList<>(1);

    WaitingLine(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    /// When a wait of so long ends that begins now.
    long deadlineNs(long time, TimeUnit unit) {
        long now = clockwork.nowNs();
        long nanos = Math.max(0, unit.toNanos(time));
        return now + nanos < 0 ? Long.MAX_VALUE : now + nanos;
    }

    boolean isOver(long deadlineNs) {
        return clockwork.nowNs() >= deadlineNs;
    }

    /// Waits until somebody has called [#wakeAll], or the time has come; may return early.
    void await(long deadlineNs) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        parkInLine(deadlineNs);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /// The same for those who cannot be interrupted.
    ///
    /// @return whether somebody has tried; its flag is taken down meanwhile
    boolean awaitUninterruptibly() {
        boolean interrupted = Thread.interrupted();
        parkInLine(Long.MAX_VALUE);
        return interrupted | Thread.interrupted();
    }

    private void parkInLine(long deadlineNs) {
        Thread self = Thread.currentThread();
        waiting.add(self);
        try {
            clockwork.park(deadlineNs);
        } finally {
            waiting.remove(self);
        }
    }

    void wakeAll() {
        if (!waiting.isEmpty()) {
            List.copyOf(waiting).forEach(clockwork::unpark);
        }
    }

    int length() {
        return waiting.size();
    }
}
