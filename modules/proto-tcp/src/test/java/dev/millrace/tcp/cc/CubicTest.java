package dev.millrace.tcp.cc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.CongestionControl;
import dev.millrace.testkit.Requirement;
import org.junit.jupiter.api.Test;

/// CUBIC by the figures of RFC 9438, round trip by round trip, and HyStart++ by those of RFC 9406.
class CubicTest {
    private static final int MSS = 1000;
    private static final long MS = 1_000_000L;

    /// An acknowledgement as a test wants it.
    private record Told(long bytes, long inFlight, boolean isCwndLimited, long rttNs, long srttNs, long nowNs)
            implements CongestionControl.Ack {
        @Override
        public long priorInFlight() {
            return inFlight + bytes;
        }

        @Override
        public boolean inRecovery() {
            return false;
        }

        @Override
        public long minRttNs() {
            return rttNs;
        }
    }

    /// A window of data is acknowledged, segment by segment, within one round trip.
    private static long round(Cubic c, long nowNs, long rttNs, boolean limited) {
        long window = c.cwnd() / MSS;
        for (int i = 0; i < window; i++) {
            long now = nowNs + rttNs * i / window;
            c.onAck(new Told(MSS, (window - 1) * MSS, limited, rttNs, rttNs, now));
        }
        return nowNs + rttNs;
    }

    private static Cubic avoiding(int segments) {
        Cubic c = new Cubic(MSS, segments * MSS, false, 0);
        c.onCongestion(segments * MSS, 0);
        c.onRecovered(segments * MSS, true, 0);
        return c;
    }

    @Requirement("RFC9438:4.6")
    @Test
    void aLossReducesToSevenTenths() {
        Cubic c = avoiding(100);
        assertEquals(70 * MSS, c.cwnd());
        assertEquals(70 * MSS, c.ssthresh());
    }

    /// K = ∛(W_max (1-β) / C): with 1000 segments 9.09 s.
    @Test
    void afterKSecondsTheWindowIsWhereItWas() {
        Cubic c = avoiding(1000);
        double k = Math.cbrt(1000 * 0.3 / 0.4);
        long now = 0;
        long rtt = 200 * MS;
        long before = 0;
        while (now < (long) (k * 1e9)) {
            if (now < 2_000 * MS) {
                before = c.cwnd();
            }
            now = round(c, now, rtt, true);
        }
        assertEquals(1000.0, c.cwnd() / (double) MSS, 15);
        assertTrue(before > 750 * MSS, "fast at first: " + before);
        for (int i = 0; i < 25; i++) {
            now = round(c, now, rtt, true);
        }
        // C t³ after five seconds: 50 segments, one round trip ahead.
        assertEquals(1050.0, c.cwnd() / (double) MSS, 15);
    }

    /// §4.3: with short round trips Reno's window grows faster, by α = 0.53 segments a round trip until it is where it was.
    @Requirement("RFC9438:4.3")
    @Test
    void itIsNeverSlowerThanReno() {
        Cubic c = avoiding(20);
        long now = 0;
        for (int i = 0; i < 10; i++) {
            now = round(c, now, 5 * MS, true);
        }
        assertEquals(14 + 5.3, c.cwnd() / (double) MSS, 0.8);
    }

    /// §4.3: once it is where it was, Reno's estimate grows by a segment a round trip.
    @Test
    void behindWhereItWasRenosEstimateGrowsAsRenos() {
        Cubic c = avoiding(20);
        long now = 0;
        for (int i = 0; i < 30; i++) {
            now = round(c, now, 5 * MS, true);
        }
        // Six segments take eleven round trips and a third.
        assertEquals(20 + 18.7, c.cwnd() / (double) MSS, 2);
    }

    /// §4.4: the target is where the curve will be a round trip on, so that the window is on the curve, not behind it.
    @Requirement("RFC9438:4.2")
    @Test
    void theWindowIsOnTheCurve() {
        Cubic c = avoiding(1000);
        double k = Math.cbrt(1000 * 0.3 / 0.4);
        long now = 0;
        while (now < (long) ((k + 8) * 1e9)) {
            now = round(c, now, 200 * MS, true);
        }
        assertEquals(1000 + 0.4 * Math.pow(now / 1e9 - k, 3), c.cwnd() / (double) MSS, 8);
    }

