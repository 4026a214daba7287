package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;

/// Says what goes out now: the windows, Nagle and silly-window avoidance (RFC 9293 §3.7.4, §3.8.6.2.1),
/// FIN, probes, ACKs.
final class SegmentSender {
    /// From here on segments are so large that it pays to wait for more to put into one.
    private static final int LARGE = 16 * 1024;
    /// How long CORK holds a partial segment.
    static final long CORK_NS = 200_000_000L;

    private SegmentSender() {
    }

    /// The next segment to send, or `null`.
    static Packet poll(TcpConnection c, long nowNs) {
        if (c.rstDue) {
            return SegmentWriter.reset(c, nowNs);
        }
        if (c.synDue || c.fastOpen != null && c.fastOpen.releasesSyn(c)) {
            return SegmentWriter.syn(c, nowNs);
        }
        switch (c.state) {
            case CLOSED, LISTEN -> {
                return null;
            }
            case SYN_SENT -> {
                // There is nothing to acknowledge yet.
                return null;
            }
            case SYN_RECEIVED -> {
                return c.acks.isDue() ? SegmentWriter.ack(c, nowNs) : null;
            }
            default -> {
            }
        }
        if (acksAlone(c)) {
            return SegmentWriter.ack(c, nowNs);
        }
        if (c.state != TcpState.TIME_WAIT && c.state != TcpState.FIN_WAIT_2) {
            Packet data = c.probe != null && c.probe.due ? tailLossProbe(c, nowNs) : null;
            if (data == null) {
                data = data(c, nowNs);
            }
            if (data != null) {
                return data;
            }
            if (c.queue.delivery != null) {
                c.queue.delivery.onNothingToSend(c);
            }
        }
        if (c.persist != null && c.persist.probeDue) {
            return windowProbe(c, nowNs);
        }
        if (c.keepAlive != null && c.keepAlive.probeDue) {
            c.keepAlive.probeDue = false;
            // RFC 9293 §3.8.4 (SHLD-12): a number that was acknowledged long ago, and no data.
            return SegmentWriter.segment(c, c.snd.nxt - 1, 0, TcpHeader.ACK, nowNs);
        }
        return c.acks.isDue() ? SegmentWriter.ack(c, nowNs) : null;
    }

    /// The next segment with data or FIN, or `null` if there is none or an acknowledgement must go before it.
    static Packet pollData(TcpConnection c, long nowNs) {
        if (Math.max(c.maxSuperSegment, c.snd.mss) >= LARGE && c.recovery.phase() == LossRecovery.Phase.OPEN
                && c.snd.cwndLimitedTo <= c.snd.una) {
            // What the congestion window does not hold back does not open it, either: all may go at the end of the batch, in
            // fewer and larger segments where the path takes such.
            return null;
        }
        boolean nothing = c.queue.lostBytes() == 0 && c.sendBuffer.end() == c.snd.nxt;
        if (nothing && !(c.snd.finQueued && !c.snd.finSent) || c.rstDue || c.synDue || !c.state.isSynchronized()
                || c.state == TcpState.TIME_WAIT || c.state == TcpState.FIN_WAIT_2 || acksAlone(c)) {
            return null;
        }
        return data(c, nowNs);
    }

    /// What SACK has to report, and duplicate ACKs, travel alone at first: a peer counts a duplicate only without data. Data
    /// repeats the report, for as long as there is one (RFC 2018 §4).
    private static boolean acksAlone(TcpConnection c) {
        return c.acks.isDue() && (c.reassembler != null && !c.reassembler.isEmpty()
                || c.sackBlocks != null && c.sackBlocks.hasDuplicate());
    }

