package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.spi.ReadinessSignal;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.StackContext;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// What came for a raw socket and was not received yet: bounded, and paid for from the stack's memory. Who adds is never held
/// up. Any thread may call any method.
///
/// @param <T> what waits
final class ReceiveQueue<T> {
    /// What an entry costs beside its bytes.
    private static final int OVERHEAD = 128;
    private static final int DEFAULT_LIMIT = 4 * 1024 * 1024;
    private static final int MIN_LIMIT = 4096;
    private static final int MAX_LIMIT = 1 << 30;

    private record Entry<T>(T value, int cost) {
    }

    private final StackContext context;
    private final Runnable wakeUp = this::wakeUp;
    private final AtomicLong dropped = new AtomicLong();

    // Guarded by this.
    private final ArrayDeque<Entry<T>> entries = new ArrayDeque<>();
    private final ArrayDeque<Thread> waiting = new ArrayDeque<>(2);
    private long bytes;
    private int limit = DEFAULT_LIMIT;
    private boolean wakePending;

    private volatile ErrorCode closed;
    private volatile long timeoutNs;
    private volatile ReadinessSignal callback;

    ReceiveQueue(StackContext context) {
        this.context = context;
    }

    /// Whether so many bytes more would find room, so that nothing is copied in vain; if not, that is counted.
    synchronized boolean hasRoom(int size) {
        boolean room = closed == null && (bytes == 0 || bytes + size + OVERHEAD <= limit);
        if (!room && closed == null) {
            dropped.incrementAndGet();
        }
        return room;
    }

    void add(T value, int size) {
        int cost = size + OVERHEAD;
        boolean wake;
        synchronized (this) {
            if (closed != null) {
                return;
            }
            if (bytes > 0 && bytes + cost > limit || !context.memory().tryReserve(cost)) {
                dropped.incrementAndGet();
                return;
            }
            entries.add(new Entry<>(value, cost));
            bytes += cost;
            wake = !wakePending && (!waiting.isEmpty() || callback != null);
            wakePending |= wake;
        }
        if (wake) {
            context.afterDelivery(wakeUp);
        }
    }

    private void wakeUp() {
        synchronized (this) {
            wakePending = false;
            wakeWaiting();
        }
        tell();
    }

    private void wakeWaiting() {
        Thread t;
        while ((t = waiting.poll()) != null) {
            context.waits().unpark(t);
        }
    }

    private void tell() {
        ReadinessSignal c = callback;
        if (c != null) {
            c.signal();
        }
    }

    void onReady(Consumer<Readiness> listener) {
        callback = listener == null ? null : new ReadinessSignal(this::readiness, listener,
                t -> context.failed("raw-readiness-callback", t));
        tell();
    }

    private synchronized Readiness readiness() {
        return Readiness.of(!entries.isEmpty(), closed == null, closed != null);
    }

    void setTimeout(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("negative timeout: " + timeout);
        }
        timeoutNs = timeout.compareTo(Duration.ofDays(36500)) >= 0 ? 0 : timeout.toNanos();
    }

    synchronized void setLimit(int most) {
        if (most < MIN_LIMIT || most > MAX_LIMIT) {
            throw new IllegalArgumentException("a receive buffer has " + MIN_LIMIT + " to " + MAX_LIMIT + " bytes, not " + most);
        }
        limit = most;
    }

    long dropped() {
        return dropped.get();
    }

    boolean isOpen() {
        return closed == null;
    }

    void checkOpen() throws IOException {
        ErrorCode why = closed;
        if (why != null) {
            throw SocketErrors.closed(why, false);
        }
    }

    T poll() throws IOException {
        checkOpen();
        synchronized (this) {
            return take();
        }
    }

    private T take() {
        Entry<T> e = entries.poll();
        if (e == null) {
            return null;
        }
        bytes -= e.cost;
        context.memory().release(e.cost);
        return e.value;
    }

    /// The next, or `null`, the caller then being among those that are woken.
    private synchronized T takeOrRegister(Thread self) {
        T value = take();
        if (value == null && !waiting.contains(self)) {
            waiting.add(self);
        }
        return value;
    }

    T await() throws IOException {
        checkOpen();
        long limitNs = timeoutNs;
        long deadline = limitNs == 0 ? Long.MAX_VALUE : context.clock().nanoTime() + limitNs;
        Thread self = Thread.currentThread();
        try {
            while (true) {
                T value = takeOrRegister(self);
                if (value != null) {
                    return value;
                }
                ErrorCode why = closed;
                if (why != null) {
                    throw SocketErrors.closed(why, true);
                }
                if (self.isInterrupted()) {
                    close(ErrorCode.INTERRUPTED);
                    throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
                }
                if (deadline != Long.MAX_VALUE && context.clock().nanoTime() - deadline >= 0) {
                    throw SocketErrors.of(ErrorCode.RECEIVE_TIMEOUT);
                }
                context.waits().park(this, deadline);
            }
        } finally {
            synchronized (this) {
                waiting.remove(self);
            }
        }
    }

    /// Lets all go that waits; returns whether it was open.
    boolean close(ErrorCode why) {
        synchronized (this) {
            if (closed != null) {
                return false;
            }
            closed = why;
            while (take() != null) {
                // Gives its memory back.
            }
            wakeWaiting();
        }
        tell();
        return true;
    }
}
