package dev.millrace.it.schedule;

import dev.millrace.spi.Clock;
import dev.millrace.spi.Surroundings;
import dev.millrace.spi.Timers;
import dev.millrace.spi.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/// Time and waiting of a stack under a schedule: time passes when somebody lets it, threads wait as the schedule knows.
final class WovenTime implements Surroundings, Clock, Timers, Waits {
    private final Schedule schedule;
    private final List<WovenTimer> set = new ArrayList<>();
    private final ThreadLocal<Boolean> running = ThreadLocal.withInitial(() -> false);
    private volatile boolean closed;

    WovenTime(Schedule schedule) {
        this.schedule = schedule;
    }

    private final class WovenTimer implements Timer {
        final Task task;
        long deadlineNs;

        WovenTimer(Task task) {
            this.task = task;
        }

        @Override
        public void set(long ns) {
            synchronized (set) {
                set.remove(this);
                if (closed) {
                    return;
                }
                deadlineNs = ns;
                set.add(this);
            }
        }

        @Override
        public void cancel() {
            synchronized (set) {
                set.remove(this);
            }
        }
    }

    /// Runs the next timer, if it is due before `limitNs`. Returns whether there was one.
    boolean runNext(long limitNs) {
        WovenTimer next = null;
        synchronized (set) {
            for (WovenTimer t : set) {
                if (next == null || t.deadlineNs - next.deadlineNs < 0) {
                    next = t;
                }
            }
            if (next == null || next.deadlineNs - limitNs > 0) {
                return false;
            }
            set.remove(next);
        }
        schedule.setNowNs(next.deadlineNs);
        running.set(true);
        try {
            next.task.run(schedule.nowNs());
        } finally {
            running.set(false);
        }
        return true;
    }

    int pending() {
        synchronized (set) {
            return set.size();
        }
    }

    @Override
    public Timer create(Task task) {
        return new WovenTimer(task);
    }

    @Override
    public long nanoTime() {
        return schedule.nowNs();
    }

    @Override
    public long epochNanos() {
        return schedule.nowNs();
    }

    @Override
    public void park(Object blocker, long deadlineNs) {
        Points.current().park(deadlineNs);
    }

    @Override
    public void unpark(Thread thread) {
        schedule.unpark(thread);
    }

    @Override
    public boolean lock(ReentrantLock lock, long deadlineNs) throws InterruptedException {
        while (!Points.tryLock(lock)) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (deadlineNs - schedule.nowNs() <= 0) {
                return false;
            }
            Points.current().await(lock, deadlineNs);
        }
        return true;
    }

    @Override
    public long spinNs() {
        return 0;
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
        return () -> {
            long x = schedule.nextInt(Integer.MAX_VALUE);
            return x << 33 ^ schedule.nextInt(Integer.MAX_VALUE) * 0x9e3779b97f4a7c15L;
        };
    }

    @Override
    public boolean isStepped() {
        return true;
    }

    @Override
    public boolean isTimerThread() {
        return running.get();
    }

    @Override
    public void close() {
        synchronized (set) {
            closed = true;
            set.clear();
        }
    }
}
