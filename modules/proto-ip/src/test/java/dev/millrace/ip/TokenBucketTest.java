package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Clock;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Limits and numbers of IP: rates in virtual time, identifications, impossible sources.
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

    @Test
    void identificationsOfATripleDoNotRepeatForAWholeRound() {
        var ids = new Ipv4Identification();
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 65536; i++) {
            assertTrue(seen.add(ids.next(0x1234_5678_9abcL, 1)), "repeated after " + i);
        }
        assertNotEquals(ids.next(1, 1), ids.next(0x7777, 1) - 1, "another triple counts from elsewhere");
    }

    @Test
    void impossibleSources() {
        for (int a : new int[] {0, 0x00ffffff, 0xe0000001, 0xf0000000, -1, 0x7f000001}) {
            assertTrue(Ipv4Martians.isImpossibleSource(a, false), Integer.toHexString(a));
        }
        assertFalse(Ipv4Martians.isImpossibleSource(0x7f000001, true));
        assertFalse(Ipv4Martians.isImpossibleSource(0x0a000001, false));
    }
}
