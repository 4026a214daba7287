package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.fin;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.TcpHeader;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// Urgent data (RFC 9293 §3.8.5, MUST-30 to 33, 62, 66; RFC 6093).
class UrgentTest {
    private static TcpBench write(TcpBench b, int n) {
        assertEquals(n, b.tcp.writeUrgent(MemorySegment.ofArray(new byte[n]), 0, n, b.nowNs));
        return b.drain();
    }

    private static void assertNext(TcpBench b, int seq, int len, int pointer) {
        TcpBench.Out o = b.next();
        assertEquals(seq + "+" + len + " " + pointer, o.seq() + "+" + o.len() + " " + o.urg());
        assertEquals(pointer > 0, o.has(TcpHeader.URG));
    }

    private static boolean told(TcpBench b) {
        boolean t = (b.events & TcpConnection.EVENT_URGENT) != 0;
        b.events &= ~TcpConnection.EVENT_URGENT;
        return t;
    }

    // ---- sending

    @Requirement("RFC9293:MUST-62")
    @Test
    void thePointerIsOfTheOctetBehindTheUrgentData() {
        TcpBench b = write(established().write(10).forget(), 3);
        assertNext(b, 11, 3, 3);
        b.write(2);
        b.recv(ackOf(14));
        assertNext(b, 14, 2, 0);
        b.end();
    }

    /// What the peer's number is nobody knows yet.
    @Test
    void nothingIsAcknowledgedBeforeThePeersSyn() {
        TcpBench b = write(new TcpBench().connect(), 5);
        assertEquals("S 0:0", b.next().brief());
        b.expectNothing().recv(TcpBench.synAck());
        assertNext(b, 1, 5, 5);
        b.expectNothing().end();
    }

    @Test
    void dataAheadOfItTellsOfIt() {
        TcpBench b = established().recv(ackOf(1).win(0)).write(1500).forget();
        write(b, 5).forget();
        b.recv(ackOf(1));
        assertNext(b, 1, 1000, 1505);
        assertNext(b, 1001, 505, 505);
        b.end();
    }

    @Requirement("RFC9293:MUST-31")
    @Test
    void ofAnyLength() {
        TcpBench b = write(established(), 200_000);
        int end = 1;
        int beyond = 0;
        while (end < 200_001) {
            while (!b.sent.isEmpty()) {
                TcpBench.Out o = b.next();
                assertTrue(o.has(TcpHeader.URG));
                assertEquals(Math.min(0xffff, 200_001 - o.seq()), o.urg());
                beyond += o.urg() == 0xffff ? 1 : 0;
                end = o.seq() + o.len();
            }
            b.recv(ackOf(end).win(60_000));
        }
        assertTrue(beyond > 100);
        b.write(10);
        assertNext(b, 200_001, 10, 0);
        b.end();
    }

    @Test
    void aPeerWithAClosedWindowHearsOfItAtOnce() {
        TcpBench b = established().recv(ackOf(1).win(0)).forget();
        write(b, 5);
        assertNext(b, 1, 0, 5);
        b.expectNothing().end();
    }

    @Test
    void whatIsSentAgainTellsOfItAgain() {
        TcpBench b = write(established(), 5).forget().at(1_000);
        assertNext(b, 1, 5, 5);
        b.end();
    }

    @Test
    void smallUrgentSegmentsDoNotWait() {
        TcpBench b = established().write(10).forget().write(10).expectNothing();
        write(b, 1);
        assertNext(b, 11, 11, 11);
        b.end();
    }

    @Test
    void noSuperSegmentsWhileItIsUnderWay() {
        TcpBench b = establish(new TcpBench(MSS, true, 64_000, 5_000_000_000L), syn().sackOk()).write(5000);
        assertEquals(MSS, b.next().superSize());
        b.recv(ackOf(5001)).forget();
        write(b.write(3000).forget(), 2000);
        while (!b.sent.isEmpty()) {
            TcpBench.Out o = b.next();
            assertEquals(0, o.superSize());
            assertTrue(o.has(TcpHeader.URG));
        }
        b.tcp.setPath(MSS, 32_000, b.nowNs);
        b.recv(ackOf(10_001)).forget().write(5000);
        TcpBench.Out o = b.next();
        assertEquals(MSS, o.superSize());
        assertFalse(o.has(TcpHeader.URG));
        b.end();
    }

    // ---- receiving

    @Requirement("RFC9293:MUST-32")
    @Requirement("RFC9293:MUST-33")
    @Test
    void theProgramIsToldAndHowMuchIsLeft() {
        TcpBench b = established().recv(data(1, 10).urg(4));
        assertTrue(told(b));
        assertEquals(4, b.tcp.urgentDistance());
        b.read(2, 2);
        assertEquals(2, b.tcp.urgentDistance());
        b.read(100, 1);
        assertEquals(1, b.tcp.urgentDistance(), "a read ends before the mark");
        b.read(100, 7);
        assertTrue(b.tcp.urgentDistance() <= 0);
        b.end();
    }

    @Test
    void aPointerMayBeAheadOfItsData() {
        TcpBench b = established().recv(ackOf(1).urg(3000));
        assertTrue(told(b));
        assertEquals(3000, b.tcp.urgentDistance());
        assertEquals(0, b.tcp.available());
        b.recv(data(1, 1000).urg(3000));
        assertFalse(told(b), "nothing new");
        b.read(5000, 1000);
        assertEquals(2000, b.tcp.urgentDistance());
        b.end();
    }

