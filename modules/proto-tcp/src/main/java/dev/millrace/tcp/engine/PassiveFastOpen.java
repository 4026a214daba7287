package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;
import dev.millrace.TcpInfo;
import dev.millrace.wire.FastOpenCookie;

/// The server's side of Fast Open (RFC 7413 §4.2.2): the SYN's data is with the program, and the program's answer on its way,
/// before the peer has acknowledged our SYN.
///
/// Differs: that is SYN-RECEIVED, and shown as such, but the engine is in the states from ESTABLISHED on, since to the program
/// the connection stands and may fail, be closed, and end in FIN-WAIT-1 already. What of SYN-RECEIVED is left is here: our SYN
/// goes again until it is acknowledged, and nothing else does; the peer's is answered; an ACK that acknowledges neither it nor
/// what was sent since is reset. SND.UNA is behind our SYN from the beginning.
final class PassiveFastOpen extends FastOpen {
    private boolean confirmed;
    /// The caller's.
    private Object place;
    /// How often the SYN is answered before the connection is given up.
    private final byte answers;
    /// What goes with the first SYN,ACK, or `null`.
    private FastOpenCookie cookie;
    /// When the SYN,ACK went out last.
    private long sentNs;
    /// Bytes of the SYN's data, and how many of them were taken.
    private final int came;
    private int taken;

    private PassiveFastOpen(FastOpenCookie cookie, int answers, int came, Object place) {
        this.cookie = cookie;
        this.place = place;
        this.answers = (byte) answers;
        this.came = came;
    }

    static void open(TcpConnection c, Segment syn, FastOpenCookie cookie, int answers, Object place, long nowNs) {
        assert c.state == TcpState.CLOSED;
        var open = new PassiveFastOpen(cookie, answers, syn.len, place);
        c.segmentsReceived++;
        Handshake.takeSyn(c, SynFacts.of(syn), nowNs);
        c.become(TcpState.SYN_RECEIVED);
        SendSequence snd = c.snd;
        snd.nxt = snd.iss + 1;
        snd.una = snd.nxt;
        snd.sml = snd.nxt;
        snd.cwndLimitedTo = snd.nxt;
        Handshake.establish(c, nowNs);
        c.fastOpen = open;
        c.synDue = true;
        long first = c.rcv.nxt;
        syn.arrival.takeTextOfSyn(c, syn, nowNs);
        open.taken = (int) (c.rcv.nxt - first);
    }

    boolean isConfirmed() {
        return confirmed;
    }

    Object takePlace() {
        Object taken = place;
        place = null;
        return taken;
    }

    @Override
    TcpState shown(TcpState state) {
        return !confirmed && state == TcpState.ESTABLISHED ? TcpState.SYN_RECEIVED : state;
    }

    @Override
    TcpInfo.FastOpen info() {
        return new TcpInfo.FastOpen("ACCEPTED", came, taken);
    }

    /// Whether an ACK is one of our SYN, or of what was sent since.
    static boolean isAcceptable(TcpConnection c, Segment seg) {
        return c.snd.una <= seg.ackOffset && seg.ackOffset <= c.snd.nxt;
    }

    /// The peer has acknowledged our SYN, and is who it says it is.
    void confirm(TcpConnection c, long nowNs) {
        confirmed = true;
        c.synDue = false;
        c.retries = 0;
        if (c.retransmittedSegments == 0) {
            c.rtt.onSample(nowNs - sentNs, 1);
        } else if (c.synLost) {
            c.rtt.afterSynLoss();
        }
        if (c.snd.nxt == c.snd.iss + 1) {
            // Only now it is known how long a round trip takes, and whether the SYN,ACK was lost (RFC 5681 §3.1).
            Handshake.startCongestionControl(c, nowNs);
        }
        c.timers.cancel(ConnectionTimers.RETRANSMISSION);
        if (c.snd.flight() > 0) {
            // What was sent meanwhile gets a timeout of its own.
            SegmentSender.startRetransmissionTimer(c, nowNs);
            c.probe().schedule(c, nowNs);
        }
    }

    // ---- the SYN,ACK

    @Override
    FastOpenCookie option() {
        return cookie;
    }

    @Override
    void onSynSent(TcpConnection c, long nowNs) {
        sentNs = nowNs;
        // RFC 7413 §4.2.2: whatever comes after the first has no option.
        cookie = null;
    }

    @Override
    void onSynLost(TcpConnection c, long nowNs) {
        if (c.retries >= answers) {
            // In silence: who never answered does not know of it, or is not there.
            c.fail(ErrorCode.CONNECTION_TIMED_OUT, false, nowNs);
        } else if (c.snd.flight() > 0) {
            // A peer in SYN-SENT has had to throw away what came without the SYN. It goes again after that.
            c.recovery.onTimeout(c, c.recovery.phase() != LossRecovery.Phase.RTO_RECOVERY, nowNs);
        }
    }
}
