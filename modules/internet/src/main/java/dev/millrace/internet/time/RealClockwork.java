package dev.millrace.internet.time;

import dev.millrace.internet.SimulationException;
import dev.millrace.spi.Surroundings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Time as the wall clock has it: one thread does what is due.
public final class RealClockwork implements Clockwork {
    private static final Logger LOG = LoggerFactory.getLogger(RealClockwork.class);
    private static final long PATIENCE_MS = 5000;

    private final long startNs = System.nanoTime();
    private final long startEpochNs;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final EventQueue queue = new EventQueue();
    private final Set<Task> tasks = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();
    private final Thread thread;
    private boolean closed;
    /// Held while an action runs.
    private final ReentrantLock turn = new ReentrantLock();

    /// Begins at once.
    public RealClockwork() {
        Instant now = Instant.now();
        startEpochNs = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        thread = Thread.ofPlatform().daemon().name("millrace-internet").start(this::runAll);
    }

    @Override
    public long nowNs() {
        return System.nanoTime() - startNs;
    }

    @Override
    public long epochNanos() {
        return startEpochNs + nowNs();
    }

    @Override
    public boolean isVirtual() {
        return false;
    }

    @Override
    public void post(long atNs, Runnable action) {
        lock.lock();
        try {
            if (closed) {
                if (action instanceof Discardable d) {
                    d.discard();
                }
                return;
            }
            EventQueue.Event first = queue.peek();
            queue.add(atNs, action);
            if (first == null || atNs < first.atNs) {
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void now(Runnable action) {
        turn.lock();
        try {
            action.run();
        } finally {
            turn.unlock();
        }
    }

    private void runAll() {
        EventQueue.Event due;
        while ((due = await()) != null) {
            turn.lock();
            try {
                due.run();
            } catch (RuntimeException e) {
                LOG.error("an action of a simulated Internet failed", e);
            } finally {
                turn.unlock();
            }
        }
    }

    /// Waits for the next event and takes it; `null` when closed.
    private EventQueue.Event await() {
        lock.lock();
        try {
            while (!closed) {
                EventQueue.Event next = queue.peek();
                long left = next == null ? Long.MAX_VALUE : next.atNs - nowNs();
                if (left <= 0) {
                    return queue.poll();
                }
                if (next == null) {
                    changed.awaitUninterruptibly();
                } else {
                    awaitNanos(left);
                }
            }
            queue.clear();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void awaitNanos(long left) {
        try {
            changed.awaitNanos(left);
        } catch (InterruptedException e) {
            // Nobody has a reason to interrupt this thread: it ends with the Internet.
            LOG.debug("interrupted", e);
        }
    }

    @Override
    public Surroundings surroundings(long seed) {
        return null;
    }

    @Override
    public Task start(Object owner, String name, Runnable body) {
        Task task = adopt(owner, name, body);
        tasks.add(task);
        task.thread.start();
        return task;
    }

    private Task adopt(Object owner, String name, Runnable body) {
        var task = new Task(owner, name, numbers.getAndIncrement());
        task.thread = Thread.ofVirtual().name(name).unstarted(() -> {
            tasks.add(task);
            try {
                body.run();
            } finally {
                tasks.remove(task);
            }
        });
        return task;
    }

    @Override
    public Task current() {
        Thread self = Thread.currentThread();
        return tasks.stream().filter(t -> t.thread == self).findFirst().orElse(null);
    }

    @Override
    public ThreadFactory threads(Object owner, String name) {
        return body -> adopt(owner, name, body).thread;
    }

    @Override
    public void failed(Task task, Supplier<RuntimeException> why) {
        // Nobody lets time pass.
    }

    @Override
    public void end(Object owner) {
        tasks.stream().filter(t -> t.owner() == owner).forEach(t -> t.thread.interrupt());
    }

    @Override
    public void pause(Object owner, boolean value) {
        throw new UnsupportedOperationException("threads that run by the wall clock cannot be made to stand still");
    }

    @Override
    public void rest() {
        // Threads that run by the wall clock cannot be stopped.
    }

    @Override
    public void hurry(Object owner) {
        // Nobody waits for their turns.
    }

    @Override
    public void checkTurn() {
        // Anybody may.
    }

    @Override
    public void interrupt(Task task) {
        task.thread.interrupt();
    }

    @Override
    public void interrupt(Thread thread) {
        thread.interrupt();
    }

    @Override
    public void park(long deadlineNs) {
        if (deadlineNs == Long.MAX_VALUE) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, deadlineNs - nowNs());
        }
    }

    @Override
    public void unpark(Thread thread) {
        LockSupport.unpark(thread);
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(nanos);
    }

    @Override
    public boolean join(Task task, long deadlineNs) throws InterruptedException {
        if (deadlineNs == Long.MAX_VALUE) {
            task.thread.join();
            return true;
        }
        return task.thread.join(Duration.ofNanos(Math.max(1, deadlineNs - nowNs())));
    }

    @Override
    public boolean runUntil(BooleanSupplier condition, long deadlineNs) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            long left = deadlineNs - nowNs();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(Math.min(left, 1_000_000));
        }
        return true;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        List<Task> left = new ArrayList<>(tasks);
        left.forEach(t -> t.thread.interrupt());
        try {
            if (Thread.currentThread() != thread) {
                thread.join();
            }
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
            for (Task t : left) {
                if (t.thread != Thread.currentThread()) {
                    t.thread.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        left.removeIf(t -> !t.thread.isAlive() || t.thread == Thread.currentThread());
        if (!left.isEmpty()) {
            throw new SimulationException("these programs did not end, although they were interrupted and their hosts are "
                    + "closed: " + left);
        }
    }
}
