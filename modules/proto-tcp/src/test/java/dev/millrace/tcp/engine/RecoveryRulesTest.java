package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.testkit.Requirement;
import org.junit.jupiter.api.Test;

/// The rules of recovery one by one, segment by segment (RFC 8985 §7, RFC 9937, RFC 5682, RFC 2018 §8).
class RecoveryRulesTest {
    /// A bench that knows a round trip of 20 ms.
    private static TcpBench measured(String... settings) {
        TcpBench b = established(settings).write(MSS).after(20).recv(ackOf(1001)).forget();
        // The handshake took no time, which is no round trip of this path.
        for (int i = 1; i < 60; i++) {
            b.write(MSS).after(20).recv(ackOf(1001 + i * MSS)).forget();
        }
        return b;
    }

    private static final int NEXT = 1 + 60 * MSS;

    // ---- tail loss probes

    @Test
    void aProbeComesAfterTwoRoundTrips() {
        TcpBench b = measured().write(3 * MSS).forget();
        long sent = b.nowNs;
        b.after(38).expectNothing().after(6).expect("P. " + (NEXT + 2000) + ":" + (NEXT + 3000) + " ack 1").expectNothing();
        assertEquals(0, b.tcp.timeouts);
        assertTrue(b.nowNs - sent < 50 * TcpBench.MS);
        b.end();
    }

    /// No peer need acknowledge less than two full segments at once (RFC 9293 §3.8.6.3): a probe would be for nothing.
    @Test
    void aProbeGivesTimeForADelayedAcknowledgement() {
        TcpBench b = measured().write(MSS + 600).forget();
        b.after(200).expectNothing().after(40);
        assertEquals(1, b.sent.size());
        assertEquals(0, b.tcp.timeouts);
        b.end();
    }

    /// For who wants nothing sent because time has passed: `min-rto` alone holds the timeout back only.
    @Test
    void probesCanBeDispensedWith() {
        TcpBench b = measured("tail-loss-probe", "false", "min-rto", "50s").write(3 * MSS).forget();
        b.after(40_000).expectNothing().after(15_000);
        assertEquals(1, b.tcp.timeouts);
        b.end();
    }

    @Test
    void aProbeIsNewDataIfThereIsSomeWhateverTheWindowSays() {
        TcpBench b = measured();
        int segments = (int) (b.tcp.cc.cwnd() / MSS);
        b.write((segments + 3) * MSS).forget().after(45);
        b.expect(". " + (NEXT + segments * MSS) + ":" + (NEXT + (segments + 1) * MSS) + " ack 1").expectNothing();
        b.end();
    }

    @Test
    void thereIsOneProbeOnlyAndThenTheTimeout() {
        TcpBench b = measured().write(3 * MSS).forget().after(45);
        assertEquals(1, b.sent.size());
        b.forget().after(190).expectNothing().after(60);
        assertEquals(1, b.tcp.timeouts);
        b.end();
    }

    @Requirement("RFC8985:7.4")
    @Test
    void whatTheProbeRepairedCostsAReduction() {
        TcpBench b = measured().write(3 * MSS).forget().after(45).forget();
        long cwnd = b.tcp.cc.cwnd();
        b.recv(ackOf(NEXT + 3 * MSS)).write(MSS).recv(ackOf(NEXT + 4 * MSS));
        assertTrue(b.tcp.cc.cwnd() < cwnd, "RFC 8985 §7.4.2: a loss is a loss");
        b.end();
    }

    @Requirement("RFC8985:7.4")
    @Test
    void aProbeThatWasForNothingCostsNothing() {
        TcpBench b = measured().write(3 * MSS).forget().after(45).forget();
        long cwnd = b.tcp.cc.cwnd();
        b.recv(ackOf(NEXT + 3 * MSS).sack(NEXT + 2 * MSS, NEXT + 3 * MSS)).write(MSS).recv(ackOf(NEXT + 4 * MSS));
        assertTrue(b.tcp.cc.cwnd() >= cwnd, "cwnd " + b.tcp.cc.cwnd());
        b.end();
    }

    // ---- PRR

    @Test
    void theFlightComesDownInProportion() {
        ProportionalRate prr = new ProportionalRate();
        // RFC 9937: 100 segments are in flight, ssthresh is 70; ten acknowledgements let seven go.
        prr.begin(100 * MSS, 0);
        long out = 0;
        for (int i = 1; i <= 20; i++) {
            prr.onAck(MSS, (99 - i) * MSS + out, 70 * MSS, MSS, true);
            while (prr.allowance() >= MSS) {
                prr.onSent(MSS);
                out += MSS;
            }
            assertTrue(out <= i * 700L + MSS, out + " after " + i);
        }
        assertEquals(14 * MSS, out, MSS);
    }

