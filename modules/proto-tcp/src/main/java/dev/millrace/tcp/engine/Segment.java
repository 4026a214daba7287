package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionReader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// One received segment under the RFC's names: an object to be used again and again. It owns nothing; the packet stays
/// its caller's.
public final class Segment {
    public Packet packet;
    public int sourcePort;
    public int destinationPort;
    /// SEG.SEQ.
    public int seq;
    /// SEG.ACK.
    public int ack;
    /// SEG.WND as it stands in the header, unscaled.
    public int wnd;
    /// [TcpHeader#FIN] and the others.
    public int flags;
    /// The urgent pointer.
    public int urg;
    /// Bytes of payload; SYN and FIN not counted.
    public int len;
    /// Bytes of the header with its options.
    public int headerLength;
    public final TcpOptionReader options = new TcpOptionReader();

    final SegmentArrival arrival = new SegmentArrival();

    /// SEG.SEQ and SEG.ACK as the connection counts them, after [#place].
    long seqOffset;
    long ackOffset;

    /// Reads the header that `packet` starts with. Nothing but the packet is changed if there is an error.
    public WireError parse(Packet packet) {
        int linear = packet.headLength();
        MemorySegment m = packet.memory();
        int at = packet.start();
        if (linear < TcpHeader.MIN_LENGTH || linear < TcpHeader.headerLength(m, at)) {
            int wanted = linear < TcpHeader.MIN_LENGTH ? TcpHeader.MIN_LENGTH : TcpHeader.headerLength(m, at);
            if (!packet.makeLinear(wanted)) {
                return WireError.TRUNCATED;
            }
            if (!packet.makeLinear(Math.max(wanted, TcpHeader.headerLength(m, at)))) {
                return WireError.BAD_HEADER_LENGTH;
            }
            linear = packet.headLength();
        }
        WireError error = TcpHeader.check(m, at, linear);
        if (error != WireError.NONE) {
            return error;
        }
        headerLength = TcpHeader.headerLength(m, at);
        // RFC 9293 MUST-7: what stands before a malformed option counts, the segment itself is not refused for it.
        if (headerLength > TcpHeader.MIN_LENGTH) {
            options.read(m, at);
        } else {
            options.clear();
        }
        this.packet = packet;
        sourcePort = TcpHeader.sourcePort(m, at);
        destinationPort = TcpHeader.destinationPort(m, at);
        seq = TcpHeader.sequence(m, at);
        ack = TcpHeader.acknowledgment(m, at);
        wnd = TcpHeader.window(m, at);
        flags = TcpHeader.flags(m, at);
        urg = TcpHeader.urgentPointer(m, at);
        len = packet.length() - headerLength;
        return WireError.NONE;
    }

    /// Says what SEG.SEQ and SEG.ACK stand for in a connection that expects `rcvNxt` and has `sndUna` to be acknowledged.
    void place(long rcvNxt, long sndUna) {
        seqOffset = StreamOffset.of(seq, rcvNxt);
        ackOffset = StreamOffset.of(ack, sndUna);
    }

    /// The left edge of SACK block `i`.
    long sackLeft(int i) {
        return StreamOffset.of(options.sackLeft(i), ackOffset);
    }

    /// The right edge of SACK block `i`.
    long sackRight(int i) {
        return StreamOffset.of(options.sackRight(i), ackOffset);
    }

    /// Whether all of `mask` is set.
    public boolean has(int mask) {
        return (flags & mask) == mask;
    }

    /// SEG.LEN of the RFC: payload, SYN and FIN.
    public int sequenceLength() {
        return len + (flags & TcpHeader.FIN) + ((flags & TcpHeader.SYN) >>> 1);
    }

    /// Lets go of the packet.
    public void clear() {
        packet = null;
    }
}
