package dev.millrace.tcp.engine;

/// Invariant 10: the congestion window and what is counted against it (RFC 5681, RFC 6582, RFC 6675, RFC 9937).
final class CongestionRules extends Invariant {
    private LossRecovery.Phase phase = LossRecovery.Phase.OPEN;
    private long ssthresh;
    private int timeouts;
    private int spurious;
    private long flight;
    private long sackedBefore;
    private long pipeBefore;
    private int mss;
    /// What may be sent because segments that might have been reordered are lost now.
    private long allowed;
    // Proportional rate reduction, counted here once more.
    private boolean proportional;
    private long recoveryPoint;
    private long recoverFs;
    private long delivered;
    private long out;
    private long largestSsthresh;
    private int largestMss;

    CongestionRules() {
        super(10, "cwnd is one segment at least, ssthresh two; pipe is what the scoreboard says; PRR's bound; cwnd <= ssthresh after recovery");
    }

    @Override
    void before(Cause cause) {
        phase = c.recovery.phase();
        timeouts = c.timeouts;
        spurious = c.spuriousRecoveries;
        mss = c.snd.mss;
        flight = c.snd.flight();
        sackedBefore = c.queue.sackedBytes();
        ssthresh = c.cc == null ? Long.MAX_VALUE : c.cc.ssthresh();
        pipeBefore = LossRecovery.pipe(c);
    }

    @Override
    void after(Cause cause) {
        if (c.cc == null || c.state() == TcpState.CLOSED) {
            return;
        }
        LossRecovery.Phase now = c.recovery.phase();
        boolean recovers = now == LossRecovery.Phase.FAST_RECOVERY || now == LossRecovery.Phase.SACK_RECOVERY;
        if (c.cc.ssthresh() < ssthresh && (c.timeouts > timeouts || recovers && now != phase)) {
            // Of what they were: a probe may have told a larger size at once.
            hold(c.cc.ssthresh() >= 2L * Math.min(mss, c.snd.mss), () -> "ssthresh " + c.cc.ssthresh() + " with segments of " + c.snd.mss);
        }
        countProportionally(cause, now);
        boolean left = phase != now && now == LossRecovery.Phase.OPEN
                && (phase == LossRecovery.Phase.FAST_RECOVERY || phase == LossRecovery.Phase.SACK_RECOVERY);
        if (left && c.spuriousRecoveries == spurious && c.queue.delivery == null) {
            hold(c.cc.cwnd() <= Math.max(c.cc.ssthresh(), c.snd.mss) + 1, () -> "after recovery cwnd " + c.cc.cwnd() + ", ssthresh " + c.cc.ssthresh());
        }
    }

    private void countProportionally(Cause cause, LossRecovery.Phase now) {
        if (now != LossRecovery.Phase.SACK_RECOVERY || c.queue.delivery != null) {
            proportional = false;
            return;
        }
        // One acknowledgement may end a recovery, or tell that it was for nothing, and begin the next.
        boolean begins = phase != now || recoveryPoint != c.recovery.recoveryPoint() || c.spuriousRecoveries > spurious;
        if (!proportional || begins) {
            proportional = true;
            recoveryPoint = c.recovery.recoveryPoint();
            // What one acknowledgement ends and begins counts from before it.
            recoverFs = Math.max(1, flight - sackedBefore);
            delivered = 0;
            out = 0;
            allowed = 0;
            largestSsthresh = 0;
            largestMss = 0;
        }
        if (cause == Cause.SEGMENT) {
            delivered += c.queue.deliveredBytes;
        }
        if (cause == Cause.TIMER && LossRecovery.pipe(c) < pipeBefore) {
            allowed += c.snd.mss;
        }
        largestSsthresh = Math.max(largestSsthresh, c.cc.ssthresh());
        largestMss = Math.max(largestMss, c.snd.mss);
    }

    @Override
    void sent() {
        if (!proportional || w.out.len == 0 && !w.out.fin) {
            return;
        }
        out += w.out.end() - w.out.seq;
        long most = (delivered * largestSsthresh + recoverFs - 1) / recoverFs;
        // Below ssthresh the flight may come up to it (RFC 9937 §6.2), above it only what is in proportion to what arrived; the
        // first retransmission goes in any case, and so does one after the reordering timer.
        long pipe = LossRecovery.pipe(c);
        hold(pipe <= largestSsthresh + largestMss || out <= most + largestMss + allowed || pipe <= pipeBefore,
                () -> w.out + " makes PRR " + out + " bytes sent for " + delivered + " delivered of " + recoverFs + ", pipe " + pipe + ", ssthresh " + largestSsthresh);
    }

    @Override
    void atRest() {
        if (c.cc == null || c.state() == TcpState.CLOSED) {
            return;
        }
        hold(c.cc.cwnd() >= c.snd.mss, () -> "cwnd " + c.cc.cwnd() + " with segments of " + c.snd.mss);
        long pipe = Pair.naivePipe(c);
        hold(pipe >= 0 && pipe == LossRecovery.pipe(c), () -> "pipe " + LossRecovery.pipe(c) + ", counted " + pipe);
        hold(c.queue.isConsistent(), "scoreboard");
    }
}
