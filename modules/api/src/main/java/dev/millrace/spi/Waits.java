package dev.millrace.spi;

import java.util.concurrent.locks.ReentrantLock;

/// How callers block. Everything in the stack that makes a program's thread wait does it through here, so that a
/// simulator can know it.
public interface Waits {
    /// Parks the calling thread until it is unparked, interrupted or `deadlineNs` has come; may return early for no
    /// reason.
    ///
    /// @param blocker what it waits for, for thread dumps
    /// @param deadlineNs on the stack's clock, or [Long#MAX_VALUE] for none
    void park(Object blocker, long deadlineNs);

    /// Lets a parked thread go on, or its next [#park] return at once.
    void unpark(Thread thread);

    /// Takes a lock that another caller may hold for as long as it is blocked.
    ///
    /// @param deadlineNs on the stack's clock, or [Long#MAX_VALUE] for none
    /// @return `false` if the deadline came first
    /// @throws InterruptedException if the calling thread is interrupted
    boolean lock(ReentrantLock lock, long deadlineNs) throws InterruptedException;

    /// Whether a caller may wait at all: not where time goes on only when the caller comes back, as in a stepped stack.
    default boolean mayWait() {
        return true;
    }

    /// How long a platform thread should spin before it parks, in nanoseconds; 0 where spinning cannot help.
    long spinNs();
}
