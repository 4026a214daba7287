package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Memory that is shared with the kernel, by mmap(2) of a descriptor.
public final class MemoryMap implements AutoCloseable {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final MethodHandle MMAP = Libc.call("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
            JAVA_LONG);
    private static final MethodHandle MUNMAP = Libc.call("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);

    private final MemorySegment memory;
    /// For the errno of the last call: the end must not need memory.
    private final MemorySegment closing;

    private MemoryMap(MemorySegment memory, MemorySegment closing) {
        this.memory = memory;
        this.closing = closing;
    }

    /// Maps the first `length` bytes of a descriptor, to read and write. Returns `null` if the kernel does not; errno is
    /// in `state` then.
    @SuppressWarnings("restricted")
    public static MemoryMap of(MemorySegment state, int fd, long length) {
        try {
            MemorySegment closing = Libc.newState(Arena.ofAuto());
            long address = (long) MMAP.invokeExact(state, 0L, length, PROT_READ_WRITE, MAP_SHARED, fd, 0L);
            return address == -1 ? null : new MemoryMap(MemorySegment.ofAddress(address).reinterpret(length), closing);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    /// The memory. Whoever uses it after [#close] ends the JVM.
    public MemorySegment memory() {
        return memory;
    }

    @Override
    public void close() {
        try {
            int result = (int) MUNMAP.invokeExact(closing, memory.address(), memory.byteSize());
            assert result == 0 : "munmap";
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }
}
