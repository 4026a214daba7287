package dev.millrace.internet.time;

import dev.millrace.spi.Clock;
import dev.millrace.spi.Surroundings;
import dev.millrace.spi.Timers;
import dev.millrace.spi.Waits;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// What a host's stack uses in simulated time. All hosts share the time and the queue of events; chance is the host's own,
/// so that one more host does not change what the others do.
final class VirtualSurroundings implements Surroundings, Clock, Timers, Waits {
    private final VirtualClockwork clockwork;
    private final EventQueue queue;
    private final RandomGenerator random;
    private boolean inTimer;
    private boolean closed;

    VirtualSurroundings(VirtualClockwork clockwork, EventQueue queue, long seed) {
        this.clockwork = clockwork;
        this.queue = queue;
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
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
        return random;
    }

    @Override
    public boolean isStepped() {
        return true;
    }

    @Override
    public boolean isTimerThread() {
        return inTimer;
    }

    @Override
    public long nanoTime() {
        return clockwork.nowNs();
    }

    @Override
    public long epochNanos() {
        return clockwork.epochNanos();
    }

    @Override
    public Timer create(Task task) {
        return queue.timer(nowNs -> {
            if (!closed) {
                inTimer = true;
                try {
                    task.run(nowNs);
                } finally {
                    inTimer = false;
                }
            }
        });
    }

    @Override
    public void park(Object blocker, long deadlineNs) {
        clockwork.park(deadlineNs);
    }

    @Override
    public void unpark(Thread thread) {
        clockwork.unpark(thread);
    }

    @Override
    public boolean lock(ReentrantLock lock, long deadlineNs) throws InterruptedException {
        return clockwork.lock(lock, deadlineNs);
    }

    @Override
    public long spinNs() {
        return 0;
    }

    @Override
    public void close() {
        closed = true;
    }
}
