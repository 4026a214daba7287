package dev.millrace.tcp.engine;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.wire.Seq;
import dev.millrace.wire.TcpHeader;

/// SEGMENT ARRIVES (RFC 9293 §3.10.7), in the RFC's order, one method a step. A step returns `true` to go on to the next
/// one; one that ends the processing leaves in `reason` why the segment was of no use, or `null` if it was. There is one for each
/// [Segment], since connections are many and threads are few.
final class SegmentArrival {
    /// How much older than TS.Recent text may be that fills a gap, in ticks of the peer's timestamps, a millisecond as a rule:
    /// much less than it takes the numbers to wrap.
    private static final int LATE_TICKS = 200;
    /// RFC 7323 §5.5: after 24 days TS.Recent says nothing any more.
    private static final long PAWS_IDLE_NS = 24L * 86_400 * 1_000_000_000L;

    private TcpConnection c;
    private DropReason reason;

    /// Processes a segment and returns why it was of no use, or `null`.
    DropReason arrive(TcpConnection at, Segment seg, long nowNs) {
        c = at;
        try {
            return arrive(seg, nowNs);
        } finally {
            // Threads live longer than connections.
            c = null;
        }
    }

    private DropReason arrive(Segment seg, long nowNs) {
        reason = null;
        seg.place(c.rcv.nxt, c.snd.una);
        switch (c.state) {
            case CLOSED, LISTEN -> {
                return DropReason.CLOSED;
            }
            case SYN_SENT -> arriveInSynSent(seg, nowNs);
            default -> {
                if (checkTimestamps(seg, nowNs) && checkSequence(seg, nowNs) && checkRst(seg, nowNs)
                        && checkSyn(seg, nowNs) && checkAck(seg, nowNs)) {
                    updateTsRecent(seg, nowNs);
                    if (c.userTimeout != null) {
                        c.userTimeout.take(c, seg.options.userTimeout(), nowNs);
                    }
                    textAndFin(seg, nowNs);
                }
            }
        }
        return reason;
    }

    /// Takes the text of a SYN that a listener got, if there is room for it.
    void takeTextOfSyn(TcpConnection at, Segment seg, long nowNs) {
        reason = null;
        seg.place(at.rcv.irs, at.snd.una);
        TextArrival.take(at, this, seg, nowNs);
    }

    /// Whether the peer's SYN, should it come again, is answered by ours.
    private boolean answersSyn() {
        return c.state == TcpState.SYN_RECEIVED || FastOpen.isUnconfirmed(c);
    }

    private void textAndFin(Segment seg, long nowNs) {
        c.rcv.trafficClass = (byte) seg.packet.trafficClass();
        checkUrg(seg);
        boolean on = TextArrival.take(c, this, seg, nowNs);
        if (c.urgent != null) {
            c.urgent.onAck(c);
        }
        if (on) {
            checkFin(seg, nowNs);
        }
    }

    /// Says why the segment, or what of it is processed now, is of no use; nothing else of it is.
    boolean drop(DropReason why) {
        reason = why;
        return false;
    }

    // ---- §3.10.7.3

    private void arriveInSynSent(Segment seg, long nowNs) {
        boolean ack = seg.has(TcpHeader.ACK);
        // First, check the ACK bit.
        if (ack && (seg.ackOffset <= c.snd.iss || seg.ackOffset > c.snd.nxt)) {
            if (!seg.has(TcpHeader.RST)) {
                c.sendReset(seg.ackOffset, 0, false);
            }
            drop(DropReason.UNACCEPTABLE_ACK);
            return;
        }
        // Second, check the RST bit.
        if (seg.has(TcpHeader.RST)) {
            if (ack) {
                c.fail(ErrorCode.CONNECTION_REFUSED, false, nowNs);
            } else {
                drop(DropReason.UNACCEPTABLE_ACK);
            }
            return;
        }
        // Third, security: not implemented. Fourth, check the SYN bit.
        if (!seg.has(TcpHeader.SYN)) {
            drop(DropReason.BAD_FLAGS);
            return;
        }
        if (!ack && seg.has(TcpHeader.FIN)) {
            // Nobody opens a connection to close it: a scanner asks what we make of it.
            drop(DropReason.BAD_FLAGS);
            return;
        }
        Handshake.takeSyn(c, SynFacts.of(seg), nowNs);
        if (ack) {
            Handshake.ackSyn(c, seg, nowNs);
            Handshake.establish(c, nowNs);
            c.acks.now();
            // Other controls and text are processed from the sixth step on.
            textAndFin(seg, nowNs);
        } else {
            // Simultaneous open (MUST-10): SYN goes out again, with ACK.
            //
            // Differs: its text should be queued until ESTABLISHED. It is not acknowledged instead, and so sent again:
            // what may come from anybody shall not take memory. The same holds for the SYN that a listener gets.
            c.become(TcpState.SYN_RECEIVED);
            sendSynAgain();
        }
    }

