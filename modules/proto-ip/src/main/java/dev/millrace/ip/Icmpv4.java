package dev.millrace.ip;

import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import dev.millrace.DropReason;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.IcmpError.Kind;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// ICMP messages that came in (RFC 792, RFC 1122 §3.2.2).
final class Icmpv4 {
    static final int HEADER_LENGTH = 8;
    static final int ECHO_REPLY = 0;
    static final int DESTINATION_UNREACHABLE = 3;
    static final int SOURCE_QUENCH = 4;
    static final int REDIRECT = 5;
    static final int ECHO_REQUEST = 8;
    static final int TIME_EXCEEDED = 11;
    static final int PARAMETER_PROBLEM = 12;

    private static final int MIN_MTU = 68;

    private final Ipv4 ip;
    private final EchoReply echo;
    private final EchoRequests requests;

    Icmpv4(Ipv4 ip, TokenBucket echoLimit, ReplyPaths replies, EchoRequests requests) {
        this.ip = ip;
        this.requests = requests;
        echo = new EchoReply(ip.counters, echoLimit, replies, ECHO_REQUEST, ECHO_REPLY);
    }

    /// Whether a message of this type reports an error, so that no error may be sent about it (RFC 1122 §3.2.2).
    static boolean isError(int type) {
        return type == DESTINATION_UNREACHABLE || type == SOURCE_QUENCH || type == REDIRECT
                || type == TIME_EXCEEDED || type == PARAMETER_PROBLEM;
    }

    /// Takes a packet that starts at its ICMP header. Returns `null`, or why it was not used, the packet then being
    /// still the caller's.
    DropReason receive(Packet packet) {
        if (!packet.makeLinear(HEADER_LENGTH)) {
            return DropReason.BAD_ICMP;
        }
        if (packet.checksumming() == Packet.Checksumming.ON_WIRE
                && !Checksum.isRight(Checksum.sum(packet, packet.start()))) {
            return DropReason.BAD_ICMP;
        }
        ip.context.show(packet);
        int type = u8(packet.memory(), packet.start());
        return switch (type) {
            case ECHO_REPLY -> onReply(packet);
            case ECHO_REQUEST -> {
                ip.counters.echoRequests.add(1);
                // RFC 1122 §3.2.2.6 allows silence to a broadcast request, and smurf attacks advise it.
                yield packet.isBroadcast() ? DropReason.ICMP_IGNORED : echo.send(packet);
            }
            case DESTINATION_UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM -> onError(packet, type);
            case REDIRECT -> {
                // Differs: RFC 1122 §3.2.2.2 wants the route changed. A host behind one router has nothing to learn, and an
                // attacker everything to gain.
                ip.counters.redirects.add(1);
                yield DropReason.ICMP_IGNORED;
            }
            // Source Quench among them: RFC 6633 §3.
            default -> DropReason.ICMP_IGNORED;
        };
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
        // What errors quote is short; only a hostile sender spreads it over fragments.
        packet.makeLinear(Math.min(packet.length(), HEADER_LENGTH + Ipv4Header.MAX_LENGTH + IcmpQuote.KEPT));
        MemorySegment m = packet.memory();
        int quote = packet.start() + HEADER_LENGTH;
        int available = packet.headLength() - HEADER_LENGTH;
        if (!IcmpQuote.isOfV4(m, quote, available)) {
            return DropReason.BAD_ICMP;
        }
        int code = u8(m, packet.start() + 1);
        Kind kind = kind(type, code);
        if (kind == null) {
            return DropReason.ICMP_IGNORED;
        }
        long source = IpAddress.lowBitsOfV4(Ipv4Header.source(m, quote));
        if (!IcmpQuote.isOurs(packet, 0, source)) {
            return DropReason.BAD_ICMP;
        }
        int mtu = kind == Kind.PACKET_TOO_BIG
                ? pathMtu(u16(m, packet.start() + 6), Ipv4Header.totalLength(m, quote)) : 0;
        if (mtu < 0) {
            return DropReason.BAD_ICMP;
        }
        int headerLength = Ipv4Header.headerLength(m, quote);
        if (kind == Kind.PACKET_TOO_BIG && Ipv4Header.protocol(m, quote) == IpProtocol.ICMP) {
            echo.packetTooBig(u8(m, quote + headerLength), new IpAddress(0, source),
                    IpAddress.v4(Ipv4Header.destination(m, quote)), mtu);
        }
        ip.context.deliverError(new IcmpError(kind, Ipv4Header.protocol(m, quote), new IpAddress(0, source),
                IpAddress.v4(Ipv4Header.destination(m, quote)),
                IcmpQuote.transportBytes(m, quote + headerLength, available - headerLength), mtu,
                new IpAddress(packet.sourceHi(), packet.sourceLo())));
        packet.release();
        return null;
    }

    private static Kind kind(int type, int code) {
        return switch (type) {
            case TIME_EXCEEDED -> code <= 1 ? Kind.TIME_EXCEEDED : null;
            case PARAMETER_PROBLEM -> code <= 2 ? Kind.PARAMETER_PROBLEM : null;
            default -> switch (code) {
                case 0, 5, 6, 11 -> Kind.NETWORK_UNREACHABLE;
                case 1, 7, 8, 12 -> Kind.HOST_UNREACHABLE;
                case 2 -> Kind.PROTOCOL_UNREACHABLE;
                case 3 -> Kind.PORT_UNREACHABLE;
                case 4 -> Kind.PACKET_TOO_BIG;
                case 9, 10, 13, 14, 15 -> Kind.PROHIBITED;
                default -> null;
            };
        };
    }

    /// The MTU that "fragmentation needed" tells (RFC 1191 §4): at least 68; one from a router that does not tell it, or
    /// tells zero, is taken from the plateaus of §7.1; -1 if the packet would have fitted.
    static int pathMtu(int told, int quotedLength) {
        int mtu = told == 0 ? Plateaus.below(quotedLength) : told;
        return mtu >= quotedLength ? -1 : Math.max(MIN_MTU, mtu);
    }
}
