package dev.millrace.neighbors;

import dev.millrace.spi.StackContext;

/// Runs what happens to one NIC one after the other, on the threads that bring it: who comes while another works leaves its
/// event and goes. So what works here holds no lock when it sends, or when it calls the stack, and is called by none twice at
/// once.
///
/// A thread that is at the end of its stack, or finds no memory, loses its event at most. So the turn is taken, handed on and given back
/// in monitors in which nothing is called: no part of it can be done without the rest.
final class Turn {
    /// Events that may wait; with more, strangers' are refused.
    private static final int MOST_WAITING = 64;

    private final StackContext context;
    /// Guarded by this, as is all below: the events that wait, the oldest first.
    private Waiting first;
    private Waiting last;
    private int waiting;
    private boolean working;

    private static final class Waiting {
        private final Runnable event;
        private Waiting next;

        private Waiting(Runnable event) {
            this.event = event;
        }
    }

    Turn(StackContext context) {
        this.context = context;
    }

    /// Runs an event of the stack's own, now or when the others are done.
    void run(Runnable event) {
        var mine = new Waiting(event);
        synchronized (this) {
            if (first == null) {
                first = mine;
            } else {
                last.next = mine;
            }
            last = mine;
            waiting++;
            if (working) {
                return;
            }
            working = true;
        }
        boolean givenBack = false;
        try {
            for (Runnable next = next(); next != null; next = next()) {
                runOne(next);
            }
            givenBack = true;
        } finally {
            if (!givenBack) {
                // What is left is for who comes next.
                synchronized (this) {
                    working = false;
                }
            }
        }
    }

    /// The next event; `null` if there is none, and then the turn is nobody's.
    private synchronized Runnable next() {
        Waiting taken = first;
        if (taken == null) {
            working = false;
            return null;
        }
        first = taken.next;
        waiting--;
        return taken.event;
    }

    private void runOne(Runnable event) {
        try {
            event.run();
        } catch (Throwable t) {
            // Ends this event only: the next may be somebody else's.
            context.failed("autoconfiguration", t);
        }
    }

    /// As [#run] for what a stranger brings about: `false` if too much waits already.
    boolean offer(Runnable event) {
        synchronized (this) {
            if (working && waiting >= MOST_WAITING) {
                return false;
            }
        }
        run(event);
        return true;
    }
}