    private static Packet data(TcpConnection c, long nowNs) {
        int unsent = (int) (c.sendBuffer.end() - c.snd.nxt);
        boolean fin = c.snd.finQueued && !c.snd.finSent;
        if (c.queue.lostBytes() > 0) {
            if (FastOpen.isUnconfirmed(c)) {
                // The SYN,ACK comes first.
                return null;
            }
            int i = c.recovery.next(c);
            if (i >= 0) {
                return retransmit(c, i, nowNs);
            }
            if (c.recovery.holdsNewDataBack(c)) {
                return null;
            }
        }
        if ((unsent > 0 || fin) && c.snd.flight() == 0) {
            restartAfterIdle(c, nowNs);
        }
        if (c.mtuProbe != null && unsent > 0) {
            int length = c.mtuProbe.dueLength(c, unsent, nowNs);
            if (length > 0 && c.pacer != null && c.pacer.holds(c, nowNs)) {
                return null;
            }
            if (length > 0) {
                return mtuProbe(c, length, nowNs);
            }
        }
        Packet p = unsent > 0 || fin ? fresh(c, Math.max(0, unsent), nowNs) : null;
        if (p == null && c.recovery.endsFrtoInVain(c)) {
            int i = c.recovery.next(c);
            return i >= 0 ? retransmit(c, i, nowNs) : null;
        }
        return p;
    }

    private static Packet retransmit(TcpConnection c, int i, long nowNs) {
        SackScoreboard board = c.queue.board();
        int mss = c.snd.mss;
        int length = dataLength(board, i);
        boolean forced = c.recovery.isForced();
        if (!forced && c.pacer != null && c.pacer.holds(c, nowNs)) {
            return null;
        }
        int room = (int) (c.snd.una + c.snd.wnd - board.start(i));
        if (length > 0 && (room <= 0 || !forced && room < Math.min(length, c.snd.maxWnd / 2) || i > 0 && room < length)) {
            // A window that was taken back (RFC 9293 §3.8.6, SHLD-15 to 17): what does not fit waits for the window or the
            // timer, which sends a byte at least, to learn whether there is a window again.
            if (!forced || room > 0) {
                return null;
            }
            c.recovery.giveUpForcing();
            board.markSentInPart(0);
            startRetransmissionTimer(c, nowNs);
            return SegmentWriter.segment(c, c.snd.una, 1, TcpHeader.ACK, nowNs);
        }
        if (length > room && length > 0) {
            board.splitFirst(board.start(0) + room);
            length = room;
        }
        int piece = i == 0 ? BlackHole.limit(c) : Integer.MAX_VALUE;
        if (length > piece) {
            board.splitFirst(board.start(0) + piece);
            length = piece;
        }
        int limit = Math.min(mss, piece);
        if (!forced && c.maxSuperSegment > mss) {
            long budget = Math.min(c.recovery.budget(c), c.maxSuperSegment);
            if (c.pacer != null) {
                budget = Math.min(budget, Pacer.burst(c));
            }
            limit = (int) Math.max(1, budget / mss) * mss;
        }
        if (!forced) {
            limit = (int) Math.min(limit, Math.max(length, c.recovery.budget(c)));
        }
        int last = lastToGather(board, i, length, Math.min(limit, room), mss);
        long start = board.start(i);
        int total = (int) (board.end(last) - start);
        boolean fin = board.is(last, SackScoreboard.FIN);
        c.queue.retransmit(i, last, nowNs);
        onRetransmission(c, start, start + total, total - (fin ? 1 : 0), nowNs);
        if (i == 0) {
            c.firstResent = total - (fin ? 1 : 0);
            // RFC 6675 §6: what is sent again gets a timeout of its own.
            c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
        } else {
            startRetransmissionTimer(c, nowNs);
        }
        return SegmentWriter.segment(c, start, total - (fin ? 1 : 0), TcpHeader.ACK | (fin ? TcpHeader.FIN : 0), nowNs);
    }

    private static int dataLength(SackScoreboard board, int i) {
        return board.length(i) - (board.is(i, SackScoreboard.FIN) ? 1 : 0);
    }

    /// The last of the segments from `i` on that go out again as one packet: small ones within one MSS, full ones as a
    /// super-segment, which is cut again where they ended.
    private static int lastToGather(SackScoreboard board, int i, int firstLength, int limit, int mss) {
        int total = firstLength;
        int last = i;
        while (last + 1 < board.size() && board.isDue(last + 1) && !board.is(last, SackScoreboard.FIN)) {
            int next = dataLength(board, last + 1);
            if (total + next > limit || total + next > mss && total % mss != 0) {
                break;
            }
            total += next;
            last++;
        }
        return last;
    }

    private static void onRetransmission(TcpConnection c, long start, long end, int length, long nowNs) {
        c.recovery.onRetransmitted(c, start, end, length, nowNs);
        c.snd.lastSentNs = nowNs;
        if (c.mtuProbe != null) {
            c.mtuProbe.onRetransmitted(start, end);
        }
        c.retransmittedSegments++;
        c.retransmittedBytes += length;
    }

