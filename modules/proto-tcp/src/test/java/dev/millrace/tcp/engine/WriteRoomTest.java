package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.established;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// NOTSENT_LOWAT in the engine: how much is taken, and when a writer should hear of it.
class WriteRoomTest {
    private static TcpBench marked(int mark) {
        TcpBench b = established();
        b.tcp.ownOptions().notSentLowat = mark;
        return b;
    }

    private static int offer(TcpBench b, int n) {
        return b.tcp.write(MemorySegment.ofArray(new byte[n]), 0, n, b.nowNs);
    }

    @Test
    void whatIsSentDoesNotCount() {
        TcpBench b = marked(3000);
        // Reno's first window is ten segments.
        for (int i = 0; i < 3; i++) {
            assertEquals(3000, offer(b, 100_000), "write " + i);
            b.drain();
        }
        assertEquals(3000, offer(b, 100_000));
        b.drain();
        assertEquals(2000, b.tcp.info(b.nowNs).sending().bytesUnsent());
        assertEquals(1000, offer(b, 100_000));
        assertEquals(0, offer(b, 1));
        b.end();
    }

    @Test
    void writersWakeBelowHalfOfTheMark() {
        TcpBench b = marked(3000).write(3000).write(3000).write(3000).write(3000).forget();
        assertEquals(2000, b.tcp.info(b.nowNs).sending().bytesUnsent());
        assertEquals(0, b.tcp.writableBytes(), "more than half");
        b.recv(ackOf(1001));
        assertTrue(b.tcp.info(b.nowNs).sending().bytesUnsent() < 1500);
        assertTrue(b.tcp.writableBytes() > 0);
        b.end();
    }

    @Test
    void aSmallMarkStillTakesASegment() {
        TcpBench b = marked(1);
        assertEquals(1000, offer(b, 100_000));
        assertEquals(0, offer(b, 100_000));
        b.drain();
        assertEquals(1000, offer(b, 100_000));
        b.end();
    }

    @Test
    void aMarkThatNoSegmentFitsMakesNoSmallOnes() {
        TcpBench b = marked(2500);
        for (int i = 0; i < 4; i++) {
            offer(b, 100_000);
            b.drain();
        }
        while (!b.sent.isEmpty()) {
            assertEquals(1000, b.next().len());
        }
        b.end();
    }

    @Test
    void beforeTheConnectionStandsNothingIsSent() {
        TcpBench b = new TcpBench();
        b.tcp.ownOptions().notSentLowat = 3000;
        b.connect();
        assertEquals(3000, offer(b, 5000));
        assertEquals(0, offer(b, 5000));
        b.end();
    }

    @Test
    void theSendBufferIsTheLimitAllTheSame() {
        TcpBench b = established("send-buffer", "4KiB");
        b.tcp.ownOptions().notSentLowat = 100_000;
        assertEquals(4096, offer(b, 100_000));
        b.drain();
        assertEquals(0, offer(b, 100_000));
        b.end();
    }
}
