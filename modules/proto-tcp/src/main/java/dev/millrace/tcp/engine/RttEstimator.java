package dev.millrace.tcp.engine;

/// Round-trip time and retransmission timeout (RFC 6298). Nanoseconds.
final class RttEstimator {
    /// RTO after a SYN had to be sent again (RFC 6298 §5.7).
    private static final long RTO_AFTER_SYN_LOSS_NS = 3_000_000_000L;
    /// G of RFC 6298: the granularity of the clock that timers run on.
    private static final long GRANULARITY_NS = 1_000_000;

    private final long minNs;
    private final long maxNs;
    private long srttNs;
    private long rttvarNs;
    private long rtoNs;

    RttEstimator(long initialNs, long minNs, long maxNs) {
        this.minNs = minNs;
        this.maxNs = maxNs;
        rtoNs = initialNs;
    }

    /// Takes a measurement (§2.2, §2.3).
    ///
    /// @param sampleNs the measured time
    /// @param expectedSamples how many measurements a round trip yields: with one an acknowledgement the gains are
    ///     divided by it, lest the history be forgotten within one round trip (RFC 7323 appendix G)
    void onSample(long sampleNs, int expectedSamples) {
        long r = Math.max(1, sampleNs);
        if (srttNs == 0) {
            srttNs = r;
            rttvarNs = r / 2;
        } else {
            int n = Math.max(1, expectedSamples);
            long deviation = Math.abs(srttNs - r);
            rttvarNs += (deviation - rttvarNs) / (4L * n);
            srttNs = Math.max(1, srttNs + (r - srttNs) / (8L * n));
        }
        rtoNs = clamp(srttNs + Math.max(GRANULARITY_NS, 4 * rttvarNs));
        assert srttNs > 0 && rttvarNs >= 0;
    }

    /// The timer ran out: twice as long the next time (§5.5). Karn: stays so until a new measurement.
    void backOff() {
        rtoNs = clamp(2 * rtoNs);
    }

    /// §5.7: the SYN was lost, and data is about to be sent.
    void afterSynLoss() {
        if (srttNs == 0) {
            rtoNs = clamp(RTO_AFTER_SYN_LOSS_NS);
        }
    }

    private long clamp(long ns) {
        return Math.min(maxNs, Math.max(minNs, ns));
    }

    long srttNs() {
        return srttNs;
    }

    long rttvarNs() {
        return rttvarNs;
    }

    long rtoNs() {
        return rtoNs;
    }
}
