package dev.millrace.tcp.engine;

import java.util.Arrays;

/// What was sent and is not acknowledged, in order: a ring of records, one for each packet sent, with the sums over their
/// flags that `pipe` (RFC 6675 §2) is made of. The bytes themselves lie in the send buffer. Grows with the flight, and is
/// let go when a long queue has drained.
final class RetransmissionQueue {
    /// The peer has reported it by SACK.
    static final int SACKED = 1;
    /// Deemed lost.
    static final int LOST = 2;
    /// Sent again since it was deemed lost.
    static final int RETRANSMITTED = 4;
    /// Was ever sent more than once: no round-trip time can be read from it (Karn).
    static final int EVER_RETRANSMITTED = 8;
    /// Its last number is FIN's.
    static final int FIN = 16;

    private static final int SMALL = 8;
    /// What a drained queue keeps, since a busy connection drains it again and again: 17 KiB at most, until the connection
    /// sends again after a pause.
    private static final int KEPT = 1024;
    private static final long PAUSE_NS = 1_000_000_000L;

    private long[] starts;
    private long[] ends;
    private long[] sentNs;
    private byte[] flags;
    private int head;
    private int size;
    private long lastAddNs;

    int sackedBytes;
    int lostBytes;
    int retransmittedBytes;
    /// No record that ends at or before this number is lost and waits to be sent again.
    private long lostHint;

    /// After [#ackTo]: when the oldest of the acknowledged records was sent, unless `sampleValid` is false.
    long sampleSentNs;
    boolean sampleValid;
    /// After [#ackTo]: the acknowledged bytes that no SACK had reported before.
    int ackedUnsackedBytes;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    private int at(int i) {
        assert i >= 0 && i < size;
        return head + i & starts.length - 1;
    }

    long start(int i) {
        return starts[at(i)];
    }

    long end(int i) {
        return ends[at(i)];
    }

    int length(int i) {
        int k = at(i);
        return (int) (ends[k] - starts[k]);
    }

    boolean is(int i, int flag) {
        return (flags[at(i)] & flag) != 0;
    }

    long sentNs(int i) {
        return sentNs[at(i)];
    }

    /// Appends what was just sent for the first time.
    void add(long start, long end, boolean fin, long nowNs) {
        assert size == 0 || end(size - 1) == start;
        if (size == 0) {
            lostHint = start;
            if (starts != null && starts.length > SMALL && nowNs - lastAddNs > PAUSE_NS) {
                allocate(SMALL);
            }
        }
        lastAddNs = nowNs;
        int i = openSlot(size);
        starts[i] = start;
        ends[i] = end;
        sentNs[i] = nowNs;
        flags[i] = (byte) (fin ? FIN : 0);
    }

    /// Makes room for a record at position `i` and returns its place in the arrays.
    private int openSlot(int i) {
        if (starts == null) {
            allocate(SMALL);
        } else if (size == starts.length) {
            grow();
        }
        size++;
        int mask = starts.length - 1;
        for (int k = size - 1; k > i; k--) {
            move(head + k - 1 & mask, head + k & mask);
        }
        return head + i & mask;
    }

    private void move(int from, int to) {
        starts[to] = starts[from];
        ends[to] = ends[from];
        sentNs[to] = sentNs[from];
        flags[to] = flags[from];
    }

    private void allocate(int capacity) {
        long[] s = new long[capacity];
        long[] e = new long[capacity];
        long[] t = new long[capacity];
        flags = new byte[capacity];
        sentNs = t;
        ends = e;
        starts = s;
        head = 0;
    }

    private void grow() {
        int n = starts.length;
        long[] s = Arrays.copyOf(starts, 2 * n);
        long[] e = Arrays.copyOf(ends, 2 * n);
        long[] t = Arrays.copyOf(sentNs, 2 * n);
        byte[] f = Arrays.copyOf(flags, 2 * n);
        // What had wrapped to the front follows what stood at the end.
        System.arraycopy(starts, 0, s, n, head);
        System.arraycopy(ends, 0, e, n, head);
        System.arraycopy(sentNs, 0, t, n, head);
        System.arraycopy(flags, 0, f, n, head);
        starts = s;
        ends = e;
        sentNs = t;
        flags = f;
    }

    /// Cuts record `i` in two at `seq`, which lies inside it; both keep its flags, FIN goes to the second.
    void split(int i, long seq) {
        assert start(i) < seq && seq < end(i);
        int second = openSlot(i + 1);
        int first = at(i);
        move(first, second);
        starts[second] = seq;
        ends[first] = seq;
        flags[first] &= ~FIN;
    }