    // ---- §3.10.7.4, first: check sequence number (RFC 7323 §5.3 puts timestamps before it)

    private boolean checkTimestamps(Segment seg, long nowNs) {
        if (!c.timestampsOn || seg.has(TcpHeader.RST)) {
            return true;
        }
        if (!seg.options.hasTimestamps()) {
            // Differs: RFC 7323 §3.2 (SHOULD) drops it in silence. Linux takes it, since peers of Apple's and Microsoft's
            // leave the option out of keep-alives and ACKs, and middleboxes strip it: a healthy connection would end. A
            // SYN must be heard in any case, or a peer that has restarted never gets its challenge ACK (RFC 5961 §4.2).
            return true;
        }
        int tsVal = seg.options.timestampValue();
        if (Seq.lt(tsVal, c.rcv.tsRecent) && !seg.has(TcpHeader.SYN) && !isTsRecentOutdated(nowNs) && !isLate(seg, tsVal)) {
            // What was so late that it was sent again has an old timestamp, and the peer wants to know that it came.
            if (seg.seqOffset + seg.len <= c.rcv.nxt) {
                reportDuplicate(seg);
            }
            c.acks.reply(seg, c, nowNs);
            return drop(DropReason.OLD_TIMESTAMP);
        }
        return true;
    }

    /// Whether a segment with an old timestamp is text that others have overtaken.
    ///
    /// Differs: RFC 7323 §5.3 R1 throws it away. TS.Recent is that of a retransmission then, which has filled an earlier gap
    /// and was sent after what is merely late. Each such would be lost, and its own retransmission lose others: where packets
    /// are reordered one loss would never end. What PAWS is there for, text from before the numbers wrapped, is older by
    /// far, and fills no gap.
    private boolean isLate(Segment seg, int tsVal) {
        return seg.len > 0 && c.reassembler != null && !c.reassembler.isEmpty() && seg.seqOffset >= c.rcv.nxt
                && seg.seqOffset + seg.len <= c.reassembler.right(c.reassembler.rangeCount() - 1)
                && c.rcv.tsRecent - tsVal <= LATE_TICKS;
    }

    /// RFC 2883 §4: the payload has come before.
    private void reportDuplicate(Segment seg) {
        long text = seg.seqOffset + (seg.has(TcpHeader.SYN) ? 1 : 0);
        long left = Math.max(text, c.rcv.first());
        long right = text + seg.len;
        if (left < right && c.sackOn) {
            c.sackBlocks().onDuplicate(left, right);
        }
    }

    private boolean checkSequence(Segment seg, long nowNs) {
        ReceiveSequence rcv = c.rcv;
        if (rcv.accepts(seg.seqOffset, seg.sequenceLength())) {
            return true;
        }
        if (answersSyn() && seg.has(TcpHeader.SYN) && seg.seqOffset == rcv.irs) {
            return repeatedSyn(seg);
        }
        if (seg.has(TcpHeader.RST) && isFinsReset(seg)) {
            return true;
        }
        boolean old = seg.seqOffset + seg.sequenceLength() <= rcv.nxt && seg.sequenceLength() > 0;
        if (seg.has(TcpHeader.RST)) {
            // RFC 5961 §3.2: outside the window, in silence.
            return drop(DropReason.OUT_OF_WINDOW);
        }
        if (c.state == TcpState.TIME_WAIT && old && seg.has(TcpHeader.FIN)) {
            // RFC 9293 §3.6.1 (MUST-13): our last ACK was lost; 2 MSL begin anew.
            Ends.startTimeWait(c, nowNs);
        }
        if (old) {
            reportDuplicate(seg);
        }
        c.acks.reply(seg, c, nowNs);
        if (isBesideProbe(seg)) {
            return true;
        }
        return drop(old ? DropReason.DUPLICATE : DropReason.OUT_OF_WINDOW);
    }

