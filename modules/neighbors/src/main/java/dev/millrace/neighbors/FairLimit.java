package dev.millrace.neighbors;

import dev.millrace.spi.Clock;
import dev.millrace.spi.TokenBucket;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// Limits answers by who asks, in bounded memory: askers share a bucket if their hashes meet, which whoever does not know the
/// secret cannot bring about. Those that are talked to have buckets apart from those of strangers, so that a stranger that
/// asks under many names takes nothing from them.
final class FairLimit {
    private static final int SLOTS = 1024;

    private final Clock clock;
    private final long secret;
    private final int perSecond;
    // Each made when the first of its kind asks: on most stacks nobody does, and some have no Ethernet.
    private volatile AtomicReferenceArray<TokenBucket> strangers;
    private volatile AtomicReferenceArray<TokenBucket> known;

    /// @param perSecond answers to each, and at once
    FairLimit(int perSecond, Clock clock, long secret) {
        this.perSecond = perSecond;
        this.clock = clock;
        this.secret = secret;
    }

    /// Whether one more answer may go to this asker.
    ///
    /// @param asker its station, or what else it is known by
    boolean tryTake(long asker, boolean isKnown) {
        AtomicReferenceArray<TokenBucket> buckets = buckets(isKnown);
        long h = (asker ^ secret) * 0x9e37_79b9_7f4a_7c15L;
        h = (h ^ h >>> 32 ^ secret) * 0xbf58_476d_1ce4_e5b9L;
        int slot = (int) (h >>> 54);
        TokenBucket bucket = buckets.get(slot);
        if (bucket == null) {
            buckets.compareAndSet(slot, null, new TokenBucket(perSecond, perSecond, clock));
            bucket = buckets.get(slot);
        }
        return bucket.tryTake();
    }

    private AtomicReferenceArray<TokenBucket> buckets(boolean ofKnown) {
        AtomicReferenceArray<TokenBucket> there = ofKnown ? known : strangers;
        return there != null ? there : make(ofKnown);
    }

    private synchronized AtomicReferenceArray<TokenBucket> make(boolean ofKnown) {
        AtomicReferenceArray<TokenBucket> there = ofKnown ? known : strangers;
        if (there == null) {
            there = new AtomicReferenceArray<>(SLOTS);
            if (ofKnown) {
                known = there;
            } else {
                strangers = there;
            }
        }
        return there;
    }
}
