package dev.millrace.tcp.engine;

import dev.millrace.spi.MemoryBudget;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The program's data from SND.UNA on, in chunks that packets refer to without copying. A chunk's bytes are written once;
/// behind them it may still be filled while packets with its earlier bytes are under way.
final class SendBuffer {
    /// Below this many waiting bytes small chunks are used, above it the largest: so a packet of 64 KB never needs more
    /// fragments than [Packet#MAX_FRAGMENTS].
    private static final int BULK = 8192;

    private final MemoryBudget memory;
    /// The first byte that is not acknowledged, and the one behind the last written.
    private long una;
    private long end;

    // A ring of chunks: the buffer, the number of its first byte, how many bytes it holds.
    private Buffer[] chunks;
    private long[] starts;
    private int[] fills;
    private int head;
    private int count;
    /// The first chunk was taken although the budget had nothing left.
    private boolean unbooked;

    SendBuffer(MemoryBudget memory, long firstSeq) {
        this.memory = memory;
        una = firstSeq;
        end = firstSeq;
    }

    /// The number behind the last byte written.
    long end() {
        return end;
    }

    /// The bytes held.
    int length() {
        return (int) (end - una);
    }

    private int at(int i) {
        return head + i & chunks.length - 1;
    }

    /// Copies up to `length` bytes behind what is there; fewer, or none, if the memory budget has no more. One small
    /// chunk is always had, or a stack short of memory could never finish anything.
    int append(MemorySegment src, long offset, int length) {
        int done = 0;
        while (done < length) {
            int last = count == 0 ? -1 : at(count - 1);
            if (last < 0 || fills[last] == chunks[last].capacity()) {
                if (!addChunk(length - done)) {
                    break;
                }
                last = at(count - 1);
            }
            int n = Math.min(length - done, chunks[last].capacity() - fills[last]);
            MemorySegment.copy(src, offset + done, chunks[last].memory(), fills[last], n);
            fills[last] += n;
            done += n;
            end += n;
        }
        assert length() >= 0;
        return done;
    }

    private boolean addChunk(int wanted) {
        if (chunks == null) {
            long[] s = new long[2];
            fills = new int[2];
            starts = s;
            chunks = new Buffer[2];
        } else if (count == chunks.length) {
            grow();
        }
        int capacity = Math.max(wanted, length()) >= BULK ? Buffer.MAX_CAPACITY
                : wanted > 256 || count > 0 ? 2048 : 256;
        if (!memory.tryReserve(capacity)) {
            if (count > 0) {
                return false;
            }
            capacity = 256;
            unbooked = !memory.tryReserve(capacity);
        }
        Buffer chunk;
        try {
            chunk = Buffer.allocate(capacity);
        } catch (Throwable t) {
            if (!unbooked) {
                memory.release(capacity);
            }
            unbooked = false;
            throw t;
        }
        int k = at(count++);
        chunks[k] = chunk;
        starts[k] = end;
        fills[k] = 0;
        return true;
    }

    private void grow() {
        int n = chunks.length;
        Buffer[] c = Arrays.copyOf(chunks, 2 * n);
        long[] s = Arrays.copyOf(starts, 2 * n);
        int[] f = Arrays.copyOf(fills, 2 * n);
        System.arraycopy(chunks, 0, c, n, head);
        System.arraycopy(starts, 0, s, n, head);
        System.arraycopy(fills, 0, f, n, head);
        Arrays.fill(c, 0, head, null);
        chunks = c;
        starts = s;
        fills = f;
    }

    /// Lets go of the bytes before `seq`.
    void ackTo(long seq) {
        assert una <= seq && seq <= end;
        una = seq;
        while (count > 0 && starts[head] + fills[head] <= seq) {
            if (unbooked) {
                // Only ever the first chunk of an empty buffer.
                unbooked = false;
            } else {
                memory.release(chunks[head].capacity());
            }
            chunks[head].release();
            chunks[head] = null;
            head = head + 1 & chunks.length - 1;
            count--;
        }
    }

    private int find(long seq) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int mid = low + high + 1 >>> 1;
            if (starts[at(mid)] <= seq) {
                low = mid;
            } else {
                high = mid - 1;
            }
        }
        return low;
    }

    /// Copies bytes `seq` to `seq + length` to `target`.
    void copyTo(long seq, int length, MemorySegment target, int at) {
        assert una <= seq && seq + length <= end;
        int done = 0;
        for (int i = length == 0 ? 0 : find(seq); done < length; i++) {
            int k = at(i);
            int from = (int) (seq + done - starts[k]);
            int n = Math.min(length - done, fills[k] - from);
            MemorySegment.copy(chunks[k].memory(), from, target, at + done, n);
            done += n;
        }
    }

    /// Adds bytes `seq` to `seq + length` to a packet as fragments.
    void addTo(Packet packet, long seq, int length) {
        assert una <= seq && seq + length <= end;
        int done = 0;
        for (int i = find(seq); done < length; i++) {
            int k = at(i);
            int from = (int) (seq + done - starts[k]);
            int n = Math.min(length - done, fills[k] - from);
            packet.addFragment(chunks[k].retain(), from, n);
            done += n;
        }
    }

    void clear() {
        ackTo(end);
        chunks = null;
        starts = null;
        fills = null;
        head = 0;
        assert count == 0;
    }
}
