package dev.millrace.tcp;

import dev.millrace.spi.Timers;

/// The one timer of a connection, which wakes its engine. A timer that fires too early is cheaper than one that is moved
/// with every segment, so it is moved forward in time only; when it fires the engine's real deadline is looked at.
///
/// Guarded by the endpoint's gate, but for [#run], which enters it.
final class EngineTimer implements Timers.Task {
    private final ConnectionEndpoint endpoint;
    private Timers.Timer timer;
    private long setToNs = Long.MAX_VALUE;

    EngineTimer(ConnectionEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    /// Sees to it that the timer runs out by then, if that is not `Long.MAX_VALUE`.
    void fireBy(long deadlineNs) {
        if (deadlineNs != Long.MAX_VALUE && (setToNs == Long.MAX_VALUE || deadlineNs - setToNs < 0)) {
            if (timer == null) {
                timer = endpoint.protocol.ctx.timers().create(this);
            }
            setToNs = deadlineNs;
            timer.set(deadlineNs);
        }
    }

    /// It has run out.
    void expired() {
        setToNs = Long.MAX_VALUE;
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    @Override
    public void run(long nowNs) {
        endpoint.gate.onTimer(nowNs);
    }
}
