package dev.millrace.internet;

import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/// A source of chance for several threads, as programs of a host are in real time. In simulated time nobody ever waits for
/// the lock.
final class LockedRandom implements RandomGenerator {
    private final ReentrantLock lock = new ReentrantLock();
    private final RandomGenerator random;

    LockedRandom(RandomGenerator random) {
        this.random = random;
    }

    @Override
    public long nextLong() {
        lock.lock();
        try {
            return random.nextLong();
        } finally {
            lock.unlock();
        }
    }
}
