package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.withTimestamps;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpInfo;
import dev.millrace.testkit.Requirement;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// What a connection tells of itself.
class SnapshotTest {
    private static TcpInfo info(TcpBench b) {
        return b.tcp.info(b.nowNs);
    }

    @Test
    void whatWasAgreedOn() {
        TcpBench b = new TcpBench();
        b.tcp.ownOptions().advertisedUserTimeoutS = 400;
        b.tcp.optionsChanged(b.nowNs);
        establish(b, syn().mss(900).sackOk().ts(5000, 0).scale(7).userTimeout(300));
        assertEquals(new TcpInfo.Agreed(true, true, false, 7, 10, 1000, 900, 300_000_000_000L), info(b).agreed());
        assertEquals(400_000_000_000L, info(b).roundTrip().userTimeoutNs());
        assertEquals("ESTABLISHED newreno null", info(b).state() + " " + info(b).congestionControl() + " " + info(b).softError());
        b.end();
        b = establish(new TcpBench(), syn());
        assertEquals(new TcpInfo.Agreed(false, false, false, 0, 0, 1000, 1000, 0), info(b).agreed());
        b.end();
    }

    @Test
    void whatIsUnderWay() {
        TcpBench b = established().write(20_000);
        TcpInfo.Sending s = info(b).sending();
        assertEquals(new TcpInfo.Sending(1000, 1040, s.cwnd(), s.ssthresh(), 32_000, 10_000, 10_000, 1 << 20, 0, 0), s);
        assertEquals(10_000, s.cwnd());
        b.recv(data(1, 10)).recv(data(101, 20)).recv(data(201, 5));
        TcpInfo.Receiving r = info(b).receiving();
        assertEquals(new TcpInfo.Receiving(r.window(), 536, 10, 25, 2, 40 * MS, 0), r);
        assertTrue(r.window() > 60_000);
        b.end();
    }

    @Test
    @Requirement("RFC9293:SHLD-23")
    void theTrafficClassOfTheLastAcceptableSegment() {
        TcpBench b = established();
        b.recv(data(1, 10).tos(0xb8));
        assertEquals(0xb8, info(b).receiving().trafficClass());
        b.recv(data(1_000_000, 10).tos(0x20));
        assertEquals(0xb8, info(b).receiving().trafficClass(), "anybody may have sent that");
        b.recv(data(11, 10));
        assertEquals(0, info(b).receiving().trafficClass());
        b.end();
    }

    @Test
    void roundTripsAndTimeouts() {
        TcpBench b = established().write(10).after(50).recv(ackOf(11));
        TcpInfo.RoundTrip rtt = info(b).roundTrip();
        assertEquals(50 * MS, rtt.minNs());
        assertTrue(rtt.srttNs() > 0 && rtt.rttvarNs() > 0 && rtt.rtoNs() >= 200 * MS);
        assertEquals(0, rtt.backOffs());
        b.write(10).after(2_000);
        rtt = info(b).roundTrip();
        assertTrue(rtt.backOffs() >= 2, "backed off " + rtt.backOffs());
        assertEquals(rtt.backOffs(), info(b).recovery().retransmissions());
        assertEquals(rtt.backOffs(), info(b).totals().timeouts());
        b.end();
    }

    @Test
    void whatIsLostAndWhatWasDone() {
        TcpBench b = establish(new TcpBench(), syn().mss(900).sackOk().ts(5000, 0)).write(20_000).after(50);
        b.recv(ackOf(1).ts(5001, 0).sack(889, 1777));
        assertEquals(new TcpInfo.Recovery("OPEN", 888, 0, 0, 0, 0, false, 0, 0, 0, 0), info(b).recovery());
        // A millisecond later what the report left out is lost, and goes again.
        b.after(30);
        assertEquals(new TcpInfo.Recovery("SACK_RECOVERY", 888, 888, 888, 0, 0, false, 0, 0, 0, 0), info(b).recovery());
        assertEquals(888, info(b).totals().bytesRetransmitted());
        b.after(400);
        assertEquals("RTO_RECOVERY", info(b).recovery().phase());
        assertEquals(1, info(b).recovery().retransmissions());
        b.end();
    }

    @Test
    void probesThatAreNotAnswered() {
        TcpBench b = established().recv(ackOf(1).win(0)).write(10).at(5_000);
        assertTrue(info(b).recovery().probes() >= 2, "probes " + info(b).recovery().probes());
        b.recv(ackOf(1).win(0));
        assertEquals(0, info(b).recovery().probes());
        b.end();
        b = established("keep-alive", "true", "keep-alive-idle", "10s", "keep-alive-interval", "1s").at(11_500);
        assertEquals(2, info(b).recovery().probes());
        b.recv(ackOf(1));
        assertEquals(0, info(b).recovery().probes());
        b.end();
    }

