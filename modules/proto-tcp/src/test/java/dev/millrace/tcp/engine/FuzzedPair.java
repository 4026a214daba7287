package dev.millrace.tcp.engine;

import dev.millrace.spi.IcmpError;
import dev.millrace.tcp.engine.FuzzStep.Who;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// Two engines, a program and a network for each, and the script of what happens to them, in virtual time; everything is
/// decided by the [FuzzPlan]. When the script is over the network becomes fine, and both sides have to come to an end.
final class FuzzedPair {
    private static final long SECOND = 1_000_000_000L;
    /// Beyond that a script is broken off: what is interesting has happened.
    private static final int SCRIPT_EVENTS = 6_000;
    private static final int ALL_EVENTS = 300_000;
    private static final int BATCH = 16;
    /// MSL.
    private static final long LONGEST_LIFE_NS = 120 * SECOND;
    /// How long all may take once nothing stands in the way: the longest retransmission or persist timeout, one more for
    /// what it brings, and the transfer itself.
    private static final long END_NS = 600 * SECOND;
    /// How long it may take a side to give up a peer that is no more.
    private static final long GIVE_UP_NS = 4 * 3600 * SECOND;

    /// What happens at a time: a packet arrives, or something else.
    record Due(long atNs, long order, Who to, Packet packet, boolean genuine, Runnable action) {
    }

