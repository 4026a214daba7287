package dev.millrace.tcp.engine;

import dev.millrace.spi.CongestionControl;

/// When recovery begins, how much may be sent in it, and when it ends. What is lost is told by [Rack] if the peer reports
/// what it has (RFC 8985), else by duplicate ACKs (RFC 5681 §3.2, RFC 6582) and in the end by the timeout; the rate is
/// [ProportionalRate]'s or that of RFC 6582; whether it was all for nothing [UndoState] and F-RTO (RFC 5682) say. It tells
/// congestion control, never the reverse. Which segment goes next is asked of it; sending is not its business.
final class LossRecovery {
    enum Phase { OPEN, FAST_RECOVERY, SACK_RECOVERY, RTO_RECOVERY }

    private Phase phase = Phase.OPEN;
    /// While it is not known whether a timeout was spurious.
    private Frto frto;
    /// The first retransmission goes out whatever the windows say.
    private boolean forced;
    /// RecoveryPoint of RFC 6675, `recover` of RFC 6582.
    private long recoveryPoint;
    /// No more than are needed are counted.
    private byte dupAcks;
    /// What duplicate ACKs say has left the network, while the peer does not SACK (RFC 6582 §3.2: the inflation of cwnd).
    private long inflation;
    /// Reported by SACK while nothing was acknowledged: congestion control hears of it with the next that is.
    private int uncredited;
    /// What the peer reports to have is not believed before all is acknowledged that was in flight when it took that back.
    private long deafTo = Long.MIN_VALUE;
    private ProportionalRate prr;
    private UndoState undo;
    private AckFacts facts;

    LossRecovery(long iss) {
        recoveryPoint = iss;
    }

    /// The judge of losses, for a peer that reports what it has.
    Rack rack(TcpConnection c) {
        if (c.queue.rack == null) {
            c.queue.rack = new Rack(c);
        }
        return c.queue.rack;
    }

    private UndoState undo() {
        if (undo == null) {
            undo = new UndoState();
        }
        return undo;
    }

    /// Whether what SACK reports counts. Reports that come and go would have the whole flight looked at for each of them.
    boolean believesReports(TcpConnection c) {
        return c.snd.una >= deafTo;
    }

    // ---- acknowledgements

    /// An acceptable ACK was processed: the queue has heard what is delivered.
    ///
    /// @param acked bytes that it acknowledged cumulatively
    /// @param duplicate whether it is a duplicate ACK as RFC 5681 §2 defines it
    /// @param duplicateTo the end of what it reports as having come twice, or [Long#MIN_VALUE]
    /// @param priorFlight FlightSize before it
    void onAck(TcpConnection c, Segment seg, int acked, boolean duplicate, long duplicateTo, int priorFlight, long nowNs) {
        RetransmissionQueue q = c.queue;
        if (acked > 0 && undo != null && undo.isOlderEcho(c, seg, nowNs)) {
            undoReduction(c, nowNs);
        }
        if (q.hasReneged()) {
            onReneged(c);
        }
        if (q.delivery != null) {
            // Before data was measured the handshake was.
            long minRttNs = c.rtt.minRttNs() > 0 ? c.rtt.minRttNs() : c.rtt.srttNs();
            q.delivery.endAck(q.deliveredBytes, minRttNs, q.earliestSentNs(), nowNs);
        }
        boolean moreLost = c.sackOn && q.rack != null && q.sackedBytes() + q.lostBytes() > 0 && q.rack.detect(nowNs);
        if (c.probe().onAck(c, seg, duplicateTo, duplicate) && phase == Phase.OPEN) {
            // RFC 8985 §7.4.2: what the probe repaired was lost all the same.
            undo().disarm();
            c.cc.onCongestion(Math.min(priorFlight, Math.max(c.cc.cwnd(), c.snd.mss)), nowNs);
            c.cc.onRecovered(c.snd.flight(), true, nowNs);
        }
        if (facts == null) {
            facts = new AckFacts();
        }
        boolean explained = phase == Phase.OPEN && c.sackOn && q.isDue() && MtuProbe.explainsLoss(c);
        tellLost(c, nowNs);
        boolean fast = phase == Phase.FAST_RECOVERY || phase == Phase.SACK_RECOVERY;
        if (q.deliveredBytes > 0 && (fast || q.delivery != null)) {
            c.cc.onAck(facts.of(c, q.deliveredBytes, priorFlight, fast || isOfFullFlight(c, acked), fast, nowNs));
        }
        switch (phase) {
            case OPEN -> onAckWhileOpen(c, acked, duplicate, explained, priorFlight, nowNs);
            case FAST_RECOVERY -> onAckInFastRecovery(c, acked, duplicate, nowNs);
            case SACK_RECOVERY -> onAckInSackRecovery(c, acked, moreLost, priorFlight, nowNs);
            case RTO_RECOVERY -> onAckInRtoRecovery(c, acked, duplicate, priorFlight, nowNs);
        }
        tellLost(c, nowNs);
    }

