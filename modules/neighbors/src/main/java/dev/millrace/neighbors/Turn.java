package dev.millrace.neighbors;

import dev.millrace.spi.StackContext;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// Runs what happens to one NIC one after the other, on the threads that bring it: who comes while another works leaves its
/// event and goes. So what works here holds no lock when it sends, or when it calls the stack, and is called by none twice at
/// once.
final class Turn {
    /// Events that may wait; with more, strangers' are refused.
    private static final int MOST_WAITING = 64;

    private final StackContext context;
    private final ConcurrentLinkedQueue<Runnable> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger left = new AtomicInteger();

    Turn(StackContext context) {
        this.context = context;
    }

    /// Runs an event of the stack's own, now or when the others are done.
    void run(Runnable event) {
        events.add(event);
        if (left.getAndIncrement() != 0) {
            return;
        }
        do {
            try {
                events.remove().run();
            } catch (Throwable t) {
                // Ends this event only: the next may be somebody else's.
                context.failed("autoconfiguration", t);
            }
        } while (left.decrementAndGet() != 0);
    }

    /// As [#run] for what a stranger brings about: `false` if too much waits already.
    boolean offer(Runnable event) {
        if (left.get() >= MOST_WAITING) {
            return false;
        }
        run(event);
        return true;
    }
}
