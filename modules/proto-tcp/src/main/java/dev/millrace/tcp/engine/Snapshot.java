package dev.millrace.tcp.engine;

import dev.millrace.TcpInfo;

/// What a connection tells of itself.
final class Snapshot {
    private Snapshot() {
    }

    static TcpInfo of(TcpConnection c, long nowNs) {
        SendSequence snd = c.snd;
        return new TcpInfo(c.state.name(), c.rtt.srttNs(), c.rtt.rttvarNs(), c.rtt.rtoNs(), c.cc == null ? 0 : c.cc.cwnd(),
                c.cc == null ? 0 : c.cc.ssthresh(), snd.mss, snd.flight(), snd.wnd, c.rcv.wnd(), c.bytesSent, c.bytesReceived,
                c.retransmittedSegments, c.timeouts, c.segmentsSent, c.segmentsReceived, c.congestionControls.name(), c.softError,
                c.recovery.phase().name(), WriteRoom.unsent(c), c.queue.sackedBytes(),
                c.queue.lostBytes(), c.retransmittedBytes, c.advertisedMss, c.peerMss, c.timestampsOn, c.sackOn, c.sendShift,
                c.window.shift, snd.nxt == snd.iss ? -1 : nowNs - snd.lastSentNs,
                c.bytesReceived == 0 ? -1 : nowNs - c.rcv.lastTextNs);
    }
}
