package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

/// What a sender remembers of a loss must not mislead it gibibytes later: a loss, a long clean stretch, a loss. The stretch
/// is a jump of both sides' numbers, which is what it amounts to for everything that is remembered.
class LongAgoTest {
    private static final int MSS = 1000;
    private static final long GIB = 1L << 30;

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

    private static void lose(TcpCostTest.Loop loop) {
        long timeouts = loop.a.timeouts;
        long again = loop.a.retransmittedSegments;
        loop.passCount = 2;
        loop.dropCount = 1;
        loop.transfer(60 * MSS, 60 * MSS);
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
