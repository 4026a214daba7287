package dev.millrace.stack;

import dev.millrace.spi.Timers;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/// The timers of one stack on the shared wheel. After [#close()] none of its tasks begins, and none is running except one
/// that is itself closing the stack.
final class StackTimers implements Timers {
    private final TimerWheel wheel;
    /// The thread that is running a task, or `null`: the wheel has one thread.
    private final AtomicReference<Thread> running = new AtomicReference<>();
    private volatile boolean closed;

    StackTimers(TimerWheel wheel) {
        this.wheel = wheel;
    }

    @Override
    public Timer create(Task task) {
        return new WheelTimer(task);
    }

    void close() {
        closed = true;
        boolean interrupted = false;
        Thread t;
        while ((t = running.get()) != null && t != Thread.currentThread()) {
            LockSupport.parkNanos(this, 100_000);
            // An interrupted thread does not park; it is told again when the wait is over.
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class WheelTimer extends TimerWheel.Entry implements Timer {
        private final Task task;

        WheelTimer(Task task) {
            this.task = task;
        }

        @Override
        public void set(long deadlineNs) {
            if (!closed) {
                wheel.set(this, deadlineNs);
            }
        }

        @Override
        public void cancel() {
            wheel.cancel(this);
        }

        @Override
        void expire(long nowNs) {
            running.set(Thread.currentThread());
            try {
                if (!closed) {
                    task.run(nowNs);
                }
            } finally {
                running.set(null);
            }
        }
    }
}
