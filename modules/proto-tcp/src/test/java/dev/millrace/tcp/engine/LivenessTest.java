package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.plain;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.CongestionControl;
import dev.millrace.wire.buffer.Packet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever changes, what is unsent or unacknowledged has a timer, and what the sender remembers stays near: stalls that
/// were met, one by one. The assertions themselves are in [TcpConnection].
class LivenessTest {
    @Test
    void anMssThatGrowsPastTheCongestionWindowStallsNothing() {
        TcpBench b = establish(new TcpBench(536, true, 0, 0), syn().mss(8960).sackOk());
        b.tcp.setPath(8960, 0, b.nowNs);
        assertEquals(8960, b.tcp.cc.cwnd());
        b.write(20_000);
        assertEquals(8960, b.next().len(), "5,360 bytes of initial window are less than one segment now");
        b.end();
    }

    @Test
    void anMssThatGrowsAfterATimeoutStallsNothing() {
        TcpBench b = establish(new TcpBench(1300, true, 0, 0), syn().mss(1500).sackOk()).write(20_000).forget();
        b.after(300).forget();
        assertEquals(1300, b.tcp.cc.cwnd());
        b.tcp.setPath(1500, 0, b.nowNs);
        b.drain().recv(ackOf(1301));
        assertTrue(!b.sent.isEmpty(), "nothing goes although nothing is in the network");
        b.end();
    }

    /// A congestion control that is a plug-in may say anything.
    @Test
    void aCongestionWindowOfNothingLetsOneSegmentGo() {
        TcpBench b = established();
        b.tcp.cc = new CongestionControl() {
            @Override
            public long cwnd() {
                return 1;
            }

            @Override
            public long ssthresh() {
                return 1;
            }

            @Override
            public void onAck(Ack ack) {
            }

            @Override
            public void onCongestion(long inFlight, long nowNs) {
            }

            @Override
            public void onRecovered(long inFlight, boolean proportional, long nowNs) {
            }

            @Override
            public void onTimeout(long inFlight, boolean first, long nowNs) {
            }

            @Override
            public void onIdleRestart(long nowNs) {
            }

            @Override
            public void onMssChange(int mss) {
            }
        };
        b.write(5000).expect(". 1:1001 ack 1").expectNothing().recv(ackOf(1001)).expect(". 1001:2001 ack 1").end();
    }

    /// Minshall's variant of Nagle remembers where the last small segment ended: two gibibytes on it must not look as if
    /// that lay ahead.
    @Test
    void whatIsRememberedOfTheDistantPastDoesNotLieAhead() {
        TcpCostTest.Loop loop = new TcpCostTest.Loop(60_012);
        assertEquals(60_000, loop.a.snd.mss);
        loop.transfer(7, 7);
        for (int i = 0; i < 5; i++) {
            loop.transfer(60_000 * 8_000L, 60_000);
        }
        assertTrue(loop.a.snd.nxt - loop.a.snd.iss > 1L << 31, "two gibibytes on");
        loop.a.write(loop.source, 0, 60_000, loop.now);
        Packet whole = loop.a.pollSegment(loop.now);
        loop.a.write(loop.source, 0, 10, loop.now);
        Packet tail = loop.a.pollSegment(loop.now);
        assertTrue(whole != null && tail != null, "the tail waits, though no small segment is under way");
        whole.release();
        tail.release();
        loop.end();
    }

    // ---- the peer's window

