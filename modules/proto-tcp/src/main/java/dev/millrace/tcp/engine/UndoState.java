package dev.millrace.tcp.engine;

import dev.millrace.wire.Seq;

/// Tells whether a reduction of the congestion window was for nothing: nothing was lost, only late. By the echo of
/// timestamps (Eifel, RFC 3522), and by duplicates that the peer reports (RFC 2883, RFC 3708). Made at the first reduction.
final class UndoState {
    private boolean armed;
    private boolean afterTimeout;
    /// SND.UNA at the reduction.
    private long marker;
    /// TSval of the first retransmission, once there is one.
    private boolean stamped;
    private int stamp;
    /// The end of what went with it: an acknowledgement that does not reach so far answers something else.
    private long stampedTo;
    /// Segments sent again since that were not reported as duplicates.
    private int outstanding;
    private int retransmitted;

    /// The window was reduced.
    void arm(long una, boolean byTimeout) {
        armed = true;
        afterTimeout = byTimeout;
        marker = una;
        stamped = false;
        outstanding = 0;
        retransmitted = 0;
    }

    /// Whether a timeout has reduced the window.
    boolean afterTimeout() {
        return afterTimeout;
    }

    void disarm() {
        armed = false;
    }

    boolean isArmed() {
        return armed;
    }

    void onRetransmitted(TcpConnection c, long end, int bytes, long nowNs) {
        if (!armed) {
            return;
        }
        if (!stamped) {
            stamped = true;
            stamp = c.timestampNow(nowNs);
            stampedTo = end;
        }
        int segments = segments(c, bytes);
        retransmitted += segments;
        outstanding += segments;
    }

    private static int segments(TcpConnection c, long bytes) {
        return (int) Math.max(1, (bytes + c.snd.mss - 1) / c.snd.mss);
    }

    /// The peer reports that it got this twice. Whatever it claims, no more than was sent again.
    void onDuplicateReport(TcpConnection c, long left, long right) {
        if (armed && retransmitted > 0 && right > marker && right <= c.snd.nxt) {
            outstanding -= Math.min(outstanding, segments(c, right - left));
        }
    }

    /// RFC 3522 §3.2: an acknowledgement of what was sent again echoes a timestamp from before that.
    boolean isOlderEcho(TcpConnection c, Segment seg) {
        return armed && stamped && c.timestampsOn && seg.options.hasTimestamps() && c.snd.una >= stampedTo
                && Seq.lt(seg.options.timestampEcho(), stamp);
    }

    /// Whether all that was sent again arrived twice.
    boolean isAllDuplicate() {
        return armed && retransmitted > 0 && outstanding == 0;
    }
}
