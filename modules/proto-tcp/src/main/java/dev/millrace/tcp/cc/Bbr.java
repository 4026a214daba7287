package dev.millrace.tcp.cc;

import dev.millrace.spi.CongestionControl;
import java.util.random.RandomGenerator;

/// BBR, version 3 as draft-ietf-ccwg-bbr describes it: sends at the rate that the path was seen to deliver, with about twice
/// of what fits into it in flight, and now and then probes whether there is more rate or a shorter round trip. A loss is
/// a sign of congestion only when more than 2 % of a round trip's packets are lost.
///
/// Differs: the draft leaves ECN open, and here a mark bounds the short term as a loss does, without counting as one; it draws the line at losses of an acknowledgement, not of each packet.
final class Bbr implements CongestionControl {
    private enum State { STARTUP, DRAIN, DOWN, CRUISE, REFILL, UP, PROBE_RTT }

    /// What acknowledgements tell of the probe for more (BBR.ack_phase).
    private enum AckPhase { INIT, REFILLING, PROBE_STARTING, PROBE_FEEDBACK, PROBE_STOPPING }

    private static final long SECOND = 1_000_000_000L;
    private static final double STARTUP_GAIN = 2.77;
    private static final double DRAIN_GAIN = 0.35;
    private static final double PACING_MARGIN = 0.99;
    private static final double FULL_BW_GROWTH = 1.25;
    private static final int FULL_BW_ROUNDS = 3;
    private static final int FULL_LOSSES = 6;
    private static final int MIN_PIPE = 4;
    private static final long MIN_RTT_FILTER_NS = 10 * SECOND;
    private static final long PROBE_RTT_INTERVAL_NS = 5 * SECOND;
    private static final long PROBE_RTT_NS = SECOND / 5;
    private static final double PROBE_RTT_GAIN = 0.5;
    /// Reno would have lost something after so many round trips.
    private static final int MOST_RENO_ROUNDS = 63;

    private final BbrPath path;
    private final RandomGenerator random;
    private int mss;
    private final long initialWindow;
    private long cwnd;
    private long priorCwnd;
    private long pacingRate;

    private State state = State.STARTUP;
    private boolean fullBwReached;
    private boolean fullBwNow;
    private long fullBw;
    private int fullBwCount;

    // PROBE_BW.
    private AckPhase ackPhase = AckPhase.INIT;
    private long cycleNs;
    private long probeWaitNs;
    private long roundsSinceProbe;
    private boolean probeSamples;
    private int probeUpRounds;
    private long probeUpGrowth;

    // PROBE_RTT.
    private long probeRttMinNs;
    private long probeRttMinAtNs;
    private long minRttAtNs;
    private boolean probeRttExpired;
    private long probeRttDoneNs;
    private boolean probeRttRoundDone;
    private boolean idleRestart;
    /// What is delivered in all, as of the last acknowledgement.
    private long delivered;
    /// What is delivered from there to there was sent slowly on purpose, and tells no rate.
    private long slowFrom = Long.MAX_VALUE;
    private long slowTo;

    /// @param lossThreshold the part of a round trip's packets whose loss is borne, more than 0 and less than 1
    Bbr(int mss, int initialWindow, long srttNs, double lossThreshold, RandomGenerator random) {
        path = new BbrPath(lossThreshold);
        this.mss = mss;
        this.initialWindow = initialWindow;
        this.random = random;
        cwnd = Math.max(mss, initialWindow);
        // §5.6.2: without a round trip a millisecond is assumed.
        pacingRate = (long) (STARTUP_GAIN * initialWindow * 1e9 / (srttNs > 0 ? srttNs : 1_000_000));
        path.minRttNs = srttNs;
    }

    @Override
    public boolean isRateBased() {
        return true;
    }

    @Override
    public long cwnd() {
        return Math.max(mss, cwnd);
    }

    @Override
    public long ssthresh() {
        return Long.MAX_VALUE;
    }

    @Override
    public long pacingRate() {
        return pacingRate;
    }

    // ---- facts

    @Override
    public void onSent(long bytes, long inFlight, long nowNs) {
        if (inFlight > bytes || path.roundCount == 0) {
            return;
        }
        // §5.4.1: after a pause the path is empty, and one packet after another follows at its rate.
        idleRestart = true;
        path.restartAggregation(nowNs);
        if (isProbingBw()) {
            setPacingRate(1);
        } else if (state == State.PROBE_RTT) {
            endProbeRttIfDone(nowNs);
        }
    }