    @Test
    void aWindowThatIsTakenAwayAndGivenBackStartsWhatWasInFlightAtOnce() {
        TcpBench b = plain().write(10_000).forget().recv(ackOf(1).win(0));
        for (int i = 0; i < 7; i++) {
            b.after(b.tcp.nextDeadlineNs() == Long.MAX_VALUE ? 1 : (b.tcp.nextDeadlineNs() - b.nowNs) / TcpBench.MS + 1);
            TcpBench.Out probe = b.next();
            assertTrue(probe.len() <= 1, "a closed window is probed, not filled: " + probe.brief());
            b.expectNothing().recv(ackOf(1).win(0)).expectNothing();
        }
        b.recv(ackOf(1).win(10_000));
        assertEquals(". 1:1001 ack 1", b.next().brief());
        b.forget();
        assertTrue(b.tcp.rtt.rtoNs() <= 400 * TcpBench.MS, "the timeouts of a closed window say nothing of the path: "
                + b.tcp.rtt.rtoNs());
        b.end();
    }

    /// Both have taken the byte of the other's window probe, which does not move SND.NXT before it is acknowledged: each sends its
    /// acknowledgements with a number that is old to the other.
    @Test
    void twoWindowProbesThatCrossedAreAcknowledged() {
        TcpBench b = established().recv(ackOf(1).win(0)).write(5000).forget();
        b.after((b.tcp.nextDeadlineNs() - b.nowNs) / TcpBench.MS + 1).expect(". 1:2 ack 1");
        b.recv(data(1, 1).win(0)).forget();
        b.recv(ackOf(2).win(3000)).expect(". 2:1002 ack 2", ". 1002:2002 ack 2", ". 2002:3002 ack 2").expectNothing();
        b.end();
    }

