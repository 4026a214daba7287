package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.plain;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.withTimestamps;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.spi.IcmpError;
import dev.millrace.wire.TcpHeader;
import org.junit.jupiter.api.Test;

/// Data, ACKs, windows, timestamps and what is lost (RFC 9293 §3.7, §3.8; RFC 5681, 6298, 6675, 6582, 7323, 2018, 2883).
class TcpDataTest {
    @Test
    void segmentsHoldTheEffectiveMss() {
        // MUST-16: MSS 1000 less 12 bytes of timestamps.
        TcpBench b = withTimestamps().write(2000);
        assertEquals(988, b.next().len());
        assertEquals(988, b.next().len());
        assertEquals(24, b.next().len());
        b.end();
    }

    @Test
    void defaultMssHoldsIfThePeerSaysNone() {
        TcpBench b = establish(new TcpBench(), syn().mss(-1)).write(2000);
        assertEquals(536, b.next().len());
        b.end();
        b = establish(new TcpBench(1440, false, 0, 0), syn().mss(-1)).write(2000);
        assertEquals(1220, b.next().len());
        b.end();
    }

    @Test
    void initialWindowIsTenSegments() {
        TcpBench b = established().write(20_000);
        assertEquals(10, b.sent.size());
        b.end();
    }

    @Test
    void slowStartGrowsOnlyWhenTheWindowHeldTheSenderBack() {
        TcpBench b = established().write(20_000).forget().recv(ackOf(2001));
        assertEquals(12_000, b.tcp.cc.cwnd());
        b.end();
        b = established().write(2000).forget().recv(ackOf(2001));
        assertEquals(10_000, b.tcp.cc.cwnd());
        b.end();
    }

    @Test
    void lastByteWrittenIsPushed() {
        TcpBench b = established().write(2000);
        b.expect(". 1:1001 ack 1", "P. 1001:2001 ack 1").end();
    }

    @Test
    void nagleCollectsSmallWritesUntilTheAck() {
        TcpBench b = established().write(10).expect("P. 1:11 ack 1").write(10).write(10).expectNothing();
        b.recv(ackOf(11)).expect("P. 11:31 ack 1").end();
    }

    @Test
    void nagleCanBeTurnedOff() {
        established("no-delay", "true").write(10).write(10).expect("P. 1:11 ack 1", "P. 11:21 ack 1").end();
    }

    @Test
    void corkHoldsPartialSegmentsForAtMost200Ms() {
        TcpBench b = established("no-delay", "true", "min-rto", "1s");
        b.tcp.ownOptions().cork = true;
        b.write(600).expectNothing().write(600).expect(". 1:1001 ack 1").expectNothing();
        b.at(199).expectNothing().at(200).expect("P. 1001:1201 ack 1");
        b.recv(ackOf(1201)).write(5).expectNothing();
        b.tcp.ownOptions().cork = false;
        b.tcp.optionsChanged(b.nowNs);
        b.drain().expect("P. 1201:1206 ack 1").end();
    }

    @Test
    void partialSegmentWaitsWhileMoreIsToCome() {
        TcpBench b = established("no-delay", "true", "min-rto", "1s");
        b.tcp.moreToCome(true);
        b.write(600).expectNothing();
        b.tcp.moreToCome(false);
        b.write(100).expect("P. 1:701 ack 1").recv(ackOf(701));
        b.tcp.moreToCome(true);
        b.at(1000).write(5).at(1199).expectNothing().at(1200).expect("P. 701:706 ack 1").end();
    }

    @Test
    void everySecondFullSegmentIsAcknowledgedAtOnceAndOthersDelayed() {
        TcpBench b = afterTheFirst16().recv(data(16_001, MSS)).expectNothing().recv(data(17_001, MSS))
                .expect(". 1:1 ack 18001");
        b.at(10).recv(data(18_001, 10)).at(49).expectNothing().at(50).expect(". 1:1 ack 18011").end();
    }

    /// A sender's window opens with each acknowledgement.
    private static TcpBench afterTheFirst16() {
        TcpBench b = established();
        for (int i = 0; i < 16; i++) {
            b.recv(data(1 + i * MSS, MSS)).expect(". 1:1 ack " + (1 + (i + 1) * MSS));
        }
        return b;
    }

