package dev.millrace.internet.waiting;

import dev.millrace.internet.time.Clockwork;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/// A lock in simulated time, which its owner may take several times; others go on meanwhile.
public final class SimulatedLock implements Lock {
    private final Clockwork clockwork;
    private final WaitingLine line;
    private Thread owner;
    private int holds;

    /// A free lock.
    public SimulatedLock(Clockwork clockwork) {
        this.clockwork = clockwork;
        line = new WaitingLine(clockwork);
    }

    @Override
    public boolean tryLock() {
        Thread self = Thread.currentThread();
        if (owner != null && owner != self) {
            return false;
        }
        owner = self;
        holds++;
        return true;
    }

    @Override
    public void lock() {
        boolean interrupted = false;
        while (!tryLock()) {
            interrupted |= line.awaitUninterruptibly();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        lock(Long.MAX_VALUE);
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        return lock(line.deadlineNs(time, unit));
    }

    private boolean lock(long deadlineNs) throws InterruptedException {
        while (!tryLock()) {
            if (line.isOver(deadlineNs)) {
                return false;
            }
            line.await(deadlineNs);
        }
        return true;
    }

    @Override
    public void unlock() {
        checkOwner();
        if (--holds == 0) {
            owner = null;
            line.wakeAll();
        }
    }

    private void checkOwner() {
        if (owner != Thread.currentThread()) {
            throw new IllegalMonitorStateException("the lock is " + (owner == null ? "free" : "held by \"" + owner.getName() + "\""));
        }
    }

    @Override
    public Condition newCondition() {
        return new Waiting();
    }

    @Override
    public String toString() {
        return "lock, " + (owner == null ? "free" : "held by \"" + owner.getName() + "\"");
    }

    private final class Waiting implements Condition {
        private final WaitingLine signals = new WaitingLine(clockwork);
        /// How often it was signalled, and how many signals of these nobody has taken.
        private long round;
        private int single;

        @Override
        public void await() throws InterruptedException {
            await(Long.MAX_VALUE);
        }

        @Override
        public boolean await(long time, TimeUnit unit) throws InterruptedException {
            return await(signals.deadlineNs(time, unit));
        }

        @Override
        public long awaitNanos(long nanosTimeout) throws InterruptedException {
            long deadline = signals.deadlineNs(nanosTimeout, TimeUnit.NANOSECONDS);
            await(deadline);
            return deadline - clockwork.nowNs();
        }

        @Override
        public boolean awaitUntil(Date deadline) throws InterruptedException {
            long millis = deadline.getTime() - clockwork.epochNanos() / 1_000_000;
            return await(millis, TimeUnit.MILLISECONDS);
        }

        private boolean await(long deadlineNs) throws InterruptedException {
            int held = release();
            try {
                long before = round;
                while (!taken(before)) {
                    if (signals.isOver(deadlineNs)) {
                        return false;
                    }
                    signals.await(deadlineNs);
                }
                return true;
            } finally {
                retake(held);
            }
        }

        @Override
        public void awaitUninterruptibly() {
            int held = release();
            boolean interrupted = false;
            long before = round;
            while (!taken(before)) {
                interrupted |= signals.awaitUninterruptibly();
            }
            retake(held);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        /// Whether a signal came since `before` that is for all, or was left for one.
        private boolean taken(long before) {
            if (round != before) {
                return true;
            }
            if (single > 0) {
                single--;
                return true;
            }
            return false;
        }

        private int release() {
            checkOwner();
            int held = holds;
            holds = 0;
            owner = null;
            line.wakeAll();
            return held;
        }

        private void retake(int held) {
            lock();
            holds = held;
        }

        @Override
        public void signal() {
            checkOwner();
            if (single < signals.length()) {
                single++;
                signals.wakeAll();
            }
        }

        @Override
        public void signalAll() {
            checkOwner();
            round++;
            single = 0;
            signals.wakeAll();
        }
    }
}