    /// Drops what `una` acknowledges.
    void ackTo(long una) {
        sampleValid = size > 0;
        sampleSentNs = 0;
        ackedUnsackedBytes = 0;
        boolean first = true;
        while (size > 0) {
            int k = head;
            if (starts[k] >= una) {
                break;
            }
            int f = flags[k];
            int acked = (int) (Math.min(ends[k], una) - starts[k]);
            discount(f, acked);
            if ((f & SACKED) == 0) {
                ackedUnsackedBytes += acked;
                if (first) {
                    sampleSentNs = sentNs[k];
                    first = false;
                }
            }
            sampleValid &= (f & EVER_RETRANSMITTED) == 0;
            if (ends[k] > una) {
                starts[k] = una;
                break;
            }
            head = head + 1 & starts.length - 1;
            size--;
        }
        sampleValid &= !first;
        lostHint = Math.max(lostHint, una);
        if (size == 0 && starts != null && starts.length > KEPT) {
            free();
        }
        assert size > 0 || sackedBytes == 0 && lostBytes == 0 && retransmittedBytes == 0;
    }

    private void discount(int f, int bytes) {
        if ((f & SACKED) != 0) {
            sackedBytes -= bytes;
        }
        if ((f & LOST) != 0) {
            lostBytes -= bytes;
        }
        if ((f & RETRANSMITTED) != 0) {
            retransmittedBytes -= bytes;
        }
    }

    /// The first record that ends behind `seq`, or [#size()].
    int indexOf(long seq) {
        int low = 0;
        int high = size;
        while (low < high) {
            int mid = low + high >>> 1;
            if (end(mid) > seq) {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        return low;
    }

    void markSacked(int i) {
        int k = at(i);
        int n = (int) (ends[k] - starts[k]);
        discount(flags[k] & (LOST | RETRANSMITTED), n);
        flags[k] = (byte) (flags[k] & ~(LOST | RETRANSMITTED) | SACKED);
        sackedBytes += n;
    }

    void markLost(int i) {
        int k = at(i);
        assert (flags[k] & SACKED) == 0;
        if ((flags[k] & LOST) == 0) {
            flags[k] |= LOST;
            lostBytes += (int) (ends[k] - starts[k]);
        }
        if ((flags[k] & RETRANSMITTED) == 0 && starts[k] < lostHint) {
            lostHint = starts[k];
        }
    }

    /// What record `i` sent again is lost too, or was never needed to be counted: it waits to be sent once more.
    void forgetRetransmission(int i) {
        int k = at(i);
        if ((flags[k] & RETRANSMITTED) != 0) {
            flags[k] &= ~RETRANSMITTED;
            retransmittedBytes -= (int) (ends[k] - starts[k]);
        }
    }

    void markRetransmitted(int i, long nowNs) {
        int k = at(i);
        assert (flags[k] & SACKED) == 0;
        if ((flags[k] & RETRANSMITTED) == 0) {
            retransmittedBytes += (int) (ends[k] - starts[k]);
        }
        flags[k] |= RETRANSMITTED | EVER_RETRANSMITTED;
        sentNs[k] = nowNs;
    }

    /// After a timeout everything counts as lost, what SACK reported included: the peer may have reneged (RFC 2018 §8).
    void markAllLost() {
        int total = 0;
        for (int i = 0; i < size; i++) {
            int k = at(i);
            flags[k] = (byte) (flags[k] & ~(SACKED | RETRANSMITTED) | LOST);
            total += (int) (ends[k] - starts[k]);
        }
        sackedBytes = 0;
        retransmittedBytes = 0;
        lostBytes = total;
        lostHint = size > 0 ? start(0) : lostHint;
    }

    /// The first record that is lost and was not sent again since, or -1 (NextSeg rule 1 of RFC 6675 §4).
    int nextLost() {
        if (lostBytes == 0) {
            return -1;
        }
        int i = indexOf(lostHint);
        for (; i < size; i++) {
            if ((flags[at(i)] & (LOST | RETRANSMITTED | SACKED)) == LOST) {
                lostHint = start(i);
                return i;
            }
        }
        lostHint = end(size - 1);
        return -1;
    }

    private void free() {
        starts = null;
        ends = null;
        sentNs = null;
        flags = null;
    }

    void clear() {
        free();
        size = 0;
        sackedBytes = 0;
        lostBytes = 0;
        retransmittedBytes = 0;
    }
}
