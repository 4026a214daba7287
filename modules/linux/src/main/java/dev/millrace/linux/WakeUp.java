package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// An eventfd that ends the sleep of all readers. It is never read, so that it stays signalled once it is.
public final class WakeUp implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment one = arena.allocate(JAVA_LONG);
    private final int fd;

    /// @param device whose readers it wakes, for the exception
    public WakeUp(String device, CallFailures failures) throws IOException {
        one.set(JAVA_LONG, 0, 1);
        fd = Libc.eventfd(state, 0, Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (fd < 0) {
            int errno = Libc.errno(state);
            arena.close();
            throw failures.of("eventfd", device, errno);
        }
    }

    /// What to poll for reading.
    public int fd() {
        return fd;
    }

    /// Wakes all readers, for good.
    public void signal() {
        Libc.write(state, fd, one.address(), Long.BYTES);
    }

    @Override
    public void close() {
        Libc.close(state, fd);
        arena.close();
    }
}
