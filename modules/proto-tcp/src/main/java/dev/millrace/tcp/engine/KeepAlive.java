package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;

/// Probes an idle connection, if the program wants that (RFC 9293 §3.8.4): there is one where it does. The timer is not moved with every segment: it
/// looks at its expiry when the last one came.
final class KeepAlive {
    private byte probes;
    boolean probeDue;

    static void onSegment(TcpConnection c, long nowNs) {
        c.lastReceivedNs = nowNs;
        if (c.keepAlive != null) {
            c.keepAlive.probes = 0;
        }
    }

    /// How many probes are not answered.
    static int unanswered(TcpConnection c) {
        return c.keepAlive == null ? 0 : c.keepAlive.probes;
    }

    /// The connection is established, or its options have changed, maybe others: what waits for the answer to a probe goes on
    /// waiting.
    static void start(TcpConnection c) {
        if (c.options.keepAlive && c.state.isSynchronized() && c.state != TcpState.TIME_WAIT) {
            if (c.keepAlive == null) {
                c.keepAlive = new KeepAlive();
            }
            if (c.keepAlive.probes == 0 || !c.timers.isSet(ConnectionTimers.KEEP_ALIVE)) {
                c.timers.set(ConnectionTimers.KEEP_ALIVE, c.lastReceivedNs + c.options.keepAliveIdleNs);
            }
        } else {
            c.timers.cancel(ConnectionTimers.KEEP_ALIVE);
            c.keepAlive = null;
        }
    }

    void onExpired(TcpConnection c, long nowNs) {
        long idleSince = c.lastReceivedNs;
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
