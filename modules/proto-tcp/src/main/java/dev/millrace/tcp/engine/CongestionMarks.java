package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;

/// Explicit congestion notification (RFC 3168 §6.1) of a connection whose sides have both agreed to it: a router that marks
/// a packet instead of dropping it is heard of by the peer's ECE, once in a window of data, and answered by CWR.
final class CongestionMarks {
    private static final int ECN_BITS = 3;
    private static final int CE = 3;

    /// As receiver: a mark came, and the sender has not said yet that it reduces.
    private boolean echo;
    /// As sender: the next new data says that the window was reduced.
    private boolean reductionDue;
    /// What was in flight at the last reduction ends there: marks of that are of the same congestion.
    private long reducedTo;
    /// Reductions, and packets that came marked.
    int reductions;
    int marked;

    CongestionMarks(long iss) {
        reducedTo = iss;
    }

    /// Text came, in order or not.
    void onText(TcpConnection c, Segment seg) {
        if (seg.has(TcpHeader.CWR)) {
            echo = false;
        }
        if ((seg.packet.trafficClass() & ECN_BITS) == CE) {
            marked++;
            if (!echo) {
                echo = true;
                c.acks.now();
            }
        }
    }

    /// The peer echoes a mark.
    ///
    /// @param priorFlight FlightSize before this acknowledgement
    void onEcho(TcpConnection c, int priorFlight, long nowNs) {
        if (c.snd.una <= reducedTo || priorFlight == 0 || !c.state.isSynchronized()) {
            return;
        }
        boolean open = c.recovery.phase() == LossRecovery.Phase.OPEN;
        onReduced(c);
        if (open) {
            reductions++;
            c.recovery.onMarked();
            c.cc.onMarked(Math.min(priorFlight, Math.max(c.cc.cwnd(), c.snd.mss)), nowNs);
        }
    }

    /// The window was reduced, for this or another reason (§6.1.2).
    void onReduced(TcpConnection c) {
        reductionDue = true;
        reducedTo = c.snd.nxt;
    }

    /// Whether the next segment with new data says that the window was reduced.
    boolean mustTell() {
        return reductionDue;
    }

    int flagsOfNewData() {
        int flags = reductionDue ? TcpHeader.CWR : 0;
        reductionDue = false;
        return flags;
    }

    /// What every segment with ACK says.
    int flags() {
        return echo ? TcpHeader.ECE : 0;
    }
}
