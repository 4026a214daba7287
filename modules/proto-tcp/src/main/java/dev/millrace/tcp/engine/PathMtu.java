package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;
import dev.millrace.spi.IcmpError;
import dev.millrace.wire.Seq;

/// What ICMP says about a connection (RFC 9293 §3.9.2.2, RFC 5927), and packets that are too big for the path (RFC 1191,
/// RFC 8201).
final class PathMtu {
    private static final int MIN_V4 = 68;
    private static final int MIN_V6 = 1280;
    /// RFC 1191 §7.1, for routers that do not say their MTU.
    private static final int[] PLATEAUS = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, MIN_V4};

    private PathMtu() {
    }

    static void onIcmpError(TcpConnection c, IcmpError error, int quotedSeq, long nowNs) {
        // RFC 5927 §4.1: the quoted segment must be one that is in flight, or anybody could have written it.
        boolean inFlight = c.snd.flight() > 0 && Seq.leq(c.snd.una, quotedSeq) && Seq.lt(quotedSeq, c.snd.nxt);
        if (!inFlight || c.state == TcpState.CLOSED || c.state == TcpState.TIME_WAIT) {
            return;
        }
        switch (error.kind()) {
            case PACKET_TOO_BIG -> onPacketTooBig(c, error.mtu(), nowNs);
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
    }

    private static void onPacketTooBig(TcpConnection c, int mtu, long nowNs) {
        int headers = c.v4 ? 40 : 60;
        int present = c.ipMss + headers;
        int next = mtu;
        if (mtu == 0 && c.v4) {
            next = PLATEAUS[PLATEAUS.length - 1];
            for (int plateau : PLATEAUS) {
                if (plateau < present) {
                    next = plateau;
                    break;
                }
            }
        }
        next = Math.max(next, c.v4 ? MIN_V4 : MIN_V6);
        if (next < present) {
            c.setPath(next - headers, c.maxSuperSegment, nowNs);
        }
    }
}
