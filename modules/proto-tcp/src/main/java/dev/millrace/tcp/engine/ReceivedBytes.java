package dev.millrace.tcp.engine;

import dev.millrace.wire.buffer.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Received data on its way to the program: slices of buffers, moved out under the lock and copied without it. One
/// thread at a time; used again and again.
public final class ReceivedBytes {
    private static final Buffer[] NO_BUFFERS = {};
    private static final int[] NO_NUMBERS = {};

    // Made when the first data comes: an idle connection does not pay for them.
    private Buffer[] buffers = NO_BUFFERS;
    private int[] offsets = NO_NUMBERS;
    private int[] lengths = NO_NUMBERS;
    private int count;
    private int bytes;

    /// Appends a slice; the caller's reference moves in.
    void add(Buffer buffer, int offset, int length) {
        makeRoom();
        buffers[count] = buffer;
        offsets[count] = offset;
        lengths[count] = length;
        count++;
        bytes += length;
    }

    /// Sees to it that the next [#add] does not allocate, so that no reference is lost between two owners.
    void makeRoom() {
        if (count == buffers.length) {
            int n = Math.max(4, 2 * count);
            Buffer[] b = Arrays.copyOf(buffers, n);
            int[] o = Arrays.copyOf(offsets, n);
            lengths = Arrays.copyOf(lengths, n);
            offsets = o;
            buffers = b;
        }
    }

    /// Copies everything to `dst` from offset `at`, releases it and returns how many bytes that was.
    public int copyTo(MemorySegment dst, long at) {
        long to = at;
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(buffers[i].memory(), offsets[i], dst, to, lengths[i]);
            to += lengths[i];
        }
        clear();
        return (int) (to - at);
    }

    /// The bytes held.
    public int length() {
        return bytes;
    }

    /// Releases everything.
    public void clear() {
        for (int i = 0; i < count; i++) {
            buffers[i].release();
            buffers[i] = null;
        }
        count = 0;
        bytes = 0;
    }
}
