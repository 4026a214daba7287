package dev.millrace.tcp.engine;

import dev.millrace.DropReason;
import dev.millrace.spi.IcmpError;
import dev.millrace.tcp.engine.Invariant.Cause;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// An engine under observation. All that goes into it and comes out of it passes here, so that every invariant sees it; and
/// here are the facts that several of them need, as the wire and the calls tell them.
final class Watch {
    final String name;
    final TcpConnection c;
    final StreamContent own;
    final StreamContent peers;
    final TestBudget budget;
    private final List<Invariant> invariants = List.of(new SendingLimits(), new ReceiveWindowRules(), new DeliveryRules(),
            new AckRules(), new RetransmissionRules(), new StateRules(), new LivenessRules(), new ResetRules(), new TimeoutRules(),
            new CongestionRules(), new FormatRules(), new TimerRules(), new ResourceRules(), new CallRules());

    // What is happening.
    long nowNs;
    final SeenSegment in = new SeenSegment();
    final SeenSegment out = new SeenSegment();
    boolean genuine;
    /// Why the engine had no use for `in`, or `null`.
    DropReason dropped;
    /// What the engine answered to the call.
    int result;
    /// What it was asked for.
    int asked;
    boolean urgent;
    /// What was read last lies here, from 0 on.
    final MemorySegment scratch = Arena.ofAuto().allocate(StreamContent.MOST);

    // What was sent.
    private final int iss;
    boolean synSent;
    Offer offered;
    /// Behind all that was ever sent.
    long sentTo;
    long written;
    boolean wantsFin;

    // What arrived.
    private int irs;
    boolean peerKnown;
    Offer peerOffered;
    /// The bytes that came, and those that came more than once.
    final Ranges arrived = new Ranges();
    final Ranges arrivedAgain = new Ranges();
    /// Where the peer has said that its FIN stands: one place, unless it lies.
    final Ranges peerFins = new Ranges();
    /// The last bytes of what the peer has said to be urgent.
    final Ranges urgentMarks = new Ranges();
    private long peerTo;
    int resetsArrived;
    long segmentsArrived;
    private final ReceivedBytes received = new ReceivedBytes();

    /// What a SYN offers.
    record Offer(boolean timestamps, boolean sack, int shift, int mss) {
    }

    /// @param budget its own, or `null` if it shares one
    Watch(String name, TcpConnection c, int iss, TestBudget budget, StreamContent own, StreamContent peers) {
        this.name = name;
        this.c = c;
        this.iss = iss;
        this.budget = budget;
        this.own = own;
        this.peers = peers;
        for (Invariant i : invariants) {
            i.watch(this);
        }
    }

    // ---- what both SYNs have agreed on

    boolean agreed() {
        return offered != null && peerOffered != null;
    }

    boolean timestamps() {
        return agreed() && offered.timestamps && peerOffered.timestamps;
    }

    boolean sack() {
        return agreed() && offered.sack && peerOffered.sack;
    }

    private boolean scales() {
        return agreed() && offered.shift >= 0 && peerOffered.shift >= 0;
    }

    /// By how much our windows are scaled.
    int ownShift() {
        return scales() ? offered.shift : 0;
    }

    /// By how much the peer's windows are scaled.
    int peerShift() {
        return scales() ? Math.min(14, peerOffered.shift) : 0;
    }

    /// The stream's next byte that has not come, and FIN counted if it is its turn.
    long contiguous() {
        long end = arrived.endOf(1);
        return peerFins.contains(end, end + 1) ? end + 1 : end;
    }

    /// The engine's number, counted from ours.
    long fromIss(long offset) {
        return offset - c.snd.iss;
    }

    /// The engine's number, counted from the peer's.
    long fromIrs(long offset) {
        return offset - c.rcv.irs;
    }

    // ---- inputs

    private void begin(Cause cause, long now) {
        nowNs = now;
        for (Invariant i : invariants) {
            i.before(cause);
        }
    }

    private void end(Cause cause) {
        for (Invariant i : invariants) {
            i.after(cause);
        }
    }

    void openActive(long now) {
        begin(Cause.OPEN, now);
        c.openActive(now);
        end(Cause.OPEN);
    }

    /// The engine's first segment, a SYN.
    void openPassive(Packet p, long now) {
        see(p, true);
        begin(Cause.OPEN, now);
        c.openPassive(in.s, now);
        end(Cause.OPEN);
    }

    /// Somebody else has answered the peer's SYN for the engine.
    void answered(Packet syn, Packet answer) {
        see(syn, true);
        seeOwn(answer);
        note();
    }

    /// As [#openPassive], behind [#answered].
    void resume(SynFacts syn, long sentNs, boolean lost, long now) {
        begin(Cause.OPEN, now);
        c.resumePassive(syn, sentNs, lost, now);
        end(Cause.OPEN);
    }

    /// @param genuine whether it is the peer's, and not a stranger's in its name
    void segment(Packet p, boolean genuine, long now) {
        if (!see(p, genuine)) {
            return;
        }
        begin(Cause.SEGMENT, now);
        dropped = c.onSegment(in.s, now);
        end(Cause.SEGMENT);
    }

