package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.Waits;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/// How a program's threads wait for their sockets. No lock of an endpoint is held meanwhile.
final class Blocking {
    private final TcpProtocol protocol;

    Blocking(TcpProtocol protocol) {
        this.protocol = protocol;
    }

    /// When a time-out that begins now is over; `Long.MAX_VALUE` for one of 0.
    long deadline(long timeoutNs) {
        return timeoutNs == 0 ? Long.MAX_VALUE : protocol.ctx.clock().nanoTime() + timeoutNs;
    }

    boolean isOver(long deadlineNs) {
        return deadlineNs != Long.MAX_VALUE && protocol.ctx.clock().nanoTime() - deadlineNs >= 0;
    }

    /// Waits until one of `bits` is set, or the deadline has passed: then it returns `false`.
    boolean await(SocketLife socket, int bits, long deadlineNs, Wakeups.Role as) throws IOException {
        ConnectionEndpoint e = socket.endpoint();
        Waits waits = protocol.ctx.waits();
        Thread self = Thread.currentThread();
        long spin = waits.spinNs();
        if (spin > 0 && spin(socket, e, bits, spin)) {
            socket.checkOpen();
            return true;
        }
        try {
            while (true) {
                e.wakeups.register(as, self);
                ErrorCode closed = socket.closed();
                if (closed != null) {
                    throw SocketErrors.closed(closed, true);
                }
                if (e.wakeups.is(bits)) {
                    return true;
                }
                if (self.isInterrupted()) {
                    throw interrupted(socket);
                }
                if (isOver(deadlineNs)) {
                    return false;
                }
                waits.park(socket, deadlineNs);
            }
        } finally {
            e.wakeups.withdraw(as, self);
        }
    }

    private boolean spin(SocketLife socket, ConnectionEndpoint e, int bits, long spinNs) {
        long until = protocol.ctx.clock().nanoTime() + spinNs;
        do {
            for (int i = 0; i < 32; i++) {
                if (e.wakeups.is(bits) || socket.closed() != null) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (protocol.ctx.clock().nanoTime() - until < 0);
        return false;
    }

    /// Takes a lock that another thread of the program may hold for as long as it waits.
    void lock(SocketLife socket, ReentrantLock lock, long deadlineNs, ErrorCode onTimeout) throws IOException {
        if (lock.tryLock()) {
            return;
        }
        try {
            if (!protocol.ctx.waits().lock(lock, deadlineNs)) {
                throw SocketErrors.of(onTimeout);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(socket);
        }
    }

    /// An interrupt closes the socket, as it closes a channel.
    private IOException interrupted(SocketLife socket) {
        socket.closeAtOnce(ErrorCode.INTERRUPTED);
        return SocketErrors.closed(ErrorCode.INTERRUPTED, true);
    }

    /// SO_LINGER: waits until all was sent and acknowledged, or resets when the time is over. Where nobody can wait, because
    /// time goes on only when the caller comes back, a timer does it.
    void linger(ConnectionEndpoint e, long lingerNs) {
        Waits waits = protocol.ctx.waits();
        long deadline = protocol.ctx.clock().nanoTime() + lingerNs;
        if (!waits.mayWait()) {
            protocol.ctx.timers().create(_ -> e.abort()).set(deadline);
            return;
        }
        Thread self = Thread.currentThread();
        try {
            while (!e.wakeups.is(Wakeups.FINISHED)) {
                e.wakeups.register(Wakeups.Role.CLOSES, self);
                if (e.wakeups.is(Wakeups.FINISHED)) {
                    return;
                }
                if (self.isInterrupted() || isOver(deadline)) {
                    e.abort();
                    return;
                }
                waits.park(e, deadline);
            }
        } finally {
            e.wakeups.withdraw(Wakeups.Role.CLOSES, self);
        }
    }
}
