package dev.millrace.internet;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/// A host's clock: the Internet's time, but for what is wrong with it.
final class HostClock extends Clock {
    private final LongSupplier epochNanos;
    private final LongSupplier nowNs;
    private final ZoneId zone;
    private volatile Error error = new Error(0, 0, 0);

    /// @param sinceNs when it was set
    private record Error(long offsetNs, double drift, long sinceNs) {
    }

    HostClock(LongSupplier epochNanos, LongSupplier nowNs) {
        this(epochNanos, nowNs, ZoneOffset.UTC);
    }

    private HostClock(LongSupplier epochNanos, LongSupplier nowNs, ZoneId zone) {
        this.epochNanos = epochNanos;
        this.nowNs = nowNs;
        this.zone = zone;
    }

    void set(Duration offset, double drift) {
        error = new Error(offset.toNanos(), drift, nowNs.getAsLong());
    }

    @Override
    public Instant instant() {
        Error e = error;
        long ns = epochNanos.getAsLong() + e.offsetNs + (long) ((nowNs.getAsLong() - e.sinceNs) * e.drift);
        return Instant.ofEpochSecond(Math.floorDiv(ns, 1_000_000_000L), Math.floorMod(ns, 1_000_000_000L));
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
        var clock = new HostClock(epochNanos, nowNs, other);
        clock.error = error;
        return clock;
    }
}
