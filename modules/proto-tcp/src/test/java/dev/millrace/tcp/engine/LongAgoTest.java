package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a sender remembers of a loss must not mislead it gibibytes later: a loss, a long clean stretch, a loss. The stretch
/// is a jump of both sides' numbers, which is what it amounts to for everything that is remembered; once it is really sent.
class LongAgoTest {
    private static final int MSS = 1000;
    private static final long GIB = 1L << 30;
    /// The payload of a packet of 60,040 bytes with timestamps.
    private static final int LARGE = 60_000;

    @Property(tries = 60)
    void aLossIsRepairedWithoutATimeoutHoweverMuchWentBefore(@ForAll int iss, @ForAll boolean sack,
            @ForAll @LongRange(min = 0, max = 5 * GIB) long clean) {
        lossCleanLoss(iss, sack, clean);
    }

    @Property(tries = 6)
    void wholeGibibytesMakeNoDifference(@ForAll @LongRange(min = 0, max = 5) long n, @ForAll boolean sack) {
        lossCleanLoss(5, sack, n * GIB);
    }

    /// Without delayed ACKs, which a tail loss probe might meet.
    private static void lossCleanLoss(int iss, boolean sack, long clean) {
        var loop = new TcpCostTest.Loop(MSS, iss, TcpSettings.of("sack", String.valueOf(sack)));
        loop.b.ownOptions().quickAck = true;
        lose(loop);
        long left = clean;
        while (left > 0) {
            // Numbers are told apart by their distance: nothing that a peer sends jumps by more than half of them.
            long step = Math.min(left, GIB);
            jump(loop, step);
            loop.transfer(20 * MSS, 20 * MSS);
            left -= step;
        }
        lose(loop);
        loop.end();
    }

    /// Without jumps: each byte goes through both buffers, and the numbers wrap.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fiveGibibytesThatAreReallySentMakeNoDifference(boolean sack) {
        var loop = new TcpCostTest.Loop(LARGE, -70_000, TcpSettings.of("sack", String.valueOf(sack)));
        loop.b.options.quickAck = true;
        long begun = loop.a.snd.una;
        // The window of so large segments begins with two.
        loop.transfer(200L * LARGE, LARGE);
        lose(loop, LARGE);
        for (int i = 0; i < 5; i++) {
            loop.transfer(GIB, LARGE);
        }
        assertTrue(loop.a.snd.una - begun > 5 * GIB);
        lose(loop, LARGE);
        loop.end();
    }

    private static void lose(TcpCostTest.Loop loop) {
        lose(loop, MSS);
    }

    private static void lose(TcpCostTest.Loop loop, int mss) {
        long timeouts = loop.a.timeouts;
        long again = loop.a.retransmittedSegments;
        loop.passCount = 2;
        loop.dropCount = 1;
        loop.transfer(60L * mss, Math.min(60 * mss, 1 << 16));
        assertEquals(0, loop.dropCount);
        assertEquals(timeouts, loop.a.timeouts, "a timeout for one lost segment of many");
        assertEquals(again + 1, loop.a.retransmittedSegments);
        assertEquals(LossRecovery.Phase.OPEN, loop.a.recovery.phase());
        assertTrue(loop.a.snd.flight() == 0);
    }

    private static void jump(TcpCostTest.Loop loop, long by) {
        assertEquals(0, loop.a.snd.flight());
        loop.a.snd.una += by;
        loop.a.snd.nxt += by;
        move(loop.a.sendBuffer, "una", by);
        move(loop.a.sendBuffer, "end", by);
        loop.b.rcv.nxt += by;
        loop.b.rcv.edge += by;
        loop.b.rcv.lastAckSent += by;
    }

    private static void move(SendBuffer buffer, String field, long by) {
        try {
            Field f = SendBuffer.class.getDeclaredField(field);
            f.setAccessible(true);
            f.setLong(buffer, f.getLong(buffer) + by);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
