package dev.millrace.tcp.cc;

import dev.millrace.spi.CongestionControl;

/// Slow start, congestion avoidance and what follows a loss (RFC 5681, RFC 6928; NewReno's window, RFC 6582).
final class NewReno implements CongestionControl {
    /// How many segments one ACK may open the window by in slow start: ACKs that cover a burst come from offloads on
    /// either side (RFC 9406 §4.2: 8 without pacing; RFC 3465's L).
    private static final int SLOW_START_LIMIT = 8;

    /// What is left of the window after a mark (RFC 8511 §3.1).
    private static final double BETA_ECN = 0.8;

    private int mss;
    private final int initialWindow;
    private long cwnd;
    private long ssthresh = Long.MAX_VALUE;
    private long ackedInAvoidance;
    private boolean afterTimeout;
    // Before the last reduction, should that turn out to have been for nothing.
    private long priorCwnd;
    private long priorSsthresh;

    NewReno(int mss, int initialWindow) {
        this.mss = mss;
        this.initialWindow = initialWindow;
        cwnd = Math.max(mss, initialWindow);
    }

    @Override
    public long cwnd() {
        return cwnd;
    }

    @Override
    public long ssthresh() {
        return ssthresh;
    }

    @Override
    public void onAck(Ack ack) {
        if (ack.inRecovery()) {
            return;
        }
        long bytes = ack.bytes();
        if (cwnd < ssthresh) {
            if (!ack.isCwndLimited()) {
                return;
            }
            // RFC 3465 §2.3: one segment an ACK while the losses behind a timeout are repaired.
            long limit = (long) mss * (afterTimeout ? 1 : SLOW_START_LIMIT);
            cwnd = Math.min(cwnd + Math.min(bytes, limit), ssthresh);
            return;
        }
        afterTimeout = false;
        if (!ack.isCwndLimited()) {
            return;
        }
        // RFC 5681 §3.1: one segment for each window of data acknowledged.
        ackedInAvoidance += bytes;
        if (ackedInAvoidance >= cwnd) {
            ackedInAvoidance = Math.min(ackedInAvoidance - cwnd, cwnd);
            cwnd += mss;
        }
    }

    @Override
    public void onCongestion(long inFlight, long nowNs) {
        remember();
        ssthresh = Math.max(inFlight / 2, 2L * mss);
        cwnd = ssthresh;
        ackedInAvoidance = 0;
    }

    /// RFC 8511 §3.1.
    @Override
    public void onMarked(long inFlight, long nowNs) {
        ssthresh = Math.max((long) (inFlight * BETA_ECN), 2L * mss);
        cwnd = ssthresh;
        ackedInAvoidance = 0;
    }

    @Override
    public void onRecovered(long inFlight, boolean proportional, long nowNs) {
        // RFC 6582 §3.2 step 3, option 1: no burst if little is in flight.
        long settled = proportional ? ssthresh : Math.min(ssthresh, Math.max(inFlight, mss) + mss);
        // Segments may have grown since ssthresh was set.
        cwnd = Math.max(mss, settled);
    }

    @Override
    public void onTimeout(long inFlight, boolean first, long nowNs) {
        if (first) {
            remember();
            ssthresh = Math.max(inFlight / 2, 2L * mss);
        }
        cwnd = mss;
        ackedInAvoidance = 0;
        afterTimeout = true;
    }

    private void remember() {
        priorCwnd = cwnd;
        priorSsthresh = ssthresh;
    }

    @Override
    public void onSpurious(long nowNs) {
        cwnd = Math.max(cwnd, priorCwnd);
        ssthresh = Math.max(ssthresh, priorSsthresh);
        afterTimeout = false;
    }

    @Override
    public void onIdleRestart(long nowNs) {
        cwnd = Math.min(cwnd, Math.max(mss, initialWindow));
    }

    @Override
    public void onMssChange(int newMss) {
        // The window is meant in segments: what was one before stays one (RFC 8899 leaves it to the sender).
        if (newMss < mss) {
            cwnd = cwnd / mss * newMss;
        }
        // Less than one segment would let nothing go (RFC 5681 §3.1: the loss window is one).
        cwnd = Math.max(newMss, cwnd);
        mss = newMss;
    }
}
