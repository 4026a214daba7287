package dev.millrace.internet;

import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Makes the frames and messages that a router sends on an Ethernet.
final class EthernetFrames {
    private static final int MAX_MESSAGE = 512;

    private EthernetFrames() {
    }

    /// What writes a message of NDP at an offset and returns where it ends.
    interface Writing {
        long write(MemorySegment m, long at);
    }

    /// The packet with a header in front: itself, or a copy in its place, and then it is released.
    static Packet frame(Packet packet, int etherType, long source, long destination) {
        Packet p = packet;
        if (p.headroom() < EthernetHeader.LENGTH) {
            p = packet.copy();
            packet.release();
        }
        EthernetHeader.write(p.memory(), p.push(EthernetHeader.LENGTH), destination, source, etherType);
        return p;
    }

    static Packet arp(int operation, long senderStation, IpAddress sender, long targetStation, IpAddress target) {
        Packet p = Packet.allocate(Packet.HEADROOM, ArpPacket.LENGTH);
        ArpPacket.write(p.memory(), p.append(ArpPacket.LENGTH), operation, senderStation, sender.v4Bits(), targetStation,
                target.v4Bits());
        return p;
    }

    static Packet solicitation(IpAddress target, long station, IpAddress from, IpAddress to) {
        return ndp(from, to, (m, at) -> NdpOptionWriter.sourceLinkLayerAddress(m,
                NdpMessage.writeNeighborSolicitation(m, at, target.hi(), target.lo()), station));
    }

    static Packet advertisement(IpAddress target, long station, int flags, IpAddress from, IpAddress to) {
        return ndp(from, to, (m, at) -> NdpOptionWriter.targetLinkLayerAddress(m,
                NdpMessage.writeNeighborAdvertisement(m, at, flags, target.hi(), target.lo()), station));
    }

    /// A message of NDP, of at most 512 bytes.
    static Packet ndp(IpAddress from, IpAddress to, Writing writing) {
        Packet p = Packet.allocate(Packet.HEADROOM, MAX_MESSAGE);
        int at = p.append(MAX_MESSAGE);
        int length = (int) (writing.write(p.memory(), at) - at);
        p.trim(length);
        IcmpHeader.setChecksum(p.memory(), at, IcmpHeader.computeV6(p.memory(), at, length, from, to));
        Ipv6Header.write(p.memory(), p.push(Ipv6Header.LENGTH), 0, 0, length, IpProtocol.ICMPV6, NdpMessage.HOP_LIMIT, from.hi(),
                from.lo(), to.hi(), to.lo());
        return p;
    }
}
