package dev.millrace.tcp.engine;

import dev.millrace.spi.CongestionControl;
import dev.millrace.wire.TcpHeader;

/// What the two SYNs agree on (RFC 9293 §3.7.1, RFC 7323 §1.3, RFC 2018 §2), and the step to ESTABLISHED.
final class Handshake {
    private static final int DEFAULT_MSS_V4 = 536;
    private static final int DEFAULT_MSS_V6 = 1220;
    /// Less payload than this is not sent because a peer says so: headers would outweigh data without end.
    private static final int MIN_MSS = 48;

    private Handshake() {
    }

    /// Learns the peer's sequence number and options from its SYN; what is agreed on stands from here (RFC 7323 §1.3).
    static void takeSyn(TcpConnection c, SynFacts syn, long nowNs) {
        // An active opener has promised a window by its SYN, whatever has become of the buffer since.
        c.timestampsOn = c.settings.timestamps && syn.timestamps();
        int window = c.active ? c.rcv.wnd() : WindowAdvertiser.synField(c.settings, c.options.receiveBuffer, c.advertisedMss, c.timestampsOn);
        c.rcv.irs = syn.irs();
        c.rcv.nxt = syn.irs() + 1L;
        c.rcv.edge = c.rcv.nxt + window;
        c.rcv.lastAckSent = c.rcv.nxt;
        int announced = syn.mss();
        // MUST-15: what holds for a SYN without the option.
        c.peerMss = announced > 0 ? announced : c.v4 ? DEFAULT_MSS_V4 : DEFAULT_MSS_V6;
        if (c.timestampsOn) {
            c.rcv.tsRecent = syn.timestampValue();
            c.rcv.tsRecentNs = nowNs;
        }
        c.sackOn = c.settings.sack && syn.sackPermitted();
        // An active opener has asked for it, unless its SYN was lost.
        boolean ecn = syn.ecn() && (c.active ? c.ecnRequested : c.settings.ecn.accepts());
        c.marks = ecn ? new CongestionMarks(c.snd.iss) : null;
        c.scalingOn = c.settings.windowScaling && syn.windowScale() >= 0;
        if (c.scalingOn) {
            c.sendShift = (byte) Math.min(WindowAdvertiser.MAX_SHIFT, syn.windowScale());
            c.receiveShift = c.ownShift;
        }
        if (c.userTimeout != null) {
            c.userTimeout.take(c, syn.userTimeout(), nowNs);
        }
        // The window of a SYN is never scaled (RFC 7323 §2.2).
        c.snd.setWindow(syn.irs(), c.snd.una, syn.window());
        c.snd.mss = effectiveMss(c);
    }

    /// Eff.snd.MSS (RFC 9293 §3.7.1, MUST-16).
    static int effectiveMss(TcpConnection c) {
        int mss = c.peerMss;
        if (c.options.maxSegment > 0) {
            mss = Math.min(mss, c.options.maxSegment);
        }
        int options = SegmentWriter.options(c);
        // What the path says is a fact, however little it is.
        return Math.max(1, Math.min(Math.max(MIN_MSS, mss - options), Math.min(c.ipMss, MtuProbe.limit(c)) - options));
    }

    /// Our SYN is acknowledged.
    static void ackSyn(TcpConnection c, Segment seg, long nowNs) {
        c.snd.una = seg.ackOffset;
        if (c.fastOpen != null) {
            c.fastOpen.onSynAcked(c, seg);
        }
        if (c.retransmittedSegments == 0 && !c.synLost && !c.synUntimed) {
            c.rtt.onSample(nowNs - c.snd.lastSentNs, 1);
        } else if (c.synLost) {
            c.rtt.afterSynLoss();
        }
        boolean syn = seg.has(TcpHeader.SYN);
        c.snd.setWindow(seg.seqOffset, seg.ackOffset, syn ? seg.wnd : seg.wnd << c.sendShift);
    }

    /// Both SYNs are acknowledged. What was written already goes out, and so does FIN if the program has closed since.
    static void establish(TcpConnection c, long nowNs) {
        c.synDue = false;
        c.retries = 0;
        c.timers.cancel(ConnectionTimers.RETRANSMISSION);
        c.timers.cancel(ConnectionTimers.USER);
        c.become(TcpState.ESTABLISHED);
        MtuProbe.onEstablished(c);
        startCongestionControl(c, nowNs);
        KeepAlive.onSegment(c, nowNs);
        KeepAlive.start(c);
        c.events |= TcpConnection.EVENT_CONNECTED | TcpConnection.EVENT_WRITABLE;
        if (c.snd.finQueued) {
            c.become(TcpState.FIN_WAIT_1);
        }
    }

    /// Before anything was sent.
    static void startCongestionControl(TcpConnection c, long nowNs) {
        int mss = c.snd.mss;
        // RFC 6928 §2, and one segment if the SYN was lost.
        int segments = c.settings.initialWindow;
        long initial = Math.min((long) segments * mss, Math.max(2L * mss, segments * 1460L));
        c.cc = c.congestionControls.create(mss, c.synLost ? mss : (int) initial, c.rtt.srttNs());
        if (c.cc.isRateBased()) {
            c.queue.delivery = new DeliveryRate(nowNs);
        }
        if (c.cc.pacingRate() != CongestionControl.UNPACED) {
            c.pacer = new Pacer(nowNs);
        }
    }
}