    @Test
    void whatWasCounted() {
        TcpBench b = withTimestamps().write(2000).recv(ackOf(989).ts(5001, 0)).recv(data(1, 10).ts(5001, 0)).after(1_000);
        TcpInfo.Totals t = info(b).totals();
        assertEquals(2000, t.bytesSent());
        assertEquals(988, t.bytesAcked());
        assertEquals(10, t.bytesReceived());
        assertEquals(1, t.dataSegmentsReceived());
        assertEquals(4, t.segmentsReceived() + 1, "the SYN met a listener");
        assertEquals(3 + t.retransmittedSegments(), t.dataSegmentsSent());
        assertTrue(t.retransmittedSegments() > 0 && t.bytesRetransmitted() > 0 && t.segmentsSent() > t.dataSegmentsSent());
        b.end();
    }

    @Test
    void whatIsAcknowledgedAtTheEnd() {
        TcpBench b = new TcpBench().connect();
        assertEquals(0, info(b).totals().bytesAcked());
        b.recv(TcpBench.synAck()).write(10).close().recv(ackOf(12));
        assertEquals(10, info(b).totals().bytesAcked());
        b.end();
    }

    @Test
    void superSegmentsCountAsTheyAreCut() {
        TcpBench b = establish(new TcpBench(1000, true, 64_000, 5_000_000_000L), syn().sackOk()).write(5000);
        assertEquals(5, info(b).totals().dataSegmentsSent());
        b.end();
    }

    @Test
    void ages() {
        assertEquals(new TcpInfo.Ages(-1, -1, -1), new TcpBench().tcp.info(77).ages());
        TcpBench b = established().write(10).after(30).recv(data(1, 10)).after(20).recv(ackOf(11).seq(11)).after(5);
        assertEquals(new TcpInfo.Ages(55 * MS, 25 * MS, 5 * MS), info(b).ages());
        b.end();
    }

    // ---- what kept data from being sent

    private static void assertLimits(long busyMs, long windowMs, long bufferMs, TcpBench b) {
        TcpInfo.Limits l = info(b).limits();
        // Two ends of a span, rounded.
        assertEquals(busyMs, l.busyNs() / 1e6, 0.3, "busy " + l);
        assertEquals(windowMs, l.receiveWindowNs() / 1e6, 0.3, "window " + l);
        assertEquals(bufferMs, l.sendBufferNs() / 1e6, 0.3, "buffer " + l);
    }

    @Test
    void busyWhileSomethingIsUnderWay() {
        TcpBench b = established().at(100).write(10).at(130);
        assertLimits(30, 0, 0, b);
        b.at(150).recv(ackOf(11)).at(1_000);
        assertLimits(50, 0, 0, b);
        b.write(10).at(1_050).recv(ackOf(21)).at(2_000);
        assertLimits(100, 0, 0, b);
        b.end();
    }

    @Test
    void limitedByThePeersWindow() {
        TcpBench b = established().recv(ackOf(1).win(2000)).at(100).write(5000).at(150);
        assertLimits(50, 50, 0, b);
        b.recv(ackOf(2001).win(32_000)).at(180).recv(ackOf(5001)).at(500);
        assertLimits(80, 50, 0, b);
        b.end();
    }

    @Test
    void limitedByItsOwnBuffer() {
        TcpBench b = established("send-buffer", "4KiB").at(100);
        assertEquals(4096, b.tcp.write(MemorySegment.ofArray(new byte[5000]), 0, 5000, b.nowNs));
        b.drain().at(150);
        assertLimits(50, 0, 50, b);
        b.recv(ackOf(4097)).at(200).write(100).at(230);
        assertLimits(80, 0, 50, b);
        b.end();
    }

    @Test
    void notByItsBufferWhileTheNetworkIsTheLimit() {
        TcpBench b = established("send-buffer", "64KiB").at(100);
        assertTrue(b.tcp.write(MemorySegment.ofArray(new byte[100_000]), 0, 100_000, b.nowNs) < 100_000);
        b.drain().at(150);
        assertLimits(50, 0, 0, b);
        b.end();
    }

    /// Asking changes nothing: not even what is moved about when it is first needed.
    @Test
    void askingLeavesNoTrace() {
        TcpBench b = withTimestamps().write(5000).recv(ackOf(1).ts(5001, 0).sack(989, 1977));
        b.recv(ackOf(5001).ts(5002, 0)).write(5000);
        assertFalse(b.tcp.queue.hasBoard());
        info(b);
        assertFalse(b.tcp.queue.hasBoard());
        b.end();
    }
}
