package dev.millrace.tcp.engine;

import dev.millrace.wire.Seq;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;

/// How a fuzzed end that does not connect itself comes to its connection: the SYN meets the engine, or it is answered by a
/// record with nothing behind it, as a listener does it, and the engine begins with the segment that completes the handshake.
final class FuzzListener {
    private static final int ANSWERS = 6;
    private static final long FIRST_NS = 1_000_000_000L;
    /// A record does not outlive its answers by more.
    private static final long LIFE_NS = 100 * FIRST_NS;

    private final FuzzedPair pair;
    private final FuzzEnd end;
    private final Segment segment = new Segment();
    private SynFacts syn;
    private long sentNs;
    private int answers;
    private boolean again;
    private boolean closed;
    /// When the record is answered again.
    private long dueNs = Long.MAX_VALUE;

    FuzzListener(FuzzedPair pair, FuzzEnd end) {
        this.pair = pair;
        this.end = end;
    }

    void close() {
        closed = true;
        dueNs = Long.MAX_VALUE;
    }

    long dueNs() {
        return dueNs;
    }

    void receive(Packet p, boolean genuine) {
        if (closed || !genuine || segment.parse(p) != WireError.NONE) {
            return;
        }
        if (syn != null && pair.nowNs - sentNs > LIFE_NS) {
            syn = null;
            dueNs = Long.MAX_VALUE;
            answers = 0;
            again = false;
        }
        boolean isSyn = segment.has(TcpHeader.SYN) && !segment.has(TcpHeader.ACK) && !segment.has(TcpHeader.RST);
        if (pair.plan.opening() == FuzzPlan.Opening.SIMULTANEOUS) {
            // It will open itself.
            return;
        }
        if (isSyn && pair.plan.opening() == FuzzPlan.Opening.PASSIVE) {
            end.opened = true;
            end.watch.openPassive(p, pair.nowNs);
        } else if (isSyn && (syn == null || segment.seq == syn.irs())) {
            again |= syn != null;
            syn = SynFacts.of(segment);
            answer(p);
        } else if (syn != null && isCompleting()) {
            dueNs = Long.MAX_VALUE;
            end.opened = true;
            end.watch.resume(answers > 1 ? syn.withoutEcn() : syn, again ? ConnectionTimers.NEVER : sentNs, answers > 1, pair.nowNs);
            end.watch.segment(p, true, pair.nowNs);
            Packet data;
            while ((data = end.watch.poll(pair.nowNs, true)) != null) {
                pair.send(end, data);
            }
        } else if (syn == null && !isSyn) {
            pair.answerForNobody(end.who, p);
        }
    }

    private boolean isCompleting() {
        // RFC 7323 §5.3 R1, as a listener's record has it, too.
        boolean old = syn.timestamps() && segment.options.hasTimestamps() && Seq.lt(segment.options.timestampValue(), syn.timestampValue());
        return !old && segment.has(TcpHeader.ACK) && !segment.has(TcpHeader.SYN) && !segment.has(TcpHeader.RST)
                && segment.ack == end.host.iss() + 1 && segment.seq - syn.irs() >= 1 && segment.seq - syn.irs() <= Math.min(0xffff, end.tcp.options.receiveBuffer);
    }

    private void answer(Packet p) {
        Packet answer = make();
        if (p != null) {
            end.watch.answered(p, answer);
        }
        pair.send(end, answer);
        sentNs = pair.nowNs;
        answers++;
        dueNs = answers < ANSWERS ? pair.nowNs + (FIRST_NS << answers - 1) : Long.MAX_VALUE;
    }

    private Packet make() {
        ConnectionOptions o = end.tcp.options;
        SynFacts agreed = answers > 0 ? syn.withoutEcn() : syn;
        int most = Math.min(0xffff, end.ipMss());
        return SynSegment.answer(agreed, end.settings, o.receiveBuffer, o.receiveBufferMax, end.tcp.localPort, end.tcp.remotePort,
                end.host.iss(), o.maxSegment > 0 ? Math.min(o.maxSegment, most) : most, end.tcp.timestampNow(pair.nowNs), null);
    }

    void timer() {
        again = true;
        answer(null);
    }
}
