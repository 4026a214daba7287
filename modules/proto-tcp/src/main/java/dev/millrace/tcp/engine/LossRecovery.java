package dev.millrace.tcp.engine;


/// Decides what is lost and when recovery begins and ends: duplicate ACKs and NewReno (RFC 5681 §3.2, RFC 6582), SACK
/// (RFC 6675), limited transmit (RFC 3042), the timeout (RFC 5681 §3.1). It tells congestion control, never the reverse.
/// Which record goes next is asked of it; sending is not its business.
final class LossRecovery {
    enum Phase { OPEN, FAST_RECOVERY, SACK_RECOVERY, RTO_RECOVERY }

    private Phase phase = Phase.OPEN;
    /// RecoveryPoint of RFC 6675, `recover` of RFC 6582.
    private long recoveryPoint;
    private int dupAcks;
    /// What duplicate ACKs say has left the network, while the peer does not SACK (RFC 6582 §3.2: the inflation of cwnd).
    private long inflation;
    /// The first retransmission goes out whatever the window says (RFC 6675 §5 step 4.3).
    private boolean forced;
    private boolean rescued;

    LossRecovery(long iss) {
        recoveryPoint = iss;
    }

    /// An acceptable ACK was processed.
    ///
    /// @param acked bytes that it acknowledged cumulatively
    /// @param newlySacked bytes that it reported by SACK for the first time
    /// @param duplicate whether it is a duplicate ACK as RFC 5681 §2 defines it
    /// @param priorFlight FlightSize before it
    void onAck(TcpConnection c, int acked, int newlySacked, boolean duplicate, int priorFlight, long nowNs) {
        if (c.sackOn && newlySacked > 0) {
            c.scoreboard.judge(c.snd.mss);
        }
        switch (phase) {
            case OPEN -> onAckWhileOpen(c, acked, newlySacked, duplicate, priorFlight, nowNs);
            case FAST_RECOVERY -> onAckInFastRecovery(c, acked, duplicate, nowNs);
            case SACK_RECOVERY -> endIfRecovered(c, true, nowNs);
            case RTO_RECOVERY -> {
                if (acked > 0) {
                    c.cc.onAck(acked, priorFlight, true, c.rtt.srttNs(), nowNs);
                }
                endIfRecovered(c, false, nowNs);
            }
        }
    }

    private void onAckWhileOpen(
            TcpConnection c, int acked, int newlySacked, boolean duplicate, int priorFlight, long nowNs) {
        if (acked > 0) {
            dupAcks = 0;
            boolean limited = c.snd.una - acked < c.snd.cwndLimitedTo;
            c.cc.onAck(c.queue.ackedUnsackedBytes + newlySacked, priorFlight, limited, c.rtt.srttNs(), nowNs);
        }
        // RFC 6675 §2: with SACK a duplicate is an ACK that reports something new.
        if (c.sackOn ? newlySacked > 0 && acked == 0 : duplicate) {
            dupAcks++;
        }
        boolean firstLost = !c.queue.isEmpty() && c.queue.is(0, RetransmissionQueue.LOST);
        // RFC 6582 §3.2 step 2: without SACK, duplicates that cover no more than `recover` are what an earlier recovery
        // has sent again needlessly.
        boolean news = c.sackOn || c.snd.una > recoveryPoint;
        if (!c.queue.isEmpty() && (dupAcks >= SackScoreboard.DUP_THRESH && news || firstLost)) {
            enter(c, nowNs);
        }
    }

    private void enter(TcpConnection c, long nowNs) {
        int i = firstUnsacked(c);
        if (i < 0) {
            return;
        }
        phase = c.sackOn ? Phase.SACK_RECOVERY : Phase.FAST_RECOVERY;
        recoveryPoint = c.snd.nxt;
        // RFC 5681 §3.2 (2): what limited transmit has sent, which is what exceeds cwnd, must not count.
        c.cc.onCongestion(Math.min(c.snd.flight(), Math.max(c.cc.cwnd(), c.snd.mss)), nowNs);
        inflation = c.sackOn ? 0 : (long) SackScoreboard.DUP_THRESH * c.snd.mss;
        rescued = false;
        // What an earlier recovery has sent again is not sent a third time for the same report.
        if (!c.sackOn || !c.queue.is(i, RetransmissionQueue.RETRANSMITTED)) {
            loseFirst(c, i);
            forced = true;
        }
    }

