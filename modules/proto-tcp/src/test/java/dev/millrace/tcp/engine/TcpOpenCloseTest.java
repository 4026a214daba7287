package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.fin;
import static dev.millrace.tcp.engine.TcpBench.in;
import static dev.millrace.tcp.engine.TcpBench.plain;
import static dev.millrace.tcp.engine.TcpBench.rst;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.synAck;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.spi.IcmpError;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.TcpHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Opening, closing, resets and time limits of a connection (RFC 9293 §3.5, §3.6, §3.10; RFC 5961).
class TcpOpenCloseTest {
    @Test
    void activeOpenOffersAllOptionsAndTakesWhatThePeerAgreesTo() {
        TcpBench b = new TcpBench().connect();
        TcpBench.Out o = b.next();
        assertEquals("S 0:0", o.brief());
        assertEquals(TcpBench.MSS, o.mss());
        assertTrue(o.sackPermitted() && o.ts());
        assertEquals(10, o.scale(), "that of the largest buffer");
        assertEquals(65535, o.win());
        b.recv(synAck().scale(20).win(100)).expect(". 1:1 ack 1").state(TcpState.ESTABLISHED);
        b.event(TcpConnection.EVENT_CONNECTED);
        // The window of SYN is not scaled; 20 counts as 14 (RFC 7323 §2.3).
        assertEquals(100, b.tcp.snd.wnd);
        b.recv(ackOf(1).win(3));
        assertEquals(3 << 14, b.tcp.snd.wnd);
        b.end();
    }