    @Override
    public void onAck(Ack ack) {
        Delivery d = ack.delivery();
        long now = ack.nowNs();
        boolean slow = d.priorDelivered() >= slowFrom && d.priorDelivered() < slowTo;
        boolean appLimited = d.isAppLimited() || slow;
        Delivery seen = slow ? new Limited(d) : d;
        delivered = d.delivered();
        path.update(seen, state != State.STARTUP && state != State.REFILL && state != State.UP, cwnd);
        if (path.roundStart) {
            roundsSinceProbe++;
        }
        path.aggregate(ack.bytes(), now, cwnd, fullBwReached);
        checkFullBw(seen);
        checkStartup(ack, seen);
        updateProbe(ack, seen, appLimited);
        updateMinRtt(ack);
        checkProbeRtt(ack);
        path.endUpdate(seen);
        setPacingRate(pacingGain());
        setCwnd(ack);
    }

    /// A sample that does not tell the path's rate.
    private record Limited(long rate, long delivered, long priorDelivered, long lost, long sentInFlight) implements Delivery {
        Limited(Delivery d) {
            this(d.rate(), d.delivered(), d.priorDelivered(), d.lost(), d.sentInFlight());
        }

        @Override
        public boolean isAppLimited() {
            return true;
        }
    }

    @Override
    public void onLost(Loss loss) {
        path.noteLoss(loss.delivered());
        if (probeSamples && loss.sentInFlight() > 0 && path.isTooMuch(loss.lostSince(), loss.sentInFlight())) {
            onTooMuch(path.inflightAtLoss(loss), loss.appLimited(), loss.nowNs());
        }
    }

    @Override
    public void onCongestion(long inFlight, long nowNs) {
        saveCwnd();
    }

    /// As a loss in this round trip: it holds what is in flight down until the next probe.
    @Override
    public void onMarked(long inFlight, long nowNs) {
        path.noteLoss(delivered);
    }

    @Override
    public void onRecovered(long inFlight, boolean proportional, long nowNs) {
        cwnd = Math.max(cwnd, priorCwnd);
    }

    @Override
    public void onTimeout(long inFlight, boolean first, long nowNs) {
        if (first) {
            saveCwnd();
        }
        // cwnd opens again with what is delivered.
        cwnd = mss;
    }

    @Override
    public void onSpurious(long nowNs) {
        path.undo();
        cwnd = Math.max(cwnd, priorCwnd);
    }

    @Override
    public void onIdleRestart(long nowNs) {
        // The pace does what a smaller window would.
    }

    @Override
    public void onMssChange(int newMss) {
        mss = newMss;
        cwnd = Math.max(cwnd, mss);
    }

    private void saveCwnd() {
        priorCwnd = state == State.PROBE_RTT ? Math.max(priorCwnd, cwnd) : cwnd;
    }

    // ---- STARTUP and DRAIN (§5.3.1, §5.3.2)

    private void checkFullBw(Delivery d) {
        if (fullBwNow || !path.roundStart || d.isAppLimited() || d.rate() == 0) {
            return;
        }
        if (d.rate() >= fullBw * FULL_BW_GROWTH) {
            resetFullBw(d.rate());
            return;
        }
        fullBwNow = ++fullBwCount >= FULL_BW_ROUNDS;
        fullBwReached |= fullBwNow;
    }

    private void resetFullBw(long rate) {
        fullBw = rate;
        fullBwCount = 0;
        fullBwNow = false;
    }

    private void checkStartup(Ack ack, Delivery d) {
        if (state == State.STARTUP && path.lossRoundStart && path.lossEventsInRound >= FULL_LOSSES
                && path.isTooMuch(d.lost(), d.sentInFlight())) {
            // §5.3.1.3: the queue overflows.
            fullBwReached = true;
            path.inflightLongTerm = Math.max(path.bdp(path.maxBw(), 1, cwnd), path.inflightLatest);
        }
        if (state == State.STARTUP && fullBwReached) {
            state = State.DRAIN;
        }
        if (state == State.DRAIN && ack.inFlight() <= inflight(path.bw(), 1)) {
            startDown(ack.nowNs());
        }
    }

    // ---- PROBE_BW (§5.3.3)

    private boolean isProbingBw() {
        return state == State.DOWN || state == State.CRUISE || state == State.REFILL || state == State.UP;
    }

