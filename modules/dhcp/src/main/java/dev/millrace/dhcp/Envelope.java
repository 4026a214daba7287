package dev.millrace.dhcp;

import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;

/// Puts UDP and IPv4 headers around messages: a NIC without an address has no path that would.
final class Envelope {
    static final int CLIENT_PORT = 68;
    static final int SERVER_PORT = 67;
    private static final int TTL = 64;

    private Envelope() {
    }

    /// A packet with a message in it.
    ///
    /// @param from the client's address, or `null` for 0.0.0.0
    /// @param to the server, or `null` for 255.255.255.255
    static PacketList wrap(byte[] message, IpAddress from, IpAddress to) {
        IpAddress source = from == null ? IpAddress.ANY_V4 : from;
        IpAddress destination = to == null ? IpAddress.BROADCAST : to;
        int length = UdpHeader.LENGTH + message.length;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        MemorySegment m = p.memory();
        UdpHeader.write(m, at, CLIENT_PORT, SERVER_PORT, length);
        MemorySegment.copy(MemorySegment.ofArray(message), 0, m, at + UdpHeader.LENGTH, message.length);
        UdpHeader.setChecksum(m, at, Checksum.finish(Checksum.sum(m, at, length) + Checksum.pseudoHeader(source.hi(), source.lo(),
                destination.hi(), destination.lo(), IpProtocol.UDP, length)));
        int ip = p.push(Ipv4Header.MIN_LENGTH);
        Ipv4Header.write(m, ip, 0, Ipv4Header.MIN_LENGTH + length, 0, 0, TTL, IpProtocol.UDP, source.v4Bits(),
                destination.v4Bits());
        var list = new PacketList();
        list.add(p);
        return list;
    }
}
