package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/// Two engines and a hostile wire between them, in virtual time. The wire's bytes are real packets with checksums; after
/// every step the invariants of docs/tcp.md are checked.
final class Pair {
    /// What the wire does, each a chance between 0 and 1.
    record Wire(double drop, double duplicate, double reorder, double corrupt, long delayNs, long jitterNs) {
        static Wire clean() {
            return new Wire(0, 0, 0, 0, 5_000_000, 0);
        }
    }

    private record Flight(long atNs, long order, Side to, Packet packet) {
    }

    final Random random;
    Wire wire;
    long nowNs = 1_000_000_000L;
    private long order;
    private final PriorityQueue<Flight> flights = new PriorityQueue<>(
            Comparator.comparingLong(Flight::atNs).thenComparingLong(Flight::order));
    final Side a;
    final Side b;
    final List<String> trace = new ArrayList<>();
    boolean tracing;
    long segments;
    final TestBudget budget;
    private final CongestionControlFactory.Chosen cc;
    /// Which of the segments that `a` sends the wire loses besides, and how much later than others it delivers one.
    Predicate<Segment> loses = s -> false;
    ToLongFunction<Segment> delaysNs = s -> 0;
    /// What `a` sends passes a bottleneck of so many bytes a second, with a queue of so many; 0 if there is none.
    long bottleneck;
    long queueLimit = Long.MAX_VALUE;
    private long idleFromNs;
    long queueDrops;
    /// What finds so many bytes waiting is marked, if it may be.
    long markAt = Long.MAX_VALUE;
    long marked;
    long mostQueued;

    /// One end.
    final class Side {
        final String name;
        final TcpConnection tcp;
        final int iss;
        Side peer;
        /// What it sent last.
        Segment segment = new Segment();
        private final Segment arriving = new Segment();
        private final ReceivedBytes received = new ReceivedBytes();
        private final StreamContent content;
        /// Checks the invariants, unless a test has broken the engine itself and taken it away.
        Watch watch;
        long written;
        long toWrite;
        long read;
        boolean closeWhenDone;
        boolean eof;
        int readLimit = Integer.MAX_VALUE;
        int maxWrite = 20_000;
        /// Writes only when it is told that there is room, as a program does that waits for it.
        boolean waitsForRoom;
        int events;
        /// Data segments that the last input or timer made it send.
        int burst;

        Side(String name, TcpConnection tcp, int iss, int stream) {
            this.name = name;
            this.tcp = tcp;
            this.iss = iss;
            content = new StreamContent(stream);
            watch = new Watch(name, tcp, iss, null, content, new StreamContent(1 - stream));
        }

        void use() {
            boolean moved = true;
            int rounds = 0;
            while (moved && ++rounds < 10_000) {
                moved = writeSome() | readSome();
            }
            events |= tcp.pollEvents();
            drain();
        }

        private boolean writeSome() {
            long left = toWrite - written;
            if (left > 0) {
                if (waitsForRoom && tcp.state().isSynchronized() && tcp.writableBytes() == 0) {
                    return false;
                }
                int n = (int) Math.min(Math.min(left, 1 + random.nextInt(maxWrite)), StreamContent.MOST);
                int taken = watch != null ? watch.write(n, false, false, nowNs)
                        : tcp.write(StreamContent.memory(), content.at(written), n, nowNs);
                written += taken;
                return taken > 0;
            }
            if (closeWhenDone && !tcp.outputShut() && tcp.state() != TcpState.SYN_SENT) {
                if (watch != null) {
                    watch.shutdownOutput(nowNs);
                } else {
                    tcp.shutdownOutput(nowNs);
                }
            }
            return false;
        }

        private boolean readSome() {
            int max = readLimit == Integer.MAX_VALUE ? 1 << 16 : Math.min(readLimit, 1 << 16);
            if (max == 0) {
                return false;
            }
            int n = watch != null ? watch.read(max, nowNs) : tcp.read(received, max, nowNs);
            if (n < 0) {
                eof = true;
                assertEquals(peer.toWrite, read, name + " met the end of the stream early");
                return false;
            }
            if (n == 0) {
                return false;
            }
            received.clear();
            read += n;
            if (readLimit != Integer.MAX_VALUE) {
                readLimit -= n;
            }
            return true;
        }

