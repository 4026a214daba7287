package dev.millrace.tcp.engine;

import dev.millrace.spi.MemoryBudget;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Data that came ahead of its turn (RFC 9293 SHLD-31): slices by sequence number without overlap, and the ranges that
/// they make up. What is there already wins over what comes again. Made when the first segment comes out of order.
final class Reassembler {
    private final MemoryBudget memory;
    private final int maxRanges;
    private int maxSlices;

    // Slices in order; those before `head` are gone.
    private long[] seqs = new long[8];
    private int[] lengths = new int[8];
    private int[] offsets = new int[8];
    private int[] charges = new int[8];
    private Buffer[] buffers = new Buffer[8];
    private int head;
    private int tail;

    private long[] lefts = new long[4];
    private long[] rights = new long[4];
    private int rangeCount;
    /// Segments that have ever come here.
    int segments;

    /// After [#insert]: the range that now holds the segment.
    long rangeLeft;
    long rangeRight;
    /// After [#insert]: the first stretch that had been here before; empty if none was.
    long duplicateLeft;
    long duplicateRight;

    Reassembler(MemoryBudget memory, int maxRanges, int receiveBuffer) {
        this.memory = memory;
        this.maxRanges = maxRanges;
        allow(receiveBuffer);
    }

    /// The receive buffer is of this size from here on, in bytes.
    void allow(int receiveBuffer) {
        maxSlices = 4 * maxRanges + receiveBuffer / 256;
    }

    boolean isEmpty() {
        return head == tail;
    }

    /// The bytes in all ranges, counted now.
    long bytes() {
        long n = 0;
        for (int i = 0; i < rangeCount; i++) {
            n += right(i) - left(i);
        }
        return n;
    }

    int rangeCount() {
        return rangeCount;
    }

    long left(int i) {
        return lefts[i];
    }

    long right(int i) {
        return rights[i];
    }

    /// Keeps bytes `from` to `from + length` of a packet, which are the numbers from `seq` on. Returns `false` if a limit
    /// forbids it; part of it may have been kept then.
    boolean insert(Packet packet, int from, long seq, int length) {
        long end = seq + length;
        duplicateLeft = seq;
        duplicateRight = seq;
        int range = firstRangeReaching(seq);
        boolean joins = range < rangeCount && lefts[range] <= end;
        if (!joins && rangeCount >= maxRanges || tail - head >= maxSlices) {
            return false;
        }
        // One range at most comes to what there is: all parts of a segment touch. Its place is had before anything is
        // kept, so that slices and ranges agree whatever is thrown.
        if (rangeCount == lefts.length) {
            long[] l = Arrays.copyOf(lefts, 2 * rangeCount);
            rights = Arrays.copyOf(rights, 2 * rangeCount);
            lefts = l;
        }
        int p = firstSliceBehind(seq);
        long at = seq;
        while (at < end) {
            if (p < tail && seqs[p] <= at) {
                long to = Math.min(end, seqs[p] + lengths[p]);
                if (duplicateLeft == duplicateRight) {
                    duplicateLeft = at;
                    duplicateRight = to;
                } else if (duplicateRight == at) {
                    duplicateRight = to;
                }
                at = to;
                p++;
                continue;
            }
            long gapEnd = p < tail ? Math.min(end, seqs[p]) : end;
            int slices = tail;
            if (!insertParts(p, packet, from + (int) (at - seq), at, (int) (gapEnd - at))) {
                return false;
            }
            p += tail - slices;
            at = gapEnd;
        }
        return true;
    }

