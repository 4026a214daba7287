package dev.millrace.stack;

import dev.millrace.spi.Clock;
import dev.millrace.spi.Surroundings;
import dev.millrace.spi.Timers;
import dev.millrace.spi.Waits;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Time that the caller sets, timers that run when it does, chance that follows from a seed.
final class ManualSurroundings implements Surroundings, Clock, Timers, Waits, RandomGenerator {
    /// 2026-01-01T00:00Z, where the calendar of stepped stacks begins.
    private static final long EPOCH_NS = 1_767_225_600L * 1_000_000_000L;

    private final Object lock = new Object();
    private final RandomGenerator random;
    private final PriorityQueue<QueuedTimer> queue = new PriorityQueue<>((a, b) ->
            a.deadlineNs != b.deadlineNs ? Long.compare(a.deadlineNs, b.deadlineNs) : Long.compare(a.order, b.order));
    private long orders;
    private volatile long nowNs;
    private volatile boolean closed;

    ManualSurroundings(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /// Lets time be `toNs` and runs what is due, in the order of deadlines and among equal ones of setting.
    void step(long toNs) {
        long target = Math.max(toNs, nowNs);
        Throwable failure = null;
        while (true) {
            QueuedTimer due;
            synchronized (lock) {
                due = queue.peek();
                if (closed || due == null || due.deadlineNs > target) {
                    break;
                }
                queue.poll();
                due.queued = false;
                // A timer sees its own time, not the end of a long step.
                nowNs = Math.max(nowNs, due.deadlineNs);
            }
            try {
                due.task.run(nowNs);
            } catch (Throwable t) {
                // The others that are due must not be lost with it; who steps is told at the end.
                if (failure == null) {
                    failure = t;
                } else if (failure != t) {
                    failure.addSuppressed(t);
                }
            }
        }
        nowNs = target;
        if (failure != null) {
            throw ManualSurroundings.<RuntimeException>unchanged(failure);
        }
    }

    /// Has what a task threw pass as it is: tasks declare no checked exceptions, but code in other languages throws them.
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T unchanged(Throwable failure) throws T {
        throw (T) failure;
    }

    long nextDeadlineNs() {
        synchronized (lock) {
            return closed || queue.isEmpty() ? Long.MAX_VALUE : queue.peek().deadlineNs;
        }
    }

    @Override
    public Clock clock() {
        return this;
    }

    @Override
    public Timers timers() {
        return this;
    }

    @Override
    public Waits waits() {
        return this;
    }

    @Override
    public RandomGenerator random() {
        return this;
    }

    @Override
    public boolean isStepped() {
        return true;
    }

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @Override
    public long epochNanos() {
        return EPOCH_NS + nowNs;
    }

    @Override
    public long nextLong() {
        synchronized (lock) {
            return random.nextLong();
        }
    }

    /// Waits for another thread to step; the deadline is looked at again every millisecond of real time, because nobody
    /// wakes a sleeper when steps pass it.
    @Override
    public void park(Object blocker, long deadlineNs) {
        if (deadlineNs == Long.MAX_VALUE) {
            LockSupport.park(blocker);
        } else {
            LockSupport.parkNanos(blocker, 1_000_000);
        }
    }

    @Override
    public void unpark(Thread thread) {
        LockSupport.unpark(thread);
    }

    @Override
    public boolean lock(ReentrantLock wanted, long deadlineNs) throws InterruptedException {
        while (!wanted.tryLock(1, TimeUnit.MILLISECONDS)) {
            if (nowNs >= deadlineNs) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean mayWait() {
        return false;
    }

    @Override
    public long spinNs() {
        return 0;
    }

    @Override
    public Timer create(Task task) {
        return new QueuedTimer(task);
    }

    @Override
    public boolean isTimerThread() {
        return false;
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            queue.clear();
        }
    }

    private final class QueuedTimer implements Timer {
        private final Task task;
        private long deadlineNs;
        private long order;
        private boolean queued;

        QueuedTimer(Task task) {
            this.task = task;
        }

        @Override
        public void set(long newDeadlineNs) {
            synchronized (lock) {
                if (queued) {
                    queue.remove(this);
                }
                if (!closed) {
                    deadlineNs = newDeadlineNs;
                    order = orders++;
                    queued = true;
                    queue.add(this);
                }
            }
        }

        @Override
        public void cancel() {
            synchronized (lock) {
                if (queued) {
                    queue.remove(this);
                    queued = false;
                }
            }
        }
    }
}