        void drain() {
            Packet p;
            int count = 0;
            burst = 0;
            while ((p = watch != null ? watch.poll(nowNs, false) : tcp.pollSegment(nowNs)) != null) {
                if (++count > 5000) {
                    fail(name + " sends without end");
                }
                if (watch != null) {
                    segment = watch.out.s;
                } else {
                    segment.parse(p);
                }
                segments++;
                burst += segment.len > 0 ? 1 : 0;
                send(this, p);
            }
            if (watch != null) {
                watch.rest(nowNs);
            }
        }

        private void receive(Packet p) {
            if (arriving.parse(p) != WireError.NONE) {
                return;
            }
            boolean opens = tcp.state() == TcpState.CLOSED && arriving.has(TcpHeader.SYN) && this == b && !tcp.rcv.finReceived
                    && tcp.snd.nxt == tcp.snd.iss;
            if (watch == null) {
                tcp.onSegment(arriving, nowNs);
            } else if (opens) {
                watch.openPassive(p, nowNs);
            } else {
                watch.segment(p, true, nowNs);
            }
        }

        private void timer() {
            if (watch != null) {
                watch.timer(nowNs);
            } else {
                tcp.onTimer(nowNs);
            }
        }
    }

    static long naivePipe(TcpConnection c) {
        long pipe = 0;
        for (int i = 0; i < c.queue.size(); i++) {
            if (c.queue.is(i, SackScoreboard.SACKED)) {
                continue;
            }
            if (!c.queue.is(i, SackScoreboard.LOST)) {
                pipe += c.queue.length(i);
            }
            if (c.queue.is(i, SackScoreboard.RETRANSMITTED)) {
                pipe += c.queue.length(i);
            }
        }
        return pipe;
    }

    Pair(long seed, Wire wire, TcpSettings sa, TcpSettings sb, int mssA, int mssB, int superSegment, int issA, int issB) {
        this(seed, wire, sa, sb, mssA, mssB, superSegment, issA, issB, Long.MAX_VALUE);
    }

    Pair(long seed, Wire wire, TcpSettings sa, TcpSettings sb, int mssA, int mssB, int superSegment, int issA, int issB,
            long budgetLimit) {
        this(seed, wire, sa, sb, mssA, mssB, superSegment, issA, issB, budgetLimit, Reno.CHOSEN);
    }

    Pair(long seed, Wire wire, TcpSettings settings, CongestionControlFactory.Chosen cc) {
        this(seed, wire, settings, settings, 1460, 1460, 0, 1000, -5000, Long.MAX_VALUE, cc);
    }

    private Pair(long seed, Wire wire, TcpSettings sa, TcpSettings sb, int mssA, int mssB, int superSegment, int issA,
            int issB, long budgetLimit, CongestionControlFactory.Chosen cc) {
        this.cc = cc;
        budget = new TestBudget(budgetLimit);
        random = new Random(seed);
        this.wire = wire;
        a = new Side("a", connection(sa, 1, 2, issA, mssA, superSegment), issA, 0);
        b = new Side("b", connection(sb, 2, 1, issB, mssB, superSegment), issB, 1);
        a.peer = b;
        b.peer = a;
    }

    Pair(long seed, Wire wire, TcpSettings settings) {
        this(seed, wire, settings, settings, 1460, 1460, 0, 1000, -5000);
    }

    private TcpConnection connection(TcpSettings s, int local, int remote, int iss, int mss, int superSegment) {
        return new TcpConnection(s, new ConnectionOptions(s), local, remote, iss, 7777, mss, true, superSegment,
                cc, budget, nowNs);
    }

    void open() {
        a.watch.openActive(nowNs);
        a.drain();
    }

    private void send(Side from, Packet p) {
        if (tracing) {
            Segment s = from.segment;
            trace.add((nowNs - 1_000_000_000L) + " " + from.name + " " + Integer.toHexString(s.flags) + " "
                    + (s.seq - from.iss) + "+" + s.len + " ack " + (s.has(TcpHeader.ACK) ? s.ack - from.peer.iss : 0)
                    + " win " + s.wnd + " sack " + s.options.sackCount());
        }
        Packet linear = cut(p);
        if (from == a && loses.test(from.segment)) {
            linear.release();
            return;
        }
        long later = from == a ? delaysNs.applyAsLong(from.segment) : 0;
        if (from == a && bottleneck > 0) {
            idleFromNs = Math.max(idleFromNs, nowNs);
            long queued = (long) ((idleFromNs - nowNs) * (double) bottleneck / 1e9);
            if (queued + linear.length() > queueLimit) {
                queueDrops++;
                linear.release();
                return;
            }
            mostQueued = Math.max(mostQueued, queued);
            if (queued > markAt && linear.isEcnCapable()) {
                linear.setIpFacts(6, 64, 3);
                marked++;
            }
            // With the headers of IPv4.
            idleFromNs += (long) ((linear.length() + 20) * 1e9 / bottleneck);
            later += idleFromNs - nowNs;
        }
        put(from.peer, linear, later);
    }