    /// Differs: of a segment with the number before RCV.NXT and no text the ACK field counts if it tells something new. A sender
    /// whose window probe was taken has that number until it hears of it; if both sides are in that, neither would ever hear
    /// the other.
    private boolean isBesideProbe(Segment seg) {
        return seg.seqOffset == c.rcv.nxt - 1 && seg.sequenceLength() == 0 && seg.ackOffset > c.snd.una && c.state.isSynchronized();
    }

    private boolean isTsRecentOutdated(long nowNs) {
        return nowNs - c.rcv.tsRecentNs > PAWS_IDLE_NS;
    }

    /// RFC 7323 §4.3 (2): from a segment that Last.ACK.sent lies in or behind. Only from one that all checks have let
    /// pass (§5.3 R3): a forged one could else make PAWS drop all true data.
    private void updateTsRecent(Segment seg, long nowNs) {
        if (c.timestampsOn && seg.options.hasTimestamps() && seg.seqOffset <= c.rcv.lastAckSent
                && (Seq.geq(seg.options.timestampValue(), c.rcv.tsRecent) || isTsRecentOutdated(nowNs))) {
            c.rcv.tsRecent = seg.options.timestampValue();
            c.rcv.tsRecentNs = nowNs;
        }
    }

    /// Differs: macOS gives a RST that follows its FIN the FIN's own number, which is old for us. RFC 5961 §3.2 would be
    /// silent, and the connection would live on for as long as the program lets it; Linux takes it, too.
    private boolean isFinsReset(Segment seg) {
        return seg.seqOffset == c.rcv.nxt - 1 && switch (c.state) {
            case CLOSE_WAIT, CLOSING, LAST_ACK -> true;
            default -> false;
        };
    }

    /// SYN goes out once more, and its ACK will not tell which of them it answers (Karn).
    private void sendSynAgain() {
        c.synDue = true;
        c.retransmittedSegments++;
    }

    /// Differs: strictly the peer's SYN is old here and gets an ACK. But a repeated SYN means that our SYN,ACK was lost,
    /// so that goes again; and SYN,ACK is the peer's half of a simultaneous open, whose ACK counts (MUST-10).
    private boolean repeatedSyn(Segment seg) {
        if (seg.has(TcpHeader.RST)) {
            return drop(DropReason.OUT_OF_WINDOW);
        }
        if (seg.has(TcpHeader.FIN) && !seg.has(TcpHeader.ACK)) {
            return drop(DropReason.BAD_FLAGS);
        }
        if (seg.has(TcpHeader.ACK)) {
            // Of a SYN with data the peer need not have taken all.
            if (seg.ackOffset > c.snd.iss && seg.ackOffset <= c.snd.nxt) {
                c.acks.now();
                return true;
            }
            c.sendReset(seg.ackOffset, 0, false);
            return drop(DropReason.UNACCEPTABLE_ACK);
        }
        sendSynAgain();
        return drop(DropReason.DUPLICATE);
    }

    // ---- second: check the RST bit

    private boolean checkRst(Segment seg, long nowNs) {
        if (!seg.has(TcpHeader.RST)) {
            return true;
        }
        if (c.state == TcpState.TIME_WAIT) {
            // RFC 1337 §3: TIME-WAIT is not to be assassinated.
            return drop(DropReason.INEXACT_RST);
        }
        if (seg.seqOffset != c.rcv.nxt && !isFinsReset(seg)) {
            // RFC 5961 §3.2: in the window but not exact.
            c.acks.challenge(c, nowNs);
            return drop(DropReason.INEXACT_RST);
        }
        switch (c.state) {
            case SYN_RECEIVED -> {
                // MUST-11: an active open is refused, a passive one returns to LISTEN in silence.
                if (c.active) {
                    c.fail(ErrorCode.CONNECTION_REFUSED, false, nowNs);
                } else {
                    c.toClosed();
                }
            }
            case CLOSING, LAST_ACK -> c.toClosed();
            default -> c.fail(ErrorCode.CONNECTION_RESET, false, nowNs);
        }
        return false;
    }

    // ---- fourth: check the SYN bit (third, security, is not implemented)

