package dev.millrace.tcp.cc;

import dev.millrace.spi.CongestionControl;

/// BBR's model of a path (draft-ietf-ccwg-bbr §2.6 to §2.12, §5.5): the rate and the round-trip time that it has without a
/// queue, what acknowledgements come in at once, and the bounds that losses have shown. Rates are bytes a second, volumes
/// bytes, times nanoseconds.
final class BbrPath {
    static final long UNBOUNDED = Long.MAX_VALUE;
    /// BBR.Beta: what a bound is multiplied with after a loss.
    static final double BETA = 0.7;
    /// BBR.Headroom: what is left to others of what was once too much.
    private static final double HEADROOM = 0.15;
    /// BBR.ExtraAckedFilterLen in round trips.
    private static final int AGGREGATION_ROUNDS = 10;

    /// BBR.LossThresh: more than this part of a round trip's packets lost is too much.
    private final double lossThreshold;

    /// BBR.max_bw, of the present cycle and the one before.
    private long bwNow;
    private long bwBefore;
    /// BBR.min_rtt and when it was measured; 0 before.
    long minRttNs;

    // Round trips (§5.5.1): one is over when a packet is acknowledged that left after the last was.
    private long nextRoundDelivered;
    long roundCount;
    boolean roundStart;

    // What this and the last round trip delivered at most, and whether something was lost (§5.5.10).
    private long lossRoundDelivered;
    boolean lossRoundStart;
    boolean lossInRound;
    int lossEventsInRound;
    private long bwLatest;
    long inflightLatest;

    // Bounds of the short term, which hold until the next probe, and of the long term.
    private long bwShortTerm = UNBOUNDED;
    private long inflightShortTerm = UNBOUNDED;
    long inflightLongTerm = UNBOUNDED;
    private long undoBwShortTerm;
    private long undoInflightShortTerm;
    private long undoInflightLongTerm;

    // Acknowledgements that come together (§5.5.9): beyond what the rate explains.
    private long aggregationStartNs;
    private long aggregated;
    private final long[] extraAcked = new long[2];
    private long extraAckedRound;

    /// @param lossThreshold more than 0, less than 1
    BbrPath(double lossThreshold) {
        this.lossThreshold = lossThreshold;
    }

    /// The rate to send at: what the path has delivered lately, less what losses forbid.
    long bw() {
        return Math.min(maxBw(), bwShortTerm);
    }

    long maxBw() {
        return Math.max(bwNow, bwBefore);
    }

    /// BBRStartRound: the round trip that begins now ends when what is sent from here on is acknowledged.
    void startRound(long delivered) {
        nextRoundDelivered = delivered;
    }

    /// §5.5.1, §5.5.5, §5.5.10: rounds, rate and signals of congestion.
    ///
    /// @param bounded whether losses in this state tell of the short term: not while the path is being probed
    void update(CongestionControl.Delivery d, boolean bounded, long cwnd) {
        boolean known = d.priorDelivered() >= 0;
        lossRoundStart = false;
        if (known) {
            bwLatest = Math.max(bwLatest, d.rate());
            inflightLatest = Math.max(inflightLatest, d.delivered() - d.priorDelivered());
            if (d.priorDelivered() >= lossRoundDelivered) {
                lossRoundDelivered = d.delivered();
                lossRoundStart = true;
            }
        }
        roundStart = known && d.priorDelivered() >= nextRoundDelivered;
        if (roundStart) {
            startRound(d.delivered());
            roundCount++;
        }
        if (d.rate() > 0 && (d.rate() >= maxBw() || !d.isAppLimited())) {
            bwNow = Math.max(bwNow, d.rate());
        }
        if (lossRoundStart && lossInRound && bounded) {
            bwShortTerm = Math.max(bwLatest, (long) (BETA * Math.min(bwShortTerm, maxBw())));
            inflightShortTerm = Math.max(inflightLatest, (long) (BETA * Math.min(inflightShortTerm, cwnd)));
        }
    }

