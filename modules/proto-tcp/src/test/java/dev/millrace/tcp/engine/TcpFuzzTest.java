package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.IcmpError;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Leaks;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// One engine against segments that are nearly right, and a program that does everything in any order.
class TcpFuzzTest {
    @Test
    void nearlyRightSegmentsNeverBreakTheEngine() {
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        int synchronizedRuns = 0;
        for (int seed = 0; seed < 1500; seed++) {
            try {
                synchronizedRuns += run(seed) ? 1 : 0;
            } catch (Throwable t) {
                throw new AssertionError("seed " + seed, t);
            }
        }
        assertTrue(synchronizedRuns > 300, "the fuzzer hardly ever connects: " + synchronizedRuns);
        assertEquals(packets, Leaks.packets());
        assertEquals(buffers, Leaks.buffers());
    }

    /// Options that change while it runs, urgent data both ways: whatever is urgent, bytes come once and in order.
    @Test
    void optionsThatChangeAndUrgentDataKeepToTheSameRules() {
        int connected = 0;
        for (int seed = 0; seed < 3_000; seed++) {
            int s = seed;
            try {
                connected += run(seed, new Random(~seed)) ? 1 : 0;
            } catch (Throwable t) {
                throw new AssertionError("seed " + s, t);
            }
        }
        assertTrue(connected > 500, "only " + connected + " connected");
    }

    private static void change(TcpBench b, Random r) {
        ConnectionOptions o = b.options;
        switch (r.nextInt(8)) {
            case 0 -> o.notSentLowat = r.nextInt(3) * r.nextInt(5_000);
            case 1 -> o.urgentInline = r.nextBoolean();
            case 2 -> o.advertisedUserTimeoutS = r.nextInt(3) * r.nextInt(100_000);
            case 3 -> o.userTimeoutNs = r.nextInt(2) * r.nextLong(100_000_000_000L);
            default -> {
                int n = 1 + r.nextInt(3_000);
                if (b.watch == null) {
                    b.tcp.writeUrgent(MemorySegment.ofArray(new byte[n]), 0, n, b.nowNs);
                } else {
                    b.watch.write(n, true, false, b.nowNs);
                }
            }
        }
        if (b.watch == null) {
            b.tcp.optionsChanged(b.nowNs);
        } else {
            b.watch.optionsChanged(b.nowNs);
        }
        b.drain();
        long room = WriteRoom.now(b.tcp, Integer.MAX_VALUE);
        assertTrue(b.tcp.writableBytes() == 0 || room > 0, "a writer that is woken finds room");
        assertTrue(b.tcp.urgentDistance() <= 0x10000 + b.tcp.rcv.wnd() + b.tcp.options.receiveBuffer);
        assertTrue(b.tcp.available() >= 0 && b.tcp.available() <= b.tcp.receiveBuffer.length());
        b.tcp.info(b.nowNs);
    }

    private static boolean run(int seed) {
        return run(seed, null);
    }

    /// @param changes if not `null`, options change and urgent data is written
    private static boolean run(int seed, Random changes) {
        Random r = new Random(seed);
        TcpBench b = bench(r).watched();
        if (r.nextBoolean()) {
            b.connect();
        } else {
            b.recv(options(r, TcpBench.syn()));
        }
        return run(b, r, changes);
    }

    static TcpBench bench(Random r) {
        return new TcpBench(r.nextBoolean() ? 1000 : 65_000, r.nextBoolean(), r.nextBoolean() ? 64_000 : 0, r.nextLong(1L << 50),
                "receive-buffer", r.nextBoolean() ? "8KiB" : "200KiB", "send-buffer", "64KiB",
                "sack", String.valueOf(r.nextInt(4) != 0), "out-of-order-ranges", "16");
    }

    /// The life of a connection that has begun.
    static boolean run(TcpBench b, Random r, Random changes) {
        boolean ts = r.nextBoolean();
        boolean connected = false;
        for (int step = 0; step < 120; step++) {
            TcpState before = b.tcp.state();
            if (changes != null && changes.nextInt(4) == 0) {
                change(b, changes);
            }
            switch (r.nextInt(12)) {
                case 0 -> b.after(r.nextInt(5) == 0 ? r.nextInt(200_000) : r.nextInt(500));
                case 1 -> {
                    if (b.tcp.writableBytes() > 0) {
                        int n = 1 + r.nextInt(Math.min(b.tcp.writableBytes(), 9000));
                        b.write(Math.min(n, WriteRoom.now(b.tcp, n)));
                    }
                }
                case 2 -> read(b, r);
                case 3 -> {
                    if (r.nextInt(20) == 0) {
                        b.close();
                    } else if (r.nextInt(20) == 0) {
                        b.shutdown();
                    }
                }
                case 4 -> b.icmp(IcmpError.Kind.values()[r.nextInt(8)], (int) (b.tcp.snd.una - TcpBench.ISS), r.nextInt(2000));
                default -> b.recv(segment(b, r, ts, changes != null));
            }
            assertTrue(before == b.tcp.state() || reachable(before, b.tcp.state()), before + " to " + b.tcp.state());
            assertTrue(b.sent.size() < 400, "an answer of " + b.sent.size() + " segments");
            b.forget();
            connected |= b.tcp.state().isSynchronized();
            boolean waiting = b.tcp.state().isSynchronized() && (b.tcp.snd.flight() > 0 || b.tcp.hasUnsent());
            assertTrue(!waiting || b.tcp.nextDeadlineNs() != Long.MAX_VALUE,
                    () -> "waits without a timer: " + b.tcp.info(b.nowNs));
            if (b.tcp.cc != null && b.tcp.state() != TcpState.CLOSED) {
                assertEquals(Pair.naivePipe(b.tcp), LossRecovery.pipe(b.tcp));
            }
        }
        b.end();
        return connected;
    }

