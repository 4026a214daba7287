package dev.millrace.tcp;

import dev.millrace.spi.Clock;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.IpAddress;

/// How many answers strangers get: a token bucket for each of 256 groups of sources, so that one who floods uses up what is
/// there for his group and for nobody else. Which group a source is in depends on the stack's secret. A source is an IPv4
/// address or an IPv6 /64, of which one host may use every address. Any thread may ask.
final class StrangerLimits {
    private static final int GROUPS = 256;

    private final SipHash hash;
    private final long perSecond;
    private final long burst;
    private final Clock clock;
    /// Made when the first stranger comes: most stacks meet none.
    private volatile TokenBucket[] buckets;

    /// @param perSecond answers in a second to one group; 0 for none
    /// @param burst answers to one group at once, at least 1
    StrangerLimits(SipHash hash, long perSecond, long burst, Clock clock) {
        this.hash = hash;
        this.perSecond = perSecond;
        this.burst = burst;
        this.clock = clock;
    }

    /// Takes a token of this source's group, or returns `false` if there is none.
    boolean tryTake(long sourceHi, long sourceLo) {
        long host = IpAddress.isV4(sourceHi, sourceLo) ? sourceLo : 0;
        return buckets()[(int) hash.hash(sourceHi, host, 0, 0, 0, 0) & GROUPS - 1].tryTake();
    }

    private TokenBucket[] buckets() {
        TokenBucket[] all = buckets;
        if (all == null) {
            // Two threads may make some each; what little the other had counted is forgotten.
            all = new TokenBucket[GROUPS];
            for (int i = 0; i < GROUPS; i++) {
                all[i] = new TokenBucket(perSecond, burst, clock);
            }
            buckets = all;
        }
        return all;
    }
}
