package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpOptionWriter;
import java.lang.foreign.MemorySegment;

/// Which SACK blocks to send (RFC 2018 §4): the range that the latest segment went to comes first, then those reported
/// most recently, then any other. A duplicate goes before them once (RFC 2883).
final class SackBlocks {
    private static final int MAX = 4;

    private final long[] lefts = new long[MAX];
    private final long[] rights = new long[MAX];
    private int count;
    private long duplicateLeft;
    private long duplicateRight;

    /// A segment came out of order and now belongs to this range.
    void onRange(long left, long right) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            boolean swallowed = left <= lefts[i] && right >= rights[i];
            if (!swallowed) {
                lefts[kept] = lefts[i];
                rights[kept++] = rights[i];
            }
        }
        if (kept == MAX && lefts[MAX - 1] <= duplicateLeft && duplicateLeft < rights[MAX - 1]) {
            // Without the block that holds it nobody could tell that it is one.
            duplicateRight = duplicateLeft;
        }
        count = Math.min(kept + 1, MAX);
        System.arraycopy(lefts, 0, lefts, 1, count - 1);
        System.arraycopy(rights, 0, rights, 1, count - 1);
        lefts[0] = left;
        rights[0] = right;
    }

    /// RCV.NXT has moved: what lies before it is no longer reported, and what had to make room is again.
    void onAdvance(long nxt, Reassembler ranges) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (lefts[i] > nxt) {
                lefts[kept] = lefts[i];
                rights[kept++] = rights[i];
            }
        }
        count = kept;
        for (int i = 0; count < MAX && ranges != null && i < ranges.rangeCount(); i++) {
            if (indexOf(ranges.left(i)) < 0) {
                lefts[count] = ranges.left(i);
                rights[count++] = ranges.right(i);
            }
        }
    }

    /// The block that holds this number, or -1.
    private int indexOf(long number) {
        for (int i = 0; i < count; i++) {
            if (lefts[i] <= number && number < rights[i]) {
                return i;
            }
        }
        return -1;
    }

    /// These numbers arrived a second time.
    void onDuplicate(long left, long right) {
        duplicateLeft = left;
        duplicateRight = right;
    }

    /// How many blocks there are to report.
    int count() {
        return count + (duplicateLeft != duplicateRight ? 1 : 0);
    }

    boolean hasDuplicate() {
        return duplicateLeft != duplicateRight;
    }

    /// Writes the option with at most `max` blocks; the duplicate is forgotten then.
    void write(MemorySegment m, long at, int max) {
        int n = Math.min(max, count());
        long to = TcpOptionWriter.sack(m, at, n);
        int whole = -1;
        if (duplicateLeft != duplicateRight) {
            to = TcpOptionWriter.sackBlock(m, to, StreamOffset.number(duplicateLeft), StreamOffset.number(duplicateRight));
            n--;
            whole = indexOf(duplicateLeft);
            duplicateRight = duplicateLeft;
        }
        if (whole >= 0 && n > 0) {
            // RFC 2883 §4: behind a duplicate from out of order comes the block that holds it, or none could tell what it is.
            to = block(m, to, whole);
            n--;
        }
        for (int i = 0; n > 0; i++) {
            if (i != whole) {
                to = block(m, to, i);
                n--;
            }
        }
    }

    private long block(MemorySegment m, long to, int i) {
        return TcpOptionWriter.sackBlock(m, to, StreamOffset.number(lefts[i]), StreamOffset.number(rights[i]));
    }
}
