package dev.millrace.tcp.engine;

import dev.millrace.wire.buffer.Packet;

/// What must hold between any two calls of an engine: asked by its assertions after every input and output. Each method
/// that checks returns `true` or throws what is wrong.
final class Invariants {
    private Invariants() {
    }

    static boolean hold(TcpConnection c) {
        assert c.snd.una <= c.snd.nxt : "SND.UNA " + c.snd.una + " beyond SND.NXT " + c.snd.nxt;
        assert c.rcv.wnd() >= 0 : "RCV.NXT beyond the window: " + c.rcv.wnd();
        assert c.state != TcpState.CLOSED || c.timers.next() == ConnectionTimers.NEVER : "a closed connection has a timer";
        assert c.cc == null || c.cc.cwnd() >= 1;
        assert c.queue.isEmpty() || c.queue.start(0) == c.snd.una && c.queue.end(c.queue.size() - 1) == c.snd.nxt
                : "the queue holds " + c.queue.start(0) + " to " + c.queue.end(c.queue.size() - 1) + ", not "
                + c.snd.una + " to " + c.snd.nxt;
        assert LossRecovery.pipe(c) >= 0;
        assert c.queue.retransmittedBytes() <= c.queue.lostBytes() : "more was sent again than is lost";
        assert c.queue.sackedBytes() + c.queue.lostBytes() <= c.snd.flight() : "more is reported and lost than in flight";
        assert c.recovery.phase() != LossRecovery.Phase.SACK_RECOVERY || c.sackOn && c.queue.rack != null;
        assert c.recovery.phase() == LossRecovery.Phase.OPEN || !c.timers.isSet(ConnectionTimers.PROBE)
                : "a probe is due in recovery";
        assert !c.queue.isEmpty() || !c.queue.hasBoard() : "a scoreboard of nothing";
        assert c.queue.size() > 64 || c.queue.isConsistent();
        assert memoriesLieBehind(c);
        return true;
    }

    /// As [#hold], with a segment in hand, or `null`, that must not be lost if it does not.
    static boolean holdWith(TcpConnection c, Packet segment) {
        try {
            return hold(c);
        } catch (Throwable t) {
            if (segment != null) {
                segment.release();
            }
            throw t;
        }
    }

    /// Whether nothing that is remembered lies ahead of what it is a memory of. That it lies far behind does no harm.
    private static boolean memoriesLieBehind(TcpConnection c) {
        if (!c.state.isSynchronized()) {
            return true;
        }
        assert c.snd.isConsistent() : "send sequence";
        assert c.recovery.recoveryPoint() <= c.snd.nxt : "recovery point";
        assert c.probe == null || c.probe.isConsistent(c) : "probe";
        assert c.mtuProbe == null || c.mtuProbe.isConsistent(c) : "MTU probe";
        assert c.rcv.lastAckSent <= c.rcv.nxt : "Last.ACK.sent";
        assert c.snd.wl1 <= c.rcv.edge : "SND.WL1";
        assert !c.rcv.finKnown || c.rcv.finSeq >= c.rcv.nxt - 1 && c.rcv.finSeq <= c.rcv.edge : "the peer's FIN";
        return true;
    }

    /// Whether something that was to reach the peer is unsent or unacknowledged.
    static boolean waits(TcpConnection c) {
        return c.state != TcpState.CLOSED && c.state != TcpState.TIME_WAIT && (c.snd.flight() > 0
                || c.state.isSynchronized() && (c.hasUnsent() || c.snd.finQueued && !c.snd.finSent));
    }

    /// Whether a timer runs that will go on with it.
    static boolean isTimed(TcpConnection c) {
        return c.timers.isSet(ConnectionTimers.RETRANSMISSION) || c.snd.flight() == 0
                && (c.timers.isSet(ConnectionTimers.PERSIST) || c.timers.isSet(ConnectionTimers.CORK)
                || c.timers.isSet(ConnectionTimers.PACING));
    }
}
