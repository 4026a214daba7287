package dev.millrace.tcp.engine;

/// Tail loss probes (RFC 8985 §7): when the last segments of a flight are lost nothing tells of it, so that after two round
/// trips one is sent again, or something new, whose acknowledgement will.
final class TailLossProbe {
    /// WCDelAckT: the longest that a peer is expected to delay the acknowledgement of a single segment.
    private static final long WORST_DELAYED_ACK_NS = 200_000_000L;
    /// Differs: RFC 8985 has no floor. Where a round trip takes microseconds two of them say more of threads than of losses.
    private static final long MIN_NS = 10_000_000L;

    /// A probe is to be sent.
    boolean due;
    /// TLP.end_seq, while a probe is not acknowledged.
    private boolean pending;
    private boolean isRetransmission;
    private long endSeq;

    /// §7.2: sets the timer, or takes it back where a probe has no place.
    void schedule(TcpConnection c, long nowNs) {
        if (!mayProbe(c) || pending) {
            c.timers.cancel(ConnectionTimers.PROBE);
            return;
        }
        long timeout = Math.max(MIN_NS, 2 * c.rtt.srttNs());
        // Differs: RFC 8985 has it for a single segment. Of less than two full ones none need be acknowledged at once (RFC 9293
        // §3.8.6.3), and most transfers end like that.
        if (c.settings.profile == Profile.LINUX ? c.queue.size() == 1 : c.snd.flight() < 2L * c.snd.mss) {
            timeout += WORST_DELAYED_ACK_NS;
        }
        // Where the retransmission timer would be earlier the probe takes its place: should it find something lost, that costs
        // no more than any loss.
        long deadline = nowNs + timeout;
        long rto = c.timers.deadlineNs(ConnectionTimers.RETRANSMISSION);
        c.timers.set(ConnectionTimers.PROBE, deadline - rto < 0 ? deadline : rto);
    }

    private static boolean mayProbe(TcpConnection c) {
        return c.settings.tailLossProbe && c.sackOn && c.snd.flight() > 0 && c.rtt.srttNs() > 0 && c.retries == 0
                && c.recovery.phase() == LossRecovery.Phase.OPEN && c.queue.sackedBytes() == 0;
    }

    void onExpired(TcpConnection c, long nowNs) {
        due = mayProbe(c) && !pending;
        if (due) {
            c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
        }
    }

    /// §7.3: a probe goes out; the retransmission timer begins anew, so that it has its time.
    void onSent(TcpConnection c, boolean retransmission, long nowNs) {
        due = false;
        pending = true;
        isRetransmission = retransmission;
        endSeq = c.snd.nxt;
        c.timers.cancel(ConnectionTimers.PROBE);
        c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
    }

    /// §7.4.2. Returns whether the probe has repaired a loss of which nothing else tells.
    ///
    /// @param duplicateTo the end of what the peer reports as a duplicate, or [Long#MIN_VALUE]
    boolean onAck(TcpConnection c, Segment seg, long duplicateTo, boolean duplicate) {
        if (!pending || seg.ackOffset < endSeq) {
            return false;
        }
        boolean atEnd = seg.ackOffset == endSeq;
        if (!isRetransmission || duplicateTo == endSeq) {
            pending = false;
        } else if (!atEnd) {
            pending = false;
            return true;
        } else if (duplicate && seg.options.sackCount() == 0) {
            // Both transmissions have arrived, and the peer does not report duplicates.
            pending = false;
        }
        return false;
    }

    /// Recovery or a timeout sees to everything.
    void forget(TcpConnection c) {
        due = false;
        pending = false;
        c.timers.cancel(ConnectionTimers.PROBE);
    }

    boolean isConsistent(TcpConnection c) {
        return !pending || endSeq <= c.snd.nxt;
    }
}
