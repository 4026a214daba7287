package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Writes segments (RFC 9293 §3.1): header, options and payload, and counts them. What goes, and when, is [SegmentSender]'s.
final class SegmentWriter {
    /// Room in front of the TCP header for every layer below it.
    private static final int HEADROOM = 128;
    /// Payloads up to this size are copied behind the header: cheaper than a reference to a chunk.
    private static final int COPY_LIMIT = 192;

    private SegmentWriter() {
    }

    /// The bytes of the options that every segment carries.
    static int options(TcpConnection c) {
        return c.timestampsOn ? TcpOptionWriter.TIMESTAMPS_LENGTH : 0;
    }

    /// Nothing but an acknowledgement.
    static Packet ack(TcpConnection c, long nowNs) {
        return segment(c, c.snd.nxt, 0, TcpHeader.ACK, nowNs);
    }

    /// A segment of a connection that stands, with `length` bytes from `seq` on. ECE, URG and PSH are added where they belong.
    static Packet segment(TcpConnection c, long seq, int length, int flags, long nowNs) {
        return segment(c, seq, length, flags, c.snd.mss, nowNs);
    }

    /// @param size the payload of each segment that it is cut into on its way
    static Packet segment(TcpConnection c, long seq, int length, int flags, int size, long nowNs) {
        int blocks = sackBlocks(c);
        if (blocks > 0 && length + TcpOptionWriter.sackLength(blocks) > c.snd.mss) {
            // A retransmission stays what it was, and a super-segment would need the room in each of its packets.
            blocks = 0;
        }
        int header = TcpHeader.MIN_LENGTH + options(c)
                + (blocks > 0 ? TcpOptionWriter.sackLength(blocks) : 0);
        if (c.userTimeout != null) {
            header += c.userTimeout.room(c, header, length);
        }
        boolean linear = length <= COPY_LIMIT;
        Packet p = Packet.allocate(HEADROOM, header + (linear ? length : 0));
        try {
            writeHeader(c, p, header, seq, length, flags, blocks, nowNs);
            if (linear && length > 0) {
                c.sendBuffer.copyTo(seq, length, p.memory(), p.append(length));
            } else if (length > 0) {
                c.sendBuffer.addTo(p, seq, length);
            }
            finish(c, p, length, size);
            c.rcv.lastAckSent = c.rcv.nxt;
            c.acks.onSent(c);
            return p;
        } catch (Throwable t) {
            p.release();
            throw t;
        }
    }

    private static void writeHeader(TcpConnection c, Packet p, int header, long seq, int length, int flags, int blocks,
            long nowNs) {
        int at = p.append(header);
        MemorySegment m = p.memory();
        // RFC 9293 §3.9.1.2 (MUST-60, 61): the last byte that the program has written so far is pushed.
        int push = length > 0 && seq + length == c.sendBuffer.end() ? TcpHeader.PSH : 0;
        int urgent = c.urgent == null ? 0 : c.urgent.pointer(seq);
        TcpHeader.write(m, at, c.localPort, c.remotePort, StreamOffset.number(seq), StreamOffset.number(c.rcv.nxt), header,
                flags | push | (urgent > 0 ? TcpHeader.URG : 0) | (c.marks == null ? 0 : c.marks.flags()), WindowAdvertiser.field(c), urgent);
        long to = at + TcpHeader.MIN_LENGTH;
        if (c.timestampsOn) {
            to = TcpOptionWriter.timestamps(m, to, c.timestampNow(nowNs), c.rcv.tsRecent);
        }
        if (blocks > 0) {
            c.sackBlocks.write(m, to, blocks);
            to += TcpOptionWriter.sackLength(blocks);
        }
        if (to < at + header) {
            c.userTimeout.write(c, m, to);
        }
    }

    private static int sackBlocks(TcpConnection c) {
        return c.sackOn && c.sackBlocks != null ? Math.min(c.sackBlocks.count(), c.timestampsOn ? 3 : 4) : 0;
    }

