package dev.millrace.ip;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.u8;

import dev.millrace.DropReason;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.IcmpError.Kind;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// ICMPv6 messages that came in (RFC 4443).
final class Icmpv6 {
    static final int HEADER_LENGTH = 8;
    static final int DESTINATION_UNREACHABLE = 1;
    static final int PACKET_TOO_BIG = 2;
    static final int TIME_EXCEEDED = 3;
    static final int PARAMETER_PROBLEM = 4;
    static final int ECHO_REQUEST = 128;
    static final int ECHO_REPLY = 129;
    static final int MLD_QUERY = 130;
    static final int MLD_REPORT = 131;
    static final int MLD_DONE = 132;
    static final int MLD_V2_REPORT = 143;
    static final int ROUTER_SOLICITATION = 133;
    static final int ROUTER_ADVERTISEMENT = 134;
    static final int NEIGHBOR_SOLICITATION = 135;
    static final int NEIGHBOR_ADVERTISEMENT = 136;
    static final int REDIRECT = 137;
    /// Every link carries packets of this size (RFC 8200 §5).
    static final int MIN_MTU = 1280;

    private final Ipv6 ip;
    private final EchoReply echo;
    private final EchoRequests requests;
    /// Found when it is first needed.
    private volatile NeighborDiscovery neighbors;

    Icmpv6(Ipv6 ip, TokenBucket echoLimit, ReplyPaths replies, EchoRequests requests) {
        this.ip = ip;
        this.requests = requests;
        echo = new EchoReply(ip.counters, echoLimit, replies, ECHO_REQUEST, ECHO_REPLY);
    }

    /// Whether no error may be sent about a message of this type (RFC 4443 §2.4(e.1), (e.2)).
    static boolean isErrorOrRedirect(int type) {
        return type < 128 || type == REDIRECT;
    }

    /// Whether a packet with an ICMPv6 header at `offset` is of neighbour discovery (RFC 4861 §4).
    static boolean isNeighbourDiscovery(Packet p, int offset) {
        if (!p.makeLinear(offset + 1)) {
            return false;
        }
        int type = u8(p.memory(), p.start() + offset);
        return type >= ROUTER_SOLICITATION && type <= REDIRECT;
    }

    /// Takes a packet that starts at its ICMPv6 header. Returns `null`, or why it was not used, the packet then being
    /// still the caller's.
    DropReason receive(NicPort nic, Packet packet) {
        if (!packet.makeLinear(HEADER_LENGTH) || !checksumIsRight(packet)) {
            return DropReason.BAD_ICMP;
        }
        ip.context.show(packet);
        int type = u8(packet.memory(), packet.start());
        return switch (type) {
            case ECHO_REPLY -> onReply(packet);
            case ECHO_REQUEST -> {
                ip.counters.echoRequests.add(1);
                yield Ipv6Martians.isUnspecified(packet.sourceHi(), packet.sourceLo())
                        ? DropReason.MARTIAN_SOURCE : echo.send(packet);
            }
            case DESTINATION_UNREACHABLE, PACKET_TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM -> onError(packet, type);
            case MLD_QUERY, MLD_REPORT, MLD_DONE, MLD_V2_REPORT -> {
                NeighborDiscovery neighbors = nic.stationAddress() == 0 ? null : neighbors();
                yield neighbors == null ? DropReason.ICMP_IGNORED : neighbors.receiveMld(nic, packet);
            }
            case ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT -> {
                NeighborDiscovery neighbors = nic.stationAddress() == 0 ? null : neighbors();
                yield neighbors == null ? DropReason.ICMP_IGNORED : neighbors.receiveNdp(nic, packet);
            }
            case REDIRECT -> {
                NeighborDiscovery neighbors = nic.stationAddress() == 0 ? null : neighbors();
                if (neighbors != null) {
                    yield neighbors.receiveNdp(nic, packet);
                }
                ip.counters.redirects.add(1);
                yield DropReason.ICMP_IGNORED;
            }
            // Differs: RFC 4443 §2.4(a) wants errors of unknown types passed to the transport. There are none (types 5 to 99 are
            // not assigned), and no transport could tell what they mean for it.
            default -> DropReason.ICMP_IGNORED;
        };
    }

