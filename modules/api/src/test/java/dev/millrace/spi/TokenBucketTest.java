package dev.millrace.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

/// Rates, in virtual time.
class TokenBucketTest {
    private static final class VirtualClock implements Clock {
        long now = Long.MAX_VALUE - 500_000_000L;

        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public long epochNanos() {
            return 0;
        }
    }

    private static int drain(TokenBucket bucket) {
        int n = 0;
        while (n < 10_000 && bucket.tryTake()) {
            n++;
        }
        return n;
    }

    @Test
    void aBucketHoldsItsBurstAndRefillsAtItsRateAcrossTheEndOfTheClock() {
        var clock = new VirtualClock();
        var bucket = new TokenBucket(1000, 50, clock);
        assertEquals(50, drain(bucket));
        clock.now += 10_000_000;
        assertEquals(10, drain(bucket));
        clock.now += 3_600_000_000_000L;
        assertEquals(50, drain(bucket), "never more than the burst");
    }

    @Test
    void aRateOfZeroLetsNothingPass() {
        assertFalse(new TokenBucket(0, 10, new VirtualClock()).tryTake());
    }
}