    private static void tellLost(TcpConnection c, long nowNs) {
        RetransmissionQueue q = c.queue;
        long sentNs = q.newlyLostSentNs();
        int lost = q.takeNewlyLost();
        if (lost > 0) {
            c.cc.onLost(q.delivery == null ? new CongestionControl.Loss(lost, 0, 0, false, 0, nowNs)
                    : q.delivery.onLost(lost, sentNs, nowNs));
        }
    }

    /// Whether what was acknowledged was part of a flight that filled the window.
    private static boolean isOfFullFlight(TcpConnection c, int acked) {
        return c.snd.una - acked < c.snd.cwndLimitedTo;
    }

    /// @param explained whether all that is to be sent again is a packet that was too large for the path
    private void onAckWhileOpen(TcpConnection c, int acked, boolean duplicate, boolean explained, int priorFlight, long nowNs) {
        RetransmissionQueue q = c.queue;
        if (acked > 0) {
            dupAcks = 0;
            if (q.delivery == null) {
                c.cc.onAck(facts.of(c, q.deliveredBytes + uncredited, priorFlight, isOfFullFlight(c, acked), false, nowNs));
            }
            uncredited = 0;
        } else {
            uncredited += q.newlySackedBytes;
        }
        if (c.sackOn) {
            if (q.isDue() && !explained) {
                enterSackRecovery(c, priorFlight, nowNs);
            }
            return;
        }
        if (duplicate && dupAcks < Rack.DUP_THRESH) {
            dupAcks++;
        }
        // RFC 6582 §3.2 step 2: duplicates that cover no more than `recover` are what an earlier recovery has sent again
        // needlessly.
        if (!q.isEmpty() && dupAcks >= Rack.DUP_THRESH && c.snd.una > recoveryPoint && !MtuProbe.explainsGap(c)) {
            enterFastRecovery(c, nowNs);
        }
    }

    private void reduce(TcpConnection c, Phase next, long nowNs) {
        phase = next;
        recoveryPoint = c.snd.nxt;
        uncredited = 0;
        forced = true;
        c.probe().forget(c);
        undo().arm(c.snd, false);
        if (c.marks != null) {
            c.marks.onReduced(c);
        }
        // RFC 5681 §3.2 (2): what limited transmit has sent, which is what exceeds cwnd, must not count.
        c.cc.onCongestion(Math.min(c.snd.flight(), Math.max(c.cc.cwnd(), c.snd.mss)), nowNs);
    }

    /// Congestion control reduces because of a mark: that is never undone.
    void onMarked() {
        if (undo != null) {
            undo.disarm();
        }
    }

    // ---- fast recovery with SACK

