package dev.millrace.tcp;

import java.util.concurrent.locks.ReentrantLock;

/// Held by the thread that runs a connection's engine. That takes microseconds, and parking for it would cost more: so who
/// wants it spins a little first.
///
/// It is reentrant only to find out who comes in from inside: congestion control is called with it held, and must not use
/// its own connection.
final class EngineLock extends ReentrantLock {
    private static final long serialVersionUID = 1;
    private static final int SPINS = 200;
    /// One processor has nobody else to spin for.
    private static final boolean SPIN = Runtime.getRuntime().availableProcessors() > 1;

    /// Takes the lock, be it held by the calling thread already.
    void enter() {
        if (SPIN) {
            for (int i = 0; i < SPINS; i++) {
                if (tryLock()) {
                    return;
                }
                Thread.onSpinWait();
            }
        }
        lock();
    }

    /// Takes the lock from outside of the engine.
    ///
    /// @throws IllegalStateException if the calling thread holds it already; then once, as before
    void enterFromOutside() {
        enter();
        if (isInside()) {
            unlock();
            throw new IllegalStateException("a connection was called from inside its own engine: "
                    + "congestion control must not use sockets");
        }
    }

    /// Whether the calling thread, which has just taken the lock, had it already.
    boolean isInside() {
        return getHoldCount() > 1;
    }
}
