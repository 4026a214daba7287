package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.spi.ReadinessSignal;
import dev.millrace.spi.SocketErrors;
import java.io.IOException;
import java.util.LinkedList;
import java.util.Queue;
import java.util.function.Consumer;

/// Connections that stand and wait to be accepted, and who waits for them: threads, and the program's callback.
final class AcceptQueue {
    private final TcpProtocol protocol;
    private final int limit;
    private final Object lock = new Object();

    // Guarded by lock. A linked list: an ArrayDeque that finds no memory to grow has lost all that was in it.
    private final LinkedList<ConnectionEndpoint> waiting = new LinkedList<>();
    /// Those who wait, linked through themselves.
    private Acceptor first;
    private Acceptor last;
    private volatile ErrorCode closed;
    private volatile int size;
    private volatile ReadinessSignal callback;

    /// A thread that waits. It enters itself and takes itself out; who calls it only marks it, so that one that could not be
    /// woken is still there for the next news.
    private static final class Acceptor {
        final Thread thread;
        /// Whether somebody has woken it for a connection, or is about to.
        boolean called;
        Acceptor before;
        Acceptor after;

        Acceptor(Thread thread) {
            this.thread = thread;
        }
    }

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
        Acceptor called;
        synchronized (lock) {
            if (closed != null) {
                return false;
            }
            waiting.add(connection);
            size = waiting.size();
            called = callOne();
        }
        wake(called);
        tell();
        return true;
    }

    /// Chooses who is to be woken, or returns `null`; with the lock held.
    private Acceptor callOne() {
        Acceptor a = first;
        while (a != null && a.called) {
            a = a.after;
        }
        if (a != null) {
            a.called = true;
        }
        return a;
    }

    /// Wakes who was called, or leaves him to the next news.
    private void wake(Acceptor called) {
        if (called != null && !tryWake(called)) {
            synchronized (lock) {
                called.called = false;
            }
        }
    }

    /// One that cannot be woken keeps nothing that comes after from being done.
    private boolean tryWake(Acceptor called) {
        try {
            protocol.ctx.waits().unpark(called.thread);
            return true;
        } catch (Throwable t) {
            protocol.ctx.failed("wake-up", t);
            return false;
        }
    }

    void onReady(Consumer<Readiness> listener) {
        callback = listener == null ? null : protocol.signal(this::readiness, listener);
        if (size > 0 || closed != null) {
            tell();
        }
    }

    Readiness readiness() {
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
        synchronized (lock) {
            if (closed != null) {
                throw SocketErrors.closed(closed, blocked);
            }
            ConnectionEndpoint next = waiting.poll();
            size = waiting.size();
            return next;
        }
    }

    /// Waits for a connection. Returns `null` if the deadline came first or the thread was interrupted.
    ConnectionEndpoint take(long deadlineNs) throws IOException {
        Thread self = Thread.currentThread();
        var acceptor = new Acceptor(self);
        boolean blocked = false;
        while (true) {
            synchronized (lock) {
                ConnectionEndpoint next = poll(blocked);
                if (next != null) {
                    return next;
                }
                enter(acceptor);
            }
            blocked = true;
            boolean expired = false;
            boolean givingUp = true;
            try {
                if (!spinForOne() && !self.isInterrupted()) {
                    protocol.ctx.waits().park(this, deadlineNs);
                }
                expired = deadlineNs != Long.MAX_VALUE && protocol.ctx.clock().nanoTime() - deadlineNs >= 0;
                givingUp = expired || self.isInterrupted();
            } finally {
                leave(acceptor, givingUp);
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
    private void leave(Acceptor self, boolean givingUp) {
        Acceptor next = null;
        synchronized (lock) {
            remove(self);
            if (givingUp && size > 0) {
                next = callOne();
            }
        }
        wake(next);
    }

    private void enter(Acceptor a) {
        a.called = false;
        a.before = last;
        if (last == null) {
            first = a;
        } else {
            last.after = a;
        }
        last = a;
    }

    private void remove(Acceptor a) {
        if (a.before == null) {
            first = a.after;
        } else {
            a.before.after = a.after;
        }
        if (a.after == null) {
            last = a.before;
        } else {
            a.after.before = a.before;
        }
        a.before = null;
        a.after = null;
    }

    /// Ends it: whoever waits is told, and the connections that nobody will accept are the caller's; `null` if it had ended
    /// before. Takes no memory: what is lost here is never closed.
    Queue<ConnectionEndpoint> close(ErrorCode why) {
        synchronized (lock) {
            if (closed != null) {
                return null;
            }
            closed = why;
            size = 0;
            // Also who was called already: for connections that are not his any more.
            for (Acceptor a = first; a != null; a = a.after) {
                a.called = false;
            }
        }
        Acceptor waits;
        while ((waits = nextAcceptor()) != null) {
            // There is no next news: a second attempt is the last.
            if (!tryWake(waits)) {
                tryWake(waits);
            }
        }
        // Whoever looks from now on sees first that it is closed.
        return waiting;
    }

    private Acceptor nextAcceptor() {
        synchronized (lock) {
            return callOne();
        }
    }
}
