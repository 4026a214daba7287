package dev.millrace.tcp.engine;

import dev.millrace.DropReason;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;

/// What a segment's text does (RFC 9293 §3.10.7.4, seventh): in order it goes to the program, ahead of its turn it waits, and
/// both are acknowledged.
final class TextArrival {
    private TextArrival() {
    }

    /// The seventh step. Returns whether the FIN bit is to be looked at, as its place in the stream may still come.
    static boolean take(TcpConnection c, SegmentArrival arrival, Segment seg, long nowNs) {
        ReceiveSequence rcv = c.rcv;
        long seq = seg.seqOffset + (seg.has(TcpHeader.SYN) ? 1 : 0);
        long end = seq + seg.len;
        if (seg.len == 0) {
            return true;
        }
        if (c.marks != null) {
            c.marks.onText(c, seg);
        }
        c.acks.dataSegments++;
        if (!c.state.mayReceive()) {
            if (end > rcv.nxt) {
                // Text behind the peer's FIN should not occur.
                arrival.drop(DropReason.CLOSED);
            }
            return true;
        }
        if (c.closed && end > rcv.nxt) {
            // RFC 9293 §3.6.1: nobody will read it, and the peer must learn that.
            c.sendReset(c.snd.nxt, rcv.nxt, true);
            c.toClosed();
            return arrival.drop(DropReason.CLOSED);
        }
        long from = Math.max(seq, rcv.nxt);
        long to = Math.min(end, rcv.edge);
        if (rcv.finKnown) {
            to = Math.min(to, rcv.finSeq);
        }
        if (from >= to) {
            c.acks.now();
            return arrival.drop(end <= rcv.nxt ? DropReason.DUPLICATE : DropReason.OUT_OF_WINDOW);
        }
        if (seq < rcv.nxt && c.sackOn) {
            c.sackBlocks().onDuplicate(Math.max(seq, rcv.first()), rcv.nxt);
            c.acks.now();
        }
        if (to < end) {
            c.acks.now();
        }
        int at = seg.headerLength + (int) (from - seq);
        if (from == rcv.nxt) {
            return takeInOrder(c, arrival, seg, at, (int) (to - from), nowNs);
        }
        return takeOutOfOrder(c, arrival, seg, at, from, (int) (to - from));
    }

    private static boolean takeInOrder(TcpConnection c, SegmentArrival arrival, Segment seg, int at, int length, long nowNs) {
        ReceiveSequence rcv = c.rcv;
        int taken = c.inputShut ? discard(c, length) : append(c, seg.packet, at, length);
        if (taken == 0) {
            c.acks.now();
            return arrival.drop(DropReason.MEMORY_LIMIT);
        }
        int wireSize = seg.packet.segmentSize() > 0 ? seg.packet.segmentSize() : seg.len;
        c.acks.onText(taken, wireSize, c, nowNs);
        rcv.lastTextNs = nowNs;
        BufferTuner.onText(c, seg, nowNs);
        if (taken < length) {
            c.acks.now();
        }
        if (c.reassembler != null && !c.reassembler.isEmpty()) {
            if (c.sackOn && c.reassembler.left(0) < rcv.nxt) {
                // RFC 2883 §4: what this segment brought once more.
                c.sackBlocks().onDuplicate(c.reassembler.left(0), Math.min(c.reassembler.right(0), rcv.nxt));
            }
            long before = rcv.nxt;
            rcv.nxt = c.reassembler.moveTo(c.inputShut ? null : c.receiveBuffer, rcv.nxt);
            c.bytesReceived += rcv.nxt - before;
            // RFC 5681 §4.2: at once, for a segment that fills a gap in whole or in part.
            c.acks.now();
        }
        if (c.sackBlocks != null) {
            c.sackBlocks.onAdvance(rcv.nxt, c.reassembler);
        }
        if (!c.inputShut) {
            c.events |= TcpConnection.EVENT_READABLE;
        }
        return true;
    }

    private static int discard(TcpConnection c, int length) {
        c.rcv.nxt += length;
        c.bytesReceived += length;
        return length;
    }

    /// Gives the parts of the packet that hold these bytes to the receive buffer; returns how many were taken. RCV.NXT
    /// moves with each part, whatever is thrown at the next.
    private static int append(TcpConnection c, Packet packet, int from, int length) {
        int taken = 0;
        int skip = from;
        for (int i = -1; taken < length; i++) {
            Buffer b = i < 0 ? packet.head() : packet.fragment(i);
            int offset = i < 0 ? packet.start() : packet.fragmentOffset(i);
            int n = i < 0 ? packet.headLength() : packet.fragmentLength(i);
            if (skip >= n) {
                skip -= n;
                continue;
            }
            int take = Math.min(length - taken, n - skip);
            int kept = c.receiveBuffer.append(b, offset + skip, take);
            c.rcv.nxt += kept;
            c.bytesReceived += kept;
            taken += kept;
            if (kept < take) {
                break;
            }
            skip = 0;
        }
        return taken;
    }

    private static boolean takeOutOfOrder(TcpConnection c, SegmentArrival arrival, Segment seg, int at, long from, int length) {
        c.acks.onOutOfOrder(c.sackOn);
        Reassembler r = c.reassembler();
        r.segments++;
        boolean kept = r.insert(seg.packet, at, from, length);
        r.findRange(from);
        if (c.sackOn && r.rangeRight > from) {
            // Also what of it there was room for, but not what it merely touches.
            c.sackBlocks().onRange(r.rangeLeft, r.rangeRight);
        }
        if (!kept) {
            return arrival.drop(DropReason.RECEIVE_BUFFER_FULL);
        }
        if (c.sackOn) {
            if (r.duplicateLeft != r.duplicateRight) {
                c.sackBlocks().onDuplicate(r.duplicateLeft, r.duplicateRight);
            }
        }
        if (r.duplicateLeft == from && r.duplicateRight == from + length) {
            arrival.drop(DropReason.DUPLICATE);
        }
        // The FIN of a segment ahead of its turn is remembered.
        return true;
    }
}
