package dev.millrace.stack;

import dev.millrace.spi.MemoryBudget;
import java.util.concurrent.atomic.AtomicLong;

/// The bytes that the sockets of one stack hold, against a limit.
final class SocketMemory implements MemoryBudget {
    private final long limit;
    private final AtomicLong reserved = new AtomicLong();

    SocketMemory(long limit) {
        this.limit = limit;
    }

    @Override
    public boolean tryReserve(long bytes) {
        if (reserved.addAndGet(bytes) <= limit) {
            return true;
        }
        reserved.addAndGet(-bytes);
        return false;
    }

    @Override
    public void release(long bytes) {
        long left = reserved.addAndGet(-bytes);
        assert left >= 0 : "more memory was given back than taken: " + left;
    }

    @Override
    public long reserved() {
        return reserved.get();
    }

    @Override
    public long limit() {
        return limit;
    }
}
