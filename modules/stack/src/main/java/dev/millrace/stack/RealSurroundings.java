package dev.millrace.stack;

import dev.millrace.spi.Clock;
import dev.millrace.spi.Surroundings;
import dev.millrace.spi.Timers;
import dev.millrace.spi.Waits;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/// The system's clock, the shared timer thread, parked threads, unguessable numbers.
final class RealSurroundings implements Surroundings {
    private static final Clock CLOCK = new SystemClock();
    /// A wake-up between two cores takes about 25 µs on small machines; spinning longer than that costs more than it saves.
    private static final long SPIN_NS = Runtime.getRuntime().availableProcessors() > 1 ? 20_000 : 0;

    private final SecureRandom random = new SecureRandom();
    private final SharedThreads threads = SharedThreads.acquire();
    private final StackTimers timers = new StackTimers(threads.wheel());
    private final Waits waits = new ParkedThreads(threads.waker());

    @Override
    public Clock clock() {
        return CLOCK;
    }

    @Override
    public Timers timers() {
        return timers;
    }

    @Override
    public Waits waits() {
        return waits;
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public boolean isStepped() {
        return false;
    }

    @Override
    public boolean isTimerThread() {
        return threads.wheel().isTurnedHere();
    }

    @Override
    public void close() {
        timers.close();
        SharedThreads.release();
    }

    private static final class SystemClock implements Clock {
        /// The wall clock is read once and carried on by the monotonic one, so that captures never go back in time.
        private final long base;
        private final long baseNs;

        SystemClock() {
            Instant now = Instant.now();
            baseNs = System.nanoTime();
            base = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public long epochNanos() {
            return base + (System.nanoTime() - baseNs);
        }
    }

    private record ParkedThreads(Waker waker) implements Waits {
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
            waker.wake(thread);
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
            return SPIN_NS == 0 || Thread.currentThread().isVirtual() ? 0 : SPIN_NS;
        }
    }
}
