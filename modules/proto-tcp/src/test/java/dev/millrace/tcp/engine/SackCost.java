package dev.millrace.tcp.engine;

import dev.millrace.spi.CongestionControl;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/// Measures what an acknowledgement with SACK blocks costs the sender that has much in flight: a program, no test. On the
/// class path of the tests, without assertions:
/// `java -cp … dev.millrace.tcp.engine.SackCost`
final class SackCost {
    private static final int MSS = 1000;
    private static final int ISS = 5;
    private static final int ONCE = 4;

    private SackCost() {
    }

    public static void main(String[] args) {
        for (int round = 0; round < 2; round++) {
            for (Pattern pattern : Pattern.values()) {
                StringBuilder line = new StringBuilder(String.format("%-40s", pattern.what));
                for (int segments : new int[] {100, 1_000, 40_000}) {
                    long best = Long.MAX_VALUE;
                    for (int run = 0; run < (segments == 100 ? 400 : segments == 1_000 ? 60 : 12); run++) {
                        best = Math.min(best, measure(pattern, segments, run));
                    }
                    line.append(String.format("%8d", best));
                }
                if (round == 1) {
                    System.out.println(line);
                }
            }
        }
    }

    enum Pattern {
        GROWING("one range grows by a segment"),
        SECOND_RANDOM("every second segment in any order"),
        SECOND_DOWN("every second segment from the top"),
        REPEATED("the same three blocks over all"),
        PARTS("blocks that cover no whole segment"),
        DENIED("a loss, and that it was none, in each");

        final String what;

        Pattern(String what) {
            this.what = what;
        }
    }

    private static long measure(Pattern pattern, int segments, int seed) {
        TcpSettings s = TcpSettings.of("send-buffer", "64MiB", "timestamps", "false");
        TestBudget budget = new TestBudget();
        TcpConnection tcp = new TcpConnection(s, new ConnectionOptions(s), 1, 2, ISS, 0, MSS, true, 0, Reno.CHOSEN, budget, 1);
        Segment seg = new Segment();
        take(tcp, seg, TcpHeader.SYN, 0, 0, 65_535, true);
        tcp.pollSegment(1).release();
        take(tcp, seg, TcpHeader.ACK, 1, ISS + 1, 65_535, false);
        tcp.cc = new Wide();
        MemorySegment source = Arena.ofAuto().allocate(1 << 16);
        long now = 1;
        int written = 0;
        while (written < segments * MSS) {
            written += tcp.write(source, 0, Math.min(1 << 16, segments * MSS - written), now);
            Packet p;
            while ((p = tcp.pollSegment(++now)) != null) {
                p.release();
            }
        }
        Random r = new Random(seed);
        // Denials need time to pass, and no timeout must come in between.
        int acks = Math.min(segments / 2 - 2, pattern == Pattern.DENIED ? 48 : 4000);
        int[] order = new int[segments / 2 - 1];
        for (int i = 0; i < order.length; i++) {
            order[i] = 2 * i + 2;
        }
        for (int i = order.length - 1; i > 0 && pattern == Pattern.SECOND_RANDOM; i--) {
            int k = r.nextInt(i + 1);
            int t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        Segment[] prepared = new Segment[acks];
        for (int i = 0; i < acks; i++) {
            int[] blocks = switch (pattern) {
                case GROWING -> new int[] {1, 2 + i};
                case SECOND_RANDOM -> new int[] {order[i], order[i] + 1, order[Math.max(0, i - 1)], order[Math.max(0, i - 1)] + 1};
                case SECOND_DOWN -> new int[] {segments - 2 - 2 * i, segments - 1 - 2 * i};
                case REPEATED -> new int[] {1, segments / 3, segments / 3 + 1, segments / 2, segments / 2 + 1, segments};
                case PARTS, DENIED -> null;
            };
            prepared[i] = ack(blocks, segments, i, pattern == Pattern.DENIED);
        }
        now += 20_000_000L;
        // The first ones look at the whole flight, once for each segment of it.
        for (int i = 0; i < ONCE; i++) {
            tcp.onSegment(prepared[i], ++now);
        }
        long start = System.nanoTime();
        for (int i = ONCE; i < acks; i++) {
            tcp.onSegment(prepared[i], ++now);
            if (pattern == Pattern.DENIED) {
                now += 2_000_000L;
                if (tcp.nextDeadlineNs() <= now) {
                    tcp.onTimer(now);
                }
                Packet p = tcp.pollSegment(now);
                if (p != null) {
                    p.release();
                }
            }
        }
        long ns = (System.nanoTime() - start) / (acks - ONCE);
        for (Segment a : prepared) {
            a.packet.release();
        }
        tcp.release();
        return ns;
    }

    private static void take(TcpConnection tcp, Segment seg, int flags, int seq, int ack, int window, boolean syn) {
        Packet p = Packet.allocate(64, syn ? 32 : 20);
        p.append(syn ? 32 : 20);
        TcpHeader.write(p.memory(), p.start(), 2, 1, seq, ack, syn ? 32 : 20, flags, window, 0);
        if (syn) {
            long to = TcpOptionWriter.mss(p.memory(), p.start() + 20, MSS);
            to = TcpOptionWriter.sackPermitted(p.memory(), to);
            TcpOptionWriter.windowScale(p.memory(), to, 14);
        }
        seg.parse(p);
        if (syn) {
            tcp.openPassive(seg, 1);
        } else {
            tcp.onSegment(seg, 1);
        }
        p.release();
    }

    private static Segment ack(int[] blocks, int segments, int i, boolean denied) {
        int n = blocks == null ? 3 : blocks.length / 2;
        int length = 20 + TcpOptionWriter.sackLength(n);
        Packet p = Packet.allocate(64, length);
        p.append(length);
        TcpHeader.write(p.memory(), p.start(), 2, 1, 1, ISS + 1, length, TcpHeader.ACK, 65_535, 0);
        long to = TcpOptionWriter.sack(p.memory(), p.start() + 20, n);
        for (int k = 0; k < n; k++) {
            int left = blocks == null ? (1 + (i * 3 + k) % (segments - 2)) * MSS + 1 : blocks[2 * k] * MSS;
            int right = blocks == null ? left + 7 : blocks[2 * k + 1] * MSS;
            if (denied) {
                // The last segment has arrived, and something of the first came twice.
                left = k == 2 ? (segments - 1) * MSS : 1;
                right = k == 2 ? segments * MSS : 8 + i % 900;
            }
            to = TcpOptionWriter.sackBlock(p.memory(), to, ISS + 1 + left, ISS + 1 + right);
        }
        Segment s = new Segment();
        s.parse(p);
        return s;
    }

    /// Lets everything go.
    private static final class Wide implements CongestionControl {
        @Override
        public long cwnd() {
            return 1L << 40;
        }

        @Override
        public long ssthresh() {
            return 1L << 40;
        }

        @Override
        public void onAck(Ack ack) {
        }

        @Override
        public void onCongestion(long inFlight, long nowNs) {
        }

        @Override
        public void onRecovered(long inFlight, boolean proportional, long nowNs) {
        }

        @Override
        public void onTimeout(long inFlight, boolean first, long nowNs) {
        }

        @Override
        public void onIdleRestart(long nowNs) {
        }

        @Override
        public void onMssChange(int mss) {
        }
    }
}
