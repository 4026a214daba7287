package dev.millrace.internet.time;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// The thread that lets simulated time pass, while the thread that wants it to waits. It is a virtual one like those of the
/// programs: turns go from one to the other without waking a thread of the system.
final class Driver {
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Thread thread = Thread.ofVirtual().name("millrace-simulation").unstarted(this::serve);
    private volatile Request request;
    private volatile boolean over;

    /// Sees to the one who has the turn.
    interface Look {
        void look(boolean interrupted);
    }

    private static final class Request {
        private final Thread from = Thread.currentThread();
        private final BooleanSupplier work;
        private boolean result;
        private Throwable failure;
        private volatile boolean done;

        Request(BooleanSupplier work) {
            this.work = work;
        }
    }

    /// Whether it is working for somebody.
    boolean isBusy() {
        return request != null;
    }

    /// Who waits for its work, or `null`.
    Thread asker() {
        Request r = request;
        return r == null ? null : r.from;
    }

    Thread thread() {
        return thread;
    }

    /// Has it do some work, and returns what that returns or throws what it throws.
    ///
    /// @param interrupted called when the calling thread is interrupted meanwhile
    /// @param look called from time to time meanwhile on the calling thread, with whether that was interrupted; what it throws
    ///     ends the waiting, and the driver
    boolean run(BooleanSupplier work, Runnable interrupted, Look look) {
        var mine = new Request(work);
        request = mine;
        if (thread.getState() == Thread.State.NEW) {
            thread.start();
        } else {
            LockSupport.unpark(thread);
        }
        boolean wasInterrupted = false;
        try {
            while (!mine.done) {
                LockSupport.parkNanos(this, LOOK_NS);
                if (!mine.done) {
                    // Parking ends at once while the flag is set.
                    if (Thread.interrupted()) {
                        wasInterrupted = true;
                        interrupted.run();
                    }
                    look.look(wasInterrupted);
                }
            }
        } catch (RuntimeException e) {
            end();
            throw e;
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
        request = null;
        switch (mine.failure) {
            case null -> {
                return mine.result;
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new IllegalStateException(t);
        }
    }

    private void serve() {
        Request served = null;
        while (!over) {
            Request next = request;
            if (next == null || next == served) {
                LockSupport.park(this);
                continue;
            }
            try {
                next.result = next.work.getAsBoolean();
            } catch (Throwable t) {
                next.failure = t;
            }
            served = next;
            next.done = true;
            LockSupport.unpark(next.from);
        }
    }

    boolean isOver() {
        return over;
    }

    /// Ends the thread; no more work is done.
    void end() {
        over = true;
        request = null;
        LockSupport.unpark(thread);
    }
}