    @Test
    void whatIsNoFullSegmentIsDelayedFromTheBeginning() {
        established().recv(data(1, 100)).at(39).expectNothing().at(40).expect(". 1:1 ack 101").end();
    }

    @Test
    void afterAPauseASenderBeginsAnew() {
        TcpBench b = afterTheFirst16().at(999).recv(data(16_001, MSS)).at(1038).expectNothing().at(1039)
                .expect(". 1:1 ack 17001");
        b.at(2040).recv(data(17_001, MSS)).expect(". 1:1 ack 18001").end();
    }

    @Test
    void segmentsProcessedTogetherGetOneAck() {
        established().recvBatch(data(1, MSS), data(1001, MSS), data(2001, MSS), data(3001, MSS))
                .expect(". 1:1 ack 4001").expectNothing().end();
    }

    @Test
    void ackRidesOnData() {
        established().recv(data(1, 10)).expectNothing().write(5).expect("P. 1:6 ack 11").at(1).recv(ackOf(6).seq(11))
                .at(100).expectNothing().end();
    }

    @Test
    void dataOutOfOrderIsReportedBySackMostRecentFirst() {
        TcpBench b = established();
        b.recv(data(1001, MSS)).expect(". 1:1 ack 1 sack 1001:2001");
        b.recv(data(3001, MSS)).expect(". 1:1 ack 1 sack 3001:4001 1001:2001");
        b.recv(data(5001, MSS)).expect(". 1:1 ack 1 sack 5001:6001 3001:4001 1001:2001");
        b.recv(data(2001, MSS)).expect(". 1:1 ack 1 sack 1001:4001 5001:6001");
        b.recv(data(1, MSS)).expect(". 1:1 ack 4001 sack 5001:6001");
        b.recv(data(4001, MSS)).expect(". 1:1 ack 6001").read(10_000, 6000).end();
    }

    @Test
    void duplicatesAreReportedByDsack() {
        TcpBench b = established().recvBatch(data(1, MSS), data(1001, MSS)).forget();
        b.recv(data(1, MSS)).dropped(DropReason.DUPLICATE).expect(". 1:1 ack 2001 sack 1:1001");
        b.recv(data(3001, MSS)).expect(". 1:1 ack 2001 sack 3001:4001");
        b.recv(data(3001, MSS)).expect(". 1:1 ack 2001 sack 3001:4001 3001:4001");
        b.recv(data(3001, MSS)).expect(". 1:1 ack 2001 sack 3001:4001 3001:4001");
        b.at(1000).expectNothing().end();
    }

    @Test
    void withoutSackEverySegmentOutOfOrderGetsItsDuplicateAck() {
        plain().recvBatch(data(1001, MSS), data(2001, MSS), data(3001, MSS))
                .expect(". 1:1 ack 1", ". 1:1 ack 1", ". 1:1 ack 1").expectNothing()
                .recv(data(1, MSS)).expect(". 1:1 ack 4001").end();
    }

    @Test
    void thirdDuplicateAckRetransmitsAndLimitedTransmitPrecedesIt() {
        TcpBench b = plain().write(20_000).forget();
        b.recv(ackOf(1)).expect(". 10001:11001 ack 1").expectNothing();
        b.recv(ackOf(1)).expect(". 11001:12001 ack 1").expectNothing();
        b.recv(ackOf(1)).expect(". 1:1001 ack 1").expectNothing();
        // ssthresh is half of FlightSize, limited transmit's two segments not counted (RFC 5681 §3.2, step 2); cwnd inflated
        // by the duplicates.
        assertEquals(5_000, b.tcp.cc.ssthresh());
        b.recv(ackOf(1)).recv(ackOf(1)).recv(ackOf(1)).recv(ackOf(1)).expectNothing();
        b.recv(ackOf(1)).expect(". 12001:13001 ack 1").expectNothing();
        // Partial ACK: the next segment goes at once.
        b.recv(ackOf(3001)).expect(". 3001:4001 ack 1", ". 13001:14001 ack 1").expectNothing();
        b.recv(ackOf(14_001));
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertTrue(b.tcp.cc.cwnd() <= 5_000);
        b.end();
    }

    @Test
    void windowUpdatesAreNoDuplicateAcks() {
        TcpBench b = plain().write(10_000).forget();
        for (int i = 0; i < 6; i++) {
            b.recv(ackOf(1).win(20_000 + i));
        }
        b.expectNothing().end();
    }

