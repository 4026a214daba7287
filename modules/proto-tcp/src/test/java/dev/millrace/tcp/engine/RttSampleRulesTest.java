package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// What tells a round-trip time, and what does not.
class RttSampleRulesTest {
    /// Karn: which of the two transmissions it acknowledges nobody knows.
    @Test
    void theByteThatIsSentAgainIntoAClosedWindowTellsNothing() {
        TcpBench b = plain().at(20).write(3000).forget().at(40).recv(ackOf(1001));
        long srtt = b.tcp.rtt.srttNs();
        b.recv(ackOf(1001).win(0)).forget();
        b.after(500);
        assertEquals(". 1001:1002 ack 1", b.next().brief());
        b.forget().after(3000).recv(ackOf(1002).win(0));
        assertEquals(srtt, b.tcp.rtt.srttNs());
        b.end();
    }

    /// A retransmission would have been sent meanwhile: nobody ran while the clock went on.
    @Test
    void aClockThatLeapsIsNoRoundTrip() {
        TcpBench b = established().at(20).write(1000).forget();
        b.nowNs += 12L * 86_400 * 1000 * MS;
        b.recv(ackOf(1001));
        assertTrue(b.tcp.rtt.srttNs() < 100 * MS, "SRTT " + b.tcp.rtt.srttNs());
        assertTrue(b.tcp.rtt.minRttNs() < 100 * MS, "least " + b.tcp.rtt.minRttNs());
        b.end();
    }

    @Test
    void aRoundTripOfAlmostTheLongestTimeoutCounts() {
        RttEstimator e = new RttEstimator(TcpSettings.of());
        e.onSample(100_000 * MS, 1);
        assertEquals(100_000 * MS, e.srttNs());
    }
}