    @Test
    void retransmissionsKeepToTheWindow() {
        TcpBench b = establish(new TcpBench(1460, true, 0, 0), syn().mss(1460)).write(14_600).forget();
        b.recv(ackOf(1461).win(1000)).expectNothing();
        int acked = 1461;
        // A peer that takes whole segments only gets some that fit.
        for (int i = 0; i < 4; i++) {
            b.after(1500);
            TcpBench.Out o = b.next();
            assertEquals(acked, o.seq());
            assertTrue(o.len() <= 1000, o.brief() + " into a window of 1000");
            b.forget();
            acked += o.len();
            b.recv(ackOf(acked).win(1000));
        }
        b.end();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 500, 999})
    void aWindowThatOpensALittleIsUsedWithinATimeout(int win) {
        TcpBench b = established().recv(ackOf(1).win(0)).write(5000);
        for (int i = 0; i < 8; i++) {
            b.after((b.tcp.nextDeadlineNs() - b.nowNs) / TcpBench.MS + 1).recv(ackOf(1).win(0));
        }
        b.forget().recv(ackOf(1).win(win)).after(500);
        assertEquals(win, b.next().len(), "after a minute of closed window it is not probed as seldom any more");
        b.end();
    }

    @Test
    void aLongOutageDoesNotSlowDownWhatFollowsIt() {
        TcpBench b = plain().write(10_000).forget().at(100_000).forget();
        assertTrue(b.tcp.rtt.rtoNs() > 20_000 * TcpBench.MS);
        b.recv(ackOf(1001)).forget();
        assertTrue(b.tcp.rtt.rtoNs() <= 1000 * TcpBench.MS, "RTO " + b.tcp.rtt.rtoNs());
        b.end();
    }

    // ---- the congestion window

    @Test
    void batchedAcksOpenTheWindowAsSingleOnesDo() {
        TcpBench.In[] acks = new TcpBench.In[5];
        for (int i = 0; i < 5; i++) {
            acks[i] = ackOf(2001 + 2000 * i);
        }
        TcpBench single = established().write(60_000);
        for (TcpBench.In ack : acks) {
            single.recv(ack);
        }
        TcpBench batch = established().write(60_000).recvBatch(acks);
        assertEquals(20_000, single.tcp.cc.cwnd());
        assertEquals(20_000, batch.tcp.cc.cwnd());
        single.end();
        batch.end();
    }

    @Test
    void aFlightThatExactlyFillsTheWindowOpensIt() {
        TcpBench b = established().write(10_000).recv(ackOf(10_001));
        assertTrue(b.tcp.cc.cwnd() > 10_000, "cwnd " + b.tcp.cc.cwnd());
        b.end();
    }

    @Test
    void aFlightThatTheProgramLimitsDoesNotOpenTheWindow() {
        TcpBench b = established().write(20_000).recv(ackOf(10_001)).recv(ackOf(20_001));
        long cwnd = b.tcp.cc.cwnd();
        b.write(3000).recv(ackOf(23_001));
        assertEquals(cwnd, b.tcp.cc.cwnd());
        b.end();
    }

    // ---- loss

    /// RFC 5681 §3.2 (2).
    @Test
    void whatLimitedTransmitSendsIsNotCountedInSsthresh() {
        TcpBench b = plain().write(20_000).recv(ackOf(1)).recv(ackOf(1)).recv(ackOf(1));
        assertEquals(5000, b.tcp.cc.ssthresh());
        b.end();
        b = established().write(20_000).recv(ackOf(1).sack(1001, 2001)).recv(ackOf(1).sack(1001, 3001))
                .recv(ackOf(1).sack(1001, 4001));
        assertEquals(5000, b.tcp.cc.ssthresh());
        b.end();
    }

    /// RFC 6298 §5.3.
    @Test
    void theAckThatEndsRecoveryLeavesAWholeTimeout() {
        TcpBench b = plain().write(20_000).recv(ackOf(1)).recv(ackOf(1)).recv(ackOf(1));
        b.at(50).recv(ackOf(1001)).at(150).recv(ackOf(12_001)).forget();
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertTrue(b.tcp.snd.flight() > 0);
        long left = b.tcp.timers.deadlineNs(ConnectionTimers.RETRANSMISSION) - b.nowNs;
        assertTrue(left >= 200 * TcpBench.MS, "only " + left / TcpBench.MS + " ms are left");
        b.end();
    }

    @Test
    void theTimeoutNeverFallsWithinANormalRoundTrip() {
        RttEstimator e = new RttEstimator(TcpSettings.of());
        for (int i = 0; i < 100; i++) {
            e.onSample(300_000_000L, 1);
        }
        assertTrue(e.rtoNs() >= 500_000_000L, "RTO " + e.rtoNs() + " for steady round trips of 300 ms");
    }

    @Test
    void aFastRetransmissionHasAWholeTimeoutToSucceed() {
        TcpBench b = plain().write(10_000).at(190).recv(ackOf(1)).recv(ackOf(1)).recv(ackOf(1)).forget();
        b.at(350).expectNothing();
        assertEquals(0, b.tcp.timeouts);
        b.end();
    }

    /// RFC 6582 §3.2: what a timeout has sent again needlessly comes back as duplicate ACKs.
    @Test
    void duplicateAcksOfNeedlessRetransmissionsStartNoFastRetransmit() {
        TcpBench b = plain().write(10_000).forget().after(300).expect(". 1:1001 ack 1");
        b.recv(ackOf(10_001)).write(5000).forget();
        b.recv(ackOf(10_001)).recv(ackOf(10_001)).recv(ackOf(10_001)).recv(ackOf(10_001));
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertEquals(1, b.tcp.retransmittedSegments);
        // A loss behind `recover` is one.
        b.recv(ackOf(11_001)).forget().recv(ackOf(11_001)).recv(ackOf(11_001)).recv(ackOf(11_001));
        assertEquals(LossRecovery.Phase.FAST_RECOVERY, b.tcp.recovery.phase());
        assertEquals(2, b.tcp.retransmittedSegments);
        b.end();
    }

    @Test
    void dataInOneDirectionKeepsTheOtherUpToDate() {
        TcpBench b = established();
        for (int i = 0; i < 100; i++) {
            b.recv(data(1 + i * MSS, MSS)).read(MSS, MSS);
        }
        assertTrue(b.tcp.rcv.nxt - b.tcp.snd.wl1 <= 2 * MSS);
        b.end();
    }
}