    private int firstRangeReaching(long seq) {
        int low = 0;
        int high = rangeCount;
        while (low < high) {
            int mid = low + high >>> 1;
            if (rights[mid] >= seq) {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        return low;
    }

    private int firstSliceBehind(long seq) {
        int low = head;
        int high = tail;
        while (low < high) {
            int mid = low + high >>> 1;
            if (seqs[mid] + lengths[mid] > seq) {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        return low;
    }

    /// Inserts slices at `p` for the parts of the packet that hold these bytes.
    private boolean insertParts(int p, Packet packet, int from, long seq, int length) {
        int skip = from;
        int left = length;
        int at = p;
        for (int i = -1; left > 0; i++) {
            Buffer b = i < 0 ? packet.head() : packet.fragment(i);
            int offset = i < 0 ? packet.start() : packet.fragmentOffset(i);
            int n = i < 0 ? packet.headLength() : packet.fragmentLength(i);
            if (skip >= n) {
                skip -= n;
                continue;
            }
            int take = Math.min(left, n - skip);
            int before = tail;
            if (!insertSlice(at, b, offset + skip, seq + length - left, take)) {
                return false;
            }
            addRange(seq + length - left, seq + length - left + take);
            at += tail - before;
            left -= take;
            skip = 0;
        }
        return true;
    }

    private boolean insertSlice(int p, Buffer buffer, int offset, long seq, int length) {
        if (tail == seqs.length) {
            makeRoom();
        }
        if (!ReceiveBuffer.isCopied(buffer, length)) {
            if (!memory.tryReserve(buffer.capacity())) {
                return false;
            }
            open(p, buffer.retain(), offset, seq, length, buffer.capacity());
            return true;
        }
        // A small one continues the slice before it if that lies in a buffer of our own with room behind it.
        if (p > head && seqs[p - 1] + lengths[p - 1] == seq && charges[p - 1] < 0) {
            int end = offsets[p - 1] + lengths[p - 1];
            if (buffers[p - 1].capacity() - end >= length) {
                MemorySegment.copy(buffer.memory(), offset, buffers[p - 1].memory(), end, length);
                lengths[p - 1] += length;
                return true;
            }
        }
        int capacity = length <= 256 ? 256 : 2048;
        if (!memory.tryReserve(capacity)) {
            return false;
        }
        Buffer own;
        try {
            own = Buffer.allocate(capacity);
        } catch (Throwable t) {
            memory.release(capacity);
            throw t;
        }
        MemorySegment.copy(buffer.memory(), offset, own.memory(), 0, length);
        // A negative charge marks a buffer of our own.
        open(p, own, 0, seq, length, -capacity);
        return true;
    }

    private void open(int p, Buffer buffer, int offset, long seq, int length, int charge) {
        int at = p;
        int moved = tail - at;
        if (moved > 0) {
            System.arraycopy(seqs, at, seqs, at + 1, moved);
            System.arraycopy(lengths, at, lengths, at + 1, moved);
            System.arraycopy(offsets, at, offsets, at + 1, moved);
            System.arraycopy(charges, at, charges, at + 1, moved);
            System.arraycopy(buffers, at, buffers, at + 1, moved);
        }
        tail++;
        seqs[at] = seq;
        lengths[at] = length;
        offsets[at] = offset;
        charges[at] = charge;
        buffers[at] = buffer;
    }

    /// Doubles the arrays. `head` is 0 while slices are inserted: [#moveTo] sees to that.
    private void makeRoom() {
        assert head == 0;
        int n = 2 * seqs.length;
        long[] s = Arrays.copyOf(seqs, n);
        int[] l = Arrays.copyOf(lengths, n);
        int[] o = Arrays.copyOf(offsets, n);
        int[] c = Arrays.copyOf(charges, n);
        buffers = Arrays.copyOf(buffers, n);
        charges = c;
        offsets = o;
        lengths = l;
        seqs = s;
    }

    private void addRange(long left, long right) {
        int i = firstRangeReaching(left);
        long l = left;
        long r = right;
        int j = i;
        while (j < rangeCount && lefts[j] <= r) {
            l = Math.min(l, lefts[j]);
            r = Math.max(r, rights[j]);
            j++;
        }
        if (j == i) {
            System.arraycopy(lefts, i, lefts, i + 1, rangeCount - i);
            System.arraycopy(rights, i, rights, i + 1, rangeCount - i);
            rangeCount++;
        } else if (j > i + 1) {
            System.arraycopy(lefts, j, lefts, i + 1, rangeCount - j);
            System.arraycopy(rights, j, rights, i + 1, rangeCount - j);
            rangeCount -= j - i - 1;
        }
        lefts[i] = l;
        rights[i] = r;
        rangeLeft = l;
        rangeRight = r;
    }

    /// After [#insert] of nothing new: finds the range that holds `seq`, for the SACK block.
    void findRange(long seq) {
        int i = firstRangeReaching(seq);
        if (i < rangeCount && lefts[i] <= seq) {
            rangeLeft = lefts[i];
            rangeRight = rights[i];
        } else {
            rangeLeft = seq;
            rangeRight = seq;
        }
    }

    /// Moves what has become due at `nxt` to the receive buffer, or throws it away if `to` is `null`, and returns the
    /// number behind it.
    long moveTo(ReceiveBuffer to, long nxt) {
        long at = nxt;
        if (to != null) {
            // From here on nothing may be thrown: what has moved must be told.
            to.makeRoom(tail - head);
        }
        while (head < tail && seqs[head] <= at) {
            int skip = (int) (at - seqs[head]);
            int n = lengths[head] - skip;
            int charge = Math.abs(charges[head]);
            if (n > 0 && to != null) {
                to.add(buffers[head], offsets[head] + skip, n, charge);
            } else {
                buffers[head].release();
                memory.release(charge);
            }
            at += Math.max(0, n);
            buffers[head++] = null;
        }
        compact();
        int gone = 0;
        while (gone < rangeCount && rights[gone] <= at) {
            gone++;
        }
        if (gone > 0) {
            System.arraycopy(lefts, gone, lefts, 0, rangeCount - gone);
            System.arraycopy(rights, gone, rights, 0, rangeCount - gone);
            rangeCount -= gone;
        }
        assert rangeCount == 0 == (head == tail);
        return at;
    }

    private void compact() {
        if (head == 0) {
            return;
        }
        int n = tail - head;
        System.arraycopy(seqs, head, seqs, 0, n);
        System.arraycopy(lengths, head, lengths, 0, n);
        System.arraycopy(offsets, head, offsets, 0, n);
        System.arraycopy(charges, head, charges, 0, n);
        System.arraycopy(buffers, head, buffers, 0, n);
        Arrays.fill(buffers, n, tail, null);
        head = 0;
        tail = n;
    }

    void clear() {
        for (int i = head; i < tail; i++) {
            buffers[i].release();
            memory.release(Math.abs(charges[i]));
            buffers[i] = null;
        }
        head = 0;
        tail = 0;
        rangeCount = 0;
    }
}
