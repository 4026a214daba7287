package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
