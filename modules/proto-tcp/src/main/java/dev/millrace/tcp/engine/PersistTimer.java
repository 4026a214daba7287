package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;

/// Probes a window that is closed (RFC 9293 §3.8.6.1), and overrides the sender's silly-window avoidance when a window
/// stays too small (§3.8.6.2.1). There is one while it does. The connection stays open for as long as the probes are acknowledged.
final class PersistTimer {
    private static final long MAX_INTERVAL_NS = 60_000_000_000L;

    private int backoff;
    private int unanswered;
    /// A probe is to be sent.
    boolean probeDue;
    private boolean overrides;

    /// How many probes are not answered.
    static int unanswered(TcpConnection c) {
        return c.persist == null ? 0 : c.persist.unanswered;
    }

    /// Whether the next segment may be as small as the window makes it.
    static boolean overrides(TcpConnection c) {
        return c.persist != null && c.persist.overrides;
    }

    static void start(TcpConnection c, long nowNs) {
        if (c.persist == null) {
            c.persist = new PersistTimer();
        }
        if (!c.timers.isSet(ConnectionTimers.PERSIST)) {
            c.persist.arm(c, nowNs);
            c.startUserTimer(nowNs);
        }
    }

    private void arm(TcpConnection c, long nowNs) {
        long interval = c.rtt.rtoNs() << Math.min(backoff, 30);
        long longest = c.settings.profile == Profile.LINUX ? c.settings.maxRtoNs : MAX_INTERVAL_NS;
        c.timers.set(ConnectionTimers.PERSIST, nowNs + (interval <= 0 || interval > longest ? longest : interval));
    }

    /// Something has changed, and the next expiry comes after a plain timeout, however seldom the closed window was probed in
    /// the end: the window is open, but less than is worth sending (RFC 9293 §3.8.6.2.1), or the path is another one.
    static void startOver(TcpConnection c, long nowNs) {
        if (c.persist != null && c.persist.backoff > 0 && c.timers.isSet(ConnectionTimers.PERSIST)) {
            c.persist.backoff = 0;
            c.persist.arm(c, nowNs);
        }
    }

    static void stop(TcpConnection c) {
        if (c.persist != null) {
            c.timers.cancel(ConnectionTimers.PERSIST);
            c.persist = null;
        }
    }

    /// The peer has answered: it is alive, whatever its window says (MUST-37). Once the program has closed the connection
    /// its patience is bounded all the same: nobody is left who could end it, and a peer could keep it for ever.
    static void onAck(TcpConnection c) {
        if (c.persist != null && !c.closed) {
            c.persist.unanswered = 0;
        }
    }

    void onExpired(TcpConnection c, long nowNs) {
        if (c.snd.flight() > 0 || !c.hasUnsent()) {
            stop(c);
            return;
        }
        if (c.snd.room() > 0) {
            overrides = true;
            return;
        }
        if (++unanswered > Timeouts.mostRetries(c)) {
            c.fail(ErrorCode.CONNECTION_TIMED_OUT, true, nowNs);
            return;
        }
        probeDue = true;
        backoff++;
        arm(c, nowNs);
    }
}
