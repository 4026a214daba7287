package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.established;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// The structures of recovery against models that look at everything each time.
class ScoreboardPropertyTest {
    @Property(tries = 100)
    void slotBitsFindWhatABitSetFinds(@ForAll long seed) {
        Random r = new Random(seed);
        int capacity = 64 << r.nextInt(14);
        SlotBits bits = new SlotBits(capacity);
        BitSet model = new BitSet(capacity);
        for (int step = 0; step < 400; step++) {
            int i = r.nextInt(4) == 0 ? r.nextInt(capacity) : Math.min(capacity - 1, r.nextInt(200));
            if (r.nextBoolean()) {
                bits.set(i);
                model.set(i);
            } else {
                bits.clear(i);
                model.clear(i);
            }
            int from = r.nextInt(capacity);
            assertEquals(model.nextSetBit(from), bits.next(from));
            assertEquals(model.get(i), bits.has(i));
        }
    }

    /// The same flight as packets of many segments and one by one, with all that can become of segments.
    @Property(tries = 200)
    void aBoardKeepsItsSumsSetsAndOrder(@ForAll long seed) {
        Random r = new Random(seed);
        RetransmissionQueue q = new RetransmissionQueue();
        TcpBench b = established();
        q.rack = new Rack(b.tcp);
        long una = 1000;
        long nxt = una;
        long now = 1;
        for (int step = 0; step < 300; step++) {
            now += r.nextInt(3);
            switch (r.nextInt(8)) {
                case 0, 1 -> {
                    int n = 1 + r.nextInt(r.nextInt(10) == 0 ? 5000 : 300);
                    q.add(nxt, nxt + n, 100, false, now);
                    nxt += n;
                }
                case 2 -> {
                    una += r.nextInt((int) Math.min(nxt - una, 400) + 1);
                    q.beginAck();
                    q.ackTo(una);
                }
                case 3, 4 -> {
                    long left = una + r.nextInt((int) (nxt - una) + 1);
                    q.sack(left, Math.min(nxt, left + r.nextInt(600)));
                }
                case 5 -> {
                    int i = q.board().earliest();
                    if (i >= 0) {
                        q.board().markLost(i);
                    }
                }
                case 6 -> {
                    int i = q.board().nextDue();
                    if (i >= 0) {
                        q.retransmit(i, i, now);
                    }
                }
                default -> {
                    switch (r.nextInt(10)) {
                        case 0 -> q.board().forgetSacks();
                        case 1 -> q.board().unmarkLost();
                        case 2 -> {
                            if (!q.isEmpty() && q.board().length(0) > 1) {
                                q.board().splitFirst(q.board().start(0) + 1);
                            }
                        }
                        default -> { }
                    }
                }
            }
            assertTrue(q.isConsistent());
            assertTrue(q.isEmpty() || q.start(0) == una && q.end(q.size() - 1) == nxt);
            for (int i = 1; i < q.size(); i++) {
                assertEquals(q.end(i - 1), q.start(i));
            }
        }
        b.end();
    }

    /// RFC 8985 §6.2 word for word, over all segments on each acknowledgement: the engine finds the same lost.
    @Property(tries = 300)
    void theEngineDeemsLostWhatRackSaysOfEachSegment(@ForAll long seed) {
        Random r = new Random(seed);
        TcpBench b = established("min-rto", "60s", "send-buffer", "1MiB");
        RackModel model = new RackModel(b);
        // A round trip of 20 ms is known.
        b.write(MSS).after(20);
        model.takeSent();
        model.acked(1);
        b.recv(ackOf(1 + MSS)).write(40 * MSS);
        model.takeSent();
        for (int step = 0; step < 60 && b.tcp.timeouts == 0; step++) {
            for (int ms = 1 + r.nextInt(r.nextInt(3) == 0 ? 30 : 4); ms > 0; ms--) {
                boolean recoveringStill = b.tcp.recovery.phase() != LossRecovery.Phase.OPEN;
                b.after(1);
                model.takeSent();
                model.detect(recoveringStill, true);
                model.compare();
            }
            int una = model.una;
            int next = (int) (b.tcp.snd.nxt - b.tcp.snd.iss - 1) / MSS;
            if (una == next) {
                break;
            }
            boolean recovering = b.tcp.recovery.phase() != LossRecovery.Phase.OPEN;
            if (r.nextInt(4) == 0) {
                int to = una + 1 + r.nextInt(Math.min(3, next - una));
                while (to < next && model.sacked[to]) {
                    to++;
                }
                model.acked(to);
                b.recv(ackOf(1 + to * MSS));
            } else {
                int left = una + 1 + r.nextInt(Math.max(1, next - una - 1));
                int right = Math.min(next, left + 1 + r.nextInt(3));
                if (left >= right) {
                    continue;
                }
                model.sacked(left, right);
                b.recv(ackOf(1 + una * MSS).sack(1 + left * MSS, 1 + right * MSS));
            }
            model.detect(recovering, false);
            model.takeSent();
            model.compare();
        }
        b.end();
    }

