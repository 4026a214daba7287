package dev.millrace.ip;

import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;

/// Puts IPv4 headers in front of packets.
///
/// Segments of TCP, and all packets if the option `dont-fragment` says so, have DF set (RFC 1191 §3) and are numbered
/// by path from a beginning that the secret and the number of paths before it decide; the count is not guarded against two
/// threads that take the same number, since it means nothing for such packets (RFC 6864 §4.1). It still differs from packet
/// to packet, because there are middleboxes that clear DF.
final class Ipv4Path extends IpPath {
    private final int defaultTtl;
    private final int flags;
    private final int protocol;
    private final long hash;
    private final Ipv4 owner;
    private int nextId;

    /// @param df whether routers must not fragment; nor does this path then
    Ipv4Path(Route route, IpAddress local, IpAddress remote, int protocol, Ipv4 owner, boolean df) {
        // The total length counts the header.
        super(route, local, remote, protocol, Ipv4Header.MIN_LENGTH, 0xffff - Ipv4Header.MIN_LENGTH, owner.counters,
                df ? owner.mtus : null, !df);
        this.protocol = protocol;
        defaultTtl = owner.ttl;
        // On a path that is narrower than what we are willing to send, routers fragment.
        flags = df && !isNarrow() ? Ipv4Header.DONT_FRAGMENT : 0;
        hash = owner.hash.of(local.hi(), local.lo(), remote.hi(), remote.lo(), protocol);
        this.owner = owner;
        nextId = flags == 0 ? 0 : owner.identification.firstOfPath(hash);
    }

    static boolean hasDf(Ipv4 owner, int protocol) {
        return owner.dontFragment || protocol == IpProtocol.TCP;
    }

    @Override
    Path unfragmented(Route same) {
        return new Ipv4Path(same, local, remote, protocol, owner, true);
    }

    @Override
    int fragmentHeaderLength() {
        return 0;
    }

    @Override
    int nextIdentification() {
        return owner.identification.next(hash, 1);
    }

    @Override
    int flowLabel(Packet packet) {
        return 0;
    }

    @Override
    void writeFragmentHeaders(Packet piece, int from, boolean more, int id, int label, int trafficClass, int hopLimit) {
        int at = piece.push(Ipv4Header.MIN_LENGTH);
        Ipv4Header.write(piece.memory(), at, trafficClass, piece.length(), id & 0xffff,
                from / 8 | (more ? Ipv4Header.MORE_FRAGMENTS : 0), hopLimit == 0 ? defaultTtl : hopLimit, protocol,
                local.v4Bits(), remote.v4Bits());
    }

    @Override
    void writeHeader(Packet packet, int trafficClass, int hopLimit) {
        int wirePackets = wirePackets(packet);
        int id;
        if (flags != 0) {
            id = nextId;
            nextId = id + wirePackets;
        } else {
            id = owner.identification.next(hash, wirePackets);
        }
        int at = packet.push(Ipv4Header.MIN_LENGTH);
        Ipv4Header.write(packet.memory(), at, trafficClass, packet.length(), id & 0xffff, flags,
                hopLimit == 0 ? defaultTtl : hopLimit, protocol, local.v4Bits(), remote.v4Bits());
    }
}
