package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;

/// What an acceptable ACK field does in a synchronized state (RFC 9293 §3.10.7.4, fifth): SND.UNA, the window, the
/// round-trip time, loss recovery, timers, and the states that wait for the ACK of our FIN.
final class AckArrival {
    private AckArrival() {
    }

    /// Processes the ACK field and the SACK option of a segment whose SEG.ACK was found acceptable.
    static void onAck(TcpConnection c, Segment seg, long nowNs) {
        int priorFlight = c.snd.flight();
        int acked = (int) Math.max(0, seg.ackOffset - c.snd.una);
        int newWnd = seg.wnd << c.sendShift;
        boolean sameWindow = newWnd == c.snd.wnd;
        int wndBefore = c.snd.wnd;
        boolean ackOfFin = false;
        c.queue.beginAck();
        if (c.queue.rack != null) {
            c.queue.rack.beginAck(seg, nowNs);
        }
        if (acked > 0) {
            c.snd.una = seg.ackOffset;
            c.events |= TcpConnection.EVENT_PROGRESS;
            c.queue.ackTo(seg.ackOffset);
            ackOfFin = c.snd.finSent && c.snd.una == c.snd.nxt;
            int roomBefore = c.writableBytes();
            c.sendBuffer.ackTo(ackOfFin ? c.sendBuffer.end() : Math.min(c.snd.una, c.sendBuffer.end()));
            if (roomBefore == 0 && c.state.maySend()) {
                c.writeStarved = false;
                if (c.writableBytes() > 0) {
                    c.events |= TcpConnection.EVENT_WRITABLE;
                }
            }
            sampleRtt(c, seg, priorFlight, nowNs);
            c.rtt.onProgress();
            c.retries = 0;
            if (c.blackHole != null) {
                BlackHole.onProgress(c);
            }
        }
        boolean duplicate = acked == 0 && seg.ackOffset == c.snd.una && seg.len == 0 && priorFlight > 0 && sameWindow
                && !seg.has(TcpHeader.FIN);
        if (seg.ackOffset >= c.snd.una && c.snd.updateWindow(seg.seqOffset, seg.ackOffset, newWnd) || acked > 0) {
            PersistTimer.onAck(c);
        }
        if (c.timers.isSet(ConnectionTimers.PERSIST)) {
            onAckWhilePersisting(c, nowNs);
        }
        boolean reopened = wndBefore < c.snd.mss && c.snd.wnd > wndBefore;
        if (reopened) {
            // Timeouts against a closed window were probes, and tell nothing of the path.
            c.rtt.endBackOff();
        }
        long duplicateTo = c.sackOn && seg.options.sackCount() > 0 ? SackReports.take(c, seg, nowNs) : Long.MIN_VALUE;
        if (isMeasured(c)) {
            c.rtt.onMinSample(nowNs - c.queue.newestSentNs, nowNs);
        }
        if (priorFlight > 0) {
            c.recovery.onAck(c, seg, acked, duplicate, duplicateTo, priorFlight, nowNs);
            updateRetransmissionTimer(c, acked > 0 || reopened, nowNs);
            BufferTuner.onAck(c);
            if (acked == 0 && c.snd.wnd == 0) {
                // RFC 9293 §3.8.6.1: a peer that answers with a closed window is alive.
                c.retries = 0;
            }
        }
        if (c.marks != null && seg.has(TcpHeader.ECE)) {
            c.marks.onEcho(c, priorFlight, nowNs);
        }
        MtuProbe.onAck(c, nowNs);
        if (ackOfFin) {
            onFinAcked(c, nowNs);
        }
    }

    private static void onAckWhilePersisting(TcpConnection c, long nowNs) {
        PersistTimer.onAck(c);
        long worthwhile = Math.min(c.snd.mss, c.sendBuffer.end() - c.snd.nxt);
        if (c.snd.room() > 0 && !PersistTimer.overrides(c) && c.snd.room() >= worthwhile) {
            PersistTimer.stop(c);
            c.timers.cancel(ConnectionTimers.USER);
        } else if (c.snd.room() > 0) {
            PersistTimer.startOver(c, nowNs);
        }
    }

    /// RFC 6298 §5.2, §5.3.
    ///
    /// Differs: RFC 6582 §3.2 lets only the first of the partial ACKs restart the timer (its §4 calls that impatient). Here
    /// each does, as RFC 6298 says of every ACK of new data: while partial ACKs come, recovery goes on, and a timeout in
    /// the middle of it would send everything again that has arrived.
    private static void updateRetransmissionTimer(TcpConnection c, boolean restart, long nowNs) {
        if (c.snd.flight() == 0) {
            c.timers.cancel(ConnectionTimers.RETRANSMISSION);
            c.timers.cancel(ConnectionTimers.USER);
            c.timers.cancel(ConnectionTimers.REORDER);
            c.timers.cancel(ConnectionTimers.PROBE);
        } else if (restart) {
            c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
            c.startUserTimer(nowNs);
            c.probe().schedule(c, nowNs);
        }
    }

    /// Karn's algorithm, and with timestamps RFC 7323 §4.1: an ACK of new data tells the round-trip time; the echo tells
    /// which transmission it answers.
    private static void sampleRtt(TcpConnection c, Segment seg, int flight, long nowNs) {
        int expected = Math.max(1, (flight + 2 * c.snd.mss - 1) / (2 * c.snd.mss));
        if (c.queue.sampleValid) {
            c.rtt.onSample(nowNs - c.queue.sampleSentNs, expected);
        } else if (c.timestampsOn && seg.options.hasTimestamps()) {
            int ms = c.timestampNow(nowNs) - seg.options.timestampEcho();
            // After several timeouts an echo from before the last of them tells of ACKs that were lost more likely than of a
            // slow path, and would count the waiting in between as a round trip.
            boolean doubtful = c.retries > 1 && (ms - 2) * 1_000_000L > nowNs - c.snd.lastSentNs;
            if (ms >= 0 && ms < 3_600_000 && !doubtful) {
                c.rtt.onSample(Math.max(1, ms) * 1_000_000L, expected);
            }
        }
    }

    /// Whether the acknowledgement tells how long a round trip took at most. While segments keep coming out of order none but
    /// the selective part of it does; without that what was sent once may have waited for what was sent again.
    static boolean isMeasured(TcpConnection c) {
        return c.queue.newestSentNs != Long.MIN_VALUE && (c.sackOn || c.queue.sampleValid);
    }

    private static void onFinAcked(TcpConnection c, long nowNs) {
        switch (c.state) {
            case FIN_WAIT_1 -> {
                c.become(TcpState.FIN_WAIT_2);
                Ends.startFinWait2(c, nowNs);
            }
            case CLOSING -> Ends.enterTimeWait(c, nowNs);
            case LAST_ACK -> c.toClosed();
            default -> {
            }
        }
    }
}
