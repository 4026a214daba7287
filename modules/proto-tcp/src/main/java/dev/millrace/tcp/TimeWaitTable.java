package dev.millrace.tcp;

import dev.millrace.spi.Counters;
import dev.millrace.spi.Timers;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/// The connections in TIME-WAIT in the order in which they leave it; one timer for all. When the limit is reached the
/// oldest leaves early and is counted: what a flood can shorten is the wait of old connections, not memory.
final class TimeWaitTable implements Timers.Task {
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<TimeWaitEndpoint> queue = new ArrayDeque<>();
    private final TcpProtocol protocol;
    private final Timers.Timer timer;
    private final Counters.Counter overflow;
    private final long durationNs;
    private final int limit;
    private int live;

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
            append(endpoint);
            live++;
            if (live > limit) {
                evicted = pollLive();
            }
        } finally {
            lock.unlock();
        }
        if (evicted != null) {
            overflow.add(1);
            evicted.entry.release();
        }
    }

    private void append(TimeWaitEndpoint endpoint) {
        endpoint.expiresNs = protocol.ctx.clock().nanoTime() + durationNs;
        queue.add(endpoint);
        if (queue.size() == 1) {
            timer.set(endpoint.expiresNs);
        }
    }

    /// Takes the oldest that has neither left nor been moved to a later place; its earlier places are skipped.
    private TimeWaitEndpoint pollLive() {
        TimeWaitEndpoint e;
        while ((e = queue.poll()) != null) {
            if (!e.gone) {
                e.gone = true;
                live--;
                return e;
            }
        }
        return null;
    }

    /// Begins the wait of this connection anew.
    void restart(TimeWaitEndpoint endpoint) {
        lock.lock();
        try {
            if (!endpoint.gone) {
                // The record stays where it is in the queue; expiry looks at its time and puts it back.
                endpoint.expiresNs = protocol.ctx.clock().nanoTime() + durationNs;
            }
        } finally {
            lock.unlock();
        }
    }

    /// Forgets a connection whose place in the endpoint table another one takes; returns whether it was still waiting.
    boolean remove(TimeWaitEndpoint endpoint) {
        lock.lock();
        try {
            if (endpoint.gone) {
                return false;
            }
            endpoint.gone = true;
            live--;
            compact();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Keeps the queue within twice the live records, so that reuse does not make it grow.
    private void compact() {
        if (queue.size() > 2 * live + 1024) {
            queue.removeIf(e -> e.gone);
        }
    }

    @Override
    public void run(long nowNs) {
        TimeWaitEndpoint expired;
        while ((expired = pollExpired(nowNs)) != null) {
            expired.entry.release();
        }
    }

    /// Takes out one whose wait is over, or sets the timer for the next and returns `null`.
    private TimeWaitEndpoint pollExpired(long nowNs) {
        lock.lock();
        try {
            TimeWaitEndpoint e;
            while ((e = queue.peek()) != null) {
                if (e.gone) {
                    queue.poll();
                } else if (e.expiresNs - nowNs <= 0) {
                    queue.poll();
                    e.gone = true;
                    live--;
                    return e;
                } else if (queue.size() > 1 && isLaterThanNext(e)) {
                    queue.poll();
                    queue.add(e);
                } else {
                    timer.set(e.expiresNs);
                    return null;
                }
            }
            return null;
        } catch (Throwable t) {
            // No memory to look through the queue: without the timer nobody would ever leave it.
            timer.set(nowNs + durationNs);
            throw t;
        } finally {
            lock.unlock();
        }
    }

    /// A restarted record at the head would hold back those behind it; it goes to the end, where its time belongs.
    private boolean isLaterThanNext(TimeWaitEndpoint head) {
        var it = queue.iterator();
        it.next();
        while (it.hasNext()) {
            TimeWaitEndpoint next = it.next();
            if (!next.gone) {
                return next.expiresNs - head.expiresNs < 0;
            }
        }
        return false;
    }

    int size() {
        lock.lock();
        try {
            return live;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        timer.cancel();
        lock.lock();
        try {
            queue.clear();
            live = 0;
        } finally {
            lock.unlock();
        }
    }
}
