package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The native memory that a call needs: for errno, and for the parts of a packet that is written in one piece.
public final class CallMemory {
    private static final int VECTOR = 16;
    private static final int MAX_VECTORS = Packet.MAX_FRAGMENTS + 1;

    private final MemorySegment state;
    private final MemorySegment vectors;

    /// Memory that lives as long as the arena.
    public CallMemory(Arena arena) {
        state = Libc.newState(arena);
        vectors = arena.allocate(VECTOR * MAX_VECTORS, 8);
    }

    /// For the errno of a call.
    public MemorySegment state() {
        return state;
    }

    /// Lists the parts of a packet and returns how many there are.
    public int list(Packet packet) {
        int n = 0;
        put(n++, packet.memory(), packet.start(), packet.headLength());
        for (int i = 0; i < packet.fragmentCount(); i++) {
            put(n++, packet.fragment(i).memory(), packet.fragmentOffset(i), packet.fragmentLength(i));
        }
        return n;
    }

    private void put(int i, MemorySegment memory, int offset, int length) {
        vectors.set(JAVA_LONG, i * VECTOR, memory.address() + offset);
        vectors.set(JAVA_LONG, i * VECTOR + 8, length);
    }

    /// Where the list is.
    public long vectors() {
        return vectors.address();
    }
}
