package dev.millrace.tcp.engine;

import java.util.Arrays;

/// What was sent and is not acknowledged, in the order of the stream. The bytes themselves lie in the send buffer.
///
/// While nothing is missing that is a ring of packets as they were sent, for which an acknowledgement costs next to nothing.
/// As soon as something is reported or deemed lost, [#board] has their segments one by one, each of them moved there once;
/// packets that are sent meanwhile stand behind them until they are asked for, too. Both grow with the flight, and are
/// let go when a long queue has drained.
final class RetransmissionQueue {
    private static final int SMALL = 8;
    /// What a drained queue keeps, since a busy connection drains it again and again: 19 KiB at most, until the connection
    /// sends again after a pause.
    private static final int KEPT = 1024;
    private static final long PAUSE_NS = 1_000_000_000L;

    // Packets; one ends where the next begins, the last at `end`.
    private long[] starts;
    private long[] sentNs;
    /// The payload of a segment in bytes, and behind it whether FIN follows.
    private int[] sizes;
    private int head;
    private int size;
    private long end;
    /// When something was sent last; no two packets have the same.
    long lastSentNs = Long.MIN_VALUE;

    /// The segments in front of the packets, if something is or was missing; made when it is first needed.
    private SackScoreboard board;
    /// These hear of what is delivered, once there is one.
    Rack rack;
    DeliveryRate delivery;

    /// After [#ackTo]: when the oldest of the acknowledged segments was sent, unless `sampleValid` is false.
    long sampleSentNs;
    boolean sampleValid;
    /// After [#ackTo] and [#sack]: when that was sent last which is known to be delivered since [#beginAck] and went out once;
    /// [Long#MIN_VALUE] if there is none.
    long newestSentNs;
    /// After [#ackTo] and [#sack]: the bytes that are known to be delivered since [#beginAck].
    int deliveredBytes;
    /// Of these, what was reported by SACK.
    int newlySackedBytes;
    /// Of these, where the first segment ends that went out once only (RFC 5682 §3.1); [Long#MAX_VALUE] if there is none.
    long originalSackedTo;

    // ---- what there is

    /// Segments and, behind them, packets.
    int size() {
        return boardSize() + size;
    }

    private int boardSize() {
        return board == null ? 0 : board.size();
    }

    boolean isEmpty() {
        return size() == 0;
    }

    private int at(int i) {
        assert i >= 0 && i < size;
        return head + i & starts.length - 1;
    }

    private long packetEnd(int i) {
        return i == size - 1 ? end : starts[at(i + 1)];
    }

    long start(int i) {
        int n = boardSize();
        return i < n ? board.start(i) : starts[at(i - n)];
    }

    long end(int i) {
        int n = boardSize();
        return i < n ? board.end(i) : packetEnd(i - n);
    }

    int length(int i) {
        return (int) (end(i) - start(i));
    }

    boolean is(int i, int flag) {
        return i < boardSize() && board.is(i, flag);
    }