    @Test
    void sackRecoveryRetransmitsOnlyTheHoles() {
        TcpBench b = established().write(10_000).forget();
        b.recv(ackOf(1).sack(2001, 3001)).recv(ackOf(1).sack(4001, 5001, 2001, 3001)).expectNothing();
        b.recv(ackOf(1).sack(6001, 7001, 4001, 5001, 2001, 3001)).expect(". 1:1001 ack 1");
        assertEquals(LossRecovery.Phase.SACK_RECOVERY, b.tcp.recovery.phase());
        assertEquals(5_000, b.tcp.cc.cwnd());
        b.recv(ackOf(1).sack(6001, 10_001, 4001, 5001, 2001, 3001)).expect(". 1001:2001 ack 1", ". 3001:4001 ack 1",
                ". 5001:6001 ack 1").expectNothing();
        b.recv(ackOf(10_001)).expectNothing();
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        b.end();
    }

    @Test
    void timeoutSendsOneSegmentForgetsSackAndBacksOff() {
        TcpBench b = established("min-rto", "1s").write(10_000).forget();
        // What the report of a later segment brings is lost, too; then nothing more is heard.
        b.recv(ackOf(1).sack(5001, 6001)).expectNothing().at(1).expect(". 1:1001 ack 1");
        b.at(1000).expectNothing().at(1001).expectAt(1001, ". 1:1001 ack 1").expectNothing();
        assertEquals(MSS, b.tcp.cc.cwnd());
        assertEquals(5_000, b.tcp.cc.ssthresh());
        assertEquals(0, b.tcp.queue.sackedBytes());
        b.at(3001).expectAt(3001, ". 1:1001 ack 1").at(7001).expectAt(7001, ". 1:1001 ack 1");
        assertEquals(5_000, b.tcp.cc.ssthresh(), "set once for the same data");
        b.recv(ackOf(1001)).expect(". 1001:2001 ack 1", ". 2001:3001 ack 1").expectNothing();
        b.recv(ackOf(10_001)).expectNothing();
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        b.end();
    }

    @Test
    void karnTakesNoSampleFromARetransmissionWithoutTimestamps() {
        TcpBench b = established("min-rto", "1s").write(10).forget();
        long srtt = b.tcp.rtt.srttNs();
        b.at(1500).forget().recv(ackOf(11));
        assertEquals(srtt, b.tcp.rtt.srttNs());
        assertEquals(2_000_000_000L, b.tcp.rtt.rtoNs(), "backed off until a sample comes");
        b.write(10).forget().after(100).recv(ackOf(21));
        // A round trip of 12.5 ms, smoothed, and the floor.
        assertEquals(1_012_500_000L, b.tcp.rtt.rtoNs());
        b.end();
    }

    @Test
    void zeroWindowIsProbedForeverWhileProbesAreAcked() {
        TcpBench b = established().recv(ackOf(1).win(0)).write(5000).expectNothing();
        long day = 24 * 3_600_000L;
        long last = 0;
        long gap = 0;
        int probes = 0;
        while ((b.nowNs - b.epochNs) / TcpBench.MS < day) {
            long deadline = (b.tcp.nextDeadlineNs() - b.epochNs) / TcpBench.MS;
            b.at(deadline + 1);
            assertEquals(". 1:2 ack 1", b.next().brief());
            assertTrue(deadline - last >= gap || gap >= 60_000);
            gap = deadline - last;
            last = deadline;
            b.recv(ackOf(1).win(0)).expectNothing();
            probes++;
        }
        assertTrue(probes > 1000);
        b.recv(ackOf(1).win(10_000)).expect(". 1:1001 ack 1").forget().recv(ackOf(5001)).end();
    }

    @Test
    void probeByteThatIsTakenIsNotSentAgain() {
        TcpBench b = established().recv(ackOf(1).win(0)).write(5000).expectNothing().at(1000);
        b.forget().recv(ackOf(2).win(0)).expectNothing().recv(ackOf(2).win(3000))
                .expect(". 2:1002 ack 1", ". 1002:2002 ack 1", ". 2002:3002 ack 1").end();
    }