    private boolean see(Packet p, boolean genuine) {
        if (in.s.parse(p) != WireError.NONE) {
            return false;
        }
        in.packet = p;
        in.flags();
        segmentsArrived++;
        this.genuine = genuine;
        if (in.syn && !in.rst && genuine && !peerKnown && mayBegin()) {
            irs = in.s.seq;
            peerKnown = true;
        }
        boolean begun = c.state() != TcpState.CLOSED && c.state() != TcpState.SYN_SENT;
        in.seq = SeenSegment.unwrap(in.s.seq, irs, begun ? fromIrs(c.rcv.nxt) : peerTo);
        in.ack = in.hasAck ? SeenSegment.unwrap(in.s.ack, iss, sentTo) : 0;
        if (!peerKnown) {
            // Nobody can say what its numbers mean.
            resetsArrived += in.rst && genuine ? 1 : 0;
            return true;
        }
        if (in.rst || !genuine) {
            resetsArrived += in.rst && genuine ? 1 : 0;
            if (!genuine) {
                // What a stranger sends again counts as that for who reports it.
                arrivedAgain.add(in.text(), in.textEnd());
            }
            return true;
        }
        if (in.syn && in.seq == 0 && (peerOffered == null || c.state() == TcpState.CLOSED)) {
            peerOffered = offer(in.s);
        }
        peerTo = Math.max(peerTo, in.end());
        arrived.addCommon(in.text(), in.textEnd(), arrivedAgain);
        arrived.add(in.text(), in.textEnd());
        if (in.s.has(TcpHeader.URG) && in.s.urg != 0) {
            urgentMarks.add(in.seq + in.s.urg - 1, in.seq + in.s.urg);
        }
        if (in.fin) {
            peerFins.add(in.textEnd(), in.textEnd() + 1);
        }
        return true;
    }

    /// Whether this SYN is one that begins a connection (RFC 9293 §3.10.7.3).
    private boolean mayBegin() {
        return c.state() != TcpState.SYN_SENT || (in.hasAck ? in.s.ack == iss + 1 : !in.fin);
    }

    private static Offer offer(Segment syn) {
        return new Offer(syn.options.hasTimestamps(), syn.options.sackPermitted(), syn.options.windowScale(), syn.options.mss());
    }

    void batchEnd(long now) {
        begin(Cause.BATCH_END, now);
        c.onBatchEnd(now);
        end(Cause.BATCH_END);
    }

    void timer(long now) {
        begin(Cause.TIMER, now);
        c.onTimer(now);
        end(Cause.TIMER);
    }

    int icmp(IcmpError error, int quoted, long now) {
        begin(Cause.ICMP, now);
        result = c.onIcmpError(error, quoted, now);
        end(Cause.ICMP);
        return result;
    }

    void path(int ipMss, int superSegment, long now) {
        begin(Cause.PATH, now);
        c.setPath(ipMss, superSegment, now);
        end(Cause.PATH);
    }

    // ---- calls

    /// Writes the stream's next bytes, `n` of them at most.
    int write(int n, boolean urgent, boolean more, long now) {
        asked = Math.min(n, StreamContent.MOST);
        this.urgent = urgent;
        begin(Cause.WRITE, now);
        c.moreToCome(more);
        result = urgent ? c.writeUrgent(StreamContent.memory(), own.at(written), asked, now)
                : c.write(StreamContent.memory(), own.at(written), asked, now);
        written += result;
        end(Cause.WRITE);
        return result;
    }

    int read(int max, long now) {
        asked = Math.min(max, StreamContent.MOST);
        begin(Cause.READ, now);
        result = c.read(received, asked, now);
        if (result > 0) {
            received.moveTo(scratch, 0, result);
        }
        end(Cause.READ);
        return result;
    }

    void shutdownOutput(long now) {
        begin(Cause.SHUTDOWN_OUTPUT, now);
        wantsFin = true;
        c.shutdownOutput(now);
        end(Cause.SHUTDOWN_OUTPUT);
    }

    void shutdownInput(long now) {
        begin(Cause.SHUTDOWN_INPUT, now);
        c.shutdownInput(now);
        end(Cause.SHUTDOWN_INPUT);
    }

    void close(long now) {
        begin(Cause.CLOSE, now);
        wantsFin = true;
        c.close(now);
        end(Cause.CLOSE);
    }

    void abort(long now) {
        begin(Cause.ABORT, now);
        c.abort(now);
        end(Cause.ABORT);
    }

    void optionsChanged(long now) {
        begin(Cause.OPTIONS, now);
        c.optionsChanged(now);
        end(Cause.OPTIONS);
    }

    // ---- outputs

    /// The next segment, or `null`; the caller's.
    Packet poll(long now, boolean dataOnly) {
        begin(Cause.POLL, now);
        Packet p = dataOnly ? c.pollData(now) : c.pollSegment(now);
        if (p == null) {
            end(Cause.POLL);
            return null;
        }
        try {
            seeOwn(p);
            end(Cause.POLL);
            for (Invariant i : invariants) {
                i.sent();
            }
            note();
            return p;
        } catch (Throwable t) {
            p.release();
            throw t;
        }
    }

    private void seeOwn(Packet p) {
        if (out.s.parse(p) != WireError.NONE) {
            throw new AssertionError("no header that can be read");
        }
        out.packet = p;
        out.flags();
        out.seq = SeenSegment.unwrap(out.s.seq, iss, sentTo);
        out.ack = out.hasAck ? SeenSegment.unwrap(out.s.ack, irs, peerTo) : 0;
    }

    private void note() {
        if (out.rst) {
            return;
        }
        if (out.syn) {
            synSent = true;
            offered = offer(out.s);
        }
        sentTo = Math.max(sentTo, out.end());
    }

    /// The engine has said all that it has to say.
    void rest(long now) {
        nowNs = now;
        for (Invariant i : invariants) {
            i.atRest();
        }
    }

    void end(long now) {
        nowNs = now;
        for (Invariant i : invariants) {
            i.atEnd();
        }
    }
}