    @Test
    void passiveOpenAnswersOnlyTheOptionsOffered() {
        TcpBench b = new TcpBench().recv(syn());
        TcpBench.Out o = b.next();
        assertEquals("S. 0:0 ack 1", o.brief());
        assertTrue(!o.sackPermitted() && !o.ts() && o.scale() == -1 && o.mss() == TcpBench.MSS);
        b.recv(ackOf(1)).expectNothing().state(TcpState.ESTABLISHED).end();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 1000})
    void ackOfSynThatIsNotAcceptableIsReset(int ack) {
        in(TcpState.SYN_RECEIVED).recv(ackOf(ack)).dropped(DropReason.UNACCEPTABLE_ACK)
                .expect("R " + ack + ":" + ack).state(TcpState.SYN_RECEIVED).end();
        in(TcpState.SYN_SENT).recv(synAck().ack(ack)).dropped(DropReason.UNACCEPTABLE_ACK)
                .expect("R " + ack + ":" + ack).state(TcpState.SYN_SENT).end();
    }

    @Test
    void simultaneousOpenSucceedsInBothOrders() {
        in(TcpState.SYN_SENT).recv(syn()).expect("S. 0:0 ack 1").state(TcpState.SYN_RECEIVED)
                .recv(synAck()).expect(". 1:1 ack 1").state(TcpState.ESTABLISHED).end();
        in(TcpState.SYN_SENT).recv(syn()).expect("S. 0:0 ack 1").recv(ackOf(1)).state(TcpState.ESTABLISHED).end();
    }

    @Test
    void repeatedSynIsAnsweredBySynAckAgain() {
        in(TcpState.SYN_RECEIVED).recv(syn()).expect("S. 0:0 ack 1").state(TcpState.SYN_RECEIVED).end();
    }

    @Test
    void synIsSentAgainWithDoublingIntervalsForThreeMinutes() {
        TcpBench b = new TcpBench().connect().expect("S 0:0");
        long at = 0;
        for (int s : new int[] {1, 2, 4, 8, 16, 32, 64}) {
            at += s * 1000L;
            b.at(at).expectAt(at, "S 0:0").expectNothing();
        }
        b.at(179_999).state(TcpState.SYN_SENT);
        b.at(180_000).state(TcpState.CLOSED).event(TcpConnection.EVENT_FAILED);
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
    }

    @Test
    void rtoIsThreeSecondsAndWindowOneSegmentAfterSynLoss() {
        TcpBench b = new TcpBench().connect().at(1000).forget().recv(synAck()).forget();
        assertEquals(3_000_000_000L, b.tcp.rtt.rtoNs());
        assertEquals(TcpBench.MSS, b.tcp.cc.cwnd());
        b.end();
    }

    @Test
    void rstRefusesAnActiveOpenAndEndsAPassiveOneInSilence() {
        TcpBench b = in(TcpState.SYN_SENT).recv(rst(0).ack(1)).state(TcpState.CLOSED);
        assertEquals(ErrorCode.CONNECTION_REFUSED, b.tcp.error());
        in(TcpState.SYN_SENT).recv(rst(0)).state(TcpState.SYN_SENT).expectNothing().end();
        b = in(TcpState.SYN_RECEIVED).recv(rst(1)).state(TcpState.CLOSED).expectNothing();
        assertNull(b.tcp.error());
        b = in(TcpState.SYN_SENT).recv(syn()).forget().recv(rst(1)).state(TcpState.CLOSED);
        assertEquals(ErrorCode.CONNECTION_REFUSED, b.tcp.error());
    }

    @Test
    void dataWrittenBeforeTheConnectionStandsIsSentThen() {
        TcpBench b = new TcpBench().connect().write(10).expect("S 0:0").expectNothing();
        b.recv(synAck()).expect("P. 1:11 ack 1").expectNothing().end();
    }

    @ParameterizedTest
    @EnumSource(value = TcpState.class, names = {"ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT"})
    void exactRstResetsAndInexactIsChallenged(TcpState state) {
        TcpBench b = in(state);
        int nxt = state == TcpState.CLOSE_WAIT ? 2 : 1;
        b.recv(rst(nxt + 1)).dropped(DropReason.INEXACT_RST).state(state);
        assertTrue(b.next().has(TcpHeader.ACK));
        // In CLOSE-WAIT that is the FIN's number, which a peer may use: see TcpOptionsTest.
        b.recv(rst(nxt - (state == TcpState.CLOSE_WAIT ? 2 : 1))).dropped(DropReason.OUT_OF_WINDOW).expectNothing();
        b.recv(rst(nxt + 70_000)).dropped(DropReason.OUT_OF_WINDOW).expectNothing().state(state);
        b.recv(rst(nxt)).state(TcpState.CLOSED).event(TcpConnection.EVENT_FAILED).expectNothing();
        assertEquals(ErrorCode.CONNECTION_RESET, b.tcp.error());
        b.end();
    }

    @Test
    void challengesAreLimited() {
        TcpBench b = established();
        for (int i = 0; i < 50; i++) {
            b.recv(rst(5));
        }
        assertEquals(10, b.sent.size());
        b.forget().after(5000).recv(rst(5));
        assertEquals(1, b.sent.size());
        b.end();
    }

    @ParameterizedTest
    @EnumSource(value = TcpState.class, names = {"ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",
        "LAST_ACK", "TIME_WAIT"})
    void synInASynchronizedStateIsChallengedWhateverItsNumber(TcpState state) {
        for (int seq : new int[] {-100, 0, 2, 100, 100_000}) {
            TcpBench b = in(state).recv(syn().seq(seq)).state(state);
            assertTrue(b.next().has(TcpHeader.ACK), "seq " + seq);
            b.expectNothing().end();
        }
    }

    @Test
    void finHandshakeWithActiveCloseEndsInTimeWaitOfTwoMsl() {
        TcpBench b = established().close().expect("F. 1:1 ack 1").state(TcpState.FIN_WAIT_1);
        b.recv(ackOf(2)).state(TcpState.FIN_WAIT_2).recv(fin(1).ack(2)).expect(". 2:2 ack 2").state(TcpState.TIME_WAIT);
        b.event(TcpConnection.EVENT_TIME_WAIT);
        b.at(30_000).recv(fin(1).ack(2)).expect(". 2:2 ack 2");
        b.at(89_999).state(TcpState.TIME_WAIT).at(90_000).state(TcpState.CLOSED).event(TcpConnection.EVENT_CLOSED);
        assertNull(b.tcp.error());
        b.end();
    }

    @Test
    void simultaneousCloseGoesThroughClosing() {
        established().close().expect("F. 1:1 ack 1").recv(fin(1)).expect(". 2:2 ack 2").state(TcpState.CLOSING)
                .recv(new TcpBench.In().seq(2).ack(2)).state(TcpState.TIME_WAIT).end();
    }

    @Test
    void finThatAcknowledgesOursLeadsStraightToTimeWait() {
        established().close().forget().recv(fin(1).ack(2)).state(TcpState.TIME_WAIT).expect(". 2:2 ack 2").end();
    }

    @Test
    void passiveCloseEndsInLastAck() {
        TcpBench b = established().recv(fin(1)).expect(". 1:1 ack 2").state(TcpState.CLOSE_WAIT);
        b.read(10, -1).write(5).expect("P. 1:6 ack 2").close().expect("F. 6:6 ack 2").state(TcpState.LAST_ACK);
        b.recv(new TcpBench.In().seq(2).ack(7)).state(TcpState.CLOSED).expectNothing();
        assertNull(b.tcp.error());
        b.end();
    }

    @Test
    void halfCloseStillReceives() {
        TcpBench b = established().shutdown().forget().recv(ackOf(2)).recv(data(1, 100).ack(2));
        b.read(1000, 100).state(TcpState.FIN_WAIT_2).at(600_000).state(TcpState.FIN_WAIT_2).end();
    }

    @Test
    void finWait2OfAClosedConnectionEnds() {
        established().close().forget().recv(ackOf(2)).at(59_999).state(TcpState.FIN_WAIT_2)
                .at(60_000).state(TcpState.CLOSED).end();
    }

    @Test
    void finWait2HasALimitForEachConnection() {
        TcpBench b = established();
        b.tcp.ownOptions().finWait2Ns = 2_000_000_000L;
        b.close().forget().recv(ackOf(2)).at(1_999).state(TcpState.FIN_WAIT_2).at(2_000).state(TcpState.CLOSED).end();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FIN_WAIT_1", "CLOSING", "LAST_ACK"})
    void finIsSentAgainUnderTheSameNumber(String state) {
        TcpBench b = in(TcpState.valueOf(state)).after(1000);
        TcpBench.Out o = b.next();
        assertTrue(o.has(TcpHeader.FIN));
        assertEquals(1, o.seq());
        b.end();
    }

    @Test
    void closeWithUnreadDataResets() {
        established().recv(data(1, 10)).forget().close().expect("R. 1:1 ack 11").state(TcpState.CLOSED).end();
    }

    @Test
    void dataAfterCloseIsReset() {
        established().close().forget().recv(ackOf(2)).recv(data(1, 10).ack(2)).expect("R. 2:2 ack 1")
                .state(TcpState.CLOSED).dropped(DropReason.CLOSED).end();
    }

    @Test
    void shutdownInputAcknowledgesAndDiscards() {
        TcpBench b = established();
        b.tcp.shutdownInput(b.nowNs);
        b.recv(data(1, 1000)).expect(". 1:1 ack 1001").recv(data(1001, 1000)).expect(". 1:1 ack 2001");
        b.read(10, -1).end();
    }

    @Test
    void abortResetsAndForgets() {
        established().write(5000).forget().abort().expect("R. 5001:5001 ack 1").state(TcpState.CLOSED)
                .expectNothing().end();
        in(TcpState.SYN_SENT).abort().expectNothing().state(TcpState.CLOSED).end();
        in(TcpState.TIME_WAIT).abort().expectNothing().state(TcpState.CLOSED).end();
    }

    @Test
    void rstInTimeWaitIsIgnored() {
        in(TcpState.TIME_WAIT).recv(rst(2)).state(TcpState.TIME_WAIT).expectNothing().end();
    }

    @Test
    void receivedDataCanBeReadAfterReset() {
        TcpBench b = established().recv(data(1, 10)).recv(rst(11)).state(TcpState.CLOSED);
        assertEquals(ErrorCode.CONNECTION_RESET, b.tcp.error());
        b.read(100, 10).read(100, 0).end();
    }

    @Test
    void finOutOfOrderWaitsForTheGap() {
        TcpBench b = plain().recv(fin(11)).expect(". 1:1 ack 1").state(TcpState.ESTABLISHED);
        b.recv(data(1, 10)).expect(". 1:1 ack 12").state(TcpState.CLOSE_WAIT).read(100, 10).read(100, -1).end();
    }

    @Test
    void aFinInFrontOfTextThatIsHeldIsNotBelieved() {
        plain().recv(data(21, 10)).forget().recv(fin(11)).forget().recv(data(1, 20)).expect(". 1:1 ack 31")
                .state(TcpState.ESTABLISHED).recv(fin(31)).state(TcpState.CLOSE_WAIT).end();
    }

    @Test
    void dataOutsideOfAckRangeIsChallengedAndDropped() {
        TcpBench b = established().write(10).forget();
        b.recv(data(1, 10).ack(12)).dropped(DropReason.UNACCEPTABLE_ACK).expect(". 11:11 ack 1");
        // RFC 5961 §5.2: SND.UNA - MAX.SND.WND is the oldest ACK that is believed.
        b.recv(data(1, 10).ack(1 - 32_001)).dropped(DropReason.UNACCEPTABLE_ACK).expect(". 11:11 ack 1");
        b.recv(data(1, 10).ack(1 - 31_999)).read(100, 10).end();
    }

    @Test
    void icmpErrorsEndOnlyAttempts() {
        TcpBench b = in(TcpState.SYN_SENT).icmp(IcmpError.Kind.HOST_UNREACHABLE, 0, 0).state(TcpState.CLOSED);
        assertEquals(ErrorCode.HOST_UNREACHABLE, b.tcp.error());
        b = in(TcpState.SYN_SENT).icmp(IcmpError.Kind.PORT_UNREACHABLE, 0, 0);
        assertEquals(ErrorCode.CONNECTION_REFUSED, b.tcp.error());
        in(TcpState.SYN_SENT).icmp(IcmpError.Kind.HOST_UNREACHABLE, 1, 0).state(TcpState.SYN_SENT).end();
        in(TcpState.SYN_SENT).icmp(IcmpError.Kind.TIME_EXCEEDED, 0, 0).state(TcpState.SYN_SENT).end();
        for (IcmpError.Kind kind : IcmpError.Kind.values()) {
            b = established().write(10).icmp(kind, 1, 1400).state(TcpState.ESTABLISHED);
            if (kind != IcmpError.Kind.PACKET_TOO_BIG) {
                assertEquals(kind.code(), b.tcp.softError());
            }
            b.end();
            b = established().write(10).icmp(kind, 11, 100).state(TcpState.ESTABLISHED);
            assertNull(b.tcp.softError(), "quoted number was never in flight");
            b.end();
        }
    }

    /// Nobody is called for them, nor woken: who asks is told.
    @Test
    @Requirement("RFC9293:SHLD-20")
    void softErrorsAreToldToWhoAsksAndToNobodyElse() {
        for (IcmpError.Kind kind : IcmpError.Kind.values()) {
            if (kind != IcmpError.Kind.PACKET_TOO_BIG) {
                TcpBench b = established().write(10);
                b.events = 0;
                b.icmp(kind, 1, 0);
                assertEquals(0, b.events, kind.name());
                assertEquals(kind.code(), b.tcp.softError());
                b.end();
            }
        }
    }

    @Test
    void keepAliveProbesAnIdleConnectionAndGivesUp() {
        TcpBench b = established("keep-alive", "true").at(7_199_999).expectNothing();
        b.at(7_200_000).expect(". 0:0 ack 1");
        b.recv(ackOf(1)).at(14_399_999).expectNothing().at(14_400_000).expect(". 0:0 ack 1");
        b.at(14_400_000 + 8 * 75_000);
        assertEquals(8, b.sent.size());
        b.forget().at(14_400_000 + 9 * 75_000).expect("R. 1:1 ack 1").state(TcpState.CLOSED);
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
    }

    @Requirement("RFC9293:MUST-25")
    @Test
    void keepAliveIsOffByDefault() {
        established().at(10 * 3_600_000L).expectNothing().end();
    }

    @Test
    void userTimeoutEndsAConnectionWithUnacknowledgedData() {
        TcpBench b = established("user-timeout", "3s").at(100).write(10).forget().at(3_099).state(TcpState.ESTABLISHED);
        b.at(3_100).state(TcpState.CLOSED);
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
        established("user-timeout", "3s").write(10).at(2_000).recv(ackOf(11)).at(60_000).state(TcpState.ESTABLISHED)
                .end();
    }

    @Requirement("RFC9293:MUST-20")
    @Requirement("RFC9293:SHLD-10")
    @Test
    void thePathIsSuspectFromTheThirdTimeoutOn() {
        TcpBench b = established().write(10).forget();
        for (int ms = 10; b.tcp.timeouts < 3; ms += 10) {
            assertEquals(0, b.events & TcpConnection.EVENT_PATH_SUSPECT, b.tcp.timeouts + " timeouts");
            b.at(ms);
        }
        b.event(TcpConnection.EVENT_PATH_SUSPECT);
    }

    @Requirement("RFC9293:MUST-20")
    @Test
    void unansweredDataEndsTheConnectionAfterR2() {
        TcpBench b = established("max-retransmissions", "10").write(10).forget().at(100_000).state(TcpState.ESTABLISHED);
        b.event(TcpConnection.EVENT_PATH_SUSPECT);
        b.at(600_000).state(TcpState.CLOSED);
        // A tail loss probe, and ten timeouts.
        assertEquals(11, b.sent.size());
        assertEquals(10 + 1, b.tcp.timeouts);
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
    }

    @Test
    void closedConnectionTakesNothing() {
        TcpBench b = established().abort().forget().recv(data(1, 5)).dropped(DropReason.CLOSED).expectNothing();
        assertFalse(b.tcp.isEof());
        b.end();
    }
}
