package dev.millrace.tcp;

import dev.millrace.spi.Waits;
import java.util.ArrayList;
import java.util.List;

/// What a stack that closes waits for: connections that programs have let go of, until their peers have acknowledged all that
/// was written, and its end.
final class Drain {
    private final TcpProtocol protocol;
    /// The thread that closes the stack, while it waits.
    private volatile Thread waiting;

    Drain(TcpProtocol protocol) {
        this.protocol = protocol;
    }

    /// Returns when nothing is left, at the deadline, or when the thread is interrupted.
    void await(long deadlineNs) {
        Waits waits = protocol.ctx.waits();
        waiting = Thread.currentThread();
        try {
            for (ConnectionEndpoint e : orphans()) {
                while (!isDone(e)) {
                    if (Thread.currentThread().isInterrupted() || protocol.blocking.isOver(deadlineNs)) {
                        return;
                    }
                    waits.park(this, deadlineNs);
                }
            }
        } finally {
            waiting = null;
        }
    }

    /// A connection has come to its end, or has nothing left to say.
    void news() {
        Thread t = waiting;
        if (t != null) {
            protocol.ctx.waits().unpark(t);
        }
    }

    private List<ConnectionEndpoint> orphans() {
        List<ConnectionEndpoint> orphans = new ArrayList<>();
        protocol.endpoints.forEach(endpoint -> {
            if (endpoint instanceof ConnectionEndpoint e && !isDone(e) && e.gate.inspect(_ -> e.gate.life() == Lifecycle.ORPHANED)) {
                orphans.add(e);
            }
        });
        return orphans;
    }

    private static boolean isDone(ConnectionEndpoint e) {
        return e.wakeups.is(Wakeups.FINISHED);
    }
}
