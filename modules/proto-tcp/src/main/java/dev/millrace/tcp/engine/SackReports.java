package dev.millrace.tcp.engine;

/// Reads the SACK option of an ACK (RFC 2018 §3): what the peer has goes to the queue, what it got twice (RFC 2883 §4) to
/// recovery.
final class SackReports {
    private SackReports() {
    }

    /// Takes the blocks of an acceptable ACK, after SND.UNA has been brought up to date. Returns the end of what is reported
    /// as a duplicate, or [Long#MIN_VALUE].
    static long take(TcpConnection c, Segment seg, long nowNs) {
        long duplicateTo = Long.MIN_VALUE;
        for (int i = 0; i < seg.options.sackCount(); i++) {
            long left = seg.sackLeft(i);
            long right = seg.sackRight(i);
            // A block that is empty or about what was never sent says nothing.
            if (left >= right || right > c.snd.nxt) {
                continue;
            }
            if (i == 0 && isDuplicateReport(seg)) {
                duplicateTo = right;
                c.recovery.onDuplicateReport(c, left, right, nowNs);
            } else if (right > c.snd.una && !c.queue.isEmpty() && c.recovery.believesReports(c)) {
                if (c.queue.rack == null) {
                    c.recovery.rack(c).beginAck(seg, nowNs);
                }
                c.queue.sack(Math.max(left, c.snd.una), right);
            }
        }
        return duplicateTo;
    }

    /// RFC 2883 §4: the first block reports a duplicate if it lies below the ACK or inside the second block.
    private static boolean isDuplicateReport(Segment seg) {
        return seg.sackRight(0) <= seg.ackOffset || seg.options.sackCount() > 1
                && seg.sackLeft(0) >= seg.sackLeft(1) && seg.sackRight(0) <= seg.sackRight(1);
    }
}
