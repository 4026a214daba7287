package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionWriter;
import java.lang.foreign.MemorySegment;

/// How long sent data may stay unacknowledged, and the option by which two hosts tell each other (RFC 5482). An object exists
/// only where the program wants the option (ENABLED), and nobody else's is looked at.
final class UserTimeout {
    /// L_LIMIT: RFC 5482 §3.1 recommends R2 of RFC 1122, which no peer can talk a connection under.
    private static final long LOWEST_NS = 100_000_000_000L;

    /// ADV_UTO as it was last told in a segment without SYN, in seconds; 0 if that is to be done.
    private int toldS;
    /// REMOTE_UTO in seconds; 0 if the peer has told none.
    private int peerS;

    /// The user timeout in force in nanoseconds, or 0: the number of retransmissions decides.
    static long of(TcpConnection c) {
        UserTimeout u = c.userTimeout;
        // RFC 5482 §3.1: CHANGEABLE is false where the program has set a timeout of its own.
        if (u == null || u.peerS == 0 || c.options.userTimeoutNs != c.settings.userTimeoutNs) {
            return c.options.userTimeoutNs;
        }
        // USER_TIMEOUT = min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)), and never less than the retransmission timeout.
        long wanted = Math.max(u.peerS, c.options.advertisedUserTimeoutS) * 1_000_000_000L;
        return Math.min(c.settings.maxUserTimeoutNs, Math.max(wanted, Math.max(LOWEST_NS, c.rtt.rtoNs())));
    }

    /// What the peer has told last, in seconds, or 0.
    static int peers(TcpConnection c) {
        return c.userTimeout == null ? 0 : c.userTimeout.peerS;
    }

    /// The options were set or changed: the new value is told with the next segment that has room (RFC 5482 §3).
    static void onOptions(TcpConnection c) {
        if (c.options.advertisedUserTimeoutS == 0) {
            c.userTimeout = null;
        } else if (c.userTimeout == null) {
            c.userTimeout = new UserTimeout();
        }
    }

    /// The peer has told its own; 0 if it has not.
    void take(TcpConnection c, int seconds, long nowNs) {
        if (seconds == 0 || seconds == peerS) {
            return;
        }
        peerS = seconds;
        if (c.state.isSynchronized() && c.snd.flight() > 0) {
            c.startUserTimer(nowNs);
        }
    }

    /// What was told last may be lost (RFC 5482 §3.2).
    void tellAgain() {
        toldS = 0;
    }

    /// The bytes that the option takes in a segment without SYN: none if it has been told, or if the segment, which may be a
    /// retransmission, has no room for it.
    ///
    /// @param header the bytes of the header with its other options
    int room(TcpConnection c, int header, int length) {
        int others = header - TcpHeader.MIN_LENGTH - SegmentWriter.options(c);
        boolean fits = header + TcpOptionWriter.USER_TIMEOUT_LENGTH <= TcpHeader.MAX_LENGTH
                && length + others + TcpOptionWriter.USER_TIMEOUT_LENGTH <= c.snd.mss;
        return fits && toldS != c.options.advertisedUserTimeoutS ? TcpOptionWriter.USER_TIMEOUT_LENGTH : 0;
    }

    void write(TcpConnection c, MemorySegment m, long at) {
        toldS = c.options.advertisedUserTimeoutS;
        TcpOptionWriter.userTimeout(m, at, toldS);
    }
}