    private void enterSackRecovery(TcpConnection c, int priorFlight, long nowNs) {
        reduce(c, Phase.SACK_RECOVERY, nowNs);
        if (!isProportional(c)) {
            return;
        }
        if (prr == null) {
            prr = new ProportionalRate();
        }
        prr.begin(priorFlight, c.queue.sackedBytes() - c.queue.newlySackedBytes);
        prr.onAck(c.queue.deliveredBytes, pipe(c), c.cc.ssthresh(), c.snd.mss, false);
    }

    private void onAckInSackRecovery(TcpConnection c, int acked, boolean moreLost, int priorFlight, long nowNs) {
        if (endIfRecovered(c, true, nowNs)) {
            if (c.queue.isDue()) {
                enterSackRecovery(c, priorFlight, nowNs);
            }
            return;
        }
        if (isProportional(c)) {
            prr.onAck(c.queue.deliveredBytes, pipe(c), c.cc.ssthresh(), c.snd.mss, acked > 0 && !moreLost);
        }
    }

    /// What might have been reordering has had its time (RFC 8985 §6.2 step 5).
    void onReorderingTimer(TcpConnection c, long nowNs) {
        if (c.queue.rack == null || c.queue.isEmpty() || !c.queue.rack.detect(nowNs)) {
            return;
        }
        if (phase == Phase.OPEN && MtuProbe.explainsLoss(c)) {
            return;
        }
        if (phase == Phase.OPEN) {
            c.queue.beginAck();
            enterSackRecovery(c, c.snd.flight(), nowNs);
        } else if (isProportional(c)) {
            // Nothing may be in the network whose acknowledgement would let it go.
            prr.allow(c.snd.mss);
        }
        tellLost(c, nowNs);
    }

    /// The peer has thrown away what it had reported: only retransmission brings it there (RFC 2018 §8). Nobody is told of
    /// congestion.
    private void onReneged(TcpConnection c) {
        forgetReports(c);
        c.renegings++;
        sendAgain(c);
        deafTo = recoveryPoint;
    }

    private static void forgetReports(TcpConnection c) {
        if (c.queue.board().forgetSacks() > c.snd.mss) {
            // What was reported was not cut anew when the path became narrower.
            c.queue.recut(c.snd.mss);
        }
    }

    // ---- fast recovery without SACK (RFC 6582)

    private void enterFastRecovery(TcpConnection c, long nowNs) {
        reduce(c, Phase.FAST_RECOVERY, nowNs);
        inflation = (long) Rack.DUP_THRESH * c.snd.mss;
        c.queue.board().markLost(0);
    }

    private void onAckInFastRecovery(TcpConnection c, int acked, boolean duplicate, long nowNs) {
        if (duplicate) {
            // RFC 5681 §5: as many as there were segments to cause them.
            inflation = Math.max(inflation, Math.min(inflation + c.snd.mss, recoveryPoint - c.snd.una));
            return;
        }
        if (acked == 0 || endIfRecovered(c, false, nowNs)) {
            return;
        }
        // RFC 6582 §3.2 step 3, partial acknowledgement: the next segment is lost too; deflate by what was acknowledged.
        inflation = Math.max(0, inflation - acked + (acked >= c.snd.mss ? c.snd.mss : 0));
        c.queue.board().markLost(0);
        forced = true;
    }

    private boolean endIfRecovered(TcpConnection c, boolean proportional, long nowNs) {
        if (c.snd.una < recoveryPoint) {
            return false;
        }
        boolean tell = phase != Phase.RTO_RECOVERY;
        toOpen(c);
        if (undo != null) {
            undo.onRecovered(nowNs);
        }
        if (tell) {
            c.cc.onRecovered(c.snd.flight(), proportional, nowNs);
        }
        return true;
    }

    private void toOpen(TcpConnection c) {
        phase = Phase.OPEN;
        frto = null;
        dupAcks = 0;
        inflation = 0;
        forced = false;
        if (c.queue.rack != null) {
            c.queue.rack.onRecovered();
        }
    }

