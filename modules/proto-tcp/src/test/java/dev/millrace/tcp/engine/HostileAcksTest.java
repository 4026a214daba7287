package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.plain;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.withTimestamps;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// What acknowledgements claim that are lost, repeated, late or lies, and what they may bring about: neither a larger window
/// than before, nor work or segments out of proportion.
class HostileAcksTest {
    /// What a segment carries beside timestamps.
    private static final int STAMPED = MSS - 12;

    /// Ten segments, of which the first is lost and sent again.
    private static TcpBench recovering(TcpBench b) {
        b.write(10 * MSS).forget();
        for (int i = 2; i <= 4; i++) {
            b.recv(ackOf(1).sack(1001, 1 + i * MSS));
        }
        assertEquals(LossRecovery.Phase.SACK_RECOVERY, b.tcp.recovery.phase());
        assertEquals(1, b.tcp.retransmittedSegments);
        return b.forget();
    }

    // ---- SACK

    /// The later block comes first in the option (RFC 2018 §4); that both are new is the doing of an acknowledgement that
    /// was lost, not of the path.
    @Test
    void twoNewBlocksOfOneAckAreNoReordering() {
        TcpBench b = established().write(10 * MSS).after(20).recv(ackOf(1).sack(7001, 8001, 3001, 4001));
        assertFalse(b.tcp.queue.rack.reorderingSeen());
        b.recv(ackOf(1).sack(5001, 6001, 7001, 8001, 3001, 4001));
        assertTrue(b.tcp.queue.rack.reorderingSeen(), "this is some");
        b.end();
    }

    @Test
    void blocksBeyondWhatWasSentAreNotHeard() {
        TcpBench b = established().write(10 * MSS);
        b.recv(ackOf(1).sack(9001, 10_002)).recv(ackOf(1).sack(-5000, 10_002)).recv(ackOf(1).sack(5001, 4001));
        assertEquals(0, b.tcp.queue.sackedBytes());
        assertEquals(0, b.tcp.duplicateReports);
        b.end();
    }

    /// Reports that come and go would have us look at the whole flight again for each of them.
    @Test
    void whoTakesReportsBackIsBelievedAgainWhenAllOfItHasArrived() {
        TcpBench b = establish(new TcpBench("initial-window", "40"), syn().sackOk()).write(30 * MSS).forget();
        b.recv(ackOf(1).sack(1001, 30_001)).recv(ackOf(1001));
        assertEquals(1, b.tcp.renegings);
        for (int i = 1; i < 20; i++) {
            b.recv(ackOf(1 + i * MSS).sack(1 + (i + 1) * MSS, 30_001)).recv(ackOf(1 + (i + 1) * MSS));
        }
        assertEquals(1, b.tcp.renegings);
        b.recv(ackOf(30_001)).write(4 * MSS).recv(ackOf(30_001).sack(31_001, 32_001));
        assertEquals(MSS, b.tcp.queue.sackedBytes());
        b.end();
    }

    // ---- D-SACK

    /// RFC 3708 §3: the network has duplicated what was sent once.
    @Test
    void aDuplicateOfWhatWasNotSentAgainIsNoProof() {
        TcpBench b = recovering(established());
        b.recv(ackOf(1).sack(2001, 3001, 1001, 5001));
        assertEquals(0, b.tcp.spuriousRecoveries);
        assertEquals(LossRecovery.Phase.SACK_RECOVERY, b.tcp.recovery.phase());
        b.end();
    }

    /// One of two retransmissions was for nothing, and the acknowledgement that tells it comes twice.
    @Test
    void oneDuplicateThatIsReportedTwiceIsOne() {
        TcpBench b = established().write(10 * MSS).forget();
        b.recv(ackOf(1).sack(1001, 2001)).recv(ackOf(1).sack(3001, 4001, 1001, 2001))
                .recv(ackOf(1).sack(3001, 5001, 1001, 2001)).recv(ackOf(1).sack(3001, 6001, 1001, 2001))
                .recv(ackOf(1).sack(3001, 10_001, 1001, 2001)).after(5);
        assertEquals(2, b.tcp.retransmittedSegments);
        b.recv(ackOf(2001).sack(1, 1001, 3001, 10_001)).recv(ackOf(2001).sack(1, 1001, 3001, 10_001));
        assertEquals(0, b.tcp.spuriousRecoveries);
        assertEquals(2, b.tcp.duplicateReports);
        assertEquals(2, b.tcp.retransmittedSegments);
        b.recv(ackOf(10_001).sack(2001, 3001));
        assertEquals(1, b.tcp.spuriousRecoveries, "now both were");
        b.end();
    }

    @Test
    void aReductionIsNotTakenBackWhenItIsHistory() {
        TcpBench b = recovering(established("tail-loss-probe", "false")).after(20).recv(ackOf(10_001));
        long ssthresh = b.tcp.cc.ssthresh();
        for (int i = 10; i < 40; i += 2) {
            b.write(2 * MSS).after(20).recv(ackOf(1 + (i + 2) * MSS));
        }
        b.write(2 * MSS).recv(ackOf(40_001 + MSS).sack(1, 1001));
        assertEquals(0, b.tcp.spuriousRecoveries);
        assertEquals(ssthresh, b.tcp.cc.ssthresh());
        b.end();
    }

