package dev.millrace.tcp.engine;

/// Invariant 1: how much may be in flight.
final class SendingLimits extends Invariant {
    /// Behind the last byte that the peer has ever allowed.
    private long allowedTo;
    private int largestWindow;
    // Before a segment is polled.
    private long una;
    private long nxt;
    private long pipe;
    private long cwnd;
    private boolean probeDue;
    private LossRecovery.Phase phase;
    /// New data of a timeout's recovery beyond the congestion window, which F-RTO sends (RFC 5682 §2.1 step 2b).
    private long beyondInTimeout;
    /// What fast recovery adds to the window: what has left the network (RFC 6582 §3.2).
    private long inflation;
    /// What F-RTO may still send is meant in segments of that size.
    private int mss;

    SendingLimits() {
        super(1, "SND.UNA <= SND.NXT; no data beyond the peer's window but a probe's byte, nor beyond cwnd");
    }

    @Override
    void before(Cause cause) {
        una = c.snd.una;
        nxt = c.snd.nxt;
        phase = c.recovery.phase();
        if (cause == Cause.POLL && c.cc != null) {
            pipe = LossRecovery.pipe(c);
            cwnd = c.cc.cwnd();
            probeDue = c.probe != null && c.probe.due;
            mss = Math.max(mss, c.snd.mss);
        }
    }

    @Override
    void after(Cause cause) {
        if ((cause == Cause.SEGMENT || cause == Cause.OPEN) && w.peerKnown && !w.in.rst) {
            int window = w.in.syn ? w.in.s.wnd : w.in.s.wnd << w.peerShift();
            largestWindow = Math.max(largestWindow, window);
            if (w.in.hasAck && w.in.ack >= 0 && w.in.ack <= w.sentTo + 1) {
                allowedTo = Math.max(allowedTo, w.in.ack + window);
            }
        }
        if (c.recovery.phase() != LossRecovery.Phase.RTO_RECOVERY) {
            beyondInTimeout = 0;
        }
        if (c.recovery.phase() == LossRecovery.Phase.FAST_RECOVERY) {
            inflate(cause);
        }
        hold(c.snd.una <= c.snd.nxt && c.snd.flight() >= 0, () -> "SND.UNA " + c.snd.una + ", SND.NXT " + c.snd.nxt);
        hold(c.snd.nxt - c.snd.una <= largestWindow + 1L, () -> "more in flight than any window and FIN: " + c.snd.flight());
    }

    private void inflate(Cause cause) {
        long acked = c.snd.una - una;
        if (phase != LossRecovery.Phase.FAST_RECOVERY) {
            inflation = 3L * c.snd.mss;
        } else if (acked > 0) {
            inflation = Math.max(0, inflation - acked + (acked >= c.snd.mss ? c.snd.mss : 0));
        } else if (cause == Cause.SEGMENT && w.in.isPureAck()) {
            inflation += c.snd.mss;
        }
    }

    @Override
    void sent() {
        SeenSegment out = w.out;
        if (out.len == 0 || out.rst) {
            return;
        }
        long end = out.textEnd();
        boolean probe = out.len == 1 && out.seq == w.fromIss(una);
        hold(end <= allowedTo || probe && end == allowedTo + 1, () -> out + " beyond " + allowedTo + ", which is all that was ever allowed");
        hold(end <= w.fromIss(una) + c.snd.wnd || probe, () -> out + " beyond the present window of " + c.snd.wnd + " from " + w.fromIss(una));
        if (out.seq >= w.fromIss(nxt) && c.snd.nxt > nxt) {
            newData(out);
        }
    }

    private void newData(SeenSegment out) {
        if (probeDue && !c.probe.due) {
            // A tail loss probe goes whatever cwnd says, one segment (RFC 8985 §7.3).
            hold(out.len <= c.snd.mss, () -> "a probe of " + out.len);
            return;
        }
        // A window may have been reduced because nothing was sent for long, before this was.
        long window = Math.max(c.queue.delivery != null ? Math.max(cwnd, c.cc.cwnd()) : c.cc.cwnd(), c.snd.mss);
        long room = window - pipe;
        switch (phase) {
            // RFC 3042: limited transmit.
            case OPEN -> room += c.sackOn ? 0 : 2L * c.snd.mss;
            case FAST_RECOVERY -> room += inflation;
            case SACK_RECOVERY -> {
                if (c.queue.delivery == null) {
                    // Invariant 10.
                    return;
                }
            }
            case RTO_RECOVERY -> {
                if (out.len > room) {
                    beyondInTimeout += out.len;
                    hold(beyondInTimeout <= 2L * mss, () -> beyondInTimeout + " bytes of new data beyond cwnd after a timeout");
                    return;
                }
            }
        }
        long most = room;
        hold(out.len <= most, () -> out + " where " + phase + " has room for " + most + ": cwnd " + window + ", pipe " + pipe);
    }
}