    private static final class RackModel {
        /// The engine's clock tells transmissions of one moment apart by nanoseconds: what is as near as this may go either way.
        private static final long TIE_NS = 2000;

        final TcpBench b;
        final long[] sentNs = new long[2000];
        final long[] order = new long[2000];
        final boolean[] again = new boolean[2000];
        final boolean[] sacked = new boolean[2000];
        final boolean[] lost = new boolean[2000];
        long transmissions;
        int una;
        int highest;
        long rackOrder = -1;
        long rackSentNs;
        long rttNs;
        int fack;
        boolean reordering;

        RackModel(TcpBench b) {
            this.b = b;
        }

        void takeSent() {
            while (!b.sent.isEmpty()) {
                TcpBench.Out o = b.next();
                for (int k = (o.seq() - 1) / MSS; k < (o.seq() - 1 + o.len()) / MSS; k++) {
                    again[k] |= k < highest;
                    sentNs[k] = o.atNs();
                    order[k] = ++transmissions;
                    lost[k] = false;
                    highest = Math.max(highest, k + 1);
                }
            }
        }

        void acked(int to) {
            for (int k = una; k < to; k++) {
                if (!sacked[k]) {
                    delivered(k);
                }
                lost[k] = false;
            }
            una = to;
            fack = Math.max(fack, una);
        }

        void sacked(int left, int right) {
            for (int k = left; k < right; k++) {
                if (!sacked[k]) {
                    delivered(k);
                    sacked[k] = true;
                    lost[k] = false;
                }
            }
        }

        private void delivered(int k) {
            long rtt = b.nowNs - sentNs[k];
            if (again[k]) {
                if (rtt < b.tcp.rtt.minRttNs() / 64 * 63) {
                    return;
                }
            } else if (k + 1 < fack) {
                reordering = true;
            }
            fack = Math.max(fack, k + 1);
            if (order[k] > rackOrder) {
                rackOrder = order[k];
                rackSentNs = sentNs[k];
                rttNs = rtt;
            }
        }

        void detect(boolean recovering, boolean byTimer) {
            int reported = 0;
            for (int k = una; k < highest; k++) {
                reported += sacked[k] ? 1 : 0;
            }
            long window = !reordering && (recovering || reported >= 3) ? 0
                    : Math.max(TcpBench.MS, Math.min(b.tcp.rtt.minRttNs() / 4, b.tcp.rtt.srttNs()));
            if (!byTimer && reported == 0 && b.tcp.queue.lostBytes() == 0) {
                return;
            }
            for (int k = una; k < highest; k++) {
                if (sacked[k] || order[k] >= rackOrder) {
                    continue;
                }
                long over = b.nowNs - (sentNs[k] + rttNs + window);
                if (Math.abs(over) <= TIE_NS || byTimer) {
                    // The timer judges all when the last has had its time: nobody too early is what can be said of one.
                    boolean due = engineHasItDue(k);
                    assertTrue(!due || lost[k] || over >= -TIE_NS, "too early: " + k);
                    lost[k] = due;
                } else if (over > 0) {
                    lost[k] = true;
                }
            }
        }

        private boolean engineHasItDue(int k) {
            RetransmissionQueue q = b.tcp.queue;
            for (int i = 0; i < q.size(); i++) {
                if ((q.start(i) - b.tcp.snd.iss - 1) / MSS == k) {
                    return q.is(i, SackScoreboard.LOST) && !q.is(i, SackScoreboard.RETRANSMITTED);
                }
            }
            return false;
        }

        void compare() {
            if (b.tcp.timeouts > 0) {
                return;
            }
            RetransmissionQueue q = b.tcp.queue;
            for (int i = 0; i < q.size(); i++) {
                int k = (int) ((q.start(i) - b.tcp.snd.iss - 1) / MSS);
                assertEquals(sacked[k], q.is(i, SackScoreboard.SACKED), "reported " + k);
                boolean due = q.is(i, SackScoreboard.LOST) && !q.is(i, SackScoreboard.RETRANSMITTED);
                assertEquals(lost[k], due, "lost " + k + " at " + (b.nowNs - b.epochNs) / TcpBench.MS);
            }
        }
    }
}
