package dev.millrace.tcp.cc;

import dev.millrace.spi.CongestionControl;

/// CUBIC (RFC 9438): after a reduction the window grows fast to where it was, stays about there, and looks beyond; never
/// slower than Reno's would. Slow start is HyStart++'s (RFC 9406) before the first loss. Windows are counted in segments, as the
/// RFC does.
final class Cubic implements CongestionControl {
    /// C and β of RFC 9438 §4.
    private static final double C = 0.4;
    private static final double BETA = 0.7;
    /// β after a mark (RFC 8511 §3.1).
    private static final double BETA_ECN = 0.85;
    /// α for which Reno's window has the same average as with β = ½ (§4.3).
    private static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);
    /// How many segments one ACK may open the window by in slow start (RFC 9406 §4.2, L without pacing).
    private static final int SLOW_START_LIMIT = 8;

    private int mss;
    private final int initialWindow;
    private final boolean paced;
    private long srttNs;
    /// Made with the first acknowledgement that needs it, and gone when slow start is over.
    private HyStart hyStart;
    private boolean hyStarts;
    private double cwnd;
    private long ssthresh = Long.MAX_VALUE;
    private boolean afterTimeout;

    private double wMax;
    /// The present stage of congestion avoidance began then, if there is one.
    private boolean inEpoch;
    private long epochStartNs;
    private double k;
    private double wEst;
    /// The window before the last reduction (cwnd_prior).
    private double cwndPrior;

    /// Before the last reduction, should that turn out to have been for nothing; `null` before the first.
    private Windows saved;

    private record Windows(double cwnd, long ssthresh, double wMax) {
    }

    /// @param srttNs the round-trip time if the window is to be spread over it, or 0
    Cubic(int mss, int initialWindow, boolean hyStart, long srttNs) {
        this.mss = mss;
        this.srttNs = srttNs;
        paced = srttNs > 0;
        this.initialWindow = initialWindow;
        hyStarts = hyStart;
        cwnd = Math.max(1, initialWindow / (double) mss);
    }

    @Override
    public long cwnd() {
        return Math.max(mss, (long) (cwnd * mss + 0.5));
    }

    @Override
    public long ssthresh() {
        return ssthresh;
    }

    /// A little more than the window in a round trip, and twice that while it doubles, so that the pace is never what limits.
    @Override
    public long pacingRate() {
        return paced ? (long) ((cwnd() < ssthresh ? 2 : 1.2) * cwnd() * 1e9 / srttNs) : UNPACED;
    }

    @Override
    public void onAck(Ack ack) {
        srttNs = Math.max(1, ack.srttNs());
        if (ack.inRecovery()) {
            return;
        }
        if (!ack.isCwndLimited()) {
            // §4.2 end: time in which the window was not used must not let it grow. The curve begins anew from here.
            inEpoch = false;
            return;
        }
        if (cwnd() < ssthresh) {
            slowStart(ack);
            return;
        }
        afterTimeout = false;
        avoidCongestion(ack.bytes() / (double) mss, ack.srttNs(), ack.nowNs());
    }

    private void slowStart(Ack ack) {
        int divisor = 1;
        if (hyStarts && ssthresh == Long.MAX_VALUE) {
            if (hyStart == null) {
                hyStart = new HyStart();
            }
            divisor = hyStart.onAck(ack);
            if (divisor == 0) {
                ssthresh = cwnd();
                endHyStart();
                return;
            }
        }
        // RFC 3465 §2.3: one segment an ACK while the losses behind a timeout are repaired. RFC 9406 §4.2: no limit if paced.
        double most = afterTimeout ? 1 : paced ? Double.MAX_VALUE : SLOW_START_LIMIT;
        cwnd += Math.min(ack.bytes() / (double) mss, most) / divisor;
        if (ssthresh != Long.MAX_VALUE) {
            cwnd = Math.min(cwnd, Math.max(ssthresh, mss) / (double) mss);
        }
    }

    private void avoidCongestion(double acked, long srttNs, long nowNs) {
        if (!inEpoch) {
            inEpoch = true;
            epochStartNs = nowNs;
            wEst = cwnd;
            if (cwnd < wMax) {
                k = Math.cbrt((wMax - cwnd) / C);
            } else {
                k = 0;
                wMax = cwnd;
            }
        }
        double t = (nowNs - epochStartNs) / 1e9;
        // §4.3: α is Reno's own once the window is where it was.
        wEst += (wEst >= cwndPrior ? 1 : ALPHA) * acked / cwnd;
        if (curve(t) < wEst) {
            cwnd = Math.max(cwnd, wEst);
            return;
        }
        // §4.4: where the curve will be a round trip on, but no more than half as much again.
        double target = Math.clamp(curve(t + srttNs / 1e9), cwnd, 1.5 * cwnd);
        cwnd += (target - cwnd) / cwnd * Math.min(acked, cwnd);
    }

    /// W_cubic(t), §4.2 figure 1.
    private double curve(double t) {
        double d = t - k;
        return C * d * d * d + wMax;
    }

    private void reduce(long inFlight, double beta) {
        saved = new Windows(cwnd, ssthresh, wMax);
        cwndPrior = cwnd;
        // §4.7, fast convergence: who has less than before makes room for others.
        wMax = cwnd < wMax ? cwnd * (1 + beta) / 2 : cwnd;
        ssthresh = Math.max((long) (inFlight * beta), 2L * mss);
        inEpoch = false;
        endHyStart();
    }

    private void endHyStart() {
        hyStarts = false;
        hyStart = null;
    }

    @Override
    public void onCongestion(long inFlight, long nowNs) {
        reduce(inFlight, BETA);
        cwnd = ssthresh / (double) mss;
    }

    @Override
    public void onMarked(long inFlight, long nowNs) {
        reduce(inFlight, BETA_ECN);
        cwnd = ssthresh / (double) mss;
    }

    @Override
    public void onRecovered(long inFlight, boolean proportional, long nowNs) {
        // RFC 6582 §3.2 step 3, option 1: no burst if little is in flight.
        long settled = proportional ? ssthresh : Math.min(ssthresh, Math.max(inFlight, mss) + mss);
        cwnd = settled / (double) mss;
    }

    @Override
    public void onTimeout(long inFlight, boolean first, long nowNs) {
        if (first) {
            reduce(inFlight, BETA);
        }
        // §4.8: what follows begins at its own window.
        wMax = 0;
        inEpoch = false;
        cwnd = 1;
        afterTimeout = true;
    }

    @Override
    public void onSpurious(long nowNs) {
        // §4.9.
        if (saved != null) {
            cwnd = Math.max(cwnd, saved.cwnd);
            ssthresh = Math.max(ssthresh, saved.ssthresh);
            wMax = Math.max(wMax, saved.wMax);
        }
        inEpoch = false;
        afterTimeout = false;
    }

    @Override
    public void onIdleRestart(long nowNs) {
        cwnd = Math.min(cwnd, Math.max(1, initialWindow / (double) mss));
        inEpoch = false;
    }

    @Override
    public void onMssChange(int newMss) {
        // The window is meant in segments: what was one before stays one, unless they have become larger.
        if (newMss > mss) {
            double ratio = mss / (double) newMss;
            cwnd = Math.max(1, cwnd * ratio);
            wMax *= ratio;
            cwndPrior *= ratio;
            saved = saved == null ? null : new Windows(saved.cwnd * ratio, saved.ssthresh, saved.wMax * ratio);
            inEpoch = false;
        }
        mss = newMss;
    }
}