    private void updateProbe(Ack ack, Delivery d, boolean appLimited) {
        if (!fullBwReached) {
            return;
        }
        adaptLongTerm(ack, d, appLimited);
        switch (state) {
            case DOWN -> {
                if (!refillIfTime(ack.nowNs()) && ack.inFlight() <= path.inflightWithHeadroom(mss, leastPipe())
                        && ack.inFlight() <= inflight(path.maxBw(), 1)) {
                    state = State.CRUISE;
                }
            }
            case CRUISE -> refillIfTime(ack.nowNs());
            case REFILL -> {
                if (path.roundStart) {
                    probeSamples = true;
                    startUp(d, ack.nowNs());
                }
            }
            case UP -> {
                if (ack.isCwndLimited() && cwnd >= path.inflightLongTerm) {
                    resetFullBw(d.rate());
                } else if (fullBwNow) {
                    startDown(ack.nowNs());
                }
            }
            default -> {
            }
        }
    }

    private void adaptLongTerm(Ack ack, Delivery d, boolean appLimited) {
        if (ackPhase == AckPhase.PROBE_STARTING && path.roundStart) {
            ackPhase = AckPhase.PROBE_FEEDBACK;
        }
        if (ackPhase == AckPhase.PROBE_STOPPING && path.roundStart) {
            probeSamples = false;
            ackPhase = AckPhase.INIT;
            if (isProbingBw() && !appLimited) {
                path.nextCycle();
            }
        }
        if (d.sentInFlight() > 0 && path.isTooMuch(d.lost(), d.sentInFlight())) {
            if (probeSamples) {
                onTooMuch(d.sentInFlight(), appLimited, ack.nowNs());
            }
            return;
        }
        if (path.inflightLongTerm == BbrPath.UNBOUNDED) {
            return;
        }
        path.inflightLongTerm = Math.max(path.inflightLongTerm, d.sentInFlight());
        if (state == State.UP && ack.isCwndLimited() && cwnd >= path.inflightLongTerm) {
            // One segment more in the first round trip, two in the second, and so on.
            path.inflightLongTerm += Math.max(1, (long) ((double) ack.bytes() * probeUpGrowth / Math.max(cwnd, 1)));
            if (path.roundStart) {
                raiseSlope();
            }
        }
    }

    private void raiseSlope() {
        probeUpGrowth = (long) mss << probeUpRounds;
        probeUpRounds = Math.min(probeUpRounds + 1, 30);
    }

    private void onTooMuch(long inflight, boolean appLimited, long nowNs) {
        probeSamples = false;
        if (!appLimited) {
            long target = Math.min(path.bdp(path.bw(), 1, cwnd), cwnd);
            path.inflightLongTerm = Math.max(inflight, (long) (target * BbrPath.BETA));
        }
        if (state == State.UP) {
            startDown(nowNs);
        }
    }

    private boolean refillIfTime(long nowNs) {
        long renoRounds = Math.min(MOST_RENO_ROUNDS, Math.min(path.bdp(path.bw(), 1, cwnd), cwnd) / mss);
        if (nowNs - cycleNs <= probeWaitNs && roundsSinceProbe < renoRounds) {
            return false;
        }
        state = State.REFILL;
        path.liftShortTerm();
        probeUpRounds = 0;
        ackPhase = AckPhase.REFILLING;
        path.startRound(delivered);
        return true;
    }

    private void startUp(Delivery d, long nowNs) {
        state = State.UP;
        ackPhase = AckPhase.PROBE_STARTING;
        path.startRound(delivered);
        resetFullBw(d.rate());
        cycleNs = nowNs;
        raiseSlope();
    }

    private void startDown(long nowNs) {
        state = State.DOWN;
        path.forgetRound();
        // §5.3.3.5.3: each flow at its own time.
        roundsSinceProbe = random.nextInt(2);
        probeWaitNs = 2 * SECOND + random.nextLong(SECOND);
        cycleNs = nowNs;
        ackPhase = AckPhase.PROBE_STOPPING;
        path.startRound(delivered);
    }

    // ---- PROBE_RTT (§5.3.4)

