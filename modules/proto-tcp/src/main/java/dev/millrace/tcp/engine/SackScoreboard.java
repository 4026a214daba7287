package dev.millrace.tcp.engine;

/// What is known of each segment in flight while something is missing: reported by SACK, deemed lost, sent again (RFC 2018,
/// RFC 6675 §2, RFC 8985 §5). A ring of segments in the order of the stream, and their [TransmissionOrder].
///
/// Nothing here takes longer because more is in flight, but for what concerns all of it (a timeout, an undone recovery):
/// the segment at an offset is found by halving, the next that is not reported or has to be sent again by [SlotBits], and
/// the one that was sent first stands at the head of the list. A peer chooses what it reports; it does not choose our cost.
///
/// It holds segments as they travel, one MSS at most each. [RetransmissionQueue] keeps whole packets while nothing is missing.
final class SackScoreboard {
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
    /// Had been reported by SACK before that was forgotten.
    static final int ONCE_SACKED = 32;

    private static final int SMALL = 64;

    private long[] starts;
    private long[] sentNs;
    private byte[] flags;
    /// What is in the network, neither reported nor lost without having been sent again, in the order of transmission.
    private TransmissionOrder order;
    private SlotBits unsacked;
    /// Lost and not sent again since.
    private SlotBits due;
    private int head;
    private int size;
    /// Behind the last segment.
    private long end;

    int sackedBytes;
    int sackedSegments;
    int lostBytes;
    int retransmittedBytes;
    /// Marked lost since somebody asked last.
    int newlyLostBytes;
    /// When the one of these was sent that was sent last.
    long newlyLostSentNs = Long.MIN_VALUE;

    SackScoreboard() {
        allocate(SMALL);
    }

    private void allocate(int capacity) {
        long[] s = new long[capacity];
        long[] t = new long[capacity];
        byte[] f = new byte[capacity];
        TransmissionOrder o = new TransmissionOrder(capacity);
        SlotBits u = new SlotBits(capacity);
        due = new SlotBits(capacity);
        unsacked = u;
        order = o;
        flags = f;
        sentNs = t;
        starts = s;
        head = 0;
    }

    int size() {
        return size;
    }

    private int at(int i) {
        assert i >= 0 && i < size : i + " of " + size;
        return head + i & starts.length - 1;
    }

    long start(int i) {
        return starts[at(i)];
    }

    long end(int i) {
        return i == size - 1 ? end : starts[at(i + 1)];
    }

    int length(int i) {
        return (int) (end(i) - start(i));
    }

    long sentNs(int i) {
        return sentNs[at(i)];
    }

    int flags(int i) {
        return flags[at(i)];
    }

    boolean is(int i, int flag) {
        return (flags[at(i)] & flag) != 0;
    }

    /// Appends a segment that was sent last of all.
    void append(long start, long segmentEnd, int segmentFlags, long nowNs) {
        assert size == 0 || end == start;
        if (size == starts.length) {
            grow();
        }
        end = segmentEnd;
        int k = head + size++ & starts.length - 1;
        starts[k] = start;
        sentNs[k] = nowNs;
        flags[k] = (byte) segmentFlags;
        unsacked.set(k);
        due.clear(k);
        order.append(k);
    }

    /// Doubles the arrays, as which the segments move to the front.
    private void grow() {
        SackScoreboard old = new SackScoreboard(this);
        int mask = old.starts.length - 1;
        allocate(2 * old.starts.length);
        for (int i = 0; i < size; i++) {
            int k = old.head + i & mask;
            starts[i] = old.starts[k];
            sentNs[i] = old.sentNs[k];
            flags[i] = old.flags[k];
            if (old.unsacked.has(k)) {
                unsacked.set(i);
            }
            if (old.due.has(k)) {
                due.set(i);
            }
        }
        for (int k = old.order.first(); k >= 0; k = old.order.next(k)) {
            order.append(k - old.head & mask);
        }
    }

    private SackScoreboard(SackScoreboard other) {
        starts = other.starts;
        sentNs = other.sentNs;
        flags = other.flags;
        order = other.order;
        unsacked = other.unsacked;
        due = other.due;
        head = other.head;
    }

    private static boolean isInNetwork(int f) {
        return (f & SACKED) == 0 && (f & (LOST | RETRANSMITTED)) != LOST;
    }

    /// The segment in the network that was sent before all others there, or -1.
    int earliest() {
        int k = order.first();
        return k < 0 ? -1 : k - head & starts.length - 1;
    }

    // ---- looking for segments

    /// The first segment that ends behind `seq`, or [#size()].
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

    /// The first segment at or behind `i` that SACK has not reported, or -1.
    int nextUnsacked(int i) {
        return i >= size ? -1 : next(unsacked, i);
    }

    /// The first segment that is lost and was not sent again since, or -1.
    int nextDue() {
        return lostBytes == 0 ? -1 : next(due, 0);
    }

