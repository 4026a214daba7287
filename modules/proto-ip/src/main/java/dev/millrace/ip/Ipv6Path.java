package dev.millrace.ip;

import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;

/// Puts IPv6 headers in front of packets.
///
/// The flow label (RFC 6437 §3) is a function of addresses, protocol, ports and the stack's secret: the same for all
/// packets of a flow even if its path is made anew, and not to be foreseen.
final class Ipv6Path extends IpPath {
    private final int defaultHopLimit;
    private final int protocol;
    private final boolean ports;
    private final long hash;
    private final Ipv6 owner;

    /// @param mayCut whether packets larger than the path's MTU are sent in fragments
    Ipv6Path(Route route, IpAddress local, IpAddress remote, int protocol, Ipv6 owner, boolean mayCut) {
        // The payload length does not count the header.
        super(route, local, remote, protocol, Ipv6Header.LENGTH, 0xffff, owner.counters, owner.mtus, mayCut);
        this.owner = owner;
        this.protocol = protocol;
        ports = protocol == IpProtocol.TCP || protocol == IpProtocol.UDP;
        defaultHopLimit = route.nic().hopLimit() == 0 ? owner.hopLimit : route.nic().hopLimit();
        hash = owner.hash.of(local.hi(), local.lo(), remote.hi(), remote.lo(), protocol);
    }

    @Override
    void writeHeader(Packet packet, int trafficClass, int hopLimit) {
        int payload = packet.length();
        int label = flowLabel(packet);
        int at = packet.push(Ipv6Header.LENGTH);
        Ipv6Header.write(packet.memory(), at, trafficClass, label, payload, protocol,
                hopLimit == 0 ? defaultHopLimit : hopLimit, local.hi(), local.lo(), remote.hi(), remote.lo());
    }

    @Override
    Path unfragmented(Route same) {
        return new Ipv6Path(same, local, remote, protocol, owner, false);
    }

    @Override
    int fragmentHeaderLength() {
        return Ipv6Fragments.HEADER_LENGTH;
    }

    @Override
    int nextIdentification() {
        // All protocols share them.
        return owner.identification.next(
                owner.hash.of(local.hi(), local.lo(), remote.hi(), remote.lo(), IpProtocol.FRAGMENT));
    }

    @Override
    void writeFragmentHeaders(Packet piece, int from, boolean more, int id, int label, int trafficClass, int hopLimit) {
        int header = piece.push(Ipv6Fragments.HEADER_LENGTH);
        BigEndian.put16(piece.memory(), header, protocol << 8);
        BigEndian.put16(piece.memory(), header + 2, from | (more ? 1 : 0));
        BigEndian.put32(piece.memory(), header + 4, id);
        int payload = piece.length();
        int at = piece.push(Ipv6Header.LENGTH);
        Ipv6Header.write(piece.memory(), at, trafficClass, label, payload, IpProtocol.FRAGMENT,
                hopLimit == 0 ? defaultHopLimit : hopLimit, local.hi(), local.lo(), remote.hi(), remote.lo());
    }

    @Override
    int flowLabel(Packet packet) {
        int bothPorts = ports && packet.headLength() >= 4 ? BigEndian.i32(packet.memory(), packet.start()) : 0;
        long h = (hash ^ bothPorts & 0xffff_ffffL) * 0x9e37_79b9_7f4a_7c15L;
        h = (h ^ h >>> 29 ^ hash) * 0xbf58_476d_1ce4_e5b9L;
        int label = (int) (h >>> 44);
        // Zero would say that the packet belongs to no flow.
        return label == 0 ? 1 : label;
    }
}
