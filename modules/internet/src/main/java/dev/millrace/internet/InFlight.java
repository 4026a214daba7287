package dev.millrace.internet;

import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The packets that hosts have sent and nobody has taken yet: first in, first out, bounded; what finds no room is dropped
/// and counted.
///
/// Any thread may call any method.
final class InFlight {
    private final int capacity;
    private final LongAdder overflows;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();
    private final Frame[] ring;
    private int first;
    private int count;
    private int waiting;
    private boolean closed;

    /// @param capacity how many packets; with 0 one is taken only while somebody waits for it
    InFlight(int capacity, LongAdder overflows) {
        this.capacity = capacity;
        this.overflows = overflows;
        ring = new Frame[Math.max(1, capacity)];
    }

    /// Takes packets over from a host and empties the list.
    void add(Internet internet, Host source, PacketList packets) {
        lock.lock();
        try {
            int room = closed ? 0 : capacity > 0 ? capacity - count : Math.min(1, waiting) - count;
            Packet p;
            int added = 0;
            while (added < room && (p = packets.poll()) != null) {
                ring[(first + count++) % ring.length] = new Frame(internet, source, p);
                added++;
            }
            if (added > 0 && waiting > 0) {
                notEmpty.signalAll();
            }
        } finally {
            lock.unlock();
        }
        overflows.add(packets.size());
        packets.releaseAll();
    }

    /// The next one, or `null` if there is none now.
    Frame poll() {
        lock.lock();
        try {
            return take();
        } finally {
            lock.unlock();
        }
    }

    /// The next one, or `null` if none came for that long or the queue was closed.
    Frame poll(long timeoutNs) throws InterruptedException {
        long left = timeoutNs;
        lock.lockInterruptibly();
        try {
            waiting++;
            while (count == 0 && !closed && left > 0) {
                left = left == Long.MAX_VALUE ? await() : notEmpty.awaitNanos(left);
            }
            return take();
        } finally {
            waiting--;
            lock.unlock();
        }
    }

    private long await() throws InterruptedException {
        notEmpty.await();
        return Long.MAX_VALUE;
    }

    private Frame take() {
        if (count == 0) {
            return null;
        }
        Frame frame = ring[first];
        ring[first] = null;
        first = (first + 1) % ring.length;
        count--;
        return frame;
    }

    int size() {
        lock.lock();
        try {
            return count;
        } finally {
            lock.unlock();
        }
    }

    /// Releases what is there, refuses what comes, and wakes who waits.
    void close() {
        lock.lock();
        try {
            closed = true;
            Frame frame;
            while ((frame = take()) != null) {
                frame.take().release();
            }
            notEmpty.signalAll();
        } finally {
            lock.unlock();
        }
    }

    static long nanos(java.time.Duration timeout) {
        return timeout.compareTo(java.time.Duration.ofDays(365)) > 0 ? TimeUnit.DAYS.toNanos(365) : timeout.toNanos();
    }
}
