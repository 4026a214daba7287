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
    /// What an empty queue takes though the memory budget has nothing left: connections must end, and a stack whose memory
    /// other connections hold would else never finish one. More than this is never kept unbooked.
    private static final int UNBOOKED = 256;
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

    /// Appends bytes of a buffer that stays the caller's, and returns how many: fewer than `length`, or none, if the
    /// memory budget has no room for all. An empty queue always gets a small piece, so that a connection can go on.
    ///
    /// Whatever is thrown from here, what was returned before is held and booked, and nothing else.
    int append(Buffer buffer, int offset, int length) {
        int last = count == 0 ? -1 : at(count - 1);
        if (last >= 0 && buffers[last] == buffer && offsets[last] + lengths[last] == offset && !lastIsOurs) {
            lengths[last] += length;
            bytes += length;
            return length;
        }
        if (isCopied(buffer, length)) {
            return copy(buffer, offset, length, bytes >= 8192 ? Buffer.MAX_CAPACITY : bytes > 0 || length > 256 ? 2048 : 256);
        }
        makeRoom(1);
        if (memory.tryReserve(buffer.capacity())) {
            add(buffer.retain(), offset, length, buffer.capacity());
            return length;
        }
        // The whole buffer is more than is left; copies of parts of it may not be.
        return copy(buffer, offset, length, 2048);
    }

    /// Copies to buffers of our own, new ones of `capacity` bytes, for as long as the budget has room.
    private int copy(Buffer from, int offset, int length, int capacity) {
        int done = 0;
        while (done < length) {
            if ((!lastIsOurs || roomInLast() == 0) && !openNext(capacity, done > 0)) {
                break;
            }
            int last = at(count - 1);
            int end = offsets[last] + lengths[last];
            int n = Math.min(length - done, roomInLast());
            MemorySegment.copy(from.memory(), offset + done, buffers[last].memory(), end, n);
            lengths[last] += n;
            bytes += n;
            done += n;
        }
        return done;
    }

    /// What is thrown when part of a segment is held already waits for the next one: the part must be told.
    private boolean openNext(int capacity, boolean partHeld) {
        try {
            return openOwn(capacity);
        } catch (OutOfMemoryError e) {
            if (partHeld) {
                return false;
            }
            throw e;
        }
    }

    private int roomInLast() {
        int last = at(count - 1);
        return buffers[last].capacity() - offsets[last] - lengths[last];
    }

    /// Appends an empty slice of a buffer of our own: of the size wanted, or a small one if the budget has no more.
    private boolean openOwn(int wanted) {
        makeRoom(1);
        int capacity = wanted;
        int charge = capacity;
        if (!memory.tryReserve(capacity)) {
            capacity = UNBOOKED;
            charge = capacity;
            if (wanted == capacity || !memory.tryReserve(capacity)) {
                if (count > 0) {
                    return false;
                }
                charge = 0;
            }
        }
        try {
            add(Buffer.allocate(capacity), 0, 0, charge);
        } catch (Throwable t) {
            memory.release(charge);
            throw t;
        }
        lastIsOurs = true;
        return true;
    }

    /// Sees to it that `n` slices can be added without allocating.
    void makeRoom(int n) {
        if (buffers == null) {
            allocate(Math.max(SMALL, Integer.highestOneBit(2 * n - 1)));
        }
        while (count + n > buffers.length) {
            grow();
        }
    }

    /// Appends a slice; the caller's reference, and what the budget was charged for it, move in.
    void add(Buffer buffer, int offset, int length, int charge) {
        makeRoom(1);
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

    private void allocate(int n) {
        Buffer[] b = new Buffer[n];
        int[] o = new int[n];
        int[] l = new int[n];
        charges = new int[n];
        lengths = l;
        offsets = o;
        buffers = b;
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
            out.makeRoom();
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