    @Test
    void belowSsthreshASafeAckLetsOneMoreGoThanItDelivered() {
        ProportionalRate prr = new ProportionalRate();
        prr.begin(20 * MSS, 0);
        prr.onAck(MSS, 2 * MSS, 10 * MSS, MSS, false);
        assertEquals(MSS, prr.allowance());
        prr.onSent(MSS);
        prr.onAck(MSS, 2 * MSS, 10 * MSS, MSS, true);
        assertEquals(2 * MSS, prr.allowance());
        prr.onSent(2 * MSS);
        prr.onAck(MSS, 9 * MSS + 500, 10 * MSS, MSS, true);
        assertEquals(500, prr.allowance(), "never beyond ssthresh");
    }

    @Test
    void theFastRetransmissionGoesHoweverLittleWasDelivered() {
        ProportionalRate prr = new ProportionalRate();
        prr.begin(100 * MSS, 0);
        prr.onAck(10, 99 * MSS, 70 * MSS, MSS, false);
        assertEquals(MSS, prr.allowance());
    }

    @Test
    void whatWasDeliveredAndNotAnsweredMayGoLater() {
        ProportionalRate prr = new ProportionalRate();
        prr.begin(20 * MSS, 0);
        for (int i = 0; i < 4; i++) {
            prr.onAck(MSS, 2 * MSS, 10 * MSS, MSS, false);
        }
        assertEquals(4 * MSS, prr.allowance());
    }

    // ---- F-RTO

    @Test
    void afterATimeoutTwoNewSegmentsTellWhetherItWasSpurious() {
        TcpBench b = plain().write(40 * MSS).forget().after(300).expect(". 1:1001 ack 1");
        b.recv(ackOf(1001)).expect(". 10001:11001 ack 1", ". 11001:12001 ack 1").expectNothing();
        b.recv(ackOf(2001));
        assertEquals(1, b.tcp.spuriousRecoveries);
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertTrue(b.tcp.cc.cwnd() >= 10 * MSS);
        assertEquals(1, b.tcp.retransmittedSegments);
        b.end();
    }

    @Test
    void aDuplicateAckAfterATimeoutMeansThatMoreIsLost() {
        TcpBench b = plain().write(40 * MSS).forget().after(300).forget();
        b.recv(ackOf(1001)).forget().recv(ackOf(1001)).expect(". 1001:2001 ack 1");
        assertEquals(0, b.tcp.spuriousRecoveries);
        assertEquals(LossRecovery.Phase.RTO_RECOVERY, b.tcp.recovery.phase());
        b.end();
    }

    /// What had been reported before the timeout is no news when it is reported again.
    @Test
    void whatSackRepeatsAfterATimeoutIsNoProofThatItWasSpurious() {
        TcpBench b = established("tail-loss-probe", "false").write(40 * MSS).forget();
        b.recv(ackOf(1).sack(3001, 4001)).forget();
        // Nobody runs the timer that tells reordering from loss before that of the timeout has run out, too.
        b.leap(300).forget();
        assertEquals(1, b.tcp.timeouts);
        b.recv(ackOf(1001)).forget().recv(ackOf(1001).sack(3001, 4001));
        assertEquals(0, b.tcp.spuriousRecoveries);
        b.end();
    }

    @Test
    void whatSackReportsForTheFirstTimeAfterATimeoutProvesThatItWasSpurious() {
        TcpBench b = established("tail-loss-probe", "false").write(40 * MSS).forget().after(300).forget();
        assertEquals(1, b.tcp.timeouts);
        b.recv(ackOf(1001)).forget().recv(ackOf(1001).sack(3001, 4001));
        assertEquals(1, b.tcp.spuriousRecoveries);
        b.end();
    }

    @Test
    void afterASecondTimeoutWhatIsLostGoesBeforeNewData() {
        TcpBench b = plain().write(40 * MSS).forget().after(800).forget();
        assertEquals(2, b.tcp.timeouts);
        b.recv(ackOf(1001)).expect(". 1001:2001 ack 1");
        assertEquals(0, b.tcp.spuriousRecoveries);
        b.end();
    }

    /// What Nagle's algorithm holds back tells nothing: RFC 5682 §2.1 step 2 goes on as if there were none.
    @Test
    void afterATimeoutNewDataThatMustWaitHoldsNothingUp() {
        TcpBench b = plain().write(2 * MSS).write(500).write(3 * MSS).write(300).forget().after(300).expect(". 1:1001 ack 1");
        b.recv(ackOf(1001));
        assertEquals(1001, b.next().seq(), "the next lost segment");
        assertEquals(1, b.tcp.timeouts);
        b.end();
    }

    // ---- retransmissions

