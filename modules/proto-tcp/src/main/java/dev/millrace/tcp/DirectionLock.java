package dev.millrace.tcp;

import java.util.concurrent.locks.ReentrantLock;

/// Held by the thread that reads a socket, or by the one that writes it.
///
/// A `try...` call that finds it taken comes back with nothing, and no event would ever tell its program to try again:
/// what it missed may have been the last. So it leaves word, and whoever gives the lock back signals readiness once more.
final class DirectionLock extends ReentrantLock {
    private static final long serialVersionUID = 1;

    private volatile boolean missed;

    /// Takes the lock if it is free.
    boolean tryTake() {
        if (tryLock()) {
            return true;
        }
        missed = true;
        // It may have been given back before word was left.
        return tryLock();
    }

    /// Gives the lock back.
    void give(ConnectionEndpoint endpoint) {
        unlock();
        if (missed && !isHeldByCurrentThread()) {
            missed = false;
            endpoint.wakeups.tell();
        }
    }
}