    /// One input may take several steps of the diagram.
    private static boolean reachable(TcpState from, TcpState to) {
        if (from.mayBecome(to)) {
            return true;
        }
        for (TcpState next : TcpState.values()) {
            if (next != TcpState.CLOSED && from.mayBecome(next) && reachable(next, to)) {
                return true;
            }
        }
        return false;
    }

    private static void read(TcpBench b, Random r) {
        int most = 1 + r.nextInt(5000);
        if (b.watch == null) {
            // What the SYN carries of a fast open is not watched.
            ReceivedBytes out = new ReceivedBytes();
            b.tcp.read(out, most, b.nowNs);
            out.clear();
        } else {
            b.watch.read(most, b.nowNs);
        }
        b.drain();
    }

    static TcpBench.In options(Random r, TcpBench.In in) {
        if (r.nextBoolean()) {
            in.sackOk();
        }
        if (r.nextBoolean()) {
            in.ts(r.nextInt(100), 100);
        }
        if (r.nextBoolean()) {
            in.scale(r.nextInt(16));
        }
        if (r.nextInt(4) == 0) {
            in.mss(r.nextInt(2000));
        }
        return in;
    }

    private static TcpBench.In segment(TcpBench b, Random r, boolean ts, boolean changes) {
        TcpBench.In in = new TcpBench.In();
        boolean opening = !b.tcp.state().isSynchronized();
        in.seq = (int) (b.tcp.rcv.nxt - TcpBench.IRS) + around(r, b.tcp.rcv.wnd());
        if (b.tcp.state() == TcpState.SYN_SENT) {
            in.seq = 0;
        }
        if (r.nextInt(20) != 0) {
            in.ack((int) (b.tcp.snd.una - TcpBench.ISS) + (opening ? r.nextInt(3) : r.nextInt(3) == 0 ? around(r, b.tcp.snd.flight())
                    : r.nextInt(b.tcp.snd.flight() + 1)));
        }
        in.win = r.nextInt(6) == 0 ? 0 : r.nextInt(65536);
        in.len = r.nextInt(3) == 0 ? r.nextInt(3000) : 0;
        if (changes && r.nextInt(4) == 0) {
            in.urg(r.nextInt(3) == 0 ? r.nextInt(65536) : r.nextInt(20)).userTimeout(r.nextInt(1000));
        }
        int roll = r.nextInt(40);
        if (opening && r.nextBoolean() || roll == 0) {
            in.flags(TcpHeader.SYN);
            options(r, in);
        } else if (roll == 1) {
            in.flags(TcpHeader.FIN);
        } else if (roll == 2) {
            in.flags(TcpHeader.RST);
        } else if (roll == 3) {
            in.flags(TcpHeader.URG);
            in.urg = r.nextInt(65536);
        }
        if (b.tcp.timestampsOn() ? r.nextInt(30) != 0 : r.nextInt(30) == 0) {
            in.ts(b.tcp.timestampRecent() + (r.nextInt(10) == 0 ? -5 : r.nextInt(5)), b.tcp.timestampNow(b.nowNs) - r.nextInt(50));
        }
        if (r.nextInt(3) == 0 && (in.flags & TcpHeader.SYN) == 0) {
            int n = 1 + r.nextInt(in.ts ? 2 : 3);
            int[] edges = new int[2 * n];
            int una = (int) (b.tcp.snd.una - TcpBench.ISS);
            int flight = b.tcp.snd.flight() + 10;
            for (int i = 0; i < n; i++) {
                int left = r.nextInt(flight) - 3;
                edges[2 * i] = una + left;
                edges[2 * i + 1] = una + left + r.nextInt(flight) - 2;
            }
            in.sack(edges);
        }
        return in;
    }

    private static int around(RandomGenerator r, int window) {
        return switch (r.nextInt(8)) {
            case 0 -> -1 - r.nextInt(2000);
            case 1 -> r.nextInt(Math.max(1, window + 1));
            case 2 -> window + r.nextInt(3) - 1;
            case 3 -> r.nextInt();
            default -> 0;
        };
    }
}