    /// RFC 8985 §7.3: new data if there is some that the peer has room for, else the last segment once more; whatever the
    /// congestion window says. Returns `null` if neither can go.
    private static Packet tailLossProbe(TcpConnection c, long nowNs) {
        c.probe.due = false;
        int length = (int) Math.min(Math.min(c.sendBuffer.end() - c.snd.nxt, c.snd.room()), SegmentWriter.fullSize(c));
        if (length > 0) {
            Packet p = emit(c, length, c.snd.mss, false, nowNs);
            c.probe.onSent(c, false, nowNs);
            return p;
        }
        if (c.queue.isEmpty()) {
            return null;
        }
        SackScoreboard board = c.queue.board();
        int i = board.size() - 1;
        if (board.is(i, SackScoreboard.SACKED) || board.end(i) > c.snd.una + Math.max(1, c.snd.wnd)) {
            return null;
        }
        length = dataLength(board, i);
        boolean fin = board.is(i, SackScoreboard.FIN);
        long start = board.start(i);
        c.queue.retransmit(i, i, nowNs);
        onRetransmission(c, start, board.end(i), length, nowNs);
        c.probe.onSent(c, true, nowNs);
        return SegmentWriter.segment(c, start, length, TcpHeader.ACK | (fin ? TcpHeader.FIN : 0), nowNs);
    }

    /// A segment of data that was never sent, with FIN if it ends the stream.
    private static Packet fresh(TcpConnection c, int unsent, long nowNs) {
        SendSequence snd = c.snd;
        long budget = c.recovery.budget(c);
        int length = 0;
        if (unsent > 0) {
            int room = snd.room();
            if (room <= 0) {
                waitForWindow(c, nowNs);
                return null;
            }
            if (c.pacer != null && budget >= Math.min(unsent, snd.mss) && c.pacer.holds(c, nowNs)) {
                return null;
            }
            length = lengthOf(c, unsent, room, c.pacer == null ? budget : Math.min(budget, Pacer.burst(c)), nowNs);
            if (length == 0) {
                return null;
            }
        }
        boolean fin = snd.finQueued && !snd.finSent && length == unsent;
        if (budget - length < snd.mss) {
            snd.cwndLimitedTo = snd.nxt + length + (fin ? 1 : 0);
        }
        return emit(c, length, snd.mss, fin, nowNs);
    }

    /// RFC 4821 §7: new data as one packet that may be too large for the path. If it is, its bytes go again in segments of
    /// ordinary size, as which the retransmission queue has them from the beginning.
    private static Packet mtuProbe(TcpConnection c, int length, long nowNs) {
        SendSequence snd = c.snd;
        if (c.recovery.budget(c) - length < snd.mss) {
            snd.cwndLimitedTo = snd.nxt + length;
        }
        long sml = snd.sml;
        Packet p = emit(c, length, length, false, nowNs);
        snd.sml = sml;
        c.mtuProbe.onSent(c, length);
        return p;
    }

    /// Sends the next `length` bytes, and FIN behind them if `fin`, for the first time.
    ///
    /// @param size the payload of each segment that the packet is cut into on its way
    private static Packet emit(TcpConnection c, int length, int size, boolean fin, long nowNs) {
        SendSequence snd = c.snd;
        long start = snd.nxt;
        int count = length + (fin ? 1 : 0);
        int push = c.burstEnds == null || length == 0 ? 0 : c.burstEnds.push(c, length, size);
        // First of all: should it throw, nothing was sent.
        c.queue.add(start, start + count, snd.mss, fin, nowNs);
        snd.nxt += count;
        snd.finSent |= fin;
        snd.probed = false;
        if (length % SegmentWriter.fullSize(c) != 0) {
            snd.sml = start + length;
        }
        c.bytesSent += length;
        snd.lastSentNs = nowNs;
        PersistTimer.stop(c);
        c.recovery.onSent(c, count, nowNs);
        startRetransmissionTimer(c, nowNs);
        c.probe().schedule(c, nowNs);
        c.acks.onData(c, nowNs);
        int flags = TcpHeader.ACK | push | (fin ? TcpHeader.FIN : 0);
        if (c.marks == null || length == 0) {
            return SegmentWriter.segment(c, start, length, flags, size, nowNs);
        }
        // RFC 3168 §6.1.4, §6.1.5: new data only; what is sent again, and what acknowledges, is never marked.
        Packet p = SegmentWriter.segment(c, start, length, flags | c.marks.flagsOfNewData(), size, nowNs);
        p.setEcnCapable(true);
        return p;
    }

