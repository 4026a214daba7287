package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.CongestionControl;
import org.junit.jupiter.api.Test;

/// Rates of packets of 1000 bytes that leave a millisecond apart, through a round trip of 100 ms: 1 MB/s.
class DeliveryRateTest {
    private static final long MS = 1_000_000L;
    private static final int BYTES = 1000;
    private static final long RTT_NS = 100 * MS;

    private final DeliveryRate rate = new DeliveryRate(0);

    private void sendAt(long ms, int inFlight) {
        rate.onSent(ms * MS, BYTES, (long) inFlight * BYTES);
    }

    /// The packet that left at `sentMs` is acknowledged.
    private long ackAt(long sentMs, long ns) {
        rate.beginAck();
        rate.onDelivered(sentMs * MS);
        rate.endAck(BYTES, RTT_NS, (sentMs + 1) * MS, ns);
        return rate.rate();
    }

    @Test
    void steadyDeliveryIsMeasuredAsItIs() {
        for (int t = 0; t < 400; t++) {
            if (t >= 100) {
                long r = ackAt(t - 100, t * MS);
                assertTrue(t < 201 || Math.abs(r - 1_000_000) < 20_000, r + " at " + t);
            }
            sendAt(t, Math.min(t + 1, 100));
        }
        assertEquals(300 * BYTES, rate.delivered());
    }

    /// Acknowledgements stop for 150 ms and come all at once. What leaves after the first of them was delivered, with the rest,
    /// in less time than it was sent in.
    @Test
    void acknowledgementsThatComeTogetherAreNoFasterThanWhatWasSent() {
        long fastest = 0;
        for (int t = 0; t < 600; t++) {
            if (t >= 100 && t <= 200) {
                ackAt(t - 100, t * MS);
            } else if (t == 350) {
                fastest = Math.max(fastest, ackAt(101, t * MS));
                sendAt(t, 250);
                for (int sent = 102; sent <= 250; sent++) {
                    fastest = Math.max(fastest, ackAt(sent, t * MS + sent));
                }
                continue;
            } else if (t > 350) {
                fastest = Math.max(fastest, ackAt(t - 100, t * MS));
            }
            sendAt(t, 100);
        }
        assertTrue(fastest < 1_020_000, fastest + " bytes a second");
    }

    @Test
    void whatIsNotKnownIsNotMeasured() {
        sendAt(0, 1);
        sendAt(1, 2);
        assertEquals(0, ackAt(77, 100 * MS), "no such packet");
        assertEquals(-1, rate.priorDelivered());
        assertEquals(BYTES, rate.delivered());
        assertEquals(0, ackAt(1, 99 * MS), "in less than a round trip");
        assertFalse(rate.isAppLimited());
    }

    @Test
    void lossesAreToldWithWhatWasInFlight() {
        sendAt(0, 1);
        sendAt(1, 2);
        sendAt(2, 3);
        CongestionControl.Loss loss = rate.onLost(BYTES, MS, 120 * MS);
        assertEquals(new CongestionControl.Loss(BYTES, 2 * BYTES, BYTES, false, 0, 120 * MS), loss);
        assertEquals(2 * BYTES, rate.onLost(BYTES, 2 * MS, 121 * MS).lostSince());
        assertEquals(0, rate.onLost(BYTES, 55 * MS, 122 * MS).sentInFlight(), "nobody remembers that packet");
    }
}
