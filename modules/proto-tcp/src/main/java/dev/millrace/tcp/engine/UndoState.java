package dev.millrace.tcp.engine;

import dev.millrace.wire.Seq;

/// Tells whether a reduction of the congestion window was for nothing: nothing was lost, only late. By the echo of
/// timestamps (Eifel, RFC 3522), and by duplicates that the peer reports (RFC 2883, RFC 3708). Made at the first reduction.
///
/// Both are the peer's word. It is heard while it can be an answer, and once for a window of data: a reduction that is taken
/// back has the whole flight looked at, and a peer must not be able to have that, and a retransmission, for each of its
/// acknowledgements.
final class UndoState {
    private boolean armed;
    private boolean afterTimeout;
    /// SND.UNA at the reduction.
    private long marker;
    /// Recovery was over then, and whatever answers a retransmission comes within a timeout.
    private boolean recovered;
    private long recoveredNs;
    /// Nothing is taken back again before this is acknowledged.
    private long notBefore = Long.MIN_VALUE;
    /// TSval of the first retransmission, once there is one, and until it is acknowledged.
    private boolean stamped;
    private int stamp;
    /// The end of what went with it: an acknowledgement that does not reach so far answers something else.
    private long stampedTo;
    /// Segments sent again since that were not reported as duplicates.
    private int outstanding;
    private int retransmitted;
    /// What was sent again lies between these.
    private long from;
    private long to;
    /// The duplicate reported last.
    private long lastLeft;
    private long lastRight;
    private boolean networkDuplicates;

    /// The window was reduced.
    void arm(SendSequence snd, boolean byTimeout) {
        afterTimeout = byTimeout;
        armed = snd.una >= notBefore;
        marker = snd.una;
        recovered = false;
        stamped = false;
        outstanding = 0;
        retransmitted = 0;
        from = Long.MAX_VALUE;
        to = Long.MIN_VALUE;
        lastLeft = 0;
        lastRight = 0;
        networkDuplicates = false;
    }

    /// Whether a timeout has reduced the window.
    boolean afterTimeout() {
        return afterTimeout;
    }

    void disarm() {
        armed = false;
    }

    /// The reduction is taken back.
    void onUndone(SendSequence snd) {
        armed = false;
        notBefore = snd.nxt;
    }

    /// Recovery is over. Reports of duplicates may be under way, and what is late itself.
    void onRecovered(long nowNs) {
        recovered = true;
        recoveredNs = nowNs;
    }

    private boolean mayUndo(TcpConnection c, long nowNs) {
        armed &= !recovered || nowNs - recoveredNs <= c.rtt.rtoNs();
        return armed;
    }

    void onRetransmitted(TcpConnection c, long start, long end, long nowNs) {
        if (!armed) {
            return;
        }
        if (retransmitted == 0) {
            stamped = true;
            stamp = c.timestampNow(nowNs);
            stampedTo = end;
        }
        int segments = segments(c, end - start);
        retransmitted += segments;
        outstanding += segments;
        from = Math.min(from, start);
        to = Math.max(to, end);
    }

    private static int segments(TcpConnection c, long bytes) {
        return (int) Math.max(1, (bytes + c.snd.mss - 1) / c.snd.mss);
    }

    /// The peer reports that it got this twice. Whatever it claims, no more than was sent again.
    void onDuplicateReport(TcpConnection c, long left, long right, long nowNs) {
        if (!mayUndo(c, nowNs) || retransmitted == 0 || right <= marker || right > c.snd.nxt) {
            return;
        }
        // RFC 3708 §3: what was not sent again was duplicated by the network, and so may have been what was. And an
        // acknowledgement that comes twice tells of one duplicate.
        networkDuplicates |= left < from || right > to;
        if (left != lastLeft || right != lastRight) {
            lastLeft = left;
            lastRight = right;
            outstanding -= Math.min(outstanding, segments(c, right - left));
        }
    }

    /// RFC 3522 §3.2: the first acknowledgement of what was sent again echoes a timestamp from before that.
    boolean isOlderEcho(TcpConnection c, Segment seg, long nowNs) {
        if (!mayUndo(c, nowNs) || !stamped || c.snd.una < stampedTo) {
            return false;
        }
        stamped = false;
        return c.timestampsOn && seg.options.hasTimestamps() && Seq.lt(seg.options.timestampEcho(), stamp);
    }

    /// Whether all that was sent again arrived twice.
    boolean isAllDuplicate() {
        return armed && retransmitted > 0 && outstanding == 0 && !networkDuplicates;
    }
}
