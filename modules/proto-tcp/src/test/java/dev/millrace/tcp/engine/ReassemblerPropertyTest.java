package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// The reassembler against a model that keeps one flag a byte.
class ReassemblerPropertyTest {
    private static final int SPAN = 20_000;

    @Property(tries = 300)
    void reassemblerHoldsWhatAByteMapHolds(@ForAll long seed) {
        Random r = new Random(seed);
        long buffers = Leaks.buffers();
        TestBudget budget = new TestBudget();
        Reassembler re = new Reassembler(budget, 10_000, 1 << 20);
        ReceiveBuffer rb = new ReceiveBuffer(budget);
        long base = r.nextInt();
        boolean[] have = new boolean[SPAN];
        int nxt = 0;
        ReceivedBytes out = new ReceivedBytes();
        byte[] read = new byte[SPAN];
        int done = 0;
        for (int step = 0; step < 60; step++) {
            int from = nxt + 1 + r.nextInt(Math.max(1, Math.min(SPAN - nxt - 2, 6000)));
            int n = Math.min(SPAN - from, 1 + (r.nextBoolean() ? r.nextInt(30) : r.nextInt(3000)));
            if (n <= 0) {
                break;
            }
            Packet p = packet(from, n, r);
            assertTrue(re.insert(p, 20, base + from, n));
            p.release();
            for (int i = from; i < from + n; i++) {
                have[i] = true;
            }
            assertEquals(ranges(have), re.rangeCount());
            re.findRange(base + from);
            assertTrue(re.rangeLeft - base <= from && re.rangeRight - base >= from + n);
            if (r.nextInt(4) == 0) {
                // The gap is filled from elsewhere.
                int to = nxt;
                while (to < SPAN && !have[to]) {
                    to++;
                }
                byte[] gap = new byte[to - nxt];
                for (int i = 0; i < gap.length; i++) {
                    gap[i] = (byte) (nxt + i);
                }
                drain(rb, out, read, done);
                done = Math.max(done, nxt);
                System.arraycopy(gap, 0, read, nxt, gap.length);
                done = to;
                int after = (int) (re.moveTo(rb, base + to) - base);
                while (to < SPAN && have[to]) {
                    have[to++] = false;
                }
                assertEquals(to, after);
                nxt = after;
                done += drain(rb, out, read, done);
                assertEquals(nxt, done);
                assertEquals(ranges(have), re.rangeCount());
            }
        }
        for (int i = 0; i < done; i++) {
            assertEquals((byte) i, read[i]);
        }
        re.clear();
        rb.clear();
        assertEquals(0, budget.reserved());
        assertEquals(buffers, Leaks.buffers());
    }

    private static int drain(ReceiveBuffer rb, ReceivedBytes out, byte[] read, int at) {
        int n = rb.moveTo(out, Integer.MAX_VALUE);
        out.moveTo(MemorySegment.ofArray(read), at, Integer.MAX_VALUE);
        return n;
    }

    /// A packet of 20 bytes of header and these bytes, some of them in fragments.
    private static Packet packet(int from, int n, Random r) {
        int linear = r.nextBoolean() ? n : r.nextInt(n + 1);
        Packet p = Packet.allocate(0, 20 + linear);
        p.append(20 + linear);
        for (int i = 0; i < linear; i++) {
            p.memory().set(ValueLayout.JAVA_BYTE, 20 + i, (byte) (from + i));
        }
        if (linear < n) {
            var b = dev.millrace.wire.buffer.Buffer.allocate(r.nextBoolean() ? n - linear + 7 : 65_536);
            for (int i = linear; i < n; i++) {
                b.memory().set(ValueLayout.JAVA_BYTE, 7 + i - linear, (byte) (from + i));
            }
            p.addFragment(b, 7, n - linear);
        }
        return p;
    }

    private static int ranges(boolean[] have) {
        int n = 0;
        for (int i = 0; i < have.length; i++) {
            if (have[i] && (i == 0 || !have[i - 1])) {
                n++;
            }
        }
        return n;
    }
}