    /// RFC 8985 §6: what was sent after the retransmission has arrived, and it has not. Nothing that was sent before tells of it.
    @Test
    void aRetransmissionIsLostWhenWhatWasSentAfterItHasArrived() {
        TcpBench b = measured().write(20 * MSS).after(20);
        for (int i = 2; i <= 4; i++) {
            b.recv(ackOf(NEXT).sack(NEXT + MSS, NEXT + i * MSS));
        }
        assertEquals(1, b.tcp.retransmittedSegments);
        b.after(10);
        for (int i = 5; i <= 10; i++) {
            b.recv(ackOf(NEXT).sack(NEXT + MSS, NEXT + i * MSS));
        }
        int nxt = (int) (b.tcp.snd.nxt - b.tcp.snd.iss);
        assertTrue(nxt > NEXT + 10 * MSS, "new data is in flight");
        // Two of it have left with the first reports.
        b.recv(ackOf(NEXT).sack(NEXT + MSS, NEXT + 12 * MSS)).after(19);
        assertEquals(1, b.tcp.retransmittedSegments, "all that has arrived was sent before");
        b.forget().after(2).recv(ackOf(NEXT).sack(NEXT + MSS, nxt));
        assertEquals(NEXT, b.next().seq());
        assertEquals(2, b.tcp.retransmittedSegments);
        assertEquals(0, b.tcp.timeouts);
        b.end();
    }

    /// RFC 8985 §6.2 step 2: an acknowledgement that comes sooner than a round trip answers the original, and tells nothing of
    /// what was sent before the retransmission.
    @Test
    void whatComesTooSoonAfterARetransmissionWasNotCausedByIt() {
        TcpBench b = measured().write(10 * MSS).after(20);
        for (int i = 2; i <= 4; i++) {
            b.recv(ackOf(NEXT).sack(NEXT + MSS, NEXT + i * MSS));
        }
        b.after(2).recv(ackOf(NEXT + 4 * MSS).sack(NEXT + 5 * MSS, NEXT + 6 * MSS));
        assertEquals(MSS, b.tcp.queue.lostBytes(), "the one before that, and none of those behind it");
        b.end();
    }

    /// The same where it comes a round trip later, but echoes a timestamp from before the retransmission.
    @Test
    void whatEchoesAnOlderTimestampWasNotCausedByTheRetransmission() {
        int size = MSS - 12;
        TcpBench b = TcpBench.withTimestamps();
        int at = 1;
        for (int i = 0; i < 30; i++, at += size) {
            b.write(size);
            b.after(20).recv(ackOf(at + size).ts(5001 + i, b.next().tsVal()));
        }
        b.forget().write(10 * size);
        int echo = b.next().tsVal();
        b.after(20);
        for (int i = 2; i <= 4; i++) {
            b.recv(ackOf(at).sack(at + size, at + i * size).ts(5100, echo));
        }
        b.after(25).recv(ackOf(at + 4 * size).sack(at + 6 * size, at + 7 * size).ts(5101, echo));
        assertEquals(1, b.tcp.spuriousRecoveries);
        assertEquals(1, b.tcp.retransmittedSegments);
        b.end();
    }

    // ---- reports of duplicates

    /// What was so late that it was sent again comes with a timestamp that PAWS drops it for; the sender learns by the report
    /// only that nothing was lost.
    @Test
    void whatPawsDropsIsReportedAsADuplicate() {
        TcpBench b = TcpBench.withTimestamps().recv(TcpBench.data(1, 500).ts(5020, 0)).recv(TcpBench.data(501, 500).ts(5021, 0));
        b.forget().recv(TcpBench.data(1, 500).ts(5010, 0)).expect(". 1:1 ack 1001 sack 1:501").dropped(DropReason.OLD_TIMESTAMP);
        b.after(1000).recv(TcpBench.data(1001, 500).ts(5010, 0)).expect(". 1:1 ack 1001");
        b.end();
    }

    // ---- reneging

    @Test
    void whatAPeerHasTakenBackIsSentAgainAtOnce() {
        TcpBench b = established().write(10 * MSS).forget();
        b.recv(ackOf(1).sack(1001, 5001)).expect(". 1:1001 ack 1").forget();
        long ssthresh = b.tcp.cc.ssthresh();
        b.recv(ackOf(1001));
        assertEquals(ssthresh, b.tcp.cc.ssthresh(), "no congestion");
        assertEquals(1, b.tcp.renegings);
        assertEquals(0, b.tcp.queue.sackedBytes());
        assertEquals(". 1001:2001 ack 1", b.next().brief());
        b.forget().recv(ackOf(10_001));
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertFalse(b.tcp.cc.cwnd() < 5 * MSS);
        b.end();
    }

    // ---- memory

    @Test
    void nothingOfRecoveryIsMadeBeforeItIsNeeded() {
        TcpBench b = established().write(10 * MSS).recv(ackOf(10_001));
        assertEquals(null, b.tcp.queue.rack);
        assertTrue(b.tcp.queue.isEmpty());
        b.end();
    }

    /// What is gathered into one retransmission counts as a whole, and not only its first segment.
    @Test
    void smallSegmentsThatGoAgainTogetherKeepToTheWindow() {
        TcpBench b = plain("no-delay", "true");
        for (int i = 0; i < 30; i++) {
            b.write(100);
        }
        b.forget().after(300).expect(". 1:1001 ack 1");
        b.recv(ackOf(101)).expect(". 1001:1201 ack 1").expectNothing();
        assertEquals(1100, b.tcp.cc.cwnd());
        assertEquals(1100, LossRecovery.pipe(b.tcp));
        b.end();
    }
}
