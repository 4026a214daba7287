package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.spi.ReadinessSignal;
import dev.millrace.spi.SocketErrors;
import java.io.IOException;
import java.util.LinkedList;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// Connections that stand and wait to be accepted, and who waits for them: threads, and the program's callback.
final class AcceptQueue {
    private final TcpProtocol protocol;
    private final int limit;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock. Linked lists: an ArrayDeque that finds no memory to grow has lost all that was in it.
    private final LinkedList<ConnectionEndpoint> waiting = new LinkedList<>();
    private final LinkedList<Thread> acceptors = new LinkedList<>();
    private volatile ErrorCode closed;
    private volatile int size;
    private volatile ReadinessSignal callback;

    /// @param limit from how many waiting connections on SYNs are refused. Handshakes that were begun before are still
    ///     completed, up to as many again
    AcceptQueue(TcpProtocol protocol, int limit) {
        this.protocol = protocol;
        this.limit = limit;
    }

    /// How many wait.
    int size() {
        return size;
    }

    /// Whether no new handshake should begin.
    boolean isFull() {
        return size >= limit;
    }

    /// Whether not even one that has begun may be completed.
    boolean isOverfull() {
        return size >= 2L * limit;
    }

    /// Why it was closed, or `null`.
    ErrorCode closed() {
        return closed;
    }

    /// Adds a connection and wakes a thread for it. Returns `false` if the queue is closed.
    boolean add(ConnectionEndpoint connection) {
        Thread wake;
        lock.lock();
        try {
            if (closed != null) {
                return false;
            }
            waiting.add(connection);
            size = waiting.size();
            wake = acceptors.poll();
        } finally {
            lock.unlock();
        }
        if (wake != null) {
            protocol.ctx.waits().unpark(wake);
        }
        tell();
        return true;
    }

    void onReady(Consumer<Readiness> listener) {
        callback = listener == null ? null : protocol.signal(this::readiness, listener);
        if (size > 0 || closed != null) {
            tell();
        }
    }

    private Readiness readiness() {
        return Readiness.of(size > 0, false, closed != null);
    }

    /// Tells the program its present readiness.
    void tell() {
        ReadinessSignal c = callback;
        if (c != null) {
            c.signal();
        }
    }

    /// The next connection, or `null`.
    ///
    /// @param blocked whether the caller was blocked before, for the exception that tells of the end
    ConnectionEndpoint poll(boolean blocked) throws IOException {
        lock.lock();
        try {
            if (closed != null) {
                throw SocketErrors.closed(closed, blocked);
            }
            ConnectionEndpoint next = waiting.poll();
            size = waiting.size();
            return next;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for a connection. Returns `null` if the deadline came first or the thread was interrupted.
    ConnectionEndpoint take(long deadlineNs) throws IOException {
        Thread self = Thread.currentThread();
        boolean blocked = false;
        while (true) {
            lock.lock();
            try {
                ConnectionEndpoint next = poll(blocked);
                if (next != null) {
                    return next;
                }
                acceptors.add(self);
            } finally {
                lock.unlock();
            }
            blocked = true;
            boolean expired = false;
            try {
                if (!spinForOne() && !self.isInterrupted()) {
                    protocol.ctx.waits().park(this, deadlineNs);
                }
                expired = deadlineNs != Long.MAX_VALUE && protocol.ctx.clock().nanoTime() - deadlineNs >= 0;
            } finally {
                leave(self, expired || self.isInterrupted());
            }
            if (self.isInterrupted() || expired && size == 0 && closed == null) {
                return null;
            }
        }
    }

    private boolean spinForOne() {
        long spin = protocol.ctx.waits().spinNs();
        if (spin > 0) {
            long until = protocol.ctx.clock().nanoTime() + spin;
            do {
                for (int i = 0; i < 16; i++) {
                    if (size > 0 || closed != null) {
                        return true;
                    }
                    Thread.onSpinWait();
                }
            } while (protocol.ctx.clock().nanoTime() - until < 0);
        }
        return size > 0 || closed != null;
    }

    /// Stops waiting; one who leaves with nothing passes on the wake-up that it may have been given.
    private void leave(Thread self, boolean givingUp) {
        Thread next = null;
        lock.lock();
        try {
            acceptors.remove(self);
            if (givingUp && size > 0) {
                next = acceptors.poll();
            }
        } finally {
            lock.unlock();
        }
        if (next != null) {
            protocol.ctx.waits().unpark(next);
        }
    }

    /// Ends it: whoever waits is told, and the connections that nobody will accept are the caller's; `null` if it had ended
    /// before. Takes no memory: what is lost here is never closed.
    Queue<ConnectionEndpoint> close(ErrorCode why) {
        lock.lock();
        try {
            if (closed != null) {
                return null;
            }
            closed = why;
            size = 0;
        } finally {
            lock.unlock();
        }
        Thread waits;
        while ((waits = nextAcceptor()) != null) {
            protocol.ctx.waits().unpark(waits);
        }
        // Whoever looks from now on sees first that it is closed.
        return waiting;
    }

    private Thread nextAcceptor() {
        lock.lock();
        try {
            return acceptors.poll();
        } finally {
            lock.unlock();
        }
    }
}
