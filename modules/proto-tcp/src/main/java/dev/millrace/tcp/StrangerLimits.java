package dev.millrace.tcp;

import dev.millrace.spi.Clock;
import dev.millrace.spi.TokenBucket;

/// How many answers strangers get: a token bucket for each of 256 groups of source addresses, so that one who floods
/// uses up what is there for his group and for nobody else. Which group an address is in depends on the stack's secret.
/// Made when the first stranger comes. Any thread may ask.
final class StrangerLimits {
    private static final int GROUPS = 256;

    private final TokenBucket[] buckets = new TokenBucket[GROUPS];
    private final SipHash hash;

    /// @param perSecond answers in a second to one group; 0 for none
    StrangerLimits(SipHash hash, long perSecond, Clock clock) {
        this.hash = hash;
        for (int i = 0; i < GROUPS; i++) {
            buckets[i] = new TokenBucket(perSecond, Math.max(1, perSecond), clock);
        }
    }

    /// Takes a token of this source's group, or returns `false` if there is none.
    boolean tryTake(long sourceHi, long sourceLo) {
        return buckets[(int) hash.hash(sourceHi, sourceLo, 0, 0, 0, 0) & GROUPS - 1].tryTake();
    }
}
