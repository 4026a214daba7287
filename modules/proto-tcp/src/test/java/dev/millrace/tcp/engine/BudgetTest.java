package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.MemoryBudget;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The memory budget holds, and is given back to the byte whatever is thrown in the middle.
class BudgetTest {
    /// Throws at the n-th question.
    private static final class Failing implements MemoryBudget {
        private final TestBudget budget = new TestBudget();
        int until = -1;

        @Override
        public boolean tryReserve(long bytes) {
            if (until-- == 0) {
                throw new OutOfMemoryError("as asked for");
            }
            return budget.tryReserve(bytes);
        }

        @Override
        public void release(long bytes) {
            budget.release(bytes);
        }

        @Override
        public long reserved() {
            return budget.reserved();
        }

        @Override
        public long limit() {
            return budget.limit();
        }
    }

    private long packets;
    private long buffers;

    @BeforeEach
    void count() {
        packets = Leaks.packets();
        buffers = Leaks.buffers();
    }

    @AfterEach
    void nothingLeaks() {
        assertEquals(packets, Leaks.packets());
        assertEquals(buffers, Leaks.buffers());
    }

    private static Packet packet(int length, int first) {
        Packet p = Packet.allocate(0, length);
        int at = p.append(length);
        for (int i = 0; i < length; i++) {
            p.memory().set(ValueLayout.JAVA_BYTE, at + i, (byte) (first + i));
        }
        return p;
    }

    @Test
    void withoutABudgetAConnectionKeepsOneSmallPieceAndGoesOn() {
        TestBudget none = new TestBudget(0);
        ReceiveBuffer r = new ReceiveBuffer(none);
        Packet p = packet(60_000, 0);
        ReceivedBytes out = new ReceivedBytes();
        MemorySegment to = Arena.ofAuto().allocate(70_000);
        int got = 0;
        int rounds = 0;
        while (got < 60_000) {
            int n = r.append(p.head(), p.start() + got, 60_000 - got);
            assertTrue(n > 0 && n <= 256, n + " bytes unbooked");
            assertEquals(0, r.append(p.head(), p.start() + got + n, 60_000 - got - n), "one piece at a time");
            assertEquals(n, r.moveTo(out, 70_000));
            out.moveTo(to, got, 70_000);
            got += n;
            rounds++;
        }
        assertTrue(rounds < 300);
        for (int i = 0; i < got; i++) {
            assertEquals((byte) i, to.get(ValueLayout.JAVA_BYTE, i));
        }
        assertEquals(0, none.reserved());
        p.release();
    }

    @Test
    void aBudgetTooSmallForAWholeBufferIsUsedForSmallOnes() {
        TestBudget some = new TestBudget(5000);
        ReceiveBuffer r = new ReceiveBuffer(some);
        Packet p = packet(60_000, 0);
        int n = r.append(p.head(), p.start(), 60_000);
        assertTrue(n >= 4096 && n <= 5000, n + " bytes of a budget of 5000");
        assertTrue(some.reserved() <= 5000);
        r.clear();
        assertEquals(0, some.reserved());
        p.release();
    }

    @Test
    void whatIsThrownInTheMiddleOfReceivingLosesNothing() {
        for (int fail = 0; fail < 12; fail++) {
            Failing budget = new Failing();
            budget.until = fail;
            ReceiveBuffer to = new ReceiveBuffer(budget);
            Reassembler r = new Reassembler(budget, 16, 100_000);
            Packet p = packet(3000, 0);
            int errors = 0;
            for (int i = 0; i < 12; i++) {
                int seq = 100 + (i * 7 % 12) * 250;
                for (int attempt = 0; attempt < 2; attempt++) {
                    try {
                        r.insert(p, seq - 100, seq, 250);
                        break;
                    } catch (OutOfMemoryError e) {
                        errors++;
                    }
                }
            }
            assertEquals(fail < 12 && errors > 0 ? 1 : 0, errors);
            assertEquals(3100, r.moveTo(to, 100));
            ReceivedBytes out = new ReceivedBytes();
            assertEquals(3000, to.moveTo(out, 5000));
            out.clear();
            r.clear();
            assertEquals(0, budget.reserved());
            p.release();
        }
    }

    @Test
    void whatIsThrownInTheMiddleOfWritingLosesNothing() {
        Failing budget = new Failing();
        SendBuffer s = new SendBuffer(budget, 1);
        MemorySegment bytes = Arena.ofAuto().allocate(200_000);
        budget.until = 2;
        assertThrows(OutOfMemoryError.class, () -> s.append(bytes, 0, 200_000));
        assertEquals(2 * Buffer.MAX_CAPACITY, s.length());
        s.append(bytes, s.length(), 1000);
        s.clear();
        assertEquals(0, budget.reserved());
    }

    @Test
    void whatIsThrownBehindAPartThatIsHeldLeavesThePartTold() {
        Failing budget = new Failing();
        ReceiveBuffer r = new ReceiveBuffer(budget);
        Packet first = packet(2000, 0);
        Packet second = Packet.allocate(0, 60_000);
        second.append(2000);
        assertEquals(1000, r.append(second.head(), second.start(), 1000));
        assertEquals(1, r.append(first.head(), first.start(), 1));
        budget.until = 0;
        int n = r.append(second.head(), second.start(), 2000);
        assertEquals(1001 + n, r.length());
        r.clear();
        assertEquals(0, budget.reserved());
        first.release();
        second.release();
    }

    @Test
    void aPartWhoseBookingThrowsIsReceivedAgain() {
        Failing budget = new Failing();
        ReceiveBuffer r = new ReceiveBuffer(budget);
        Packet p = packet(60_000, 0);
        budget.until = 0;
        assertThrows(OutOfMemoryError.class, () -> r.append(p.head(), p.start(), 60_000));
        assertEquals(0, r.length());
        assertEquals(60_000, r.append(p.head(), p.start(), 60_000));
        r.clear();
        assertEquals(0, budget.reserved());
        p.release();
    }
}
