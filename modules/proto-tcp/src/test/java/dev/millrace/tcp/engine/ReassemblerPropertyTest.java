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

/// The reassembler and the SACK scoreboard against models that keep one flag a byte.
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

    @Property(tries = 300)
    void scoreboardJudgesAsRfc6675DoesByteByByte(@ForAll long seed) {
        Random r = new Random(seed);
        int mss = 100;
        int n = 40;
        RetransmissionQueue q = new RetransmissionQueue();
        SendSequence snd = new SendSequence(r.nextInt());
        long base = snd.una;
        snd.mss = mss;
        for (int i = 0; i < n; i++) {
            q.add(base + i * mss, base + (i + 1) * mss, false, i);
        }
        snd.nxt = base + n * mss;
        SackScoreboard board = new SackScoreboard(q);
        boolean[] sacked = new boolean[n];
        boolean[] lost = new boolean[n];
        int una = 0;
        for (int step = 0; step < 25; step++) {
            if (r.nextInt(6) == 0) {
                int k = una + r.nextInt(3);
                una = Math.min(k, n - 1);
                snd.una = base + una * mss;
                q.ackTo(snd.una);
            }
            int left = una + r.nextInt(n - una);
            int right = left + 1 + r.nextInt(Math.min(4, n - left));
            Segment seg = withSack(base + left * mss, base + right * mss, snd.una);
            int newly = board.update(seg, snd);
            seg.packet.release();
            int model = 0;
            for (int i = left; i < right; i++) {
                model += sacked[i] ? 0 : mss;
                sacked[i] = true;
            }
            assertEquals(model, newly);
            board.judge(mss);
            for (int i = una; i < n; i++) {
                lost[i] |= !sacked[i] && isLost(sacked, i, mss);
                lost[i] &= !sacked[i];
            }
            for (int i = 0; i < q.size(); i++) {
                int k = (int) (q.start(i) - base) / mss;
                assertEquals(sacked[k], q.is(i, RetransmissionQueue.SACKED), "sacked " + k);
                assertEquals(lost[k], q.is(i, RetransmissionQueue.LOST), "lost " + k);
            }
        }
    }

    /// IsLost() of RFC 6675 §4, word for word.
    private static boolean isLost(boolean[] sacked, int segment, int mss) {
        int blocks = 0;
        int bytes = 0;
        for (int i = segment + 1; i < sacked.length; i++) {
            if (sacked[i]) {
                bytes += mss;
                blocks += sacked[i - 1] ? 0 : 1;
            }
        }
        return blocks >= 3 || bytes > 2 * mss;
    }

    private static Segment withSack(long left, long right, long ack) {
        Packet p = Packet.allocate(0, 32);
        p.append(32);
        dev.millrace.wire.TcpHeader.write(p.memory(), 0, 1, 2, 0, (int) ack, 32, dev.millrace.wire.TcpHeader.ACK, 100, 0);
        long at = dev.millrace.wire.TcpOptionWriter.sack(p.memory(), 20, 1);
        dev.millrace.wire.TcpOptionWriter.sackBlock(p.memory(), at, (int) left, (int) right);
        Segment s = new Segment();
        s.parse(p);
        s.place(0, ack);
        return s;
    }
}
