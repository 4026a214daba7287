package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;

/// Probes an idle connection, if the program wants that (RFC 9293 §3.8.4). The timer is not moved with every segment: it
/// looks at its expiry when the last one came.
final class KeepAlive {
    private long lastReceivedNs;
    private byte probes;
    boolean probeDue;

    void onSegment(long nowNs) {
        lastReceivedNs = nowNs;
        probes = 0;
    }

    long lastReceivedNs() {
        return lastReceivedNs;
    }

    /// How many probes are not answered.
    int unanswered() {
        return probes;
    }

    /// The connection is established, or its options have changed, maybe others: what waits for the answer to a probe goes on
    /// waiting.
    void start(TcpConnection c) {
        if (c.options.keepAlive && c.state.isSynchronized() && c.state != TcpState.TIME_WAIT) {
            if (probes == 0 || !c.timers.isSet(ConnectionTimers.KEEP_ALIVE)) {
                c.timers.set(ConnectionTimers.KEEP_ALIVE, lastReceivedNs + c.options.keepAliveIdleNs);
            }
        } else {
            c.timers.cancel(ConnectionTimers.KEEP_ALIVE);
            probes = 0;
        }
    }

    void onExpired(TcpConnection c, long nowNs) {
        long idleSince = lastReceivedNs;
        // MUST-26: only while idle; what is outstanding has its own timers.
        if (c.snd.flight() > 0 || c.hasUnsent()) {
            c.timers.set(ConnectionTimers.KEEP_ALIVE, nowNs + c.options.keepAliveIdleNs);
            probes = 0;
            return;
        }
        if (probes == 0 && nowNs - idleSince < c.options.keepAliveIdleNs) {
            c.timers.set(ConnectionTimers.KEEP_ALIVE, idleSince + c.options.keepAliveIdleNs);
            return;
        }
        if (probes >= c.options.keepAliveCount) {
            c.fail(ErrorCode.CONNECTION_TIMED_OUT, true, nowNs);
            return;
        }
        probes++;
        probeDue = true;
        c.timers.set(ConnectionTimers.KEEP_ALIVE, nowNs + c.options.keepAliveIntervalNs);
    }
}
