package dev.millrace.link.packet;

import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;

/// Cuts a super-segment of TCP into the segments that it stands for, as a network interface does: a packet socket sees what
/// the kernel has put together, or not yet taken apart, even where its owner wants frames as they are on the wire.
final class TcpSegments {
    /// TCP's data offset and flags, behind sequence and acknowledgment number.
    private static final int FLAGS_AT = 12;
    private static final int SEQUENCE_AT = 4;

    private TcpSegments() {
    }

    /// Adds the segments to `to`, and releases the packet. One that is no TCP is dropped.
    ///
    /// @param link where the network header is, in bytes behind the packet's start
    static void cut(Packet packet, int link, Link.Sink sink, PacketList to) {
        int tcp = tcpOffset(packet, link);
        if (tcp < 0 || TcpHeader.check(packet.memory(), packet.start() + tcp, packet.headLength() - tcp) != WireError.NONE) {
            sink.drop(packet, DropReason.LINK_REFUSED);
            return;
        }
        int size = packet.segmentSize();
        int headers = tcp + TcpHeader.headerLength(packet.memory(), packet.start() + tcp);
        int payload = packet.length() - headers;
        int done = 0;
        int i = 0;
        do {
            int n = Math.min(size, payload - done);
            to.add(segment(packet, link, tcp, headers, done, n, i++));
            done += n;
        } while (done < payload);
        packet.release();
    }

    /// Where the TCP header is, or -1.
    private static int tcpOffset(Packet packet, int link) {
        MemorySegment m = packet.memory();
        int at = packet.start() + link;
        int left = packet.headLength() - link;
        if (left < Ipv4Header.MIN_LENGTH) {
            return -1;
        }
        if (packet.checksumming() == Checksumming.PARTIAL) {
            int tcp = packet.checksumStart() - packet.start();
            boolean fits = version(m, at) == 4 ? tcp - link == Ipv4Header.headerLength(m, at)
                    : version(m, at) == 6 && tcp - link >= Ipv6Header.LENGTH;
            return fits && packet.checksumField() - packet.checksumStart() == TcpHeader.CHECKSUM_OFFSET ? tcp : -1;
        }
        if (Ipv4Header.check(m, at, left) == WireError.NONE) {
            return Ipv4Header.protocol(m, at) == IpProtocol.TCP ? link + Ipv4Header.headerLength(m, at) : -1;
        }
        return Ipv6Header.check(m, at, left) == WireError.NONE && Ipv6Header.nextHeader(m, at) == IpProtocol.TCP
                ? link + Ipv6Header.LENGTH : -1;
    }

    private static int version(MemorySegment m, int at) {
        return u8(m, at) >>> 4;
    }

    /// Segment number `i`, which holds `n` bytes of the payload from `offset` on.
    private static Packet segment(Packet whole, int link, int tcp, int headers, int offset, int n, int i) {
        Packet p = Packet.allocate(Packet.HEADROOM, headers + n);
        int at = p.append(headers + n);
        MemorySegment m = p.memory();
        whole.copyTo(0, m, at, headers);
        whole.copyTo(headers + offset, m, at + headers, n);
        int network = at + link;
        if (version(m, network) == 6) {
            Ipv6Header.setPayloadLength(m, network, headers + n - link - Ipv6Header.LENGTH);
        } else {
            Ipv4Header.setLengthAndIdentification(m, network, headers + n - link, Ipv4Header.identification(m, network) + i);
        }
        put32(m, at + tcp + SEQUENCE_AT, TcpHeader.sequence(m, at + tcp) + offset);
        boolean last = headers + offset + n == whole.length();
        int drop = (offset > 0 ? TcpHeader.CWR : 0) | (last ? 0 : TcpHeader.FIN | TcpHeader.PSH);
        put16(m, at + tcp + FLAGS_AT, u16(m, at + tcp + FLAGS_AT) & ~drop);
        // Never computed, or checked for the whole: not to be verified, and a capture completes it.
        p.wantChecksum(tcp, TcpHeader.CHECKSUM_OFFSET);
        return p;
    }
}