    /// The end of [#update]'s round trip, when all have looked at it.
    void endUpdate(CongestionControl.Delivery d) {
        if (lossRoundStart) {
            bwLatest = d.rate();
            inflightLatest = d.delivered() - d.priorDelivered();
            lossInRound = false;
            lossEventsInRound = 0;
        }
    }

    /// The rate of the cycle before the last is forgotten.
    void nextCycle() {
        if (bwNow != 0) {
            bwBefore = bwNow;
            bwNow = 0;
        }
    }

    void forgetRound() {
        lossInRound = false;
        lossEventsInRound = 0;
        bwLatest = 0;
        inflightLatest = 0;
    }

    void liftShortTerm() {
        bwShortTerm = UNBOUNDED;
        inflightShortTerm = UNBOUNDED;
    }

    /// Something was lost, for the first time in this round trip perhaps.
    void noteLoss(long delivered) {
        if (!lossInRound) {
            lossRoundDelivered = delivered;
            undoBwShortTerm = bwShortTerm;
            undoInflightShortTerm = inflightShortTerm;
            undoInflightLongTerm = inflightLongTerm;
        }
        lossInRound = true;
        lossEventsInRound++;
    }

    /// What was lost was not.
    void undo() {
        lossInRound = false;
        bwShortTerm = Math.max(bwShortTerm, undoBwShortTerm);
        inflightShortTerm = Math.max(inflightShortTerm, undoInflightShortTerm);
        inflightLongTerm = Math.max(inflightLongTerm, undoInflightLongTerm);
    }

    boolean isTooMuch(long lost, long sentInFlight) {
        return lost > (long) (sentInFlight * lossThreshold);
    }

    /// BBRInflightAtLoss: how much was in flight when the loss became too much, within the packets that were lost last.
    long inflightAtLoss(CongestionControl.Loss loss) {
        long before = Math.max(0, loss.sentInFlight() - loss.bytes());
        long lostBefore = Math.max(0, loss.lostSince() - loss.bytes());
        double prefix = (lossThreshold * before - lostBefore) / (1 - lossThreshold);
        return before + (long) Math.max(0, prefix);
    }

    /// §5.5.9: what came in beyond the rate since acknowledgements were last slower than it.
    void aggregate(long acked, long nowNs, long cwnd, boolean filled) {
        long expected = volume(bw(), nowNs - aggregationStartNs);
        if (aggregated <= expected) {
            aggregated = 0;
            aggregationStartNs = nowNs;
            expected = 0;
        }
        aggregated += acked;
        long extra = Math.min(cwnd, aggregated - expected);
        int length = filled ? AGGREGATION_ROUNDS : 1;
        if (roundCount - extraAckedRound >= length) {
            extraAckedRound = roundCount;
            extraAcked[0] = extraAcked[1];
            extraAcked[1] = 0;
        }
        extraAcked[1] = Math.max(extraAcked[1], extra);
    }

    void restartAggregation(long nowNs) {
        aggregationStartNs = nowNs;
        aggregated = 0;
    }

    long extraAcked() {
        return Math.max(extraAcked[0], extraAcked[1]);
    }

    /// The bandwidth-delay product times `gain`; `otherwise` before a round trip is known.
    long bdp(long bw, double gain, long otherwise) {
        return minRttNs == 0 ? otherwise : (long) (gain * volume(bw, minRttNs));
    }

    private static long volume(long bw, long ns) {
        return (long) ((double) bw * ns / 1e9);
    }

    long inflightShortTerm() {
        return inflightShortTerm;
    }

    /// BBRInflightWithHeadroom.
    long inflightWithHeadroom(int mss, long least) {
        if (inflightLongTerm == UNBOUNDED) {
            return UNBOUNDED;
        }
        long headroom = Math.max(mss, (long) (HEADROOM * inflightLongTerm));
        return Math.max(least, inflightLongTerm - headroom);
    }

    @Override
    public String toString() {
        return "bw " + bw() + " of " + maxBw() + " B/s, min_rtt " + minRttNs + " ns, round " + roundCount + ", bounds "
                + inflightShortTerm + " " + inflightLongTerm;
    }
}