    /// §4.2: no more than half as much again in a round trip.
    @Test
    void aMinuteOfSilenceIsNoReasonForABurst() {
        Cubic c = avoiding(100);
        round(c, 0, 100 * MS, true);
        long before = c.cwnd();
        c.onAck(new Told(MSS, 70 * MSS, true, 100 * MS, 100 * MS, 60_000 * MS));
        assertTrue(c.cwnd() - before <= MSS / 2 + 1, before + " to " + c.cwnd());
    }

    /// §4.8: after a timeout the window grows from where slow start has ended, not to where it was before.
    @Test
    void afterATimeoutTheCurveBeginsAtItsOwnWindow() {
        Cubic c = new Cubic(MSS, 100 * MSS, false, 0);
        c.onTimeout(100 * MSS, true, 0);
        long now = 0;
        while (c.cwnd() < c.ssthresh()) {
            now = round(c, now, 100 * MS, true);
        }
        for (int i = 0; i < 10; i++) {
            now = round(c, now, 100 * MS, true);
        }
        assertTrue(c.cwnd() <= 77 * MSS, "a second later: " + c.cwnd());
    }

    @Test
    void whatIsNotUsedAmidTheCurveDoesNotGrow() {
        Cubic c = avoiding(100);
        long now = round(c, 0, 100 * MS, true);
        long before = c.cwnd();
        for (int i = 0; i < 100; i++) {
            now = round(c, now, 100 * MS, false);
        }
        round(c, now, 100 * MS, true);
        assertTrue(c.cwnd() - before < 9 * MSS, "ten idle seconds are no growth: " + before + " to " + c.cwnd());
    }

    @Requirement("RFC9438:5.8")
    @Test
    void whatIsNotUsedDoesNotGrow() {
        Cubic c = avoiding(100);
        long now = 0;
        for (int i = 0; i < 100; i++) {
            now = round(c, now, 100 * MS, false);
        }
        assertEquals(70 * MSS, c.cwnd());
        round(c, now, 100 * MS, true);
        assertTrue(c.cwnd() < 80 * MSS, "ten idle seconds are no growth: " + c.cwnd());
    }

    @Requirement("RFC9438:4.7")
    @Test
    void fastConvergenceLeavesRoomForOthers() {
        Cubic c = avoiding(100);
        c.onCongestion(70 * MSS, 0);
        c.onRecovered(0, true, 0);
        assertEquals(49 * MSS, c.cwnd());
        // W_max is 59.5 now, and not 70: after K for that it stands there.
        double k = Math.cbrt((59.5 - 49) / 0.4);
        long now = 0;
        while (now < (long) (k * 1e9)) {
            now = round(c, now, 100 * MS, true);
        }
        assertTrue(c.cwnd() < 66 * MSS, "cwnd " + c.cwnd());
    }

    @Test
    void whatWasForNothingIsTakenBack() {
        Cubic c = new Cubic(MSS, 50 * MSS, true, 0);
        c.onTimeout(50 * MSS, true, 0);
        assertEquals(MSS, c.cwnd());
        c.onSpurious(0);
        assertEquals(50 * MSS, c.cwnd());
        assertEquals(Long.MAX_VALUE, c.ssthresh());
    }

    @Test
    void afterATimeoutOneSegmentIsTheWindowAndSlowStartFollows() {
        Cubic c = avoiding(100);
        c.onTimeout(70 * MSS, true, 0);
        assertEquals(MSS, c.cwnd());
        assertEquals(49 * MSS, c.ssthresh());
        long now = 0;
        for (int i = 0; i < 5; i++) {
            now = round(c, now, 100 * MS, true);
        }
        assertEquals(32 * MSS, c.cwnd());
        c.onTimeout(30 * MSS, false, 0);
        assertEquals(49 * MSS, c.ssthresh(), "set once for the same data");
    }