    /// Behind the packet or segment that holds `seq`, which is in flight.
    long endOf(long seq) {
        if (boardSize() > 0 && seq < board.end(boardSize() - 1)) {
            return board.end(board.indexOf(seq));
        }
        int low = 0;
        int high = size - 1;
        while (low < high) {
            int mid = low + high >>> 1;
            if (packetEnd(mid) > seq) {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        return packetEnd(low);
    }

    /// Whether the segment that holds `seq` was sent more than once, maybe as part of a larger one.
    boolean wentAgain(long seq) {
        return boardSize() > 0 && seq < board.end(boardSize() - 1)
                && board.is(board.indexOf(seq), SackScoreboard.EVER_RETRANSMITTED);
    }

    int sackedBytes() {
        return board == null ? 0 : board.sackedBytes;
    }

    int lostBytes() {
        return board == null ? 0 : board.lostBytes;
    }

    int retransmittedBytes() {
        return board == null ? 0 : board.retransmittedBytes;
    }

    /// The bytes that were deemed lost since the last call.
    int takeNewlyLost() {
        int n = board == null ? 0 : board.newlyLostBytes;
        if (n > 0) {
            board.newlyLostBytes = 0;
            board.newlyLostSentNs = Long.MIN_VALUE;
        }
        return n;
    }

    /// When that was sent last of all which was deemed lost since the last [#takeNewlyLost].
    long newlyLostSentNs() {
        return board == null ? Long.MIN_VALUE : board.newlyLostSentNs;
    }

    /// When that was sent which has been in the network longest, or [Long#MAX_VALUE] if nothing is.
    long earliestSentNs() {
        int i = board == null ? -1 : board.earliest();
        long ofBoard = i < 0 ? Long.MAX_VALUE : board.sentNs(i);
        return size == 0 ? ofBoard : Math.min(ofBoard, sentNs[head]);
    }

    /// Whether something is to be sent again.
    boolean isDue() {
        return board != null && board.nextDue() >= 0;
    }

    // ---- sending

    /// Appends what was just sent for the first time, cut into segments of `segmentSize` bytes on its way.
    void add(long start, long packetEnd, int segmentSize, boolean fin, long nowNs) {
        assert isEmpty() || (size > 0 ? end : board.end(board.size() - 1)) == start;
        if (starts == null) {
            allocate(SMALL);
        } else if (size == starts.length) {
            grow();
        } else if (size == 0 && starts.length > SMALL && nowNs - lastSentNs > PAUSE_NS) {
            allocate(SMALL);
        }
        int k = head + size++ & starts.length - 1;
        starts[k] = start;
        sentNs[k] = stamp(nowNs);
        sizes[k] = segmentSize << 1 | (fin ? 1 : 0);
        end = packetEnd;
    }

    /// The time of a transmission. No two have the same, so that times tell the order of transmission where a clock does not.
    private long stamp(long nowNs) {
        lastSentNs = Math.max(nowNs, lastSentNs + 1);
        return lastSentNs;
    }

    /// The segments at `from` to `to` of the board go out again as one packet.
    void retransmit(int from, int to, long nowNs) {
        long stamp = stamp(nowNs);
        for (int i = from; i <= to; i++) {
            board.markRetransmitted(i, stamp);
        }
    }

    private void allocate(int capacity) {
        long[] s = new long[capacity];
        long[] t = new long[capacity];
        sizes = new int[capacity];
        sentNs = t;
        starts = s;
        head = 0;
    }

    private void grow() {
        int n = starts.length;
        long[] s = Arrays.copyOf(starts, 2 * n);
        long[] t = Arrays.copyOf(sentNs, 2 * n);
        int[] z = Arrays.copyOf(sizes, 2 * n);
        // What had wrapped to the front follows what stood at the end.
        System.arraycopy(starts, 0, s, n, head);
        System.arraycopy(sentNs, 0, t, n, head);
        System.arraycopy(sizes, 0, z, n, head);
        starts = s;
        sentNs = t;
        sizes = z;
    }

    // ---- acknowledgements

    /// An acknowledgement is to be processed.
    void beginAck() {
        deliveredBytes = 0;
        newlySackedBytes = 0;
        originalSackedTo = Long.MAX_VALUE;
        sampleValid = false;
        newestSentNs = Long.MIN_VALUE;
        if (delivery != null) {
            delivery.beginAck();
        }
    }

    /// Drops what `una` acknowledges.
    void ackTo(long una) {
        sampleValid = size() > 0;
        boolean sampled = false;
        while (boardSize() > 0 && board.start(0) < una) {
            int f = board.flags(0);
            long sent = board.sentNs(0);
            long segmentEnd = board.end(0);
            if ((f & SackScoreboard.SACKED) == 0) {
                deliveredBytes += (int) (Math.min(segmentEnd, una) - board.start(0));
                if (!sampled) {
                    sampleSentNs = sent;
                    sampled = true;
                }
                if ((f & SackScoreboard.EVER_RETRANSMITTED) == 0) {
                    newestSentNs = Math.max(newestSentNs, sent);
                }
                if (delivery != null) {
                    delivery.onDelivered(sent);
                }
                if (rack != null && segmentEnd <= una) {
                    rack.onDelivered(sent, segmentEnd, (f & SackScoreboard.EVER_RETRANSMITTED) != 0);
                }
            }
            sampleValid &= (f & SackScoreboard.EVER_RETRANSMITTED) == 0;
            board.acknowledge(una);
            if (segmentEnd > una) {
                break;
            }
        }
        int mask = starts == null ? 0 : starts.length - 1;
        while (size > 0 && starts[head] < una) {
            long packetEnd = packetEnd(0);
            deliveredBytes += (int) (Math.min(packetEnd, una) - starts[head]);
            newestSentNs = sentNs[head];
            if (delivery != null) {
                delivery.onDelivered(newestSentNs);
            }
            if (!sampled) {
                sampleSentNs = newestSentNs;
                sampled = true;
            }
            if (packetEnd > una) {
                starts[head] = una;
                break;
            }
            if (rack != null) {
                rack.onDelivered(newestSentNs, packetEnd, false);
            }
            head = head + 1 & mask;
            size--;
        }
        sampleValid &= sampled;
        if (size == 0 && starts != null && starts.length > KEPT) {
            free();
        }
        if (board != null && board.size() == 0) {
            // Two kilobytes at least, which an idle connection would keep for having lost something once.
            board = null;
        }
    }

    /// The peer has all of `left` to `right`. What is covered in part counts as missing: a peer must not be able to crumble
    /// the segments.
    void sack(long left, long right) {
        SackScoreboard b = board();
        int i = b.indexOf(left);
        if (i < b.size() && b.start(i) < left) {
            i++;
        }
        for (i = b.nextUnsacked(i); i >= 0 && b.end(i) <= right; i = b.nextUnsacked(i + 1)) {
            int n = b.length(i);
            boolean again = b.is(i, SackScoreboard.EVER_RETRANSMITTED);
            deliveredBytes += n;
            newlySackedBytes += n;
            if (!again && !b.is(i, SackScoreboard.ONCE_SACKED)) {
                originalSackedTo = Math.min(originalSackedTo, b.end(i));
                newestSentNs = Math.max(newestSentNs, b.sentNs(i));
            }
            rack.onDelivered(b.sentNs(i), b.end(i), again);
            if (delivery != null) {
                delivery.onDelivered(b.sentNs(i));
            }
            b.markSacked(i);
        }
    }

    boolean hasBoard() {
        return board != null;
    }

    /// All that is in flight, segment by segment.
    SackScoreboard board() {
        if (board == null) {
            board = new SackScoreboard();
        }
        for (int i = 0; i < size; i++) {
            int k = at(i);
            board.cut(starts[k], packetEnd(i), (sizes[k] & 1) != 0 ? SackScoreboard.FIN : 0, sizes[k] >>> 1, sentNs[k]);
        }
        size = 0;
        return board;
    }

    /// Whether the peer has thrown away what it had reported (RFC 2018 §8): it acknowledges all before that and not it.
    boolean hasReneged() {
        return board != null && board.size() > 0 && board.is(0, SackScoreboard.SACKED);
    }

    /// Segments are `mss` bytes at most from here on: what is larger is lost, and cut anew.
    void recut(int mss) {
        board = board().recut(mss);
    }

    private void free() {
        starts = null;
        sentNs = null;
        sizes = null;
    }

    void clear() {
        free();
        size = 0;
        board = null;
    }

    /// Whether the segments' sums, sets and order agree; looks at all of them.
    boolean isConsistent() {
        return board == null || board.isConsistent();
    }
}
