package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;

/// What happens when a timer runs out (RFC 9293 §3.10.8, §3.8.3; RFC 6298 §5).
final class Timeouts {
    /// R1 (RFC 9293 §3.8.3): after so many timeouts of the same data the path is suspect.
    static final int R1 = 3;

    private Timeouts() {
    }

    static void run(TcpConnection c, long nowNs) {
        ConnectionTimers t = c.timers;
        if (t.takeExpired(ConnectionTimers.USER, nowNs)) {
            onUser(c, nowNs);
        }
        if (t.takeExpired(ConnectionTimers.PROBE, nowNs)) {
            c.probe().onExpired(c, nowNs);
        }
        if (t.takeExpired(ConnectionTimers.RETRANSMISSION, nowNs)) {
            onRetransmission(c, nowNs);
        }
        if (t.takeExpired(ConnectionTimers.REORDER, nowNs)) {
            c.recovery.onReorderingTimer(c, nowNs);
        }
        // What the pacer held back is asked for after this.
        t.takeExpired(ConnectionTimers.PACING, nowNs);
        if (t.takeExpired(ConnectionTimers.PERSIST, nowNs)) {
            c.persist.onExpired(c, nowNs);
        }
        if (t.takeExpired(ConnectionTimers.DELAYED_ACK, nowNs)) {
            c.acks.onDelayEnded();
        }
        if (t.takeExpired(ConnectionTimers.KEEP_ALIVE, nowNs)) {
            c.keepAlive.onExpired(c, nowNs);
        }
        if (t.takeExpired(ConnectionTimers.CORK, nowNs)) {
            c.corkExpired = true;
        }
        if (t.takeExpired(ConnectionTimers.LINGER, nowNs)) {
            // TIME-WAIT is over, or the peer of a closed connection never sent its FIN.
            c.toClosed();
        }
    }

    private static void onUser(TcpConnection c, long nowNs) {
        boolean waiting = !c.state.isSynchronized() || c.snd.flight() > 0 || c.hasUnsent();
        if (waiting) {
            c.fail(ErrorCode.CONNECTION_TIMED_OUT, c.state != TcpState.SYN_SENT, nowNs);
        }
    }

    /// R2 of RFC 9293 §3.8.3, as a number. Nobody waits for what a program has closed.
    static int mostRetries(TcpConnection c) {
        return c.closed ? c.settings.closedRetransmissions : c.settings.maxRetransmissions;
    }

    private static void onRetransmission(TcpConnection c, long nowNs) {
        if (c.fastOpen != null && c.fastOpen.takesTimer()) {
            return;
        }
        c.timeouts++;
        c.events |= TcpConnection.EVENT_TIMEOUT;
        c.retries++;
        if (c.retries == R1) {
            c.events |= TcpConnection.EVENT_PATH_SUSPECT;
        }
        if (c.retries == R1 && c.fastOpen != null) {
            c.fastOpen.onSilence(c);
        }
        if (!c.state.isSynchronized() || FastOpen.isUnconfirmed(c)) {
            // RFC 9293 §3.8.3 (MUST-22, 23): SYN is given up by time, not by count.
            c.synLost = true;
            c.synDue = true;
            c.retransmittedSegments++;
            if (c.fastOpen != null) {
                c.fastOpen.onSynLost(c, nowNs);
            }
            if (c.state == TcpState.CLOSED) {
                return;
            }
        } else if (c.snd.flight() == 0) {
            return;
        } else if (c.retries > mostRetries(c) && UserTimeout.of(c) == 0) {
            // R2 (MUST-20), which a user timeout takes the place of: nobody is there who would take a RST.
            c.fail(ErrorCode.CONNECTION_TIMED_OUT, false, nowNs);
            return;
        } else {
            c.recovery.onTimeout(c, c.retries == 1, nowNs);
            MtuProbe.onTimeout(c);
        }
        if (c.userTimeout != null) {
            c.userTimeout.tellAgain();
        }
        if (c.state != TcpState.SYN_SENT || c.retries > c.settings.synLinearTimeouts) {
            c.rtt.backOff();
        }
        c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
    }
}
