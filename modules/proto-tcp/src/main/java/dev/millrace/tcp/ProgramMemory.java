package dev.millrace.tcp;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;

/// A program's buffer or array as the engine takes it. The last one is remembered, because programs use the same one
/// again and again and wrapping it anew would be the only garbage of a steady stream. Guarded by its owner's lock.
final class ProgramMemory {
    private Object last;
    private MemorySegment segment;

    /// All of the buffer, from its offset 0: positions of the buffer are offsets of the segment.
    MemorySegment of(ByteBuffer buffer) {
        if (last != buffer) {
            segment = MemorySegment.ofBuffer(buffer.duplicate().clear());
            last = buffer;
        }
        return segment;
    }

    /// As [#of(ByteBuffer)], for a buffer to be written to.
    ///
    /// @throws ReadOnlyBufferException if it cannot be
    MemorySegment writable(ByteBuffer buffer) {
        if (buffer.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        return of(buffer);
    }

    MemorySegment of(byte[] array) {
        if (last != array) {
            segment = MemorySegment.ofArray(array);
            last = array;
        }
        return segment;
    }

    void forget() {
        last = null;
        segment = null;
    }
}
