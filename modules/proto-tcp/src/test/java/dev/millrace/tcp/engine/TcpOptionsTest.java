package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.fin;
import static dev.millrace.tcp.engine.TcpBench.in;
import static dev.millrace.tcp.engine.TcpBench.rst;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.synAck;
import static dev.millrace.tcp.engine.TcpBench.withTimestamps;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.spi.IcmpError;
import dev.millrace.wire.TcpHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Timestamps, SACK, the MSS, what rides on SYN, and the packets that a path refuses (RFC 7323, 2018, 2883, 5961, 1191).
class TcpOptionsTest {
    // ---- TS.Recent (RFC 7323 §4.3, §5; RFC 5961)

    @Test
    void rejectedSegmentsDoNotMoveTsRecent() {
        TcpBench b = withTimestamps();
        b.recv(data(1, 10).ack(500).ts(900_000, 0)).dropped(DropReason.UNACCEPTABLE_ACK);
        b.recv(new TcpBench.In().seq(1).flags(TcpHeader.SYN).ts(900_000, 0)).dropped(DropReason.BAD_FLAGS);
        b.recv(new TcpBench.In().seq(1).len(5).ts(900_000, 0)).dropped(DropReason.BAD_FLAGS);
        b.recv(rst(1000).ts(900_000, 0)).dropped(DropReason.INEXACT_RST);
        assertEquals(5000, b.tcp.timestampRecent());
        b.recv(data(1, 10).ts(5001, 0)).read(100, 10).end();
    }

    @Test
    void aForgedTimestampAfterALongPauseIsNotBelievedEither() {
        TcpBench b = withTimestamps().at(25L * 86_400_000);
        b.recv(data(1, 10).ack(500).ts(1, 0)).dropped(DropReason.UNACCEPTABLE_ACK);
        assertEquals(5000, b.tcp.timestampRecent());
        b.end();
    }

    @Test
    void aSynWithoutTimestampsIsChallenged() {
        TcpBench b = withTimestamps().recv(syn().seq(70_000_000));
        assertEquals(". 1:1 ack 1", b.next().brief());
        b.recv(syn().seq(1));
        assertEquals(". 1:1 ack 1", b.next().brief());
        b.end();
    }

    @Test
    void dataAcksAndKeepAlivesWithoutTimestampsAreTaken() {
        TcpBench b = withTimestamps().recv(data(1, 10)).read(100, 10).write(5).forget();
        b.recv(ackOf(6).seq(11));
        assertEquals(0, b.tcp.unsentOrUnacked());
        b.recv(ackOf(6).seq(10)).expect(". 6:6 ack 11").end();
    }

    // ---- RST

    @ParameterizedTest
    @EnumSource(value = TcpState.class, names = {"CLOSE_WAIT", "CLOSING", "LAST_ACK"})
    void aResetWithTheNumberOfThePeersFinIsTaken(TcpState state) {
        TcpBench b = in(state).recv(rst(1)).state(TcpState.CLOSED).expectNothing();
        assertEquals(state == TcpState.CLOSE_WAIT ? ErrorCode.CONNECTION_RESET : null, b.tcp.error());
        b.end();
        b = in(state).recv(rst(0)).state(state).expectNothing();
        b.end();
    }

    @Test
    void aResetCarriesTimestamps() {
        TcpBench b = withTimestamps().abort();
        TcpBench.Out o = b.next();
        assertTrue(o.has(TcpHeader.RST | TcpHeader.ACK) && o.ts() && o.tsEcr() == 5000, o.toString());
        b.end();
        b = new TcpBench().recv(syn().ts(5000, 0)).forget().recv(ackOf(77).ts(5000, 0));
        o = b.next();
        assertTrue(o.has(TcpHeader.RST) && !o.has(TcpHeader.ACK) && o.ts() && o.tsEcr() == 0, o.toString());
        b.end();
    }

    // ---- SACK

    @Test
    void sackRidesOnData() {
        TcpBench b = established().recv(data(1001, 100)).expect(". 1:1 ack 1 sack 1001:1101").write(2500);
        TcpBench.Out o = b.next();
        assertEquals("sack 1001:1101", o.brief().replaceAll(".*ack 1 ", ""));
        assertEquals(1000 - 12, o.len(), "the option takes room from the payload");
        b.forget().recv(ackOf(2501)).forget().recv(data(1, 1000)).forget().write(1000).expect("P. 2501:3501 ack 1101");
        b.end();
    }

