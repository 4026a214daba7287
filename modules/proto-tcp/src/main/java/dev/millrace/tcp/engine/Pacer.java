package dev.millrace.tcp.engine;

import dev.millrace.spi.CongestionControl;

/// Spreads what a window allows over time, at the rate that congestion control says. Made for connections whose control
/// paces.
final class Pacer {
    /// No timer is finer: what the rate allows in between leaves as one burst.
    private static final long TICK_NS = 1_000_000L;
    /// A timer that comes late, or acknowledgements that come together, let so much more go at once.
    private static final long MOST_BEHIND_NS = 2 * TICK_NS;
    private static final long NS_PER_SECOND = 1_000_000_000L;

    /// The next segment may leave then.
    private long nextNs;

    Pacer(long nowNs) {
        nextNs = nowNs;
    }

    /// Whether what could be sent has to wait; a timer is set then.
    boolean holds(TcpConnection c, long nowNs) {
        if (nextNs - nowNs <= 0) {
            return false;
        }
        if (!c.timers.isSet(ConnectionTimers.PACING)) {
            c.timers.set(ConnectionTimers.PACING, Math.max(nextNs, nowNs + TICK_NS));
        }
        return true;
    }

    /// The most that one packet may hold: a tick's worth, two segments at least.
    static long burst(TcpConnection c) {
        long rate = c.cc.pacingRate();
        return rate == CongestionControl.UNPACED ? Long.MAX_VALUE : Math.max(2L * c.snd.mss, time(rate, TICK_NS));
    }

    private static long time(long rate, long ns) {
        return (long) ((double) rate * ns / NS_PER_SECOND);
    }

    void onSent(TcpConnection c, int bytes, long nowNs) {
        long rate = c.cc.pacingRate();
        long from = Math.max(nextNs, nowNs - MOST_BEHIND_NS);
        // However slow, something leaves within a minute: a rate may rise again with what is acknowledged only.
        long takes = rate == CongestionControl.UNPACED ? 0
                : (long) Math.min((double) bytes * NS_PER_SECOND / Math.max(1, rate), 60.0 * NS_PER_SECOND);
        nextNs = from + takes;
    }
}
