package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;

/// Invariant 15, as far as it is the engine's: what calls answer, that it says each thing once, and that no connection times
/// out before its time.
final class CallRules extends Invariant {
    private ErrorCode error;
    /// Something is unsent or unacknowledged since then, and nothing was acknowledged.
    private long waitingSinceNs = Long.MAX_VALUE;
    private long arrivedNs = Long.MIN_VALUE;
    private long openedNs = Long.MAX_VALUE;
    private long openingNs;
    private int timeouts;
    private int probes;
    private long una;
    /// Timeouts since something was acknowledged.
    private int vain;
    private boolean wasSynchronized;
    private boolean ended;
    private boolean finAsked;
    private boolean wasClosed;

    CallRules() {
        super(15, "calls after the end do nothing; errors stay; each event comes once");
    }

    @Override
    void before(Cause cause) {
        wasClosed = c.state() == TcpState.CLOSED;
        wasSynchronized = c.state().isSynchronized();
        una = c.snd.una;
        timeouts = c.timeouts;
        probes = PersistTimer.unanswered(c);
        finAsked = c.outputShut();
        ended = c.isEof();
    }

    @Override
    void after(Cause cause) {
        if (cause == Cause.OPEN) {
            openedNs = w.nowNs;
            openingNs = c.options.userTimeoutNs > 0 ? c.options.userTimeoutNs : c.settings.synTimeoutNs;
        }
        arrivedNs = cause == Cause.SEGMENT || cause == Cause.OPEN ? w.nowNs : arrivedNs;
        vain = c.snd.una > una ? 0 : vain + c.timeouts - timeouts;
        waitingSinceNs = c.snd.una > una ? w.nowNs : waitingSinceNs;
        if (error == null && c.error() == ErrorCode.CONNECTION_TIMED_OUT) {
            hold(mayTimeOut(), () -> "times out after " + vain + " timeouts, " + probes + " window probes, "
                    + (w.nowNs - waitingSinceNs) + " ns of waiting and " + (w.nowNs - arrivedNs) + " of silence");
        }
        hold(error == null || error == c.error(), () -> "error " + error + " became " + c.error());
        error = c.error();
        hold(error == null || c.state() == TcpState.CLOSED, () -> "error " + error + " in " + c.state());
        if (wasClosed && cause != Cause.OPEN) {
            hold(c.state() == TcpState.CLOSED, () -> cause + " opens it again");
        }
        switch (cause) {
            case WRITE -> {
                hold(w.result >= 0 && w.result <= w.asked, () -> "writes " + w.result + " of " + w.asked);
                hold(!finAsked || w.result == 0, "writes behind FIN");
            }
            case READ -> {
                hold(w.result >= -1 && w.result <= w.asked, () -> "reads " + w.result + " of " + w.asked);
                hold(!ended || w.asked == 0 || w.result == -1, () -> "reads " + w.result + " behind the end");
            }
            default -> {
            }
        }
        hold(c.available() >= 0 && c.writableBytes() >= 0, () -> "available " + c.available());
        hold(c.writableBytes() == 0 || WriteRoom.now(c, Integer.MAX_VALUE) > 0, "a writer that is woken finds no room");
    }

    private boolean mayTimeOut() {
        long user = c.options.userTimeoutNs > 0 ? c.options.userTimeoutNs : UserTimeout.of(c);
        if (!wasSynchronized) {
            return w.nowNs - openedNs >= openingNs;
        }
        long keepAlive = c.options.keepAliveIdleNs + c.options.keepAliveCount * c.options.keepAliveIntervalNs;
        return user > 0 && waitingSinceNs != Long.MAX_VALUE && w.nowNs - waitingSinceNs >= user
                || user == 0 && vain > c.settings.maxRetransmissions || probes >= c.settings.maxRetransmissions
                || c.options.keepAlive && w.nowNs - arrivedNs >= keepAlive;
    }

    @Override
    void atRest() {
        boolean waits = c.snd.flight() > 0 || c.hasUnsent() || c.snd.finQueued && !c.snd.finSent;
        waitingSinceNs = waits ? Math.min(waitingSinceNs, w.nowNs) : Long.MAX_VALUE;
    }
}