    /// A report of something missing, and one that says that it was for nothing, in each acknowledgement.
    @Test
    void aReductionIsTakenBackOnceInAWindow() {
        TcpBench b = establish(new TcpBench("initial-window", "40"), syn().sackOk()).write(30 * MSS).forget();
        b.recv(ackOf(1).sack(29_001, 30_001)).after(5);
        assertTrue(b.tcp.retransmittedSegments > 0);
        for (int i = 0; i < 500; i++) {
            b.after(1).recv(ackOf(1).sack(1, 1001 - i, 1, 1001 - i));
        }
        assertTrue(b.tcp.spuriousRecoveries <= 1, b.tcp.spuriousRecoveries + " reductions taken back");
        assertTrue(b.tcp.retransmittedSegments <= 60, b.tcp.retransmittedSegments + " sent again");
        b.end();
    }

    /// What a probe has repaired was a loss, and the reduction for it is not an earlier one's.
    @Test
    void whatAProbeRepairedIsNotTakenBackWithWhatWasBefore() {
        TcpBench b = recovering(established()).after(5).recv(ackOf(10_001)).write(2 * MSS).after(15);
        b.recv(ackOf(12_001)).write(MSS).recv(ackOf(13_001));
        long ssthresh = b.tcp.cc.ssthresh();
        b.recv(ackOf(13_001).sack(1, 1001)).recv(ackOf(13_001).sack(11_001, 12_001));
        assertEquals(0, b.tcp.spuriousRecoveries);
        assertEquals(ssthresh, b.tcp.cc.ssthresh());
        b.end();
    }

    // ---- timestamps

    /// RFC 3522 §3.2 step 4: what the first acknowledgement of the retransmission says, counts. An echo that is older
    /// afterwards is a lie, or 25 days newer.
    @Test
    void anOlderEchoThatComesLaterIsNoProof() {
        TcpBench b = withTimestamps().write(10 * STAMPED);
        int before = b.next().tsVal();
        b.forget().after(5);
        for (int i = 2; i <= 4; i++) {
            b.recv(ackOf(1).sack(1 + STAMPED, 1 + i * STAMPED).ts(5001, before));
        }
        TcpBench.Out again = b.next();
        assertEquals(1, again.seq());
        assertTrue(again.tsVal() - before > 0);
        b.forget().after(20).recv(ackOf(1 + 4 * STAMPED).ts(5002, again.tsVal()))
                .recv(ackOf(1 + 10 * STAMPED).ts(5003, before));
        b.write(STAMPED).recv(ackOf(1 + 11 * STAMPED).ts(5004, before));
        assertEquals(0, b.tcp.spuriousRecoveries);
        b.end();
    }

    @Test
    void anOlderEchoOfTheFirstAcknowledgementBringsBackWhatWasAndNoMore() {
        TcpBench b = withTimestamps().write(10 * STAMPED);
        int before = b.next().tsVal();
        long cwnd = b.tcp.cc.cwnd();
        b.forget().after(5);
        for (int i = 2; i <= 4; i++) {
            b.recv(ackOf(1).sack(1 + STAMPED, 1 + i * STAMPED).ts(5001, before));
        }
        assertTrue(b.tcp.cc.cwnd() < cwnd);
        b.recv(ackOf(1 + 4 * STAMPED).ts(5001, before));
        assertEquals(1, b.tcp.spuriousRecoveries);
        assertTrue(b.tcp.cc.cwnd() <= cwnd + 4 * MSS, "cwnd " + b.tcp.cc.cwnd());
        assertTrue(b.tcp.cc.cwnd() >= cwnd);
        b.end();
    }

    // ---- duplicate ACKs

    /// RFC 5681 §5: no more duplicates are believed than there were segments to cause them.
    @Test
    void aFloodOfDuplicateAcksLetsNoMoreGoThanWasInFlight() {
        TcpBench b = plain().write(100 * MSS).forget();
        for (int i = 0; i < 300; i++) {
            b.recv(ackOf(1));
        }
        // Ten, and two by limited transmit; cwnd is five then, and twelve may have left the network.
        assertTrue(b.tcp.snd.flight() <= 18 * MSS, b.tcp.snd.flight() + " bytes in flight");
        b.end();
    }

    /// One byte at a time: the congestion window opens by what was acknowledged (RFC 3465).
    @Test
    void acknowledgementsOfSingleBytesOpenTheWindowByBytes() {
        for (boolean lost : new boolean[] {false, true}) {
            TcpBench b = established().write(10 * MSS).forget();
            if (lost) {
                b.after(1500);
                assertTrue(b.tcp.timeouts > 0);
            }
            long cwnd = b.tcp.cc.cwnd();
            for (int i = 2; i <= 1000; i++) {
                b.recv(ackOf(i));
            }
            assertTrue(b.tcp.cc.cwnd() <= cwnd + MSS, "cwnd " + b.tcp.cc.cwnd() + ", before " + cwnd);
            b.end();
        }
    }

    // ---- time

    @Test
    void aClockThatJumpsBackCostsNoByte() {
        TcpBench b = recovering(established());
        int seen = 10_001;
        for (int round = 0; round < 40; round++) {
            b.nowNs -= round % 3 == 0 ? 7_000 * TcpBench.MS : 0;
            b.write(2 * MSS).after(50);
            for (TcpBench.Out o; (o = b.sent.poll()) != null; ) {
                seen = Math.max(seen, o.seq() + o.len());
            }
            b.recv(ackOf(seen));
        }
        b.after(300);
        assertEquals(90 * MSS, seen - 1);
        assertEquals(0, b.tcp.unsentOrUnacked());
        b.end();
    }
}
