package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;
import dev.millrace.spi.IcmpError;
import dev.millrace.wire.TcpHeader;

/// What the path carries: what ICMP says of it (RFC 9293 §3.9.2.2, RFC 5927, RFC 1191, RFC 8201), and the MSS that follows from
/// that and from probing.
final class PathMtu {
    /// Differs: RFC 791 knows links of 68 bytes. Nobody has one, and whoever claims it wants us to send headers; Linux does
    /// not go below 552 either.
    private static final int MIN_V4 = 552;
    private static final int MIN_V6 = 1280;

    private static final int HEADERS_V4 = 40;
    private static final int HEADERS_V6 = 60;

    private PathMtu() {
    }

    /// The bytes of both headers without options.
    static int headers(TcpConnection c) {
        return c.v4 ? HEADERS_V4 : HEADERS_V6;
    }

    /// The least that a path is believed to carry of TCP's payload and options, in bytes.
    static int least(TcpConnection c) {
        return c.v4 ? MIN_V4 - HEADERS_V4 : MIN_V6 - HEADERS_V6;
    }

    /// The largest IP packet, in bytes, that the connection takes the path to carry.
    static int of(TcpConnection c) {
        return Math.min(c.ipMss, MtuProbe.limit(c)) + headers(c);
    }

    /// See [TcpConnection#setPath].
    static void onPath(TcpConnection c, int ipMss, int maxSuperSegment, long nowNs) {
        c.ipMss = ipMss;
        c.maxSuperSegment = c.urgent == null ? maxSuperSegment : c.urgent.onPath(maxSuperSegment);
        if (c.cc == null || c.state == TcpState.CLOSED) {
            if (c.peerMss > 0) {
                c.snd.mss = Handshake.effectiveMss(c);
            }
            return;
        }
        MtuProbe.onPath(c);
        if (c.retries > 0 && c.snd.flight() > 0) {
            // The timeouts were those of another path: this one is tried within a plain timeout.
            c.rtt.endBackOff();
            c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
        }
        PersistTimer.startOver(c, nowNs);
        updateMss(c);
    }

    /// The path's limit, or what probing makes of it, is another one.
    static void updateMss(TcpConnection c) {
        int before = c.snd.mss;
        c.snd.mss = Handshake.effectiveMss(c);
        if (c.snd.mss != before) {
            c.cc.onMssChange(c.snd.mss);
        }
        if (c.snd.mss < before) {
            c.recovery.onPathShrunk(c);
        }
    }

    /// Returns the MTU that the path is to be told (0: the router did not say it), or -1 if there is nothing to tell.
    static int onIcmpError(TcpConnection c, IcmpError error, long quotedSeq, long nowNs) {
        // RFC 5927 §4.1: the quoted segment must be one that is in flight, or anybody could have written it.
        boolean inFlight = c.snd.flight() > 0 && c.snd.una <= quotedSeq && quotedSeq < c.snd.nxt;
        if (!inFlight || c.state == TcpState.CLOSED || c.state == TcpState.TIME_WAIT) {
            return -1;
        }
        switch (error.kind()) {
            case PACKET_TOO_BIG -> {
                return onPacketTooBig(c, error.mtu(), quotedSeq, nowNs);
            }
            case TIME_EXCEEDED, PARAMETER_PROBLEM -> c.softError = error.kind().code();
            case NETWORK_UNREACHABLE, HOST_UNREACHABLE, PROTOCOL_UNREACHABLE, PORT_UNREACHABLE, PROHIBITED -> {
                if (c.state.isSynchronized()) {
                    // RFC 5927 §5.2: once established no ICMP error ends a connection, hard or soft.
                    c.softError = error.kind().code();
                } else {
                    c.fail(error.kind() == IcmpError.Kind.PORT_UNREACHABLE
                            ? ErrorCode.CONNECTION_REFUSED : error.kind().code(), false, nowNs);
                }
            }
        }
        return -1;
    }

    /// The shell tells the path, takes a new one and calls [TcpConnection#setPath]; until it does, the connection goes by
    /// what it was told here.
    private static int onPacketTooBig(TcpConnection c, int mtu, long quotedSeq, long nowNs) {
        if (mtu == 0 && c.v4) {
            tooBig(c);
            // RFC 1191 §5: a router that does not say its MTU; the path knows what comes next below its own.
            return 0;
        }
        if (mtu <= 0 || mtu >= packetSize(c, quotedSeq)) {
            // RFC 5927 §7.2: what fits cannot have been refused.
            return -1;
        }
        int next = Math.max(mtu - headers(c), least(c));
        if (next < c.ipMss) {
            c.setPath(next, c.maxSuperSegment, nowNs);
        }
        tooBig(c);
        // As it was told: on paths that are narrower than what is believed the IP header says so.
        return mtu;
    }

    private static void tooBig(TcpConnection c) {
        if (c.fastOpen != null) {
            c.fastOpen.onTooBig(c);
        }
    }

    /// The most that the packet which began at this number can have had, IP header included.
    private static int packetSize(TcpConnection c, long seq) {
        if (c.queue.isEmpty()) {
            // A SYN, whose options take 20 bytes if nothing is known of it.
            int length = c.fastOpen == null ? 0 : c.fastOpen.synLength(c);
            return headers(c) + Math.max(20, length - TcpHeader.MIN_LENGTH);
        }
        // What goes again is put together anew.
        long end = c.queue.wentAgain(seq) ? c.snd.nxt : c.queue.endOf(seq);
        int payload = (int) Math.min(c.snd.mss, end - seq);
        if (c.mtuProbe != null) {
            payload = Math.max(payload, c.mtuProbe.lengthAt(seq));
        }
        return headers(c) + SegmentWriter.options(c) + payload;
    }
}
