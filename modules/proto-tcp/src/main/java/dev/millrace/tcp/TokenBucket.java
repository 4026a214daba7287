package dev.millrace.tcp;

/// Lets at most `perSecond` events through in the long run and `burst` at once, for answers that strangers can provoke.
final class TokenBucket {
    private final long intervalNs;
    private final long burst;
    private long tokens;
    private long filledNs;

    TokenBucket(long perSecond, long burst, long nowNs) {
        this.intervalNs = 1_000_000_000L / perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.filledNs = nowNs;
    }

    synchronized boolean tryTake(long nowNs) {
        long due = (nowNs - filledNs) / intervalNs;
        if (due > 0) {
            tokens = Math.min(burst, tokens + due);
            filledNs += due * intervalNs;
        }
        if (tokens == 0) {
            return false;
        }
        tokens--;
        return true;
    }
}