    /// The payload of a full segment that goes out now: less than SND.MSS while SACK has something to report.
    static int fullSize(TcpConnection c) {
        int mss = c.snd.mss;
        int blocks = c.maxSuperSegment > mss ? 0 : sackBlocks(c);
        return blocks == 0 ? mss : Math.max(Math.min(mss, 48), mss - TcpOptionWriter.sackLength(blocks));
    }

    private static void finish(TcpConnection c, Packet p, int length, int size) {
        p.wantChecksum(0, TcpHeader.CHECKSUM_OFFSET);
        int count = 1;
        if (length > size) {
            p.setSegmentSize(size);
            count = (length + size - 1) / size;
        }
        c.segmentsSent += count;
        c.snd.dataSegments += length > 0 ? count : 0;
    }

    /// SYN, or SYN with ACK.
    static Packet syn(TcpConnection c, long nowNs) {
        c.synDue = false;
        boolean answer = c.state != TcpState.SYN_SENT;
        boolean timestamps = answer ? c.timestampsOn : c.settings.timestamps;
        Packet p = SynSegment.write(c.localPort, c.remotePort, StreamOffset.number(c.snd.iss),
                answer ? StreamOffset.number(c.rcv.nxt) : 0,
                TcpHeader.SYN | (answer ? TcpHeader.ACK : 0) | ecnOfSyn(c, answer), WindowAdvertiser.synField(c), c.advertisedMss,
                answer ? c.sackOn : c.settings.sack, timestamps, c.timestampNow(nowNs), answer ? c.rcv.tsRecent : 0,
                (answer ? c.scalingOn : c.settings.windowScaling) ? c.ownShift : -1, c.options.advertisedUserTimeoutS,
                c.fastOpen == null ? null : c.fastOpen.option());
        int length = c.fastOpen == null ? 0 : addData(c, p);
        if (c.snd.nxt == c.snd.iss) {
            c.snd.nxt++;
            c.snd.sml = c.snd.nxt;
            c.snd.cwndLimitedTo = c.snd.nxt;
        }
        if (c.fastOpen != null) {
            c.fastOpen.onSynSent(c, nowNs);
        }
        c.snd.lastSentNs = nowNs;
        if (!c.timers.isSet(ConnectionTimers.RETRANSMISSION)) {
            c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + c.rtt.rtoNs());
        }
        finish(c, p, length, length);
        c.rcv.lastAckSent = c.rcv.nxt;
        c.acks.onSent(c);
        return p;
    }

    private static int addData(TcpConnection c, Packet syn) {
        try {
            return c.fastOpen.addData(c, syn);
        } catch (Throwable t) {
            syn.release();
            throw t;
        }
    }

    /// RFC 3168 §6.1.1. A SYN that was lost may have been dropped for asking (§6.1.1.1).
    private static int ecnOfSyn(TcpConnection c, boolean answer) {
        if (answer) {
            return c.marks != null && !c.synLost ? TcpHeader.ECE : 0;
        }
        c.ecnRequested = c.settings.ecn == TcpSettings.Ecn.REQUEST && !c.synLost;
        return c.ecnRequested ? TcpHeader.ECE | TcpHeader.CWR : 0;
    }

    static Packet reset(TcpConnection c, long nowNs) {
        c.rstDue = false;
        int header = TcpHeader.MIN_LENGTH + options(c);
        Packet p = Packet.allocate(HEADROOM, header);
        int at = p.append(header);
        TcpHeader.write(p.memory(), at, c.localPort, c.remotePort, StreamOffset.number(c.rstSeq),
                StreamOffset.number(c.rstAck), header,
                c.rstWithAck ? TcpHeader.RST | TcpHeader.ACK : TcpHeader.RST, 0, 0);
        if (c.timestampsOn) {
            // RFC 7323 §3.2: SHOULD; the echo is valid with ACK only.
            TcpOptionWriter.timestamps(p.memory(), at + TcpHeader.MIN_LENGTH, c.timestampNow(nowNs),
                    c.rstWithAck ? c.rcv.tsRecent : 0);
        }
        finish(c, p, 0, 0);
        return p;
    }
}
