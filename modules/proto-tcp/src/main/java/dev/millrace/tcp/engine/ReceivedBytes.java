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
    /// The first slice that was not copied in whole.
    private int first;
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

    /// Moves up to `max` bytes to `dst` from offset `at` on, and returns how many. What could not be copied, because `dst`
    /// was closed meanwhile, is still here.
    public int moveTo(MemorySegment dst, long at, int max) {
        int moved = 0;
        while (first < count && moved < max) {
            int n = Math.min(lengths[first], max - moved);
            MemorySegment.copy(buffers[first].memory(), offsets[first], dst, at + moved, n);
            moved += n;
            bytes -= n;
            offsets[first] += n;
            lengths[first] -= n;
            if (lengths[first] == 0) {
                buffers[first].release();
                buffers[first++] = null;
            }
        }
        if (first == count) {
            first = 0;
            count = 0;
        }
        return moved;
    }

    /// Copies up to `max` bytes to `dst` from offset `at` on, and returns how many; all of them are still here.
    public int copyTo(MemorySegment dst, long at, int max) {
        int copied = 0;
        for (int i = first; i < count && copied < max; i++) {
            int n = Math.min(lengths[i], max - copied);
            MemorySegment.copy(buffers[i].memory(), offsets[i], dst, at + copied, n);
            copied += n;
        }
        return copied;
    }

    /// The bytes held.
    public int length() {
        return bytes;
    }

    /// Releases everything.
    public void clear() {
        for (int i = first; i < count; i++) {
            buffers[i].release();
            buffers[i] = null;
        }
        first = 0;
        count = 0;
        bytes = 0;
    }
}
