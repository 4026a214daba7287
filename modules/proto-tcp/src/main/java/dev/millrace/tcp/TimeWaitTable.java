package dev.millrace.tcp;

import dev.millrace.spi.Counters;
import dev.millrace.spi.Timers;

/// The connections in TIME-WAIT in the order in which they leave it; one timer for all. When the limit is reached the
/// oldest leaves early and is counted: what a flood can shorten is the wait of old connections, not memory.
///
/// The records are linked through themselves, so that coming, leaving and beginning anew take no memory and one step.
final class TimeWaitTable implements Timers.Task {
    private final Object lock = new Object();
    private final TcpProtocol protocol;
    private final Timers.Timer timer;
    private final Counters.Counter overflow;
    private final long durationNs;
    private final int limit;

    // Guarded by lock. All wait equally long, so who comes last leaves last.
    private boolean closed;
    private TimeWaitEndpoint first;
    private TimeWaitEndpoint last;
    private int count;

    TimeWaitTable(TcpProtocol protocol, long durationNs, int limit) {
        this.protocol = protocol;
        this.timer = protocol.ctx.timers().create(this);
        this.overflow = protocol.counters.counter("time-wait-overflows");
        this.durationNs = durationNs;
        this.limit = limit;
    }

    void add(TimeWaitEndpoint endpoint) {
        TimeWaitEndpoint evicted = endpoint;
        long expires = expiry();
        synchronized (lock) {
            if (!closed) {
                append(endpoint, expires);
                evicted = count > limit ? first : null;
                if (evicted != null) {
                    unlink(evicted);
                    overflow.add(1);
                }
            }
        }
        if (evicted != null) {
            leave(evicted);
        }
    }

    private long expiry() {
        return protocol.ctx.clock().nanoTime() + durationNs;
    }

    /// If the timer cannot be set the record is not entered: it would never leave.
    private void append(TimeWaitEndpoint endpoint, long expiresNs) {
        if (last == null) {
            timer.set(expiresNs);
            first = endpoint;
        } else {
            last.after = endpoint;
        }
        endpoint.expiresNs = expiresNs;
        endpoint.waiting = true;
        endpoint.before = last;
        endpoint.after = null;
        last = endpoint;
        count++;
    }

    /// Gives the place up. One whose place cannot be given up is told of, and keeps no other from leaving.
    private void leave(TimeWaitEndpoint endpoint) {
        try {
            endpoint.entry.release();
        } catch (Throwable t) {
            protocol.ctx.failed("time-wait-place", t);
        }
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
        long expires = expiry();
        boolean lost = false;
        try {
            synchronized (lock) {
                if (endpoint.waiting) {
                    lost = true;
                    unlink(endpoint);
                    append(endpoint, expires);
                    lost = false;
                }
            }
        } finally {
            if (lost) {
                leave(endpoint);
            }
        }
    }

    /// Forgets a connection whose place in the endpoint table another one takes; returns whether it was still waiting.
    boolean remove(TimeWaitEndpoint endpoint) {
        synchronized (lock) {
            if (!endpoint.waiting) {
                return false;
            }
            unlink(endpoint);
            return true;
        }
    }

    @Override
    public void run(long nowNs) {
        TimeWaitEndpoint expired = null;
        synchronized (lock) {
            while (first != null && (first.expiresNs - nowNs <= 0 || !isTimed())) {
                expired = takeFirst(expired);
            }
        }
        leaveAll(expired);
    }

    /// Takes the first out and puts it before `others`, which are out already.
    private TimeWaitEndpoint takeFirst(TimeWaitEndpoint others) {
        TimeWaitEndpoint e = first;
        unlink(e);
        e.after = others;
        return e;
    }

    /// Without the lock: places have one of their own, which comes before this one.
    private void leaveAll(TimeWaitEndpoint chain) {
        TimeWaitEndpoint rest = chain;
        while (rest != null) {
            TimeWaitEndpoint e = rest;
            rest = e.after;
            e.after = null;
            leave(e);
        }
    }

    /// Sets the timer for the first. If it cannot be set, that one leaves early rather than never.
    private boolean isTimed() {
        try {
            timer.set(first.expiresNs);
            return true;
        } catch (Throwable t) {
            protocol.ctx.failed("time-wait-timer", t);
            return false;
        }
    }

    int size() {
        synchronized (lock) {
            return count;
        }
    }

    /// Gives up, too, the places of those that came while the stack was looking for whom to end, and saw the connection yet;
    /// and of those that come later.
    void close() {
        TimeWaitEndpoint all = null;
        synchronized (lock) {
            closed = true;
            while (first != null) {
                all = takeFirst(all);
            }
        }
        leaveAll(all);
        timer.cancel();
    }
}
