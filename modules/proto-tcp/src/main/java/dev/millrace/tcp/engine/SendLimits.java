package dev.millrace.tcp.engine;

import dev.millrace.TcpInfo;

/// For how long there was something to be sent or acknowledged, and what of that time something else than the network was in
/// the way. It is looked at whenever the engine has nothing more to send; the network's part is what is left.
///
/// The times are the connection's, in units of 2^17 ns: an object with nanoseconds would be a fifth more memory for each.
/// Both ends of a span are rounded alike, so that errors do not add up.
final class SendLimits {
    static final int IDLE = 0;
    static final int NETWORK = 1;
    static final int WINDOW = 2;
    static final int BUFFER = 3;
    private static final int UNIT = 17;

    private SendLimits() {
    }

    /// The engine has come to rest.
    static void note(TcpConnection c, long nowNs) {
        int limit = present(c);
        if (limit != c.sendLimit) {
            int now = (int) (nowNs >> UNIT);
            int span = now - c.sendLimitSince;
            switch (c.sendLimit) {
                case NETWORK -> c.busyTime += span;
                case WINDOW -> {
                    c.busyTime += span;
                    c.windowLimitedTime += span;
                }
                case BUFFER -> {
                    c.busyTime += span;
                    c.bufferLimitedTime += span;
                }
                default -> {
                }
            }
            c.sendLimit = (byte) limit;
            c.sendLimitSince = now;
        }
    }

    private static int present(TcpConnection c) {
        if (c.sendBuffer.length() == 0 || c.cc == null) {
            return IDLE;
        }
        if (c.hasUnsent()) {
            return c.snd.room() <= 0 ? WINDOW : NETWORK;
        }
        return c.writeRefused && c.cc.cwnd() - c.snd.flight() >= c.snd.mss ? BUFFER : NETWORK;
    }

    static TcpInfo.Limits of(TcpConnection c, long nowNs) {
        int span = (int) (nowNs >> UNIT) - c.sendLimitSince;
        return new TcpInfo.Limits(nanos(c.busyTime + (c.sendLimit == IDLE ? 0 : span)),
                nanos(c.windowLimitedTime + (c.sendLimit == WINDOW ? span : 0)),
                nanos(c.bufferLimitedTime + (c.sendLimit == BUFFER ? span : 0)));
    }

    private static long nanos(int units) {
        return Integer.toUnsignedLong(units) << UNIT;
    }
}