    private boolean checkSyn(Segment seg, long nowNs) {
        if (!seg.has(TcpHeader.SYN)) {
            return true;
        }
        if (answersSyn()) {
            if (seg.seqOffset == c.rcv.irs) {
                // With text it reaches into the window.
                return seg.has(TcpHeader.ACK) || repeatedSyn(seg);
            }
            if (!c.active && c.state == TcpState.SYN_RECEIVED) {
                c.toClosed();
                return drop(DropReason.BAD_FLAGS);
            }
        }
        // RFC 5961 §4.2: whatever its number, a SYN in a synchronized state is challenged.
        c.acks.challenge(c, nowNs);
        return drop(DropReason.BAD_FLAGS);
    }

    // ---- fifth: check the ACK field

    private boolean checkAck(Segment seg, long nowNs) {
        if (!seg.has(TcpHeader.ACK)) {
            return drop(DropReason.BAD_FLAGS);
        }
        SendSequence snd = c.snd;
        if (c.state == TcpState.SYN_RECEIVED) {
            if (!(snd.una < seg.ackOffset && seg.ackOffset <= snd.nxt)) {
                c.sendReset(seg.ackOffset, 0, false);
                return drop(DropReason.UNACCEPTABLE_ACK);
            }
            Handshake.ackSyn(c, seg, nowNs);
            Handshake.establish(c, nowNs);
            return true;
        }
        if (c.fastOpen instanceof PassiveFastOpen open && !open.isConfirmed()) {
            if (!PassiveFastOpen.isAcceptable(c, seg)) {
                c.sendReset(seg.ackOffset, 0, false);
                return drop(DropReason.UNACCEPTABLE_ACK);
            }
            open.confirm(c, nowNs);
        }
        if (snd.probed && seg.ackOffset == snd.nxt + 1) {
            // The byte of a window probe was taken.
            snd.nxt++;
            snd.probed = false;
            c.bytesSent++;
        }
        if (seg.ackOffset > snd.nxt || seg.ackOffset < snd.una - snd.maxWnd) {
            // RFC 5961 §5.2: neither new nor recent enough to be ours.
            c.acks.challenge(c, nowNs);
            return drop(DropReason.UNACCEPTABLE_ACK);
        }
        AckArrival.onAck(c, seg, nowNs);
        if (c.state == TcpState.CLOSED) {
            return false;
        }
        if (c.state == TcpState.TIME_WAIT && seg.has(TcpHeader.FIN) && seg.seqOffset < c.rcv.nxt) {
            Ends.startTimeWait(c, nowNs);
            c.acks.now();
        }
        return true;
    }

    // ---- sixth: check the URG bit

    private void checkUrg(Segment seg) {
        if (seg.has(TcpHeader.URG) && seg.urg != 0 && c.state.mayReceive()) {
            c.urgent().arrive(c, seg.seqOffset + seg.urg);
        }
    }

    // ---- eighth: check the FIN bit

    private void checkFin(Segment seg, long nowNs) {
        ReceiveSequence rcv = c.rcv;
        if (seg.has(TcpHeader.FIN) && !rcv.finKnown) {
            long finSeq = seg.seqOffset + seg.sequenceLength() - 1;
            // Differs: FIN takes no room in the buffer, so one that stands right at a closed window's edge is taken.
            // One that stands before text which is held already cannot be the end.
            boolean contradicted = c.reassembler != null && !c.reassembler.isEmpty()
                    && c.reassembler.right(c.reassembler.rangeCount() - 1) > finSeq;
            if (finSeq >= rcv.nxt && finSeq <= rcv.edge && !contradicted) {
                rcv.finSeq = finSeq;
                rcv.finKnown = true;
                c.acks.now();
            }
        }
        if (rcv.finKnown && !rcv.finReceived && rcv.nxt == rcv.finSeq) {
            takeFin(nowNs);
        }
    }

    private void takeFin(long nowNs) {
        ReceiveSequence rcv = c.rcv;
        rcv.finReceived = true;
        rcv.nxt++;
        rcv.edge = Math.max(rcv.edge, rcv.nxt);
        c.acks.now();
        c.events |= TcpConnection.EVENT_READABLE;
        switch (c.state) {
            case SYN_RECEIVED, ESTABLISHED -> c.become(TcpState.CLOSE_WAIT);
            case FIN_WAIT_1 -> c.become(TcpState.CLOSING);
            case FIN_WAIT_2 -> Ends.enterTimeWait(c, nowNs);
            default -> throw new AssertionError("FIN taken in " + c.state);
        }
    }
}
