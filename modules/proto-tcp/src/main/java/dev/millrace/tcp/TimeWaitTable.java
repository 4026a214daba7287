package dev.millrace.tcp;

import dev.millrace.spi.Counters;
import dev.millrace.spi.Timers;
import java.util.concurrent.locks.ReentrantLock;

/// The connections in TIME-WAIT in the order in which they leave it; one timer for all. When the limit is reached the
/// oldest leaves early and is counted: what a flood can shorten is the wait of old connections, not memory.
///
/// The records are linked through themselves, so that coming, leaving and beginning anew take no memory and one step.
final class TimeWaitTable implements Timers.Task {
    private final ReentrantLock lock = new ReentrantLock();
    private final TcpProtocol protocol;
    private final Timers.Timer timer;
    private final Counters.Counter overflow;
    private final long durationNs;
    private final int limit;

    // Guarded by lock. All wait equally long, so who comes last leaves last.
    private TimeWaitEndpoint first;
    private TimeWaitEndpoint last;
    private int count;
    private volatile boolean closed;

    TimeWaitTable(TcpProtocol protocol, long durationNs, int limit) {
        this.protocol = protocol;
        this.timer = protocol.ctx.timers().create(this);
        this.overflow = protocol.counters.counter("time-wait-overflows");
        this.durationNs = durationNs;
        this.limit = limit;
    }

    void add(TimeWaitEndpoint endpoint) {
        TimeWaitEndpoint evicted = null;
        lock.lock();
        try {
            if (!closed) {
                append(endpoint);
                if (count > limit) {
                    evicted = first;
                    unlink(evicted);
                }
            }
        } finally {
            lock.unlock();
        }
        if (evicted != null) {
            overflow.add(1);
            evicted.entry.release();
        } else if (closed) {
            endpoint.entry.release();
        }
    }

    private void append(TimeWaitEndpoint endpoint) {
        endpoint.expiresNs = protocol.ctx.clock().nanoTime() + durationNs;
        endpoint.waiting = true;
        endpoint.before = last;
        endpoint.after = null;
        if (last == null) {
            first = endpoint;
            timer.set(endpoint.expiresNs);
        } else {
            last.after = endpoint;
        }
        last = endpoint;
        count++;
    }

    private void unlink(TimeWaitEndpoint endpoint) {
        if (endpoint.before == null) {
            first = endpoint.after;
        } else {
            endpoint.before.after = endpoint.after;
        }
        if (endpoint.after == null) {
            last = endpoint.before;
        } else {
            endpoint.after.before = endpoint.before;
        }
        endpoint.before = null;
        endpoint.after = null;
        endpoint.waiting = false;
        count--;
    }

    /// Begins the wait of this connection anew.
    void restart(TimeWaitEndpoint endpoint) {
        lock.lock();
        try {
            if (endpoint.waiting) {
                unlink(endpoint);
                append(endpoint);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Forgets a connection whose place in the endpoint table another one takes; returns whether it was still waiting.
    boolean remove(TimeWaitEndpoint endpoint) {
        lock.lock();
        try {
            if (!endpoint.waiting) {
                return false;
            }
            unlink(endpoint);
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void run(long nowNs) {
        TimeWaitEndpoint expired = null;
        lock.lock();
        try {
            while (first != null && first.expiresNs - nowNs <= 0) {
                TimeWaitEndpoint e = first;
                unlink(e);
                e.after = expired;
                expired = e;
            }
            if (first != null) {
                timer.set(first.expiresNs);
            }
        } finally {
            lock.unlock();
        }
        while (expired != null) {
            TimeWaitEndpoint e = expired;
            expired = e.after;
            e.after = null;
            e.entry.release();
        }
    }

    int size() {
        lock.lock();
        try {
            return count;
        } finally {
            lock.unlock();
        }
    }

    /// Ends the wait of all, and of whoever comes after: one whose connection went into TIME-WAIT while the stack looked for
    /// what to end was not seen by it.
    void close() {
        lock.lock();
        try {
            closed = true;
            timer.cancel();
        } finally {
            lock.unlock();
        }
        for (TimeWaitEndpoint e = poll(); e != null; e = poll()) {
            e.entry.release();
        }
    }

    private TimeWaitEndpoint poll() {
        lock.lock();
        try {
            TimeWaitEndpoint e = first;
            if (e != null) {
                unlink(e);
            }
            return e;
        } finally {
            lock.unlock();
        }
    }
}
