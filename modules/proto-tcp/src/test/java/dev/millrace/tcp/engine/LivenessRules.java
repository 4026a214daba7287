package dev.millrace.tcp.engine;

/// Invariant 7, as far as one engine at one moment shows it: whatever waits has a timer that comes soon enough. That the
/// whole conversation comes to its end [FuzzedPair] sees.
final class LivenessRules extends Invariant {
    private static final long LONGEST_PERSIST_NS = 60_000_000_000L;

    LivenessRules() {
        super(7, "what is unsent or unacknowledged has a timer");
    }

    @Override
    void atRest() {
        TcpState s = c.state();
        if (s == TcpState.CLOSED || s == TcpState.TIME_WAIT || !opened()) {
            return;
        }
        hold(!c.rstDue && !c.synDue && !(s.isSynchronized() && c.acks.isDue()), () -> "something is due at rest in " + s);
        if (!s.isSynchronized()) {
            hold(due(ConnectionTimers.RETRANSMISSION) <= c.settings.maxRtoNs, "SYN has no timer");
            return;
        }
        boolean finWaits = w.wantsFin && c.snd.finQueued && !c.snd.finSent;
        if (c.snd.flight() > 0) {
            hold(due(ConnectionTimers.RETRANSMISSION) <= c.settings.maxRtoNs, () -> c.snd.flight() + " bytes in flight, and no timer");
        } else if (w.written > w.fromIss(c.snd.nxt) - 1 || finWaits) {
            long due = Math.min(due(ConnectionTimers.PERSIST), Math.min(due(ConnectionTimers.CORK), due(ConnectionTimers.PACING)));
            hold(due <= LONGEST_PERSIST_NS, () -> (w.written + 1 - w.fromIss(c.snd.nxt)) + " bytes unsent, and no timer; window " + c.snd.wnd
                    + ", room " + c.snd.room());
        }
    }

    private boolean opened() {
        return w.synSent;
    }

    /// In how many nanoseconds the timer runs out.
    private long due(int timer) {
        return c.timers.isSet(timer) ? c.timers.deadlineNs(timer) - w.nowNs : Long.MAX_VALUE;
    }
}
