package dev.millrace.tcp.engine;

/// The receive sequence variables (RFC 9293 §3.3.1) and the timestamp state that goes with them (RFC 7323 §4.3).
final class ReceiveSequence {
    int irs;
    /// RCV.NXT: the next number expected.
    long nxt;
    /// The right edge of the window that was promised: RCV.NXT + RCV.WND at its largest. Never moves left.
    long edge;
    /// Last.ACK.sent (RFC 7323 §4.3).
    long lastAckSent;
    /// TS.Recent, and when it was taken.
    int tsRecent;
    long tsRecentNs;
    /// When text was last taken in order.
    long lastTextNs;
    /// The number of the peer's FIN, if `finKnown`.
    long finSeq;
    boolean finKnown;
    boolean finReceived;
    /// Of the last segment that was acceptable, as IP has it.
    byte trafficClass;

    /// The number of the stream's first byte: what lies before it never was text.
    long first() {
        return irs + 1L;
    }

    /// The window in which segments are acceptable.
    int wnd() {
        return (int) (edge - nxt);
    }

    /// The acceptability test (RFC 9293 §3.4, table 6): some of the segment's numbers lie in the window. A segment at
    /// RCV.NXT is let in while the window is zero, so that its RST, ACK and URG are heeded (MUST-66); its text is not.
    boolean accepts(long seq, int length) {
        int wnd = wnd();
        if (wnd == 0) {
            return seq == nxt;
        }
        if (length == 0) {
            return nxt <= seq && seq < edge;
        }
        return seq + length > nxt && seq < edge;
    }
}