    @Test
    void userTimeoutEndsZeroWindowProbing() {
        TcpBench b = established("user-timeout", "10s").recv(ackOf(1).win(0)).write(10);
        while (b.tcp.state() == TcpState.ESTABLISHED && b.nowNs - b.epochNs < 20_000 * TcpBench.MS) {
            b.after(500).recv(ackOf(1).win(0));
        }
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
        assertEquals(10_000, (b.nowNs - b.epochNs) / TcpBench.MS, 500);
    }

    @Test
    void shrunkWindowStopsNewDataButNotRetransmission() {
        TcpBench b = established().recv(ackOf(1).win(10_000)).write(20_000).forget();
        b.recv(ackOf(2001).win(2000)).expectNothing();
        b.after(1000);
        b.expect(". 2001:3001 ack 1").end();
    }

    @Test
    void senderAvoidsSillyWindows() {
        TcpBench b = established().recv(ackOf(1).win(0)).write(5000).expectNothing();
        b.recv(ackOf(1).win(500)).expectNothing();
        // The override timer lets the small segment go in the end.
        b.after(2000);
        b.expect(". 1:501 ack 1").end();
    }

    @Test
    void receiverAvoidsSillyWindowsAndNeverShrinks() {
        TcpBench b = plain("receive-buffer", "4000");
        for (int i = 0; i < 4; i++) {
            b.recv(data(1 + i * 1000, 1000));
        }
        b.after(100);
        TcpBench.Out last = null;
        while (!b.sent.isEmpty()) {
            last = b.next();
        }
        assertEquals(0, last.win());
        for (int i = 0; i < 999; i++) {
            b.read(1, 1);
        }
        b.expectNothing().read(1, 1);
        assertEquals(1000, b.next().win());
        b.end();
    }

    /// Without window scaling the buffer may be much larger than what a window can say: reading a few bytes opens nothing that is
    /// worth telling (RFC 9293 MUST-39).
    @Test
    void aReadOfAFewBytesIsNotToldWhereTheWindowIsAsLargeAsItCanBe() {
        TcpBench b = plain();
        b.recv(data(1, 100)).read(100, 100).expectNothing();
        b.after(40).expectAt(40, ". 1:1 ack 101");
        // Nor does the window creep: it stays where it is until a full segment's worth can be added.
        b.recv(data(101, 100)).read(100, 100).after(40);
        assertEquals(65535 - 200, b.next().win());
        // The rest of the buffer is there, however late the program reads: the window never closes, and no read has news.
        for (int i = 0; i < 64; i++) {
            b.recv(data(201 + 1000 * i, 1000));
        }
        b.after(40);
        while (!b.sent.isEmpty()) {
            assertTrue(b.next().win() > 60_000);
        }
        b.read(1_000_000, 64_000);
        b.expectNothing().end();
    }

    @Test
    void probeOfOurClosedWindowIsAnsweredAndNotTaken() {
        TcpBench b = plain("receive-buffer", "4000");
        for (int i = 0; i < 4; i++) {
            b.recv(data(1 + i * 1000, 1000));
        }
        b.after(100).forget().recv(data(4001, 1)).expect(". 1:1 ack 4001").dropped(DropReason.OUT_OF_WINDOW);
        // MUST-66: ACK and RST count all the same.
        b.write(5).forget().recv(new TcpBench.In().seq(4001).ack(6));
        assertEquals(0, b.tcp.unsentOrUnacked());
        b.recv(TcpBench.rst(4001)).state(TcpState.CLOSED).end();
    }

    @Test
    void oldTimestampIsDroppedAndAcknowledged() {
        TcpBench b = withTimestamps().recv(data(1, 10).ts(5010, 0)).forget();
        b.recv(data(11, 10).ts(5009, 0)).dropped(DropReason.OLD_TIMESTAMP).expect(". 1:1 ack 11");
        b.recv(TcpBench.rst(11)).state(TcpState.CLOSED).end();
    }

    @Test
    void timestampIsBelievedAgainAfter24Days() {
        TcpBench b = withTimestamps().recv(data(1, 10).ts(5010, 0)).forget();
        b.at(25L * 86_400_000).forget().recv(data(11, 10).ts(1, 0));
        assertEquals(1, b.tcp.timestampRecent());
        b.end();
    }

    @Test
    void tsRecentComesOnlyFromSegmentsAtTheLastAck() {
        TcpBench b = withTimestamps();
        b.recv(data(1001, 10).ts(6000, 0));
        assertEquals(5000, b.tcp.timestampRecent());
        b.recv(data(1, 10).ts(5500, 0));
        assertEquals(5500, b.tcp.timestampRecent());
        b.end();
    }

