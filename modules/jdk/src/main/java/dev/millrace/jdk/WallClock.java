package dev.millrace.jdk;

import dev.millrace.spi.Clock;
import dev.millrace.spi.Waits;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/// How threads wait that belong to no stack, and what they wait by.
final class WallClock implements Waits, Clock {
    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long epochNanos() {
        return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    }

    @Override
    public void park(Object blocker, long deadlineNs) {
        if (deadlineNs == Long.MAX_VALUE) {
            LockSupport.park(blocker);
        } else {
            LockSupport.parkNanos(blocker, deadlineNs - System.nanoTime());
        }
    }

    @Override
    public void unpark(Thread thread) {
        LockSupport.unpark(thread);
    }

    @Override
    public boolean lock(ReentrantLock lock, long deadlineNs) throws InterruptedException {
        if (deadlineNs == Long.MAX_VALUE) {
            lock.lockInterruptibly();
            return true;
        }
        return lock.tryLock(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public long spinNs() {
        return 0;
    }
}
