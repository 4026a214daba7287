package dev.millrace.tcp.engine;

/// Round-trip time and retransmission timeout (RFC 6298). Nanoseconds.
final class RttEstimator {
    /// RTO after a SYN had to be sent again (RFC 6298 §5.7).
    private static final long RTO_AFTER_SYN_LOSS_NS = 3_000_000_000L;
    /// G of RFC 6298: the granularity of the clock that timers run on.
    private static final long GRANULARITY_NS = 1_000_000;

    /// How often the timeout stays doubled when new data was acknowledged but not measured.
    private static final int KEPT_BACK_OFF = 2;

    /// The logarithm of so many nanoseconds as a tick of the clock for that window has, about a second.
    private static final int TICK = 30;
    /// RFC 8985 §6.1 wants a minimum that follows a path which has become longer.
    private static final int MIN_RTT_WINDOW = (int) (300_000_000_000L >> TICK);

    private final TcpSettings settings;
    private long srttNs;
    private long rttvarNs;
    /// RTO before it is doubled.
    private long baseNs;
    private int backOff;
    private long minRttNs;
    /// In ticks.
    private int minRttAt;

    RttEstimator(TcpSettings settings) {
        this.settings = settings;
        baseNs = settings.initialRtoNs;
    }

    /// Takes a measurement (§2.2, §2.3).
    ///
    /// @param sampleNs the measured time
    /// @param expectedSamples how many measurements a round trip yields: with one an acknowledgement the gains are
    ///     divided by it, lest the history be forgotten within one round trip (RFC 7323 appendix G)
    void onSample(long sampleNs, int expectedSamples) {
        if (isLeap(sampleNs)) {
            return;
        }
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
        // Differs: the least timeout is a floor under the variation, as in Linux, and not under the sum: with steady round
        // trips longer than it the timer would run within a normal one. Microseconds are enough.
        baseNs = clamp((srttNs + Math.max(Math.max(GRANULARITY_NS, settings.minRtoNs), 4 * rttvarNs)) / 1000 * 1000);
        backOff = 0;
        assert srttNs > 0 && rttvarNs >= 0;
    }

    /// Whether it is the clock that has gone on while nobody ran, and no round trip: in longer than the longest timeout there
    /// would have been a retransmission, and no measurement.
    private boolean isLeap(long sampleNs) {
        return sampleNs > settings.maxRtoNs;
    }

    /// Takes a measurement for the least round-trip time of the last minutes.
    void onMinSample(long sampleNs, long nowNs) {
        if (isLeap(sampleNs)) {
            return;
        }
        int now = (int) (nowNs >> TICK);
        if (minRttNs == 0 || sampleNs <= minRttNs || now - minRttAt > MIN_RTT_WINDOW) {
            minRttNs = Math.max(1, sampleNs);
            minRttAt = now;
        }
    }

    /// The least round-trip time of the last minutes, or 0 before the first measurement.
    long minRttNs() {
        return minRttNs;
    }

    /// The timer ran out: twice as long the next time (§5.5).
    void backOff() {
        if (baseNs << backOff < settings.maxRtoNs) {
            backOff++;
        }
    }

    /// New data was acknowledged, maybe without a measurement.
    ///
    /// Differs: by Karn's algorithm all of the backing off stays until a new measurement. After a long outage that is
    /// minutes, which the loss of one segment would then cost, though ACKs come; four times the timeout is enough to
    /// measure a round trip that has grown.
    void onProgress() {
        backOff = Math.min(backOff, KEPT_BACK_OFF);
    }

    /// The timeouts were not the path's: the peer's window was closed, or the path is another one now.
    void endBackOff() {
        backOff = 0;
    }

    /// §5.7: the SYN was lost, and data is about to be sent.
    void afterSynLoss() {
        if (srttNs == 0) {
            baseNs = clamp(RTO_AFTER_SYN_LOSS_NS);
            backOff = 0;
        }
    }

    private long clamp(long ns) {
        return Math.min(settings.maxRtoNs, Math.max(settings.minRtoNs, ns));
    }

    long srttNs() {
        return srttNs;
    }

    long rttvarNs() {
        return rttvarNs;
    }

    /// How often the timeout is doubled at present.
    int backOffs() {
        return backOff;
    }

    long rtoNs() {
        return clamp(baseNs << backOff);
    }
}
