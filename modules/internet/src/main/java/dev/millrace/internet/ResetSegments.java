package dev.millrace.internet;

import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;

/// Makes the RSTs of somebody between two hosts who has seen a segment of a connection that stands.
final class ResetSegments {
    private static final int TTL = 64;

    private ResetSegments() {
    }

    /// In the name of the segment's sender: with the number that its receiver expects, if nothing before it was lost.
    static Packet toDestination(PacketView segment) {
        return make(segment.source(), segment.destination(), segment.sourcePort(), segment.destinationPort(),
                (int) segment.sequence(), segment.acknowledgment(), TcpHeader.RST | TcpHeader.ACK);
    }

    /// In the name of its receiver: with the number that it says it expects next.
    static Packet toSource(PacketView segment) {
        return make(segment.destination(), segment.source(), segment.destinationPort(), segment.sourcePort(),
                segment.acknowledgment(), 0, TcpHeader.RST);
    }

    private static Packet make(IpAddress from, IpAddress to, int fromPort, int toPort, int sequence, int acknowledgment, int flags) {
        Packet p = Packet.allocate(Packet.HEADROOM, TcpHeader.MIN_LENGTH);
        int at = p.append(TcpHeader.MIN_LENGTH);
        TcpHeader.write(p.memory(), at, fromPort, toPort, sequence, acknowledgment, TcpHeader.MIN_LENGTH, flags, 0, 0);
        TcpHeader.setChecksum(p.memory(), at, Checksum.finish(Checksum.sum(p.memory(), at, TcpHeader.MIN_LENGTH)
                + Checksum.pseudoHeader(from.hi(), from.lo(), to.hi(), to.lo(), IpProtocol.TCP, TcpHeader.MIN_LENGTH)));
        if (from.isV4()) {
            Ipv4Header.write(p.memory(), p.push(Ipv4Header.MIN_LENGTH), 0, Ipv4Header.MIN_LENGTH + TcpHeader.MIN_LENGTH, 0,
                    Ipv4Header.DONT_FRAGMENT, TTL, IpProtocol.TCP, from.v4Bits(), to.v4Bits());
        } else {
            Ipv6Header.write(p.memory(), p.push(Ipv6Header.LENGTH), 0, 0, TcpHeader.MIN_LENGTH, IpProtocol.TCP, TTL, from.hi(),
                    from.lo(), to.hi(), to.lo());
        }
        p.handOver(Checksumming.ON_WIRE);
        return p;
    }
}
