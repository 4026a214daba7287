package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;

/// A segment as an observer of the wire sees it: its numbers count from the initial ones of both sides, in 64 bits.
final class SeenSegment {
    final Segment s = new Segment();
    Packet packet;
    /// From the sender's initial sequence number, which is its SYN's; the first byte has 1.
    long seq;
    /// From the receiver's initial sequence number; only if [#hasAck].
    long ack;
    int len;
    boolean syn;
    boolean fin;
    boolean rst;
    boolean hasAck;

    /// Counts on from `near`, the number that is known best.
    static long unwrap(int number, int initial, long near) {
        return near + ((number - initial) - (int) near);
    }

    void flags() {
        len = s.len;
        syn = s.has(TcpHeader.SYN);
        fin = s.has(TcpHeader.FIN);
        rst = s.has(TcpHeader.RST);
        hasAck = s.has(TcpHeader.ACK);
    }

    /// The number of the first byte of its payload.
    long text() {
        return seq + (syn ? 1 : 0);
    }

    /// Behind its payload; where FIN stands if it has one.
    long textEnd() {
        return text() + len;
    }

    /// Behind all that it counts.
    long end() {
        return textEnd() + (fin ? 1 : 0);
    }

    /// Whether it carries an acknowledgement and nothing else.
    boolean isPureAck() {
        return hasAck && len == 0 && !syn && !fin && !rst;
    }

    /// The left edge of SACK block `i`, counted as [#ack].
    long sackLeft(int i) {
        return ack + (s.options.sackLeft(i) - s.ack);
    }

    long sackRight(int i) {
        return ack + (s.options.sackRight(i) - s.ack);
    }

    @Override
    public String toString() {
        var t = new StringBuilder();
        t.append(syn ? "S" : "").append(fin ? "F" : "").append(rst ? "R" : "").append(hasAck ? "." : "");
        t.append(' ').append(seq).append('+').append(len).append(hasAck ? " ack " + ack : "").append(" win ").append(s.wnd);
        for (int i = 0; i < s.options.sackCount(); i++) {
            t.append(i == 0 ? " sack " : " ").append(sackLeft(i)).append('-').append(sackRight(i));
        }
        return t.toString();
    }
}
