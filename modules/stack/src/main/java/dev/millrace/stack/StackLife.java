package dev.millrace.stack;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/// How far a stack's life has come, and who waits for its end. Its monitor is held while something is entered that closing has to
/// find. Any thread may call any method; none of those that end it takes memory.
final class StackLife {
    private enum Phase {
        OPEN,
        /// Somebody closes it, and everything works until what was written has arrived.
        DRAINING,
        CLOSING, CLOSED
    }

    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.OPEN);
    private final CountDownLatch done = new CountDownLatch(1);
    private final Closer closer = new Closer();

    /// Whether nobody has begun to close it.
    boolean isOpen() {
        return phase.get() == Phase.OPEN;
    }

    /// Whether programs can do nothing with it any more.
    boolean isClosing() {
        return phase.get().compareTo(Phase.CLOSING) >= 0;
    }

    /// Whether it has closed all but its NICs.
    boolean isClosed() {
        return phase.get() == Phase.CLOSED;
    }

    /// Begins to close it; returns `false` if somebody has begun before. Whoever gets `true` calls [#enterCloser()] next, and [#end()]
    /// whatever happens.
    boolean begin() {
        return phase.compareAndSet(Phase.OPEN, Phase.DRAINING);
    }

    /// The calling thread is who closes it.
    void enterCloser() {
        closer.begin();
    }

    /// What was entered before is closed from here on, and nothing enters any more.
    synchronized void closing() {
        phase.set(Phase.CLOSING);
    }

    void closed() {
        phase.set(Phase.CLOSED);
    }

    /// All is closed: whoever waits for that goes on.
    void end() {
        phase.set(Phase.CLOSED);
        done.countDown();
        closer.end();
    }

    /// Waits for the end. An interrupt stays for later.
    void awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