    private void updateMinRtt(Ack ack) {
        long now = ack.nowNs();
        probeRttExpired = probeRttMinNs > 0 && now - probeRttMinAtNs > PROBE_RTT_INTERVAL_NS;
        long rtt = ack.rttNs();
        if (rtt > 0 && (probeRttMinNs == 0 || rtt < probeRttMinNs || probeRttExpired)) {
            probeRttMinNs = rtt;
            probeRttMinAtNs = now;
        }
        if (probeRttMinNs > 0 && (path.minRttNs == 0 || probeRttMinNs < path.minRttNs || now - minRttAtNs > MIN_RTT_FILTER_NS)) {
            path.minRttNs = probeRttMinNs;
            minRttAtNs = probeRttMinAtNs;
        }
    }

    private void checkProbeRtt(Ack ack) {
        if (state != State.PROBE_RTT && probeRttExpired && !idleRestart) {
            saveCwnd();
            state = State.PROBE_RTT;
            probeRttDoneNs = 0;
            ackPhase = AckPhase.PROBE_STOPPING;
            path.startRound(delivered);
            slowFrom = delivered;
        }
        if (state == State.PROBE_RTT) {
            slowTo = delivered + ack.inFlight() + 1;
            if (probeRttDoneNs == 0) {
                if (ack.inFlight() <= probeRttCwnd()) {
                    probeRttDoneNs = ack.nowNs() + PROBE_RTT_NS;
                    probeRttRoundDone = false;
                    path.startRound(delivered);
                }
            } else {
                probeRttRoundDone |= path.roundStart;
                if (probeRttRoundDone) {
                    endProbeRttIfDone(ack.nowNs());
                }
            }
        }
        idleRestart = false;
    }

    private void endProbeRttIfDone(long nowNs) {
        if (probeRttDoneNs == 0 || nowNs - probeRttDoneNs <= 0) {
            return;
        }
        probeRttMinAtNs = nowNs;
        cwnd = Math.max(cwnd, priorCwnd);
        path.liftShortTerm();
        if (fullBwReached) {
            startDown(nowNs);
            state = State.CRUISE;
        } else {
            state = State.STARTUP;
        }
    }

    // ---- decisions (§5.6)

    private double pacingGain() {
        return switch (state) {
            case STARTUP -> STARTUP_GAIN;
            case DRAIN -> DRAIN_GAIN;
            case DOWN -> 0.9;
            case UP -> 1.25;
            default -> 1;
        };
    }

    private void setPacingRate(double gain) {
        long rate = (long) (gain * path.bw() * PACING_MARGIN);
        if (rate > 0 && (fullBwReached || rate > pacingRate)) {
            pacingRate = Math.max(rate, mss);
        }
    }

    private long leastPipe() {
        return (long) MIN_PIPE * mss;
    }

    private long probeRttCwnd() {
        return Math.max(path.bdp(path.bw(), PROBE_RTT_GAIN, leastPipe()), leastPipe());
    }

    /// BBRInflight: what fits into the path `gain` times, and into the hosts at its ends.
    private long inflight(long bw, double gain) {
        return quantized(path.bdp(bw, gain, initialWindow));
    }

    private long quantized(long inflight) {
        // Three bursts: one in the sender, one in the receiver, one on its way back as an acknowledgement.
        long burst = Math.max(2L * mss, pacingRate / 1000);
        long room = Math.max(inflight, Math.max(3 * burst, leastPipe()));
        return state == State.UP ? room + 2L * mss : room;
    }

    private void setCwnd(Ack ack) {
        double gain = state == State.UP ? 2.25 : 2;
        long most = quantized(path.bdp(path.bw(), gain, initialWindow) + path.extraAcked());
        if (fullBwReached) {
            cwnd = Math.min(cwnd + ack.bytes(), most);
        } else if (cwnd < most || delivered < initialWindow) {
            cwnd += ack.bytes();
        }
        cwnd = Math.max(cwnd, leastPipe());
        if (state == State.PROBE_RTT) {
            cwnd = Math.min(cwnd, probeRttCwnd());
        }
        long bound = BbrPath.UNBOUNDED;
        if (state == State.CRUISE || state == State.PROBE_RTT) {
            bound = path.inflightWithHeadroom(mss, leastPipe());
        } else if (isProbingBw()) {
            bound = path.inflightLongTerm;
        }
        bound = Math.max(leastPipe(), Math.min(bound, path.inflightShortTerm()));
        cwnd = Math.min(cwnd, bound);
    }

    @Override
    public String toString() {
        return state + " cwnd " + cwnd + ", pace " + pacingRate + " B/s, " + path;
    }
}
