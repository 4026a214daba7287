package dev.millrace.tcp.engine;

import dev.millrace.wire.Seq;

/// RACK (RFC 8985 §6): a segment is lost if one that was sent sufficiently later has been delivered. What is sent again is
/// judged in the same way, so that the loss of a retransmission is no affair of the timeout. Made when something is missing
/// for the first time.
final class Rack {
    /// Below this many reported segments a gap may be reordering (DupThresh).
    static final int DUP_THRESH = 3;
    /// For how many recoveries a wider reordering window is kept (§6.2 step 4).
    private static final int PERSIST = 16;
    /// Differs: RFC 8985 has no floor under the reordering window. Timers are no finer than this, and within it a
    /// single host reorders what it sends on several queues.
    private static final long MIN_REORDERING_NS = 1_000_000L;

    /// RACK.xmit_ts, RACK.end_seq, RACK.rtt: of the segment delivered that was sent last.
    private long xmitNs = Long.MIN_VALUE;
    private long endSeq;
    private long rttNs;
    /// RACK.fack: behind the highest segment delivered.
    private long fack;
    /// The same before the present acknowledgement.
    private long priorFack;
    private boolean reorderingSeen;
    private int reoWndMult = 1;
    private int reoWndPersist;
    /// The round in which the window was widened last ends here (RACK.dsack_round).
    private long dsackRound = Long.MIN_VALUE;

    private final TcpConnection c;
    // Of the acknowledgement that is being processed.
    private long nowNs;
    private boolean echoed;
    private int echo;

    Rack(TcpConnection connection) {
        c = connection;
        fack = connection.snd.una;
    }

    /// An acknowledgement is to be processed.
    void beginAck(Segment seg, long now) {
        nowNs = now;
        echoed = c.timestampsOn && seg.options.hasTimestamps();
        echo = echoed ? seg.options.timestampEcho() : 0;
        fack = Math.max(fack, c.snd.una);
        priorFack = fack;
    }

    private static boolean sentAfter(long aNs, long aEnd, long bNs, long bEnd) {
        return aNs > bNs || aNs == bNs && aEnd > bEnd;
    }

    /// §6.2 steps 1 to 3: a segment is known to be delivered.
    ///
    /// @param sentNs when it was sent last
    /// @param again whether it was sent more than once
    void onDelivered(long sentNs, long end, boolean again) {
        long rtt = nowNs - sentNs;
        if (again) {
            // Which transmission was it? One that the echo is older than, or that was sent less than a round trip ago, was
            // not delivered yet.
            //
            // Differs: the echo tells that of cumulative acknowledgements only. One that reports what came out of order
            // repeats the timestamp of what came in order last (RFC 7323 §4.3), which is older than any retransmission.
            // And the least round trip is believed to a sixty-fourth: on a path without jitter all are the least.
            boolean older = end <= c.snd.una && echoed && Seq.lt(echo, c.timestampNow(sentNs));
            if (older || rtt < c.rtt.minRttNs() / 64 * 63) {
                return;
            }
        } else if (end < priorFack) {
            // Not: below what the same acknowledgement tells besides. Its blocks come latest first (RFC 2018 §4), and several
            // are new where an acknowledgement was lost.
            reorderingSeen = true;
        }
        fack = Math.max(fack, end);
        if (sentAfter(sentNs, end, xmitNs, endSeq)) {
            xmitNs = sentNs;
            endSeq = end;
            rttNs = rtt;
        }
    }

    /// The peer has got something twice: what was sent again had been late, not lost (§6.2 step 4).
    void onDuplicateReport() {
        if (c.snd.una >= dsackRound) {
            dsackRound = c.snd.nxt;
            reoWndMult++;
            reoWndPersist = PERSIST;
        }
    }

    /// A fast recovery was for nothing.
    ///
    /// Differs: RFC 8985 sees reordering in segments only that were not sent again, and would send each that is late by
    /// three others again for ever.
    void onReordering() {
        reorderingSeen = true;
    }

    /// Fast or timeout recovery is over.
    void onRecovered() {
        if (--reoWndPersist <= 0) {
            reoWndPersist = 0;
            reoWndMult = 1;
        }
    }

    /// RACK_update_reo_wnd: how much later than others a segment may arrive, in nanoseconds.
    long reorderingWindowNs() {
        if (!reorderingSeen && (c.recovery.phase() != LossRecovery.Phase.OPEN
                || c.queue.board().sackedSegments >= DUP_THRESH)) {
            return 0;
        }
        long window = Math.min(reoWndMult * (c.rtt.minRttNs() / 4), c.rtt.srttNs());
        return Math.max(MIN_REORDERING_NS, window);
    }

    /// §6.2 step 5: marks what is lost by now, and sets the timer for what may be soon. Returns whether anything is.
    boolean detect(long now) {
        SackScoreboard board = c.queue.board();
        long window = reorderingWindowNs();
        boolean any = false;
        for (int i = board.earliest(); i >= 0; i = board.earliest()) {
            long sent = board.sentNs(i);
            if (!sentAfter(xmitNs, endSeq, sent, board.end(i))) {
                break;
            }
            if (sent + rttNs + window - now > 0) {
                // By then all have had their time that were sent before the one that was delivered.
                c.timers.set(ConnectionTimers.REORDER, xmitNs + rttNs + window);
                return any;
            }
            any = true;
            board.markLost(i);
        }
        c.timers.cancel(ConnectionTimers.REORDER);
        return any;
    }

    /// §6.3: the retransmission timer ran out. Lost is what stands first, and what has had its time.
    void markOnTimeout(long now) {
        SackScoreboard board = c.queue.board();
        long patience = Math.max(rttNs, c.rtt.srttNs()) + reorderingWindowNs();
        for (int i = board.earliest(); i >= 0 && board.sentNs(i) + patience - now <= 0; i = board.earliest()) {
            board.markLost(i);
        }
        if (!board.isDue(0)) {
            board.markLost(0);
        }
        c.timers.cancel(ConnectionTimers.REORDER);
    }

    /// Whether reordering was seen on this path.
    boolean reorderingSeen() {
        return reorderingSeen;
    }
}