    /// How many bytes the next segment takes, or 0 if it is to wait.
    private static int lengthOf(TcpConnection c, int unsent, int room, long budget, long nowNs) {
        SendSequence snd = c.snd;
        int mss = SegmentWriter.fullSize(c);
        int length = Math.min(unsent, room);
        // Each packet of a super-segment would say that the window was reduced, some after the next mark.
        boolean one = c.maxSuperSegment <= mss || c.marks != null && c.marks.mustTell();
        int most = one ? mss : c.maxSuperSegment / mss * mss;
        length = Math.min(length, most);
        if (budget < Math.min(length, mss)) {
            snd.cwndLimitedTo = snd.nxt;
            return 0;
        }
        if (length > mss) {
            // The congestion window is spent in whole segments.
            if (length > budget) {
                length = (int) (budget / mss) * mss;
            }
            int tail = length % mss;
            if (tail != 0 && !(length == unsent && smallMayGo(c, nowNs))) {
                length -= tail;
            }
            return length;
        }
        // RFC 9293 §3.8.6.2.1: (1) a full segment, (2) and (4) all that there is, (3) half of the largest window.
        if (length == mss || PersistTimer.overrides(c)
                || length == unsent && smallMayGo(c, nowNs)
                || length < unsent && length >= snd.maxWnd / 2) {
            return length;
        }
        if (snd.flight() == 0 && length < unsent) {
            waitForWindow(c, nowNs);
        }
        return 0;
    }

    /// Nagle's algorithm (RFC 9293 §3.7.4) and CORK.
    ///
    /// Differs: in Minshall's variant, a small segment waits only while another *small* one is unacknowledged, so that the
    /// tail of a large write does not wait for the peer's delayed ACK.
    private static boolean smallMayGo(TcpConnection c, long nowNs) {
        if (c.snd.finQueued || c.urgent != null && c.urgent.isSending()) {
            return true;
        }
        if (c.options.cork || c.moreToCome) {
            if (c.corkExpired) {
                c.corkExpired = false;
                return true;
            }
            if (!c.timers.isSet(ConnectionTimers.CORK)) {
                c.timers.set(ConnectionTimers.CORK, nowNs + CORK_NS);
            }
            return false;
        }
        return c.options.noDelay || c.snd.flight() == 0 || c.snd.sml <= c.snd.una;
    }

    private static void waitForWindow(TcpConnection c, long nowNs) {
        // While something is in flight its own timer runs.
        if (c.snd.flight() == 0) {
            PersistTimer.start(c, nowNs);
        }
    }

    private static void restartAfterIdle(TcpConnection c, long nowNs) {
        // RFC 5681 §4.1: after an idle RTO the ACK clock is gone.
        if (c.settings.slowStartAfterIdle && c.bytesSent > 0 && nowNs - c.snd.lastSentNs > c.rtt.rtoNs()) {
            c.cc.onIdleRestart(nowNs);
        }
    }

    static void startRetransmissionTimer(TcpConnection c, long nowNs) {
        if (!c.timers.isSet(ConnectionTimers.RETRANSMISSION)) {
            c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
            c.startUserTimer(nowNs);
        }
    }

    /// One byte of new data beyond the window (RFC 9293 §3.8.6.1). SND.NXT stays: if the byte is taken, its ACK moves it.
    private static Packet windowProbe(TcpConnection c, long nowNs) {
        c.persist.probeDue = false;
        if (c.sendBuffer.end() == c.snd.nxt) {
            // Only FIN waits, and FIN needs no window.
            return SegmentWriter.segment(c, c.snd.nxt - 1, 0, TcpHeader.ACK, nowNs);
        }
        c.snd.probed = true;
        return SegmentWriter.segment(c, c.snd.nxt, 1, TcpHeader.ACK, nowNs);
    }
}
