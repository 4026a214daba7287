package dev.millrace.tcp.engine;

import dev.millrace.spi.MemoryBudget;

/// A memory budget that tests look into.
final class TestBudget implements MemoryBudget {
    private long limit;
    private long reserved;

    TestBudget(long limit) {
        this.limit = limit;
    }

    TestBudget() {
        this(Long.MAX_VALUE);
    }

    /// From here on.
    void limit(long bytes) {
        limit = bytes;
    }

    @Override
    public boolean tryReserve(long bytes) {
        if (bytes > limit - reserved) {
            return false;
        }
        reserved += bytes;
        return true;
    }

    @Override
    public void release(long bytes) {
        reserved -= bytes;
        if (reserved < 0) {
            throw new AssertionError("more given back than taken: " + reserved);
        }
    }

    @Override
    public long reserved() {
        return reserved;
    }

    @Override
    public long limit() {
        return limit;
    }
}