    boolean isDue(int i) {
        return due.has(at(i));
    }

    private int next(SlotBits bits, int i) {
        int from = at(i);
        int k = bits.next(from);
        if (k < 0 && from >= head) {
            k = bits.next(0);
            from = 0;
        }
        if (k < 0) {
            return -1;
        }
        int found = k - head & starts.length - 1;
        return found >= i && found < size ? found : -1;
    }

    // ---- what becomes of segments

    /// Forgets the first segment, or what of it lies before `una`.
    void acknowledge(long una) {
        int k = head;
        int f = flags[k];
        long firstEnd = end(0);
        discount(f, (int) (Math.min(una, firstEnd) - starts[k]));
        if (firstEnd > una) {
            starts[k] = una;
            return;
        }
        if ((f & SACKED) != 0) {
            sackedSegments--;
        }
        if (isInNetwork(f)) {
            order.remove(k);
        }
        unsacked.clear(k);
        due.clear(k);
        head = head + 1 & starts.length - 1;
        size--;
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

    void markSacked(int i) {
        int k = at(i);
        int n = length(i);
        int f = flags[k];
        assert (f & SACKED) == 0;
        if (isInNetwork(f)) {
            order.remove(k);
        }
        discount(f & (LOST | RETRANSMITTED), n);
        flags[k] = (byte) (f & ~(LOST | RETRANSMITTED) | SACKED);
        unsacked.clear(k);
        due.clear(k);
        sackedBytes += n;
        sackedSegments++;
    }

    /// The segment is lost, or what was sent again of it.
    void markLost(int i) {
        int k = at(i);
        int n = length(i);
        int f = flags[k];
        assert (f & SACKED) == 0;
        if (isInNetwork(f)) {
            order.remove(k);
        }
        if ((f & LOST) == 0) {
            lostBytes += n;
        }
        newlyLostBytes += n;
        newlyLostSentNs = Math.max(newlyLostSentNs, sentNs[k]);
        if ((f & RETRANSMITTED) != 0) {
            retransmittedBytes -= n;
        }
        flags[k] = (byte) (f & ~RETRANSMITTED | LOST);
        due.set(k);
    }

    /// The segment goes out again.
    void markRetransmitted(int i, long nowNs) {
        int k = at(i);
        int f = flags[k];
        assert (f & SACKED) == 0;
        if (isInNetwork(f)) {
            order.remove(k);
        }
        if ((f & LOST) != 0 && (f & RETRANSMITTED) == 0) {
            retransmittedBytes += length(i);
            f |= RETRANSMITTED;
        }
        flags[k] = (byte) (f | EVER_RETRANSMITTED);
        due.clear(k);
        sentNs[k] = nowNs;
        order.append(k);
    }

    /// Part of the segment goes out again, which changes nothing but that no round-trip time can be read from it (Karn).
    void markSentInPart(int i) {
        flags[at(i)] |= EVER_RETRANSMITTED;
    }

    /// Cuts the first segment in two at `seq`, which lies inside it; both keep its flags, FIN goes to the second.
    void splitFirst(long seq) {
        assert start(0) < seq && seq < end(0);
        if (size == starts.length) {
            grow();
        }
        int second = head;
        int k = head - 1 & starts.length - 1;
        head = k;
        size++;
        starts[k] = starts[second];
        starts[second] = seq;
        sentNs[k] = sentNs[second];
        int f = flags[second] & ~FIN;
        flags[k] = (byte) f;
        if ((f & SACKED) != 0) {
            sackedSegments++;
        } else {
            unsacked.set(k);
        }
        if (due.has(second)) {
            due.set(k);
        }
        if (isInNetwork(f)) {
            order.insertBefore(k, second);
        }
    }

    /// What SACK has reported is forgotten: the peer may have thrown it away (RFC 2018 §8). It counts as lost. Returns the
    /// payload of the largest segment of that: the path may have become narrower since.
    int forgetSacks() {
        int largest = 0;
        for (int i = 0; sackedSegments > 0 && i < size; i++) {
            if (is(i, SACKED)) {
                largest = Math.max(largest, length(i) - (is(i, FIN) ? 1 : 0));
                int k = at(i);
                flags[k] &= ~SACKED;
                sackedBytes -= length(i);
                sackedSegments--;
                unsacked.set(k);
                // It stands in no order of transmission, as what is lost does not.
                flags[k] |= LOST | ONCE_SACKED;
                lostBytes += length(i);
                due.set(k);
            }
        }
        return largest;
    }

    /// What was deemed lost and never sent again is in the network after all, and takes its place in the order of transmission
    /// again, which among these is that of the stream.
    void unmarkLost() {
        TransmissionOrder old = order;
        order = new TransmissionOrder(starts.length);
        int p = old.first();
        for (int i = nextDue(); i >= 0; i = i + 1 < size ? next(due, i + 1) : -1) {
            int k = at(i);
            if ((flags[k] & EVER_RETRANSMITTED) != 0) {
                // What was sent again and lost again did not come too early.
                continue;
            }
            lostBytes -= length(i);
            flags[k] &= ~LOST;
            due.clear(k);
            for (; p >= 0 && sentNs[p] <= sentNs[k]; p = old.next(p)) {
                order.append(p);
            }
            order.append(k);
        }
        for (; p >= 0; p = old.next(p)) {
            order.append(p);
        }
    }

    /// Whether sums, sets and order agree with the segments' flags; looks at all of them.
    boolean isConsistent() {
        long sacked = 0;
        long lost = 0;
        long again = 0;
        int segments = 0;
        int inNetwork = 0;
        for (int i = 0; i < size; i++) {
            int f = flags(i);
            int n = length(i);
            assert n > 0 : "segment " + i + " of " + n + " bytes";
            sacked += (f & SACKED) != 0 ? n : 0;
            segments += (f & SACKED) != 0 ? 1 : 0;
            lost += (f & LOST) != 0 ? n : 0;
            again += (f & RETRANSMITTED) != 0 ? n : 0;
            inNetwork += isInNetwork(f) ? 1 : 0;
            assert unsacked.has(at(i)) == ((f & SACKED) == 0) : "unsacked " + i;
            assert due.has(at(i)) == ((f & (LOST | RETRANSMITTED | SACKED)) == LOST) : "due " + i;
        }
        assert sacked == sackedBytes && segments == sackedSegments : "sacked " + sackedBytes;
        assert lost == lostBytes && again == retransmittedBytes : "lost " + lostBytes + ", again " + retransmittedBytes;
        long previous = Long.MIN_VALUE;
        for (int k = order.first(); k >= 0; k = order.next(k)) {
            assert isInNetwork(flags[k]) && --inNetwork >= 0 : "out of the network";
            assert sentNs[k] >= previous : "not in the order of transmission";
            previous = sentNs[k];
        }
        assert inNetwork == 0 : inNetwork + " segments in no order";
        return true;
    }

    /// A board of the same bytes for a path that carries segments of `mss` bytes. What is larger has not arrived, or will have
    /// twice: it is lost, and cut anew together with what was lost before and adjoins it, so that no remnants travel alone.
    /// What is reported stays so, and what fits stays in the network.
    SackScoreboard recut(int mss) {
        SackScoreboard other = new SackScoreboard();
        int[] moved = new int[size];
        int i = 0;
        while (i < size) {
            if (staysWhole(i, mss)) {
                moved[i] = other.size;
                other.append(start(i), end(i), flags(i) & ~SACKED, sentNs(i));
                if (is(i, SACKED)) {
                    other.markSacked(moved[i]);
                }
                i++;
                continue;
            }
            int from = i;
            int together = 0;
            for (; i < size && !staysWhole(i, mss); i++) {
                together |= flags(i);
            }
            int begin = other.size;
            other.cut(start(from), end(i - 1), together & (EVER_RETRANSMITTED | ONCE_SACKED | FIN), mss, sentNs(from));
            for (int k = begin; k < other.size; k++) {
                other.markLost(k);
            }
        }
        // What is in the network was sent in this order, which need not be that of the stream.
        other.order = new TransmissionOrder(other.starts.length);
        int mask = starts.length - 1;
        for (int k = order.first(); k >= 0; k = order.next(k)) {
            int in = k - head & mask;
            if (staysWhole(in, mss)) {
                other.order.append(other.at(moved[in]));
            }
        }
        return other;
    }

    private boolean staysWhole(int i, int mss) {
        return is(i, SACKED) || !is(i, LOST) && length(i) - (is(i, FIN) ? 1 : 0) <= mss;
    }

    /// Appends a packet as the segments that it travels as.
    void cut(long start, long packetEnd, int packetFlags, int segmentSize, long nowNs) {
        long dataEnd = packetEnd - ((packetFlags & FIN) != 0 ? 1 : 0);
        long at = start;
        do {
            long to = Math.min(at + segmentSize, dataEnd);
            boolean whole = to == dataEnd;
            append(at, whole ? packetEnd : to, whole ? packetFlags : packetFlags & ~FIN, nowNs);
            at = to;
        } while (at < dataEnd);
    }

    /// Forgets everything.
    void clear() {
        size = 0;
        sackedBytes = 0;
        sackedSegments = 0;
        lostBytes = 0;
        retransmittedBytes = 0;
        allocate(SMALL);
    }

    @Override
    public String toString() {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < Math.min(size, 50); i++) {
            s.append(start(i)).append(':').append(end(i)).append('/').append(flags(i)).append(' ');
        }
        return s.toString();
    }
}
