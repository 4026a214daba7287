package dev.millrace.tcp.engine;

import dev.millrace.TcpInfo;

/// What a connection tells of itself, put together when it is asked.
final class Snapshot {
    private Snapshot() {
    }

    static TcpInfo of(TcpConnection c, long nowNs) {
        return new TcpInfo(c.state().name(), c.congestionControls.name(), c.softError, agreed(c), roundTrip(c), sending(c),
                receiving(c), recovery(c), totals(c), ages(c, nowNs), SendLimits.of(c, nowNs),
                FastOpen.info(c));
    }

    private static TcpInfo.Agreed agreed(TcpConnection c) {
        return new TcpInfo.Agreed(c.timestampsOn, c.sackOn, c.marks != null, c.sendShift, c.receiveShift, c.advertisedMss, c.peerMss,
                UserTimeout.peers(c) * 1_000_000_000L);
    }

    private static TcpInfo.RoundTrip roundTrip(TcpConnection c) {
        RttEstimator rtt = c.rtt;
        return new TcpInfo.RoundTrip(rtt.srttNs(), rtt.rttvarNs(), rtt.minRttNs(), rtt.rtoNs(), rtt.backOffs(), UserTimeout.of(c));
    }

    private static TcpInfo.Sending sending(TcpConnection c) {
        SendSequence snd = c.snd;
        return new TcpInfo.Sending(snd.mss, PathMtu.of(c),
                c.cc == null ? 0 : c.cc.cwnd(), c.cc == null ? 0 : c.cc.ssthresh(), snd.wnd, snd.flight(), WriteRoom.unsent(c),
                c.options.sendBuffer, c.queue.delivery == null ? 0 : c.queue.delivery.lastRate(),
                c.pacer == null ? 0 : c.cc.pacingRate());
    }

    private static TcpInfo.Receiving receiving(TcpConnection c) {
        return new TcpInfo.Receiving(c.rcv.wnd(), c.acks.peerMss(), c.receiveBuffer.length(),
                c.reassembler == null ? 0 : c.reassembler.bytes(), c.reassembler == null ? 0 : c.reassembler.segments,
                c.options.quickAck ? 0 : c.settings.delayedAckNs, c.rcv.trafficClass & 0xff);
    }

    private static TcpInfo.Recovery recovery(TcpConnection c) {
        Rack rack = c.queue.rack;
        // Without that, asking would have segments moved to the scoreboard.
        boolean reordered = rack != null && rack.reorderingSeen();
        return new TcpInfo.Recovery(c.recovery.phase().name(), c.queue.sackedBytes(), c.queue.lostBytes(),
                c.queue.retransmittedBytes(), c.retries, PersistTimer.unanswered(c) + KeepAlive.unanswered(c),
                reordered, reordered ? rack.reorderingWindowNs() : 0, c.duplicateReports,
                c.renegings, c.spuriousRecoveries);
    }

    private static TcpInfo.Totals totals(TcpConnection c) {
        SendSequence snd = c.snd;
        // SYN and FIN have numbers, too.
        boolean finAcked = snd.finSent && snd.una == snd.nxt;
        long acked = Math.max(0, snd.una - snd.iss - 1 - (finAcked ? 1 : 0));
        return new TcpInfo.Totals(c.bytesSent, c.retransmittedBytes, acked, c.bytesReceived, c.segmentsSent, c.segmentsReceived,
                Integer.toUnsignedLong(snd.dataSegments), Integer.toUnsignedLong(c.acks.dataSegments), c.retransmittedSegments,
                c.timeouts);
    }

    private static TcpInfo.Ages ages(TcpConnection c, long nowNs) {
        return new TcpInfo.Ages(c.snd.nxt == c.snd.iss ? -1 : nowNs - c.snd.lastSentNs,
                c.bytesReceived == 0 ? -1 : nowNs - c.rcv.lastTextNs,
                c.segmentsReceived == 0 ? -1 : nowNs - c.lastReceivedNs);
    }
}
