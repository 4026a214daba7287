package dev.millrace.linux;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts the threads that use a link's descriptors, so that they are closed by whoever leaves last, and no thread ever
/// writes to a number that belongs to another file by then. Any thread may call any method.
public final class DescriptorUse {
    /// Added to `users` by [#close].
    private static final int CLOSED = Integer.MIN_VALUE;

    private final Runnable closeDescriptors;
    /// How many threads use the descriptors now; negative once the link is closed.
    private final AtomicInteger users = new AtomicInteger();
    private final AtomicBoolean descriptorsClosed = new AtomicBoolean();

    /// @param closeDescriptors called once, by the last to leave after [#close]
    public DescriptorUse(Runnable closeDescriptors) {
        this.closeDescriptors = closeDescriptors;
    }

    /// Asks to use the descriptors until [#exit()]; `false` once the link is closed.
    public boolean enter() {
        if (users.incrementAndGet() > 0) {
            return true;
        }
        exit();
        return false;
    }

    /// Ends a use that [#enter()] allowed.
    public void exit() {
        if (users.decrementAndGet() == CLOSED && descriptorsClosed.compareAndSet(false, true)) {
            closeDescriptors.run();
        }
    }

    /// Whether [#close] was called.
    public boolean isClosed() {
        return users.get() < 0;
    }

    /// Marks the link closed and ends its readers. Further calls do nothing.
    ///
    /// @param endReaders wakes and joins them; the descriptors stay open while it runs
    public void close(Runnable endReaders) {
        int before;
        do {
            before = users.get();
            if (before < 0) {
                return;
            }
        } while (!users.compareAndSet(before, before + 1 | CLOSED));
        try {
            endReaders.run();
        } finally {
            exit();
        }
    }
}