    @Test
    void retransmissionsStayWhatTheyWere() {
        TcpBench b = established().write(1000).forget().recv(data(1001, 100)).forget().after(300)
                .expect("P. 1:1001 ack 1");
        b.end();
    }

    @Test
    void aSegmentInOrderThatCoversWhatIsHeldIsReportedAsDuplicate() {
        TcpBench b = established().recv(data(501, 500)).forget();
        b.recv(data(1, 1000)).expect(". 1:1 ack 1001 sack 501:1001");
        b.recv(data(1201, 200)).forget().recv(data(1001, 300)).expect(". 1:1 ack 1401 sack 1201:1301");
        b.read(5000, 1400).end();
    }

    // ---- what rides on SYN

    @Test
    void textAndFinOfASynAckAreTaken() {
        TcpBench b = in(TcpState.SYN_SENT).recv(synAck().len(10)).expect(". 1:1 ack 11").state(TcpState.ESTABLISHED);
        b.event(TcpConnection.EVENT_READABLE).read(100, 10).end();
        b = in(TcpState.SYN_SENT).recv(synAck().len(10).flags(TcpHeader.FIN)).state(TcpState.CLOSE_WAIT);
        b.expect(". 1:1 ack 12").read(100, 10).read(100, -1).end();
    }

    @Test
    void aRepeatedSynWithTextIsAnsweredAtOnce() {
        in(TcpState.SYN_RECEIVED).recv(syn().len(10)).expect("S. 0:0 ack 1").state(TcpState.SYN_RECEIVED).end();
    }

    @Test
    void aRepeatedSynLeavesNoRoundTripTime() {
        TcpBench b = in(TcpState.SYN_RECEIVED).after(900).recv(syn().sackOk()).forget().after(1).recv(ackOf(1));
        assertEquals(0, b.tcp.rtt.srttNs(), "which SYN,ACK is it that was acknowledged?");
        b.end();
    }

    @Test
    void synWithFinOpensNothing() {
        in(TcpState.SYN_SENT).recv(syn().flags(TcpHeader.FIN)).dropped(DropReason.BAD_FLAGS).state(TcpState.SYN_SENT)
                .expectNothing().end();
        in(TcpState.SYN_RECEIVED).recv(syn().flags(TcpHeader.FIN)).dropped(DropReason.BAD_FLAGS)
                .state(TcpState.SYN_RECEIVED).expectNothing().end();
    }

    // ---- the MSS and the path

    @ParameterizedTest
    @ValueSource(ints = {68, 200, 551})
    void aPathSmallerThanAnyIsNotBelieved(int mtu) {
        TcpBench b = withTimestamps().write(5000).forget().icmp(IcmpError.Kind.PACKET_TOO_BIG, 1, mtu);
        assertEquals(552 - 40 - 12, b.tcp.snd.mss);
        b.end();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 48, 60})
    void aTinyMssOfThePeersLeavesRoomForData(int mss) {
        TcpBench b = establish(new TcpBench(), syn().mss(mss).ts(5000, 0));
        assertEquals(48, b.tcp.snd.mss);
        b.end();
    }

    @Test
    void aRefusedPacketMustBeLargerThanThePathIsSaidToBe() {
        TcpBench b = established().write(100).forget();
        assertEquals(-1, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, 1, 700), "packets of 140 bytes fit");
        assertEquals(1000, b.tcp.snd.mss);
        b.end();
        b = established().write(5000).forget();
        assertEquals(-1, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, 6000, 700), "never in flight");
        assertEquals(-1, b.icmpTold(IcmpError.Kind.HOST_UNREACHABLE, 1, 700));
        assertEquals(700, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, 1, 700));
        assertEquals(660, b.tcp.snd.mss);
        b.forget();
        b.tcp.setPath(1000, 0, b.nowNs);
        assertEquals(1000, b.tcp.snd.mss, "raised when the path says so");
        b.end();
    }

    @Test
    void aFinWithSynAckOfASimultaneousCloseIsHeard() {
        TcpBench b = in(TcpState.SYN_SENT).recv(synAck().flags(TcpHeader.FIN)).state(TcpState.CLOSE_WAIT)
                .expect(". 1:1 ack 2");
        b.recv(fin(1)).expect(". 1:1 ack 2").end();
    }
}