    private static int firstUnsacked(TcpConnection c) {
        for (int i = 0; i < c.queue.size(); i++) {
            if (!c.queue.is(i, RetransmissionQueue.SACKED)) {
                return i;
            }
        }
        return -1;
    }

    /// Marks one segment's worth at the front as lost, to be sent again even if it was before.
    private static void loseFirst(TcpConnection c, int i) {
        if (c.queue.length(i) > c.snd.mss) {
            c.queue.split(i, c.queue.start(i) + c.snd.mss);
        }
        c.queue.forgetRetransmission(i);
        c.queue.markLost(i);
    }

    private void onAckInFastRecovery(TcpConnection c, int acked, boolean duplicate, long nowNs) {
        if (duplicate) {
            inflation += c.snd.mss;
            return;
        }
        if (acked == 0 || endIfRecovered(c, true, nowNs)) {
            return;
        }
        // RFC 6582 §3.2 step 3, partial acknowledgement: the next segment is lost too; deflate by what was acknowledged.
        inflation = Math.max(0, inflation - acked + (acked >= c.snd.mss ? c.snd.mss : 0));
        loseFirst(c, 0);
        forced = true;
    }

    private boolean endIfRecovered(TcpConnection c, boolean tell, long nowNs) {
        if (c.snd.una < recoveryPoint) {
            return false;
        }
        phase = Phase.OPEN;
        dupAcks = 0;
        inflation = 0;
        forced = false;
        if (tell) {
            c.cc.onRecovered(c.snd.flight(), nowNs);
        }
        return true;
    }

    /// The retransmission timer ran out: all that is in flight is to be sent again, one segment first.
    void onTimeout(TcpConnection c, boolean first, long nowNs) {
        c.cc.onTimeout(c.snd.flight(), first, nowNs);
        loseEverything(c);
    }

    /// The path takes smaller packets only: what is in flight goes again, and nobody is told of congestion (RFC 8201
    /// §5.4 of its predecessor RFC 1191 §6.5).
    void onPathShrunk(TcpConnection c) {
        if (!c.queue.isEmpty()) {
            loseEverything(c);
        }
    }

    private void loseEverything(TcpConnection c) {
        phase = Phase.RTO_RECOVERY;
        recoveryPoint = c.snd.nxt;
        dupAcks = 0;
        inflation = 0;
        forced = true;
        if (c.scoreboard != null) {
            c.scoreboard.reset();
        }
        c.queue.markAllLost();
    }

    /// How many more bytes may go out now: the window less what is deemed in the network.
    long budget(TcpConnection c) {
        // One segment may always be in the network: less would end the connection without a timer.
        long limit = Math.max(c.cc.cwnd(), c.snd.mss) + inflation;
        if (phase == Phase.OPEN && !c.sackOn) {
            // RFC 3042: the first two duplicate ACKs let one new segment each go.
            limit += (long) Math.min(dupAcks, 2) * c.snd.mss;
        }
        return limit - pipe(c);
    }

    /// SetPipe() of RFC 6675 §4, kept as sums.
    static long pipe(TcpConnection c) {
        RetransmissionQueue q = c.queue;
        long pipe = (long) c.snd.flight() - q.sackedBytes - q.lostBytes + q.retransmittedBytes;
        assert pipe >= 0 : "pipe " + pipe;
        return pipe;
    }

    /// The record to send again now, or -1 (NextSeg rules 1, 3 and 4; rule 2, new data, lies between them and is
    /// `newDataPossible`).
    int next(TcpConnection c, boolean newDataPossible) {
        if (c.queue.isEmpty()) {
            return -1;
        }
        int lost = c.queue.nextLost();
        if (lost >= 0) {
            return forced || budget(c) >= Math.min(c.snd.mss, c.queue.length(lost)) ? lost : -1;
        }
        forced = false;
        if (phase != Phase.SACK_RECOVERY || newDataPossible || c.scoreboard == null || budget(c) < c.snd.mss) {
            return -1;
        }
        int i = c.scoreboard.nextUnjudged();
        if (i >= 0 || rescued) {
            return i;
        }
        i = c.scoreboard.rescue();
        if (i >= 0 && !c.queue.is(i, RetransmissionQueue.RETRANSMITTED)) {
            rescued = true;
            return i;
        }
        return -1;
    }

    void onRetransmitted() {
        forced = false;
    }

    /// Whether the next retransmission goes whatever the windows say.
    boolean isForced() {
        return forced;
    }

    long recoveryPoint() {
        return recoveryPoint;
    }

    Phase phase() {
        return phase;
    }
}
