package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.synAck;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.wire.TcpHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Explicit congestion notification (RFC 3168 §6.1, RFC 8511).
class CongestionMarksTest {
    private static final long MS = 1_000_000L;
    private static final int ASKS = TcpHeader.ECE | TcpHeader.CWR;

    /// Established, with both sides understanding marks; the first congestion window is ten segments.
    private static TcpBench marking() {
        return establish(new TcpBench(), syn().flags(ASKS).sackOk());
    }

    // ---- the handshake

    @Test
    void askedForItIsAgreedTo() {
        TcpBench b = new TcpBench().recv(syn().flags(ASKS));
        assertEquals("SE. 0:0 ack 1", b.next().brief());
        b.recv(ackOf(1)).write(10);
        TcpBench.Out o = b.next();
        assertEquals("P. 1:11 ack 1", o.brief());
        assertTrue(o.ecnCapable());
        b.end();
    }

    @Test
    void askedForItWhereItIsOffNothingIsSaid() {
        TcpBench b = new TcpBench("ecn", "off").recv(syn().flags(ASKS));
        assertEquals("S. 0:0 ack 1", b.next().brief());
        b.recv(ackOf(1)).write(10);
        assertFalse(b.next().ecnCapable());
        b.end();
    }

    @Test
    void oneSideAloneDoesNotDecide() {
        for (String mode : new String[] {"off", "accept", "request"}) {
            TcpBench b = new TcpBench("ecn", mode).recv(syn());
            assertEquals("S. 0:0 ack 1", b.next().brief(), mode);
            assertNull(b.tcp.marks);
            b.end();
            b = new TcpBench("ecn", mode).connect();
            assertEquals(mode.equals("request") ? "SEW 0:0" : "S 0:0", b.next().brief());
            b.recv(synAck().flags(TcpHeader.ECE));
            assertEquals(mode.equals("request"), b.tcp.marks != null, "who has not asked takes no answer");
            b.end();
        }
    }

    /// RFC 3168 §6.1.1: a SYN,ACK that says both only mirrors the SYN.
    @ParameterizedTest
    @ValueSource(ints = {0, ASKS, TcpHeader.CWR})
    void whatIsNoAgreementIsNone(int flags) {
        TcpBench b = new TcpBench("ecn", "request").connect().forget().recv(synAck().flags(flags));
        b.forget().write(10);
        assertFalse(b.next().ecnCapable());
        b.end();
    }

    @Test
    void aSynThatWasLostAsksNoMore() {
        TcpBench b = new TcpBench("ecn", "request").connect();
        b.expect("SEW 0:0").at(1000).expect("S 0:0");
        b.recv(synAck().flags(TcpHeader.ECE));
        assertNull(b.tcp.marks);
        b.end();
    }

    // ---- the receiver

    @Test
    void aMarkIsEchoedAtOnceAndUntilTheSenderSaysThatItReduces() {
        TcpBench b = marking();
        b.recv(data(1, 10).marked()).expect("E. 1:1 ack 11");
        b.recv(data(11, 10)).at(100).expect("E. 1:1 ack 21");
        b.write(5);
        TcpBench.Out o = b.next();
        assertEquals("PE. 1:6 ack 21", o.brief());
        assertTrue(o.ecnCapable());
        b.recv(data(21, 10).flags(TcpHeader.CWR)).at(200).expect(". 1:6 ack 31".replace("1:6", "6:6"));
        // One that is marked itself asks for the next reduction.
        b.recv(data(31, 10).flags(TcpHeader.CWR).marked()).expect("E. 6:6 ack 41");
        b.end();
    }

    @Test
    void marksCountOnDataAndWhereItWasAgreedUpon() {
        TcpBench b = marking();
        b.recv(ackOf(1).marked()).recv(data(1, 10)).at(100).expect(". 1:1 ack 11").end();
        established().recv(data(1, 10).marked()).at(100).expect(". 1:1 ack 11").end();
    }

    @Test
    void aMarkOnWhatComesOutOfOrderIsEchoed() {
        TcpBench b = marking();
        b.recv(data(1001, 10).marked());
        assertTrue(b.next().has(TcpHeader.ECE));
        b.end();
    }

    // ---- the sender

