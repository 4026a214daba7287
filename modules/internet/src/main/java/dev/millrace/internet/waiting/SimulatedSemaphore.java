package dev.millrace.internet.waiting;

import dev.millrace.internet.time.Clockwork;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// A semaphore in simulated time.
public final class SimulatedSemaphore extends Semaphore {
    private static final long serialVersionUID = 1;

    private final transient WaitingLine line;

    /// @param permits how many there are at the beginning
    public SimulatedSemaphore(Clockwork clockwork, int permits) {
        super(permits);
        line = new WaitingLine(clockwork);
    }

    @Override
    public void acquire() throws InterruptedException {
        acquire(1);
    }

    @Override
    public void acquire(int permits) throws InterruptedException {
        acquire(permits, Long.MAX_VALUE);
    }

    private boolean acquire(int permits, long deadlineNs) throws InterruptedException {
        while (!tryAcquire(permits)) {
            if (line.isOver(deadlineNs)) {
                return false;
            }
            line.await(deadlineNs);
        }
        return true;
    }

    @Override
    public boolean tryAcquire(long timeout, TimeUnit unit) throws InterruptedException {
        return tryAcquire(1, timeout, unit);
    }

    @Override
    public boolean tryAcquire(int permits, long timeout, TimeUnit unit) throws InterruptedException {
        return acquire(permits, line.deadlineNs(timeout, unit));
    }

    @Override
    public void acquireUninterruptibly() {
        acquireUninterruptibly(1);
    }

    @Override
    public void acquireUninterruptibly(int permits) {
        boolean interrupted = false;
        while (!tryAcquire(permits)) {
            interrupted |= line.awaitUninterruptibly();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void release() {
        release(1);
    }

    @Override
    public void release(int permits) {
        super.release(permits);
        line.wakeAll();
    }
}
