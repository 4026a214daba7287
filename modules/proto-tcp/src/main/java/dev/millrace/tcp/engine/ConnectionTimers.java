package dev.millrace.tcp.engine;

import java.util.Arrays;

/// The deadlines of one connection. Timers are data: setting one costs a store, and whoever runs the engine sleeps until
/// the earliest.
final class ConnectionTimers {
    // Those that most connections need come first: there is room for as many as were ever set.
    static final int RETRANSMISSION = 0;
    /// The user timeout, or for SYN the time limit of the attempt.
    static final int USER = 1;
    static final int DELAYED_ACK = 2;
    /// A tail loss probe (RFC 8985 §7).
    static final int PROBE = 3;
    /// TIME-WAIT, or FIN-WAIT-2 of a closed connection.
    static final int LINGER = 4;
    static final int KEEP_ALIVE = 5;
    /// Zero-window probes and the sender's silly-window override.
    static final int PERSIST = 6;
    static final int CORK = 7;
    /// A gap may be reordering until then (RFC 8985 §6.2).
    static final int REORDER = 8;
    /// What congestion control's pace holds back goes on then.
    static final int PACING = 9;
    static final long NEVER = Long.MAX_VALUE;

    private static final long[] NONE = {};

    private long[] deadlines = NONE;
    private int armed;

    void set(int timer, long deadlineNs) {
        if (timer >= deadlines.length) {
            deadlines = Arrays.copyOf(deadlines, timer + 1);
        }
        deadlines[timer] = deadlineNs;
        armed |= 1 << timer;
    }

    void cancel(int timer) {
        armed &= ~(1 << timer);
    }

    void cancelAll() {
        armed = 0;
    }

    boolean isSet(int timer) {
        return (armed >> timer & 1) != 0;
    }

    long deadlineNs(int timer) {
        return isSet(timer) ? deadlines[timer] : NEVER;
    }

    /// The earliest deadline, or [#NEVER].
    long next() {
        long first = NEVER;
        boolean any = false;
        for (int left = armed; left != 0; left &= left - 1) {
            long d = deadlines[Integer.numberOfTrailingZeros(left)];
            if (!any || d - first < 0) {
                first = d;
                any = true;
            }
        }
        return any ? first : NEVER;
    }

    /// Whether the timer has run out; if so it is no longer set.
    boolean takeExpired(int timer, long nowNs) {
        if (isSet(timer) && deadlines[timer] - nowNs <= 0) {
            cancel(timer);
            return true;
        }
        return false;
    }
}