    @Requirement("RFC9293:MUST-32")
    @Test
    void toldWheneverThePointerMovesOn() {
        TcpBench b = established().recv(data(1, 10).urg(5));
        assertTrue(told(b));
        b.recv(data(11, 10).urg(10));
        assertTrue(told(b));
        assertEquals(20, b.tcp.urgentDistance());
        b.recv(data(1, 10).urg(5)).recv(data(1, 10).urg(3));
        assertFalse(told(b), "old ones");
        assertEquals(20, b.tcp.urgentDistance());
        b.read(100, 19).read(100, 1).recv(data(21, 1).urg(1));
        assertTrue(told(b));
        assertEquals(1, b.tcp.urgentDistance());
        b.read(1, 1).end();
    }

    /// RFC 9293 §3.10.7.4: what counts is the data consumed, not what has come.
    @Test
    void aPointerMayComeBehindItsData() {
        TcpBench b = established().recv(data(1, 10)).recv(data(1, 20).urg(8));
        assertTrue(told(b));
        assertEquals(8, b.tcp.urgentDistance());
        b.read(100, 7).read(100, 13).end();
        b = established().recv(data(1, 10)).read(10, 10).recv(data(1, 20).urg(8));
        assertFalse(told(b), "it was read");
        b.end();
    }

    @Test
    void heardInSegmentsOutOfOrder() {
        TcpBench b = established().recv(data(11, 10).urg(10));
        assertTrue(told(b));
        assertEquals(20, b.tcp.urgentDistance());
        b.recv(data(1, 10)).read(100, 19).read(100, 1).end();
    }

    @Requirement("RFC9293:MUST-66")
    @Test
    void heardWhileOurWindowIsClosed() {
        TcpBench b = established("receive-buffer", "2KiB").recv(data(1, 1000)).recv(data(1001, 1000)).recv(data(2001, 48));
        assertEquals(0, b.tcp.rcv.wnd());
        b.recv(data(2049, 10).urg(10)).dropped(DropReason.OUT_OF_WINDOW);
        assertTrue(told(b));
        assertEquals(2058, b.tcp.urgentDistance());
        b.read(5000, 2048).end();
    }

    @Test
    void notHeardBehindTheProgramsShutdownOrWithoutAValidAck() {
        TcpBench b = established();
        b.recv(data(1, 10).ack(500).urg(4));
        assertFalse(told(b));
        b.tcp.shutdownInput(b.nowNs);
        b.recv(data(1, 10).urg(4));
        assertFalse(told(b));
        b.end();
    }

    // ---- out of line

    private static TcpBench outOfLine() {
        TcpBench b = established();
        b.tcp.ownOptions().urgentInline = false;
        return b;
    }

    @Test
    void outOfLineTheLastByteIsLeftOut() {
        TcpBench b = outOfLine().recv(data(1, 10).urg(4));
        assertEquals(3, b.tcp.available());
        b.read(100, 3);
        assertEquals(6, b.tcp.available());
        var out = new ReceivedBytes();
        assertEquals(6, b.tcp.read(out, 100, b.nowNs));
        byte[] rest = new byte[6];
        out.moveTo(MemorySegment.ofArray(rest), 0, 6);
        assertEquals(5, rest[0], "number 4 is missing");
        b.end();
    }

    @Test
    void outOfLineAByteAloneIsNothingToRead() {
        TcpBench b = outOfLine().recv(data(1, 1).urg(1));
        assertTrue(told(b));
        assertEquals(0, b.tcp.available());
        b.read(10, 0).recv(fin(2)).read(10, -1).close().state(TcpState.LAST_ACK).end();
        b = outOfLine().recv(data(1, 1).urg(1)).recv(fin(2));
        assertTrue(b.tcp.isEof());
        b.read(10, -1).end();
    }

    @Test
    void outOfLineAByteThatWasUrgentBeforeAnotherIsData() {
        TcpBench b = outOfLine().recv(data(1, 10).urg(5)).recv(data(11, 10).urg(5));
        b.read(100, 14).read(100, 5).read(100, 0).end();
    }

    @Test
    void outOfLineThoseThatNobodyReadsDoNotPileUp() {
        TcpBench b = outOfLine();
        for (int i = 1; i < 5000; i++) {
            b.recv(data(i, 1).urg(1));
        }
        assertEquals(1, b.tcp.receiveBuffer.length(), "each goes when the pointer moves on");
        assertEquals(0, b.tcp.available());
        b.end();
    }

    @Test
    void turningInLineOffTakesWhatWaits() {
        TcpBench b = established().recv(data(1, 1).urg(1));
        assertEquals(1, b.tcp.available());
        b.tcp.ownOptions().urgentInline = false;
        b.tcp.optionsChanged(b.nowNs);
        assertEquals(0, b.tcp.available());
        b.end();
    }

    /// A server learns only after it has accepted that it wants that.
    @Test
    void turningInLineOnKeepsWhatWaits() {
        TcpBench b = outOfLine().recv(data(1, 3).urg(1));
        assertEquals(2, b.tcp.available());
        b.tcp.ownOptions().urgentInline = true;
        b.tcp.optionsChanged(b.nowNs);
        assertEquals(3, b.tcp.available());
        b.read(10, 3).end();
    }
}
