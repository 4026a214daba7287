package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/// What a segment and an idle connection cost.
class TcpCostTest {
    /// Two engines back to back, one writing, one reading.
    static final class Loop {
        final TcpConnection a;
        final TcpConnection b;
        final TestBudget budget = new TestBudget();
        final Segment segment = new Segment();
        final ReceivedBytes out = new ReceivedBytes();
        final MemorySegment source = Arena.global().allocate(1 << 16);
        final MemorySegment target = Arena.global().allocate(1 << 20);
        long now = 1;
        long segments;

        /// Data segments of `a` to pass before `dropCount` are lost.
        int passCount;
        int dropCount;

        Loop(int mss) {
            this(mss, 5, TcpSettings.of());
        }

        Loop(int mss, int iss, TcpSettings s) {
            a = new TcpConnection(s, new ConnectionOptions(s), 1, 2, iss, 0, mss, true, 0, Reno.CHOSEN, budget, 1);
            b = new TcpConnection(s, new ConnectionOptions(s), 2, 1, 9, 0, mss, true, 0, Reno.CHOSEN, budget, 1);
            a.openActive(now);
            Packet p = a.pollSegment(now);
            segment.parse(p);
            b.openPassive(segment, now);
            p.release();
            pump();
            assertEquals(TcpState.ESTABLISHED, b.state());
        }

        void pump() {
            while (move(a, b) | move(b, a)) {
                a.pollEvents();
                b.pollEvents();
            }
        }

        private boolean move(TcpConnection from, TcpConnection to) {
            Packet p;
            boolean moved = false;
            while ((p = from.pollSegment(now)) != null) {
                segments++;
                segment.parse(p);
                if (dropCount == 0 || from == b || segment.len == 0 || passCount-- > 0) {
                    to.onSegment(segment, now);
                } else {
                    dropCount--;
                }
                p.release();
                moved = true;
            }
            return moved;
        }

        long transfer(long bytes, int write) {
            long sent = 0;
            long read = 0;
            int idle = 0;
            while (read < bytes) {
                assertTrue(++idle < 100_000, "nothing arrives any more");
                now += 1000;
                if (sent < bytes) {
                    sent += a.write(source, 0, (int) Math.min(write, bytes - sent), now);
                }
                pump();
                int n;
                while ((n = b.read(out, 1 << 20, now)) > 0) {
                    out.moveTo(target, 0, Integer.MAX_VALUE);
                    read += n;
                    idle = 0;
                }
                if (a.nextDeadlineNs() <= now || b.nextDeadlineNs() <= now || n == 0 && sent == bytes) {
                    now += 100_000_000;
                    a.onTimer(now);
                    b.onTimer(now);
                }
                pump();
            }
            return read;
        }

        void end() {
            a.release();
            b.release();
            assertEquals(0, budget.reserved());
        }
    }

    /// By reflection, since the module under test does not read `jdk.management`.
    private static long allocatedBytes() {
        try {
            Object bean = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean").invoke(null);
            Method m = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
            return (long) m.invoke(bean);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSegmentInTheSteadyStateAllocatesNothing() {
        for (int mss : new int[] {1460, 65_483}) {
            for (int write : new int[] {65_536, 100}) {
                Loop loop = new Loop(mss);
                long bytes = write == 100 ? 400_000 : 20_000_000;
                loop.transfer(bytes, write);
                loop.transfer(bytes, write);
                long segments = loop.segments;
                long before = allocatedBytes();
                loop.transfer(bytes, write);
                long allocated = allocatedBytes() - before;
                segments = loop.segments - segments;
                assertTrue(allocated < 40_000, allocated + " bytes for " + segments + " segments of " + mss + " by " + write);
                loop.end();
            }
        }
    }

    @Test
    void anIdleConnectionCostsLittle() {
        new Loop(1460).end();
        TcpSettings s = TcpSettings.of();
        ConnectionOptions o = new ConnectionOptions(s);
        var factory = Reno.CHOSEN;
        TestBudget budget = new TestBudget();
        Segment syn = new Segment();
        TcpConnection peer = new TcpConnection(s, o, 1, 2, 5, 0, 1460, true, 0, factory, budget, 1);
        peer.openActive(1);
        Packet p = peer.pollSegment(1);
        syn.parse(p);
        int n = 1000;
        TcpConnection[] all = new TcpConnection[n];
        long before = allocatedBytes();
        for (int i = 0; i < n; i++) {
            all[i] = new TcpConnection(s, o, 2, 1, 9, 0, 1460, true, 0, factory, budget, 1);
            all[i].openPassive(syn, 1);
            Handshake.establish(all[i], 1);
        }
        long each = (allocatedBytes() - before) / n;
        assertTrue(each < 1200, "an established connection takes " + each + " bytes");
        p.release();
        for (TcpConnection c : all) {
            c.release();
        }
        peer.release();
    }
}
