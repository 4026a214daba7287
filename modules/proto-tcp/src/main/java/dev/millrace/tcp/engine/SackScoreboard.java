package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpOptionReader;

/// Reads SACK blocks into the retransmission queue and tells from them what is lost (RFC 6675 §4, RFC 2018, RFC 2883).
/// Made when the first block arrives.
final class SackScoreboard {
    static final int DUP_THRESH = 3;

    private final RetransmissionQueue queue;
    /// The blocks of the last ACK: the same ones come again and again and need no second look.
    private final long[] seen = new long[2 * TcpOptionReader.MAX_SACK_BLOCKS];
    private int seenCount;
    /// Behind the highest byte reported.
    private long highestSacked;
    private boolean any;
    /// Below this number loss has been judged already.
    private long judgedTo;
    private int duplicateReports;

    SackScoreboard(RetransmissionQueue queue) {
        this.queue = queue;
    }

    /// Takes the blocks of an ACK, after `snd.una` has been brought up to date. Returns the bytes reported for the first
    /// time.
    int update(Segment seg, SendSequence snd) {
        TcpOptionReader o = seg.options;
        if (!any) {
            judgedTo = snd.una;
        }
        int newly = 0;
        for (int i = 0; i < o.sackCount(); i++) {
            long left = seg.sackLeft(i);
            long right = seg.sackRight(i);
            if (i == 0 && isDuplicateReport(seg)) {
                duplicateReports++;
                continue;
            }
            // A block that is empty, old or about what was never sent says nothing.
            if (left >= right || right <= snd.una || right > snd.nxt || wasSeen(left, right)) {
                continue;
            }
            newly += mark(Math.max(left, snd.una), right, snd.mss);
        }
        remember(seg);
        return newly;
    }

    /// RFC 2883 §4: the first block reports a duplicate if it lies below the ACK or inside the second block.
    private static boolean isDuplicateReport(Segment seg) {
        return seg.sackRight(0) <= seg.ackOffset || seg.options.sackCount() > 1
                && seg.sackLeft(0) >= seg.sackLeft(1) && seg.sackRight(0) <= seg.sackRight(1);
    }

    private boolean wasSeen(long left, long right) {
        for (int k = 0; k < seenCount; k++) {
            if (seen[2 * k] == left && seen[2 * k + 1] == right) {
                return true;
            }
        }
        return false;
    }

    private void remember(Segment seg) {
        seenCount = seg.options.sackCount();
        for (int k = 0; k < seenCount; k++) {
            seen[2 * k] = seg.sackLeft(k);
            seen[2 * k + 1] = seg.sackRight(k);
        }
    }

    private int mark(long left, long right, int mss) {
        int newly = 0;
        for (int i = queue.indexOf(left); i < queue.size() && queue.start(i) < right; i++) {
            if (queue.is(i, RetransmissionQueue.SACKED)) {
                continue;
            }
            // A record that is reported in part is cut where a packet of it can have ended, and no finer: a peer must
            // not be able to crumble the queue.
            long start = queue.start(i);
            if (start < left) {
                long cut = start + (left - start + mss - 1) / mss * mss;
                if (cut >= queue.end(i) || cut >= right) {
                    continue;
                }
                queue.split(i, cut);
                continue;
            }
            if (queue.end(i) > right) {
                long whole = (right - start) / mss * mss;
                if (whole == 0) {
                    break;
                }
                queue.split(i, start + whole);
            }
            newly += queue.length(i);
            queue.markSacked(i);
            if (!any || queue.end(i) > highestSacked) {
                highestSacked = queue.end(i);
                any = true;
            }
        }
        return newly;
    }

    /// IsLost() of RFC 6675 §4 for all numbers at once: walks down from the highest reported byte until enough lies
    /// above, and marks what is below and was not judged before.
    void judge(int mss) {
        if (queue.sackedBytes == 0) {
            return;
        }
        int bytes = 0;
        int blocks = 0;
        boolean inBlock = false;
        for (int i = queue.indexOf(highestSacked - 1); i >= 0; i--) {
            if (i < queue.size() && queue.is(i, RetransmissionQueue.SACKED)) {
                bytes += queue.length(i);
                blocks += inBlock ? 0 : 1;
                inBlock = true;
                if (bytes > (DUP_THRESH - 1) * mss || blocks >= DUP_THRESH) {
                    markBelow(i);
                    return;
                }
            } else {
                inBlock = false;
            }
        }
    }

    private void markBelow(int boundary) {
        long to = queue.start(boundary);
        for (int i = boundary - 1; i >= 0 && queue.end(i) > judgedTo; i--) {
            if (!queue.is(i, RetransmissionQueue.SACKED)) {
                queue.markLost(i);
            }
        }
        judgedTo = Math.max(judgedTo, to);
    }

    /// NextSeg rule 3: the first record below the highest report that was neither reported nor sent again, or -1.
    int nextUnjudged() {
        if (queue.sackedBytes == 0) {
            return -1;
        }
        for (int i = 0; i < queue.size() && queue.start(i) < highestSacked; i++) {
            if (!queue.is(i, RetransmissionQueue.SACKED | RetransmissionQueue.RETRANSMITTED)) {
                return i;
            }
        }
        return -1;
    }

    /// NextSeg rule 4: the last record that was not reported, or -1.
    int rescue() {
        for (int i = queue.size() - 1; i >= 0; i--) {
            if (!queue.is(i, RetransmissionQueue.SACKED)) {
                return i;
            }
        }
        return -1;
    }

    /// Forgets all reports, as after a timeout.
    void reset() {
        any = false;
        seenCount = 0;
    }

    /// How often the peer has reported that something reached it twice (D-SACK).
    int duplicateReports() {
        return duplicateReports;
    }
}
