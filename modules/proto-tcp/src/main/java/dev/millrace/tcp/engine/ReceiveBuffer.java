package dev.millrace.tcp.engine;

import dev.millrace.spi.MemoryBudget;
import dev.millrace.wire.buffer.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Data in order that the program has not read: a ring of slices of the buffers it came in. Small payloads are copied
/// behind one another instead, so that no tiny segment keeps a large buffer.
final class ReceiveBuffer {
    /// Payloads up to this size are copied if they fill less than half of their buffer.
    static final int COPY_LIMIT = 2048;
    private static final int SMALL = 4;

    private final MemoryBudget memory;
    private Buffer[] buffers;
    private int[] offsets;
    private int[] lengths;
    /// What the memory budget was charged for the slice.
    private int[] charges;
    private int head;
    private int count;
    private int bytes;
    /// The last slice lies in a buffer of our own, which may be filled on.
    private boolean lastIsOurs;

    ReceiveBuffer(MemoryBudget memory) {
        this.memory = memory;
    }

    int length() {
        return bytes;
    }

    /// Whether a part of `length` bytes in `buffer` is better copied than kept.
    static boolean isCopied(Buffer buffer, int length) {
        return length <= COPY_LIMIT && 2 * length < buffer.capacity();
    }

    /// Appends bytes of a buffer that stays the caller's. Returns `false`, with nothing changed, if the memory budget
    /// has no room; an empty queue always gets its part, so that a connection can go on.
    boolean append(Buffer buffer, int offset, int length) {
        int last = count == 0 ? -1 : at(count - 1);
        if (last >= 0 && buffers[last] == buffer && offsets[last] + lengths[last] == offset && !lastIsOurs) {
            lengths[last] += length;
            bytes += length;
            return true;
        }
        if (isCopied(buffer, length)) {
            return copy(buffer, offset, length);
        }
        int charge = charge(buffer.capacity());
        if (charge < 0) {
            return false;
        }
        add(buffer.retain(), offset, length, charge);
        return true;
    }

    private int charge(int n) {
        return memory.tryReserve(n) ? n : count == 0 ? 0 : -1;
    }

    private boolean copy(Buffer from, int offset, int length) {
        int last = count == 0 ? -1 : at(count - 1);
        if (lastIsOurs && last >= 0 && buffers[last].capacity() - offsets[last] - lengths[last] >= length) {
            MemorySegment.copy(from.memory(), offset, buffers[last].memory(), offsets[last] + lengths[last], length);
            lengths[last] += length;
            bytes += length;
            return true;
        }
        int capacity = bytes >= 8192 ? Buffer.MAX_CAPACITY : bytes > 0 || length > 256 ? 2048 : 256;
        int charge = charge(capacity);
        if (charge < 0) {
            return false;
        }
        Buffer own = Buffer.allocate(capacity);
        MemorySegment.copy(from.memory(), offset, own.memory(), 0, length);
        add(own, 0, length, charge);
        lastIsOurs = true;
        return true;
    }

    /// Appends a slice; the caller's reference, and what the budget was charged for it, move in.
    void add(Buffer buffer, int offset, int length, int charge) {
        if (buffers == null) {
            allocate();
        } else if (count == buffers.length) {
            grow();
        }
        int k = at(count++);
        buffers[k] = buffer;
        offsets[k] = offset;
        lengths[k] = length;
        charges[k] = charge;
        bytes += length;
        lastIsOurs = false;
    }

    private int at(int i) {
        return head + i & buffers.length - 1;
    }

    private void allocate() {
        buffers = new Buffer[SMALL];
        offsets = new int[SMALL];
        lengths = new int[SMALL];
        charges = new int[SMALL];
        head = 0;
    }

    private void grow() {
        int n = buffers.length;
        Buffer[] b = Arrays.copyOf(buffers, 2 * n);
        int[] o = Arrays.copyOf(offsets, 2 * n);
        int[] l = Arrays.copyOf(lengths, 2 * n);
        int[] c = Arrays.copyOf(charges, 2 * n);
        System.arraycopy(buffers, 0, b, n, head);
        System.arraycopy(offsets, 0, o, n, head);
        System.arraycopy(lengths, 0, l, n, head);
        System.arraycopy(charges, 0, c, n, head);
        Arrays.fill(b, 0, head, null);
        buffers = b;
        offsets = o;
        lengths = l;
        charges = c;
    }

    /// Moves up to `max` bytes to `out` and returns how many.
    int moveTo(ReceivedBytes out, int max) {
        int moved = 0;
        while (count > 0 && moved < max) {
            int n = Math.min(lengths[head], max - moved);
            if (n == lengths[head]) {
                out.add(buffers[head], offsets[head], n);
                dropHead();
            } else {
                out.add(buffers[head].retain(), offsets[head], n);
                offsets[head] += n;
                lengths[head] -= n;
            }
            moved += n;
            bytes -= n;
        }
        assert bytes >= 0 && (count > 0 || bytes == 0);
        return moved;
    }

    private void dropHead() {
        buffers[head] = null;
        if (charges[head] > 0) {
            memory.release(charges[head]);
        }
        head = head + 1 & buffers.length - 1;
        count--;
        if (count == 0) {
            lastIsOurs = false;
            if (buffers.length > 16 * SMALL) {
                buffers = null;
            }
        }
    }

    void clear() {
        while (count > 0) {
            bytes -= lengths[head];
            buffers[head].release();
            dropHead();
        }
        buffers = null;
        assert bytes == 0;
    }
}
