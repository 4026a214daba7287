package dev.millrace.tcp;

import java.time.Duration;

/// Time limits as programs give them.
final class Durations {
    private Durations() {
    }

    /// Nanoseconds, with lengths beyond 292 years cut to that; 0 means no limit.
    ///
    /// @throws IllegalArgumentException if the duration is negative
    static long toNanos(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout can't be negative");
        }
        try {
            return timeout.toNanos();
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }
}
