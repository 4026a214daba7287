package dev.millrace.tcp.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/// The bytes of two streams, each known by its offset alone, so that every copy of a byte anywhere can be checked. They
/// repeat after a prime number of bytes: no error by a power of two, a segment or a window is hidden by it.
final class StreamContent {
    private static final int PERIOD = 1_048_573;
    /// The most that is asked for at once.
    static final int MOST = 1 << 17;
    private static final MemorySegment BYTES = bytes();

    private final int shift;

    /// @param stream 0 or 1
    StreamContent(int stream) {
        shift = stream * 524_287;
    }

    private static MemorySegment bytes() {
        MemorySegment m = Arena.global().allocate(PERIOD + MOST);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < PERIOD; i++) {
            m.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
        MemorySegment.copy(m, 0, m, PERIOD, MOST);
        return m;
    }

    /// The memory that has them all.
    static MemorySegment memory() {
        return BYTES;
    }

    /// Where in [#memory] the bytes from this offset of the stream on lie, [#MOST] of them at least.
    long at(long offset) {
        return Math.floorMod(offset + shift, PERIOD);
    }

    /// Whether these are the `length` bytes of the stream from `offset` on: -1, or the first that is not.
    long mismatch(MemorySegment m, long from, int length, long offset) {
        long at = at(offset);
        return MemorySegment.mismatch(m, from, from + length, BYTES, at, at + length);
    }
}