    final FuzzPlan plan;
    final FuzzTrace trace;
    long nowNs;
    private final FuzzEnd a;
    private final FuzzEnd b;
    private final FuzzWire fromA;
    private final FuzzWire fromB;
    private final PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::atNs).thenComparingLong(Due::order));
    private long order;
    private int events;
    private final Segment segment = new Segment();
    private boolean sendingGenuine = true;
    /// Nothing but what the network does to packets has happened: all must be delivered.
    private boolean wellBehaved = true;

    FuzzedPair(FuzzPlan plan, FuzzTrace trace) {
        this.plan = plan;
        this.trace = trace;
        nowNs = plan.epochNs();
        a = new FuzzEnd(this, Who.A, plan);
        b = new FuzzEnd(this, Who.B, plan);
        fromA = wire(Who.A, plan.fromA());
        fromB = wire(Who.B, plan.fromB());
    }

    private FuzzWire wire(Who from, Weather weather) {
        var wire = new FuzzWire(plan.seed() * 31 + from.ordinal(), weather, plan.v4() ? 20 : 40, new FuzzWire.Sink() {
            @Override
            public void arrive(Packet packet, boolean whole, long afterNs, String fate) {
                trace.onWire(from, packet, nowNs, fate);
                if (whole) {
                    due.add(new Due(nowNs + afterNs, order++, from.other(), packet, sendingGenuine, null));
                } else {
                    packet.release();
                }
            }

            @Override
            public void tooBig(Packet packet, int mtu) {
                int quoted = TcpHeader.sequence(packet.memory(), packet.start());
                at(nowNs + weather.delayNs(), () -> end(from).icmp(IcmpError.Kind.PACKET_TOO_BIG, quoted, mtu));
            }
        });
        wire.cuts = plan.host(from).cuts();
        return wire;
    }

    FuzzEnd end(Who who) {
        return who == Who.A ? a : b;
    }

    FuzzWire wire(Who from) {
        return from == Who.A ? fromA : fromB;
    }

    // ---- the whole

    /// Runs the case; throws what does not hold.
    void run() {
        try {
            open();
            for (FuzzStep step : plan.steps()) {
                runUntil(nowNs + step.afterNs(), SCRIPT_EVENTS);
                trace.step(step, nowNs);
                note(step);
                step.run(this);
            }
            finish();
        } finally {
            release();
        }
        a.watch.end(nowNs);
        b.watch.end(nowNs);
    }

    private void note(FuzzStep step) {
        wellBehaved &= switch (step) {
            case FuzzStep.Ending e -> e.how() == FuzzStep.End.SHUTDOWN_OUTPUT;
            case FuzzStep.Vanish _ -> false;
            default -> true;
        };
    }

    private void open() {
        a.openActive();
        if (plan.opening() == FuzzPlan.Opening.SIMULTANEOUS) {
            runUntil(nowNs + Math.min(plan.fromA().delayNs(), plan.fromB().delayNs()) / 2, SCRIPT_EVENTS);
            b.openActive();
        }
    }

    private void release() {
        for (FuzzEnd e : List.of(a, b)) {
            e.tcp.release();
            Packet p;
            while (!e.gone && (p = e.tcp.pollSegment(nowNs)) != null) {
                p.release();
            }
        }
        Due d;
        while ((d = due.poll()) != null) {
            if (d.packet != null) {
                d.packet.release();
            }
        }
    }

    // ---- time

    private void at(long atNs, Runnable action) {
        due.add(new Due(atNs, order++, null, null, true, action));
    }

    /// No packet outlives it in the network by more than RFC 9293 §3.4.1 believes.
    void jump(long byNs) {
        nowNs += byNs;
        if (byNs > LONGEST_LIFE_NS) {
            due.removeIf(d -> {
                if (d.packet != null) {
                    d.packet.release();
                }
                return d.packet != null;
            });
        }
    }

    private void runUntil(long untilNs, int mostEvents) {
        while (events < mostEvents && step(untilNs)) {
            events++;
        }
        nowNs = Math.max(nowNs, untilNs);
    }

    /// Does what comes next, if that is by `untilNs`.
    private boolean step(long untilNs) {
        Due first = due.peek();
        long atNs = first == null ? Long.MAX_VALUE : first.atNs;
        FuzzEnd timed = null;
        boolean record = false;
        for (FuzzEnd e : List.of(a, b)) {
            long deadline = e.isAlive() ? e.tcp.nextDeadlineNs() : Long.MAX_VALUE;
            if (deadline < atNs) {
                atNs = deadline;
                timed = e;
                record = false;
            }
            if (!e.opened && e.listener.dueNs() < atNs) {
                atNs = e.listener.dueNs();
                timed = e;
                record = true;
            }
        }
        if (atNs == Long.MAX_VALUE || atNs > untilNs) {
            return false;
        }
        nowNs = Math.max(nowNs, atNs);
        if (timed == null) {
            take();
        } else if (record) {
            timed.listener.timer();
        } else {
            timed.timer();
        }
        return true;
    }

    private void take() {
        Due d = due.poll();
        if (d.action != null) {
            d.action.run();
            return;
        }
        var batch = new ArrayList<Due>();
        batch.add(d);
        while (batch.size() < BATCH && due.peek() != null && due.peek().to == d.to && due.peek().atNs <= nowNs) {
            batch.add(due.poll());
        }
        try {
            for (Due one : batch) {
                trace.arrives(one.to, one.packet, nowNs);
            }
            end(d.to).receive(batch);
        } finally {
            batch.forEach(one -> one.packet.release());
        }
    }

    // ---- packets

    /// What an end's engine sends; the packet is the wire's.
    void send(FuzzEnd from, Packet p) {
        trace.sent(from, p, nowNs);
        Packet travelling = p;
        if (!from.host.byReference()) {
            travelling = p.copy();
            p.release();
        }
        FuzzWire.finish(travelling);
        sendingGenuine = true;
        wire(from.who).carry(travelling, nowNs);
    }

    /// A host that knows nothing of the connection answers (RFC 9293 §3.10.7.1); where the RFC has number zero it has its
    /// initial one, so that nothing depends on that.
    void answerForNobody(Who who, Packet p) {
        if (segment.parse(p) != WireError.NONE || segment.has(TcpHeader.RST)) {
            return;
        }
        boolean ack = segment.has(TcpHeader.ACK);
        Packet reset = bare(who, ack ? segment.ack : plan.host(who).iss(), ack ? 0 : segment.seq + segment.sequenceLength(),
                ack ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK, 0);
        sendingGenuine = true;
        wire(who).carry(reset, nowNs);
    }

    private Packet bare(Who from, int seq, int ack, int flags, int length) {
        TcpConnection c = end(from).tcp;
        Packet p = Packet.allocate(Packet.HEADROOM, TcpHeader.MIN_LENGTH + length);
        int at = p.append(TcpHeader.MIN_LENGTH + length);
        p.memory().asSlice(at, TcpHeader.MIN_LENGTH + length).fill((byte) 0);
        TcpHeader.write(p.memory(), at, c.localPort, c.remotePort, seq, ack, TcpHeader.MIN_LENGTH, flags, 1000, 0);
        FuzzWire.finish(p);
        return p;
    }

    /// See [FuzzStep.Forged]: nothing that could be the peer's.
    void forge(Who to, FuzzStep.Forgery what, int number) {
        FuzzEnd e = end(to);
        TcpConnection c = e.tcp;
        if (!e.isAlive() || !c.state().isSynchronized()) {
            if (e.isAlive() && c.state() == TcpState.SYN_SENT) {
                forgeAnswer(to, what, number);
            }
            return;
        }
        int nxt = (int) c.rcv.nxt;
        int una = (int) c.snd.una;
        int wnd = c.rcv.wnd();
        Packet p = switch (what) {
            case RST_IN_WINDOW -> wnd < 3 ? null : bare(to.other(), nxt + 1 + number % (wnd - 1), 0, TcpHeader.RST, 0);
            case RST_BESIDE -> bare(to.other(), nxt - 1 - number, 0, TcpHeader.RST, 0);
            case SYN -> bare(to.other(), nxt + number, 0, TcpHeader.SYN, 0);
            case OLD_DATA -> bare(to.other(), nxt - 101 - number, una, TcpHeader.ACK, 100);
            case ACK_AHEAD -> bare(to.other(), nxt, (int) c.snd.nxt + 1 + number, TcpHeader.ACK, 0);
            case ACK_BEHIND -> bare(to.other(), nxt, una - c.snd.maxWnd - number, TcpHeader.ACK, 0);
            case NO_FLAGS -> bare(to.other(), nxt, 0, 0, 0);
        };
        if (p != null) {
            arriveForged(to, p);
        }
    }

    /// The same where a SYN waits for its answer: none that acknowledges it.
    private void forgeAnswer(Who to, FuzzStep.Forgery what, int number) {
        int wrong = (int) end(to).tcp.snd.nxt + number;
        arriveForged(to, switch (what) {
            case RST_IN_WINDOW, RST_BESIDE -> bare(to.other(), number, wrong, TcpHeader.RST | TcpHeader.ACK, 0);
            case SYN -> bare(to.other(), number, wrong, TcpHeader.SYN | TcpHeader.ACK, 0);
            case OLD_DATA, ACK_AHEAD, ACK_BEHIND -> bare(to.other(), number, wrong, TcpHeader.ACK, number % 100);
            case NO_FLAGS -> bare(to.other(), number, 0, TcpHeader.RST, 0);
        });
    }

    /// At once: a moment later its numbers might be right.
    private void arriveForged(Who to, Packet p) {
        trace.onWire(to.other(), p, nowNs, "forged");
        try {
            trace.arrives(to, p, nowNs);
            end(to).receive(List.of(new Due(nowNs, order++, to, p, false, null)));
        } finally {
            p.release();
        }
    }

    void vanish(Who who, boolean comesBack) {
        end(who).vanish(comesBack);
    }

    // ---- the end

    /// An engine has given up: is there a cause?
    void failed(FuzzEnd e) {
        boolean reset = e.watch.resetsArrived > 0;
        boolean right = switch (e.error) {
            case CONNECTION_RESET -> reset;
            case CONNECTION_REFUSED -> reset || !e.tcp.state().isSynchronized();
            default -> true;
        };
        if (!right) {
            throw new Invariant.Broken(15, "invariant 15: " + e.who + " fails with " + e.error + " and no cause");
        }
        // Hosts that cannot be reached, impatient programs and keep-alives end connections, and rightly.
        wellBehaved = false;
    }

    /// Invariant 7: the network is fine, both programs read and have done with writing.
    private void finish() {
        trace.fine(nowNs);
        for (FuzzEnd e : List.of(a, b)) {
            FuzzWire w = wire(e.who);
            w.weather = Weather.FINE;
            w.cutUntilNs = nowNs;
            w.tells = true;
            w.tellsSize = true;
            e.budget.limit(Long.MAX_VALUE);
        }
        for (FuzzEnd e : List.of(a, b)) {
            e.mayRead(Long.MAX_VALUE);
            e.finish();
        }
        boolean peaceful = !a.gone && !b.gone && !a.aborted && !b.aborted;
        await(peaceful ? END_NS : GIVE_UP_NS, () -> isDone(a) && isDone(b), "neither done nor failed");
        if (wellBehaved) {
            checkDelivery(a, b);
            checkDelivery(b, a);
        }
        for (FuzzEnd e : List.of(a, b)) {
            if (!e.gone && e.opened && !e.closed) {
                e.end(FuzzStep.End.CLOSE);
            }
        }
        await(GIVE_UP_NS, () -> isOver(a) && isOver(b), "not closed");
        quiesce();
    }

    private boolean isDone(FuzzEnd e) {
        TcpState s = e.tcp.state();
        return e.gone || !e.opened || s == TcpState.CLOSED || s == TcpState.TIME_WAIT
                || s == TcpState.FIN_WAIT_2 && (e.eof || waitsForNobody(e));
    }

    /// Whether it may wait for the peer's FIN for ever.
    private boolean waitsForNobody(FuzzEnd e) {
        FuzzEnd peer = end(e.who.other());
        return e.closed ? e.tcp.options.finWait2Ns == 0 : peer.gone || peer.tcp.state() == TcpState.CLOSED;
    }

    private static boolean isOver(FuzzEnd e) {
        return e.gone || !e.opened || e.tcp.state() == TcpState.CLOSED
                || e.tcp.state() == TcpState.FIN_WAIT_2 && e.tcp.options.finWait2Ns == 0;
    }

    private void await(long patienceNs, java.util.function.BooleanSupplier done, String otherwise) {
        long end = nowNs + patienceNs;
        while (!done.getAsBoolean()) {
            if (++events > ALL_EVENTS || !step(end)) {
                throw new Invariant.Broken(7, "invariant 7 (liveness): " + otherwise + (events > ALL_EVENTS ? ", without end" : "")
                        + "\na: " + describe(a) + "\nb: " + describe(b));
            }
        }
    }

    private String describe(FuzzEnd e) {
        return (e.gone ? "gone " : "") + (e.opened ? "" : "never opened ") + "read " + e.read + ", wrote " + e.watch.written
                + (e.hasToWrite() ? " of more" : "") + ", error " + e.error + ", " + e.tcp.info(nowNs);
    }

    private void checkDelivery(FuzzEnd reader, FuzzEnd writer) {
        if (!reader.opened || !writer.opened || reader.inputShut) {
            return;
        }
        long leftOut = reader.watch.urgentMarks.total();
        boolean all = reader.read <= writer.watch.written && reader.read + leftOut >= writer.watch.written && reader.eof;
        if (!all) {
            throw new Invariant.Broken(3, "invariant 3 (delivery): " + reader.who + " read " + reader.read + " of " + writer.watch.written
                    + " bytes" + (reader.eof ? "" : ", and not the end"));
        }
    }

    /// Invariant 8: when all is over, silence; what is under way is answered, and that is all.
    private void quiesce() {
        long sent = trace.packets();
        int left = due.size();
        while (step(nowNs + GIVE_UP_NS)) {
            if (trace.packets() - sent > 2L * left + 5_000) {
                throw new Invariant.Broken(8, "invariant 8: no silence after the end, " + (trace.packets() - sent) + " packets");
            }
        }
    }

}