    @Test
    void aMarkReducesOnceInAWindow() {
        TcpBench b = marking().write(30 * MSS);
        for (int i = 0; i < 10; i++) {
            assertTrue(b.next().ecnCapable());
        }
        b.expectNothing();
        // Of ten segments eight stay (RFC 8511); three are acknowledged, and one goes.
        b.recv(ackOf(1 + 3 * MSS).flags(TcpHeader.ECE));
        assertEquals(8 * MSS, b.tcp.cc.cwnd());
        b.expect("W. 10001:11001 ack 1").expectNothing();
        b.recv(ackOf(1 + 5 * MSS).flags(TcpHeader.ECE)).recv(ackOf(1 + 7 * MSS).flags(TcpHeader.ECE));
        assertEquals(8 * MSS, b.tcp.cc.cwnd(), "of the same window");
        assertFalse(b.next().has(TcpHeader.CWR), "told once");
        b.forget().recv(ackOf(1 + 11 * MSS)).recv(ackOf(1 + 12 * MSS).flags(TcpHeader.ECE));
        assertTrue(b.tcp.cc.cwnd() < 8 * MSS, "the next window's");
        assertEquals(0, b.tcp.retransmittedSegments);
        assertEquals(2, b.tcp.marks.reductions);
        b.end();
    }

    @Test
    void whatIsSentAgainIsNotMarked() {
        TcpBench b = marking().write(5 * MSS).forget();
        b.recv(ackOf(1).sack(1 + MSS, 1 + 4 * MSS)).after(20);
        TcpBench.Out again = b.next();
        assertEquals("1", "" + again.seq());
        assertFalse(again.ecnCapable());
        // The loss has reduced the window, which new data says; a mark of that window reduces nothing more.
        long cwnd = b.tcp.cc.cwnd();
        b.recv(ackOf(1 + 5 * MSS).flags(TcpHeader.ECE)).write(10);
        assertEquals("PW. 5001:5011 ack 1", b.next().brief());
        assertTrue(b.tcp.cc.cwnd() >= cwnd);
        b.end();
    }

    @Test
    void anEchoThatWasNotAgreedUponMeansNothing() {
        TcpBench b = established().write(10 * MSS).forget();
        long cwnd = b.tcp.cc.cwnd();
        b.recv(ackOf(1 + MSS).flags(TcpHeader.ECE));
        assertTrue(b.tcp.cc.cwnd() >= cwnd);
        assertNull(b.tcp.marks);
        b.end();
    }

    @Test
    void aSuperSegmentDoesNotRepeatThatTheWindowWasReduced() {
        TcpBench b = establish(new TcpBench(MSS, true, 64 * 1024, 5_000_000_000L), syn().flags(ASKS).sackOk());
        b.write(40 * MSS).forget().recv(ackOf(1 + 3 * MSS).flags(TcpHeader.ECE));
        TcpBench.Out o = b.next();
        assertTrue(o.has(TcpHeader.CWR));
        assertEquals(MSS, o.len());
        b.end();
    }

    // ---- both, through a queue that marks

    @ParameterizedTest
    @CsvSource({"newreno", "cubic", "bbr"})
    void aQueueThatMarksLosesNothing(String name) {
        CongestionControlFactory.Chosen cc = switch (name) {
            case "cubic" -> Reno.CUBIC;
            case "bbr" -> Reno.BBR;
            default -> Reno.CHOSEN;
        };
        Pair p = new Pair(1, new Pair.Wire(0, 0, 0, 0, 20 * MS, 0), TcpSettings.of("ecn", "request"), cc);
        p.bottleneck = 1_250_000;
        p.queueLimit = 200_000;
        p.markAt = 25_000;
        p.a.toWrite = Long.MAX_VALUE / 2;
        p.open();
        p.run(20_000 * MS, () -> false);
        double share = p.b.read / 20.0 / p.bottleneck;
        assertEquals(0, p.queueDrops, p.a.tcp.cc.toString());
        assertEquals(0, p.a.tcp.retransmittedSegments);
        assertTrue(name.equals("bbr") || p.marked > 0);
        assertNotNull(p.a.tcp.marks);
        assertTrue(share > 0.8, share + " of the rate");
        p.end();
    }
}