    @Test
    void packetTooBigLowersTheMssAndResendsWithoutCongestion() {
        TcpBench b = established().write(5000).forget();
        long cwnd = b.tcp.cc.cwnd();
        b.icmp(IcmpError.Kind.PACKET_TOO_BIG, 1, 640);
        assertEquals(600, b.tcp.snd.mss);
        b.expect(". 1:601 ack 1", ". 601:1201 ack 1");
        assertEquals(Long.MAX_VALUE, b.tcp.cc.ssthresh());
        assertEquals(cwnd / 1000 * 600, b.tcp.cc.cwnd());
        b.icmp(IcmpError.Kind.PACKET_TOO_BIG, 1, 9000);
        assertEquals(600, b.tcp.snd.mss, "never raised");
        b.end();
    }

    @Test
    void idleConnectionRestartsFromTheInitialWindow() {
        TcpBench b = established();
        int acked = 1;
        for (int i = 0; i < 5; i++) {
            b.write(20_000);
            for (int k = 0; k < 20; k++) {
                acked += 1000;
                b.recv(ackOf(acked));
            }
        }
        assertTrue(b.tcp.cc.cwnd() > 15_000);
        b.forget().after(10_000).write(20_000);
        assertEquals(10, b.sent.size());
        b.end();
    }

    @Test
    void superSegmentsCarryTheirSegmentSize() {
        TcpBench b = establish(new TcpBench(MSS, true, 64_000, 0), syn().sackOk()).write(9500);
        TcpBench.Out o = b.next();
        assertEquals(9500, o.len());
        assertEquals(1000, o.superSize());
        assertTrue(o.has(TcpHeader.PSH));
        // SACK inside of a super-segment cuts its record where packets of it ended.
        b.recv(ackOf(1).sack(2001, 9001)).expect(". 1:1001 ack 1");
        assertEquals(7000, b.tcp.queue.sackedBytes());
        b.end();
    }

    @Test
    void sackOfPartsOfSegmentsDoesNotCrumbleTheQueue() {
        TcpBench b = established().write(10_000).forget();
        for (int i = 0; i < 900; i += 2) {
            b.recv(ackOf(1).sack(2001 + i, 2002 + i));
        }
        assertEquals(10, b.tcp.queue.size());
        assertEquals(0, b.tcp.queue.sackedBytes());
        b.end();
    }

    @Test
    void gapsBeyondTheLimitAreDropped() {
        TcpBench b = established("out-of-order-ranges", "4");
        for (int i = 0; i < 4; i++) {
            b.recv(data(1001 + i * 2000, 100));
        }
        b.recv(data(20_001, 100)).dropped(DropReason.RECEIVE_BUFFER_FULL);
        b.recv(data(1101, 100));
        assertEquals(4, b.tcp.reassembler.rangeCount());
        b.end();
    }

    @Test
    void aClockThatLeapsAMonthRunsEachTimerOnce() {
        TcpBench b = established().write(10).forget().leap(30L * 86_400_000);
        assertEquals(1, b.sent.size());
        assertTrue(b.tcp.nextDeadlineNs() > b.nowNs);
        b.end();
    }

    /// What comes late after a loss was repaired is older than the repair, and not what PAWS protects from: were it thrown away,
    /// each retransmission would lose others that are late, and have them sent again, without end.
    @Test
    void whatFillsAGapIsTakenThoughARetransmissionWasSentAfterIt() {
        for (int age : new int[] {1, 49, 200, 201, 100_000}) {
            TcpBench b = withTimestamps();
            b.recv(data(1001, 1000).ts(205_000, 0)).recv(data(3001, 1000).ts(205_000, 0));
            b.recv(data(1, 1000).ts(205_050, 0)).forget();
            boolean taken = age <= 200;
            b.recv(data(2001, 1000).ts(205_050 - age, 0)).expect(taken ? ". 1:1 ack 4001" : ". 1:1 ack 2001 sack 3001:4001");
            if (taken) {
                // Nothing is missing any more, so that nothing can be late.
                b.recv(data(4001, 1000).ts(205_049, 0)).dropped(DropReason.OLD_TIMESTAMP);
            }
            b.end();
        }
    }
}