    @Test
    void aGrowingSegmentSizeNeverLeavesLessThanOneSegment() {
        Cubic c = new Cubic(536, 2 * 536, true, 0);
        c.onMssChange(8960);
        assertEquals(8960, c.cwnd());
        c.onMssChange(1000);
        assertEquals(1000, c.cwnd());
    }

    /// What is remembered is meant in bytes when segments become larger.
    @Test
    void whatIsTakenBackIsNoLargerInLargerSegments() {
        Cubic c = new Cubic(MSS, 100 * MSS, false, 0);
        c.onCongestion(100 * MSS, 0);
        c.onMssChange(9 * MSS);
        assertTrue(c.cwnd() <= 70 * MSS, "cwnd " + c.cwnd());
        c.onSpurious(0);
        assertEquals(100 * MSS, c.cwnd());
    }

    @Test
    void theCurveLeadsToTheSameBytesInLargerSegments() {
        Cubic c = avoiding(900);
        c.onMssChange(9 * MSS);
        long now = 0;
        for (int i = 0; i < 10; i++) {
            for (int k = 0; k < 70; k++) {
                c.onAck(new Told(9 * MSS, 600 * MSS, true, 100 * MS, 100 * MS, now + k * MS));
            }
            now += 100 * MS;
        }
        assertTrue(c.cwnd() < 950 * MSS, "a second after a loss at 900: " + c.cwnd() / MSS);
    }

    // ---- HyStart++

    @Test
    void slowStartDoublesWhileRoundTripsStayAsTheyAre() {
        Cubic c = new Cubic(MSS, 10 * MSS, true, 0);
        long now = 0;
        for (int i = 0; i < 6; i++) {
            now = round(c, now, 50 * MS, true);
        }
        assertEquals(640 * MSS, c.cwnd());
        assertEquals(Long.MAX_VALUE, c.ssthresh());
    }

    @Test
    void longerRoundTripsSlowItDownAndEndItAfterFiveRounds() {
        Cubic c = new Cubic(MSS, 16 * MSS, true, 0);
        long now = 0;
        for (int i = 0; i < 3; i++) {
            now = round(c, now, 50 * MS, true);
        }
        long before = c.cwnd();
        for (int i = 0; i < 10 && c.ssthresh() == Long.MAX_VALUE; i++) {
            now = round(c, now, 70 * MS, true);
        }
        assertTrue(c.ssthresh() < Long.MAX_VALUE, "slow start has not ended");
        // 1.25 a round, five times, and the round in which it was noticed.
        assertTrue(c.cwnd() < 6.2 * before && c.cwnd() > 2 * before, c.cwnd() + " from " + before);
    }

    /// RFC 9406 §4.2: eight samples of a round at least.
    @Test
    void aFewLateAcknowledgementsAreNoQueue() {
        HyStart h = new HyStart();
        for (int i = 0; i < 16; i++) {
            assertEquals(1, h.onAck(told(50, i == 15 ? 31 : 15)));
        }
        for (int i = 0; i < 7; i++) {
            assertEquals(1, h.onAck(told(70, 31)), "after " + i);
        }
        assertEquals(4, h.onAck(told(70, 31)));
    }

    private static Told told(long rttMs, long segments) {
        return new Told(MSS, segments * MSS, true, rttMs * MS, 50 * MS, 0);
    }

    @Test
    void aDelayThatPassesDoesNotEndSlowStart() {
        Cubic c = new Cubic(MSS, 16 * MSS, true, 0);
        long now = 0;
        now = round(c, now, 50 * MS, true);
        now = round(c, now, 50 * MS, true);
        now = round(c, now, 70 * MS, true);
        for (int i = 0; i < 3; i++) {
            now = round(c, now, 50 * MS, true);
        }
        long before = c.cwnd();
        now = round(c, now, 50 * MS, true);
        assertTrue(c.cwnd() > 1.9 * before, "doubles again: " + c.cwnd() + " from " + before);
        assertEquals(Long.MAX_VALUE, c.ssthresh());
    }
}