    // ---- the timeout

    /// The retransmission timer ran out: what is in flight is to be sent again, one segment first.
    void onTimeout(TcpConnection c, boolean first, long nowNs) {
        c.cc.onTimeout(c.snd.flight(), first, nowNs);
        if (c.marks != null) {
            c.marks.onReduced(c);
        }
        // While the loss of an MTU probe is repaired the timeout is that of a retransmission (RFC 5682 §2.1).
        boolean maybeSpurious = first && phase == Phase.OPEN && c.queue.lostBytes() == 0;
        if (first) {
            undo().arm(c.snd, true);
        }
        forgetReports(c);
        SackScoreboard board = c.queue.board();
        sendAgain(c);
        if (c.sackOn) {
            rack(c).markOnTimeout(nowNs);
        } else {
            markAllLost(board);
        }
        frto = maybeSpurious ? new Frto() : null;
        tellLost(c, nowNs);
    }

    /// The path takes smaller packets only: what is in flight and too large for it goes again, and nobody is told of
    /// congestion (RFC 8201 §5.4 of its predecessor RFC 1191 §6.5).
    void onPathShrunk(TcpConnection c) {
        if (!c.queue.isEmpty()) {
            c.queue.recut(c.snd.mss);
            if (c.queue.lostBytes() > 0) {
                sendAgain(c);
                c.queue.takeNewlyLost();
            }
        }
    }

    private static void markAllLost(SackScoreboard board) {
        for (int i = 0; i < board.size(); i++) {
            board.markLost(i);
        }
    }

    private void sendAgain(TcpConnection c) {
        phase = Phase.RTO_RECOVERY;
        frto = null;
        recoveryPoint = c.snd.nxt;
        dupAcks = 0;
        inflation = 0;
        uncredited = 0;
        forced = true;
        c.probe().forget(c);
        c.timers.cancel(ConnectionTimers.REORDER);
    }

    private void onAckInRtoRecovery(TcpConnection c, int acked, boolean duplicate, int priorFlight, long nowNs) {
        if (frto != null && wasSpurious(c, acked, duplicate)) {
            undoReduction(c, nowNs);
            return;
        }
        if (acked > 0 && c.queue.delivery == null) {
            c.cc.onAck(facts.of(c, acked, priorFlight, true, false, nowNs));
        }
        if (endIfRecovered(c, false, nowNs) && c.sackOn && c.queue.isDue()) {
            enterSackRecovery(c, priorFlight, nowNs);
        }
    }

    private boolean wasSpurious(TcpConnection c, int acked, boolean duplicate) {
        boolean second = frto.awaitsSecondAck();
        Frto.Verdict verdict = frto.onAck(c, acked, duplicate, recoveryPoint);
        if (verdict == Frto.Verdict.UNKNOWN) {
            return false;
        }
        frto = null;
        // RFC 5682 §2.1 step 3a: cwnd is three segments then, of which two are the new ones, and the third is lost.
        forced |= second;
        return verdict == Frto.Verdict.SPURIOUS;
    }

    /// Whether F-RTO is over because none of the new data may go: Nagle's algorithm holds it, or silly-window avoidance.
    /// What is lost must not wait for it (RFC 5682 §2.1, step 2b).
    boolean endsFrtoInVain(TcpConnection c) {
        if (!sendsNewDataOnly() || c.snd.nxt > recoveryPoint) {
            return false;
        }
        frto = null;
        return true;
    }

    private boolean sendsNewDataOnly() {
        return frto != null && frto.awaitsSecondAck();
    }

    // ---- what was for nothing

    /// The peer has got this twice (RFC 2883).
    void onDuplicateReport(TcpConnection c, long left, long right, long nowNs) {
        c.duplicateReports++;
        if (c.queue.rack != null) {
            c.queue.rack.onDuplicateReport();
        }
        if (undo != null) {
            undo.onDuplicateReport(c, left, right, nowNs);
            if (undo.isAllDuplicate()) {
                undoReduction(c, nowNs);
            }
        }
    }