    /// A wire carries linear packets with a checksum.
    private Packet cut(Packet p) {
        Packet q = p.copy();
        p.release();
        long sum = Checksum.sum(q.memory(), q.start(), q.length());
        TcpHeader.setChecksum(q.memory(), q.start(), Checksum.finish(sum));
        return q;
    }

    private void put(Side to, Packet p, long laterNs) {
        if (random.nextDouble() < wire.drop) {
            p.release();
            return;
        }
        if (random.nextDouble() < wire.corrupt) {
            int at = p.start() + random.nextInt(p.length());
            p.memory().set(ValueLayout.JAVA_BYTE, at,
                    (byte) (p.memory().get(ValueLayout.JAVA_BYTE, at) ^ 1 << random.nextInt(8)));
        }
        if (random.nextDouble() < wire.duplicate) {
            flights.add(new Flight(nowNs + delay(), order++, to, p.copy()));
        }
        flights.add(new Flight(nowNs + delay() + laterNs, order++, to, p));
    }

    private long delay() {
        long d = wire.delayNs + (wire.jitterNs > 0 ? random.nextLong(wire.jitterNs) : 0);
        return random.nextDouble() < wire.reorder ? 3 * d : d;
    }

    /// Jumps to the next thing that happens. Returns `false` if nothing will.
    boolean step() {
        long deadline = Math.min(a.tcp.nextDeadlineNs(), b.tcp.nextDeadlineNs());
        Flight f = flights.peek();
        if (f == null && deadline == Long.MAX_VALUE) {
            return false;
        }
        if (f != null && f.atNs <= deadline) {
            flights.poll();
            nowNs = Math.max(nowNs, f.atNs);
            deliver(f);
        } else {
            nowNs = Math.max(nowNs, deadline);
            for (Side s : List.of(a, b)) {
                if (s.tcp.nextDeadlineNs() <= nowNs) {
                    s.timer();
                    assertTrue(s.tcp.nextDeadlineNs() > nowNs, "a timer that has run out is set still");
                    s.use();
                }
            }
        }
        return true;
    }

    private void deliver(Flight f) {
        Packet p = f.packet;
        Side to = f.to;
        if (!Checksum.isRight(Checksum.sum(p.memory(), p.start(), p.length()))) {
            p.release();
            return;
        }
        to.receive(p);
        p.release();
        to.use();
    }

    /// Runs until `done` or for `limitNs` of virtual time.
    boolean run(long limitNs, java.util.function.BooleanSupplier done) {
        long end = nowNs + limitNs;
        int steps = 0;
        while (!done.getAsBoolean()) {
            if (nowNs > end || !step() || ++steps > 3_000_000) {
                return done.getAsBoolean();
            }
        }
        return true;
    }

    /// Transfers, closes both sides, and looks that all was delivered and given back.
    void transfer(long fromA, long fromB, long limitNs) {
        a.toWrite = fromA;
        b.toWrite = fromB;
        a.closeWhenDone = true;
        b.closeWhenDone = true;
        open();
        boolean done = run(limitNs, () -> a.eof && b.eof && finished(a) && finished(b));
        assertTrue(done, () -> "stuck at " + nowNs + ": a " + a.tcp.info(nowNs) + " read " + a.read + ", b " + b.tcp.info(nowNs)
                + " read " + b.read);
        assertEquals(fromA, b.read);
        assertEquals(fromB, a.read);
        end();
    }

    private static boolean finished(Side s) {
        return s.tcp.state() == TcpState.TIME_WAIT || s.tcp.state() == TcpState.CLOSED;
    }

    void end() {
        for (Side s : List.of(a, b)) {
            s.tcp.release();
            Packet p;
            while ((p = s.tcp.pollSegment(nowNs)) != null) {
                p.release();
            }
        }
        Flight f;
        while ((f = flights.poll()) != null) {
            f.packet.release();
        }
        assertEquals(0, budget.reserved(), "the memory budget is given back");
    }
}
