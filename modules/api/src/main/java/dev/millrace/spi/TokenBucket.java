package dev.millrace.spi;

import java.util.concurrent.atomic.AtomicLong;

/// Lets so many events a second pass, and so many at once: for answers that strangers can provoke. Any thread may ask;
/// nobody waits.
///
/// Kept as the time at which the bucket will be full again, so that one number is the whole state.
public final class TokenBucket {
    private final Clock clock;
    private final long intervalNs;
    private final long capacityNs;
    private final AtomicLong fullAt;

    /// A bucket that is full.
    ///
    /// @param perSecond tokens that flow in each second; 0 lets nothing pass, ever
    /// @param burst tokens that the bucket holds, at least 1
    public TokenBucket(long perSecond, long burst, Clock clock) {
        this.clock = clock;
        intervalNs = perSecond == 0 ? 0 : Math.max(1, 1_000_000_000L / perSecond);
        capacityNs = burst * intervalNs;
        fullAt = new AtomicLong(clock.nanoTime());
    }

    /// Takes a token, or returns `false` if there is none.
    public boolean tryTake() {
        if (intervalNs == 0) {
            return false;
        }
        long now = clock.nanoTime();
        while (true) {
            long before = fullAt.get();
            long after = (before - now > 0 ? before : now) + intervalNs;
            if (after - now > capacityNs) {
                return false;
            }
            if (fullAt.compareAndSet(before, after)) {
                return true;
            }
        }
    }
}