    /// Nothing was lost: congestion control takes its reduction back (RFC 4015), and what is still deemed lost is in the
    /// network.
    private void undoReduction(TcpConnection c, long nowNs) {
        undo.onUndone(c.snd);
        c.spuriousRecoveries++;
        if (!undo.afterTimeout() && c.queue.rack != null) {
            c.queue.rack.onReordering();
        }
        if (phase == Phase.RTO_RECOVERY) {
            c.rtt.endBackOff();
        }
        if (phase != Phase.OPEN) {
            if (c.queue.lostBytes() > 0) {
                c.queue.board().unmarkLost();
            }
            toOpen(c);
        }
        c.cc.onSpurious(nowNs);
    }

    // ---- what may be sent

    /// How many more bytes may go out now: the window less what is deemed in the network.
    long budget(TcpConnection c) {
        if (isProportional(c)) {
            return prr.allowance();
        }
        if (frto != null) {
            return frto.allowance();
        }
        // One segment may always be in the network: less would end the connection without a timer.
        long limit = Math.max(c.cc.cwnd(), c.snd.mss) + inflation;
        if (phase == Phase.OPEN && !c.sackOn) {
            // RFC 3042: the first two duplicate ACKs let one new segment each go.
            limit += (long) Math.min(dupAcks, 2) * c.snd.mss;
        }
        return limit - pipe(c);
    }

    /// Whether the flight follows what is delivered, and not congestion control's model of the path.
    private boolean isProportional(TcpConnection c) {
        return phase == Phase.SACK_RECOVERY && c.queue.delivery == null;
    }

    /// SetPipe() of RFC 6675 §4, kept as sums.
    static long pipe(TcpConnection c) {
        RetransmissionQueue q = c.queue;
        long pipe = (long) c.snd.flight() - q.sackedBytes() - q.lostBytes() + q.retransmittedBytes();
        assert pipe >= 0 : "pipe " + pipe;
        return pipe;
    }

    /// The segment to send again now, or -1.
    int next(TcpConnection c) {
        int lost = c.queue.board().nextDue();
        if (lost < 0) {
            forced = false;
            return -1;
        }
        return forced || frto == null && budget(c) >= Math.min(c.snd.mss, c.queue.length(lost)) ? lost : -1;
    }

    /// Whether new data has to wait for what is lost.
    boolean holdsNewDataBack(TcpConnection c) {
        return !sendsNewDataOnly() && c.queue.isDue();
    }

    /// New data has left.
    void onSent(TcpConnection c, int bytes, long nowNs) {
        if (frto != null) {
            frto.onSent(bytes);
        }
        tellSent(c, bytes, nowNs);
    }

    private void tellSent(TcpConnection c, int bytes, long nowNs) {
        if (isProportional(c)) {
            prr.onSent(bytes);
        }
        long inFlight = pipe(c);
        if (c.queue.delivery != null) {
            c.queue.delivery.onSent(c.queue.lastSentNs, bytes, inFlight);
        }
        c.cc.onSent(bytes, inFlight, nowNs);
        if (c.pacer != null) {
            c.pacer.onSent(c, bytes, nowNs);
        }
    }

    /// Something was sent again.
    void onRetransmitted(TcpConnection c, long start, long end, int bytes, long nowNs) {
        forced = false;
        if (undo != null) {
            undo.onRetransmitted(c, start, end, nowNs);
        }
        tellSent(c, bytes, nowNs);
    }

    /// Whether the next retransmission goes whatever the windows say.
    boolean isForced() {
        return forced;
    }

    /// The one that was forced is not possible.
    void giveUpForcing() {
        forced = false;
    }

    long recoveryPoint() {
        return recoveryPoint;
    }

    Phase phase() {
        return phase;
    }
}