    private NeighborDiscovery neighbors() {
        NeighborDiscovery known = neighbors;
        if (known == null) {
            known = ip.context.service(NeighborDiscovery.class).orElse(null);
            neighbors = known;
        }
        return known;
    }

    private static boolean checksumIsRight(Packet packet) {
        if (packet.checksumming() != Packet.Checksumming.ON_WIRE) {
            return true;
        }
        long pseudo = Checksum.pseudoHeader(packet.sourceHi(), packet.sourceLo(), packet.destinationHi(),
                packet.destinationLo(), IpProtocol.ICMPV6, packet.length());
        return Checksum.isRight(pseudo + Checksum.sum(packet, packet.start()));
    }

    private DropReason onReply(Packet packet) {
        if (!requests.onReply(packet)) {
            return DropReason.ICMP_IGNORED;
        }
        packet.release();
        return null;
    }

    private DropReason onError(Packet packet, int type) {
        ip.counters.countReceived(type);
        if (packet.isBroadcast()) {
            return DropReason.BAD_ICMP;
        }
        packet.makeLinear(Math.min(packet.length(), MIN_MTU));
        MemorySegment m = packet.memory();
        int quote = packet.start() + HEADER_LENGTH;
        int available = packet.headLength() - HEADER_LENGTH;
        if (available < Ipv6Header.LENGTH + IcmpQuote.NEEDED || u8(m, quote) >>> 4 != 6) {
            return DropReason.BAD_ICMP;
        }
        long found = Ipv6Extensions.skip(m, quote, available);
        int transport = Ipv6Extensions.offset(found);
        if (Ipv6Extensions.verdict(found) != Ipv6Extensions.TRANSPORT || available < transport + IcmpQuote.NEEDED
                || !IcmpQuote.isOurs(packet, Ipv6Header.sourceHi(m, quote), Ipv6Header.sourceLo(m, quote))) {
            return DropReason.BAD_ICMP;
        }
        Kind kind = kind(type, u8(m, packet.start() + 1));
        if (kind == null) {
            return DropReason.ICMP_IGNORED;
        }
        int mtu = kind == Kind.PACKET_TOO_BIG ? i32(m, packet.start() + 4) : 0;
        if (kind == Kind.PACKET_TOO_BIG && !isPlausible(mtu, Ipv6Header.LENGTH + Ipv6Header.payloadLength(m, quote))) {
            return DropReason.BAD_ICMP;
        }
        var local = new IpAddress(packet.destinationHi(), packet.destinationLo());
        var remote = new IpAddress(Ipv6Header.destinationHi(m, quote), Ipv6Header.destinationLo(m, quote));
        if (kind == Kind.PACKET_TOO_BIG && Ipv6Extensions.protocol(found) == IpProtocol.ICMPV6) {
            echo.packetTooBig(u8(m, quote + transport), local, remote, mtu);
        }
        ip.context.deliverError(new IcmpError(kind, Ipv6Extensions.protocol(found), local, remote,
                IcmpQuote.transportBytes(m, quote + transport, available - transport), mtu,
                new IpAddress(packet.sourceHi(), packet.sourceLo())));
        packet.release();
        return null;
    }

    /// RFC 8201 §4: nothing below 1280 is believed; neither is an MTU into which the packet would have fitted.
    private static boolean isPlausible(int mtu, int quotedLength) {
        return mtu >= MIN_MTU && mtu < quotedLength;
    }

    private static Kind kind(int type, int code) {
        return switch (type) {
            case PACKET_TOO_BIG -> Kind.PACKET_TOO_BIG;
            case TIME_EXCEEDED -> code <= 1 ? Kind.TIME_EXCEEDED : null;
            case PARAMETER_PROBLEM -> code == 1 ? Kind.PROTOCOL_UNREACHABLE : Kind.PARAMETER_PROBLEM;
            default -> switch (code) {
                case 0, 2 -> Kind.NETWORK_UNREACHABLE;
                case 1, 5, 6 -> Kind.PROHIBITED;
                case 3, 7 -> Kind.HOST_UNREACHABLE;
                case 4 -> Kind.PORT_UNREACHABLE;
                default -> null;
            };
        };
    }
}
