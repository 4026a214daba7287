package dev.millrace.tcp.cc;

import dev.millrace.spi.CongestionControl;

/// HyStart++ (RFC 9406): leaves slow start when round trips take longer, before the queue overflows, and goes through
/// a while of slower growth in which it may find that it was mistaken.
final class HyStart {
    // RFC 9406 §4.3.
    private static final long MIN_RTT_THRESH_NS = 4_000_000L;
    private static final long MAX_RTT_THRESH_NS = 16_000_000L;
    private static final int MIN_RTT_DIVISOR = 8;
    private static final int N_RTT_SAMPLE = 8;
    private static final int CSS_GROWTH_DIVISOR = 4;
    private static final int CSS_ROUNDS = 5;
    private static final long UNKNOWN = Long.MAX_VALUE;

    private long delivered;
    /// The round ends when this much is delivered.
    private long roundEnd;
    private long lastRoundMinRttNs = UNKNOWN;
    private long currentRoundMinRttNs = UNKNOWN;
    private int samples;
    private boolean conservative;
    private long cssBaselineNs;
    private int cssRounds;

    /// An acknowledgement in slow start (§4.2). Returns by what part of its bytes the window is to grow: 1, more for a slower
    /// growth, or 0 if slow start is over.
    int onAck(CongestionControl.Ack ack) {
        delivered += ack.bytes();
        if (ack.rttNs() > 0) {
            currentRoundMinRttNs = Math.min(currentRoundMinRttNs, ack.rttNs());
            samples++;
        }
        if (conservative) {
            if (samples >= N_RTT_SAMPLE && currentRoundMinRttNs < cssBaselineNs) {
                // Round trips are as short as before: that they were not had another reason.
                conservative = false;
                cssBaselineNs = UNKNOWN;
            }
        } else if (samples >= N_RTT_SAMPLE && currentRoundMinRttNs != UNKNOWN && lastRoundMinRttNs != UNKNOWN) {
            long threshold = Math.clamp(lastRoundMinRttNs / MIN_RTT_DIVISOR, MIN_RTT_THRESH_NS, MAX_RTT_THRESH_NS);
            if (currentRoundMinRttNs >= lastRoundMinRttNs + threshold) {
                cssBaselineNs = currentRoundMinRttNs;
                conservative = true;
                cssRounds = 0;
            }
        }
        if (delivered >= roundEnd && endRound(ack.inFlight())) {
            return 0;
        }
        return conservative ? CSS_GROWTH_DIVISOR : 1;
    }

    /// Begins the next round. Returns whether slow start has been conservative for long enough to be over.
    private boolean endRound(long inFlight) {
        roundEnd = delivered + inFlight;
        lastRoundMinRttNs = currentRoundMinRttNs;
        currentRoundMinRttNs = UNKNOWN;
        samples = 0;
        return conservative && ++cssRounds >= CSS_ROUNDS;
    }
}
