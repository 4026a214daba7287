package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.spi.Path;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;

/// ICMPv6 errors that this stack sends (RFC 4443 §2.4, §3).
final class Icmpv6Errors {
    static final int CODE_PROHIBITED = 1;
    static final int CODE_PORT = 4;
    static final int CODE_WRONG_FIELD = 0;
    static final int CODE_UNKNOWN_HEADER = 1;
    static final int CODE_UNKNOWN_OPTION = 2;
    /// RFC 7112 §5: the first fragment has not all headers.
    static final int CODE_INCOMPLETE_CHAIN = 3;
    private static final int CODE_REASSEMBLY = 1;

    private final Ipv6 ip;
    private final TokenBucket limit;
    private final ReplyPaths paths;

    Icmpv6Errors(Ipv6 ip, TokenBucket limit, ReplyPaths paths) {
        this.ip = ip;
        this.limit = limit;
        this.paths = paths;
    }

    /// Says that the packet did not reach whom it was for.
    void unreachable(Packet packet, int code) {
        send(packet, Icmpv6.DESTINATION_UNREACHABLE, code, 0, false);
    }

    /// Says which byte, counted from the IPv6 header, was not understood.
    void parameterProblem(Packet packet, int code, int pointer) {
        // RFC 4443 §2.4(e.3): an unknown option is the exception from silence about multicast.
        send(packet, Icmpv6.PARAMETER_PROBLEM, code, pointer, code == CODE_UNKNOWN_OPTION);
    }

    /// Says that no transport takes the protocol number.
    void unknownTransport(Packet packet) {
        int transport = packet.start();
        packet.rewindToNetworkHeader();
        long found = Ipv6Extensions.skip(packet.memory(), packet.start(), packet.headLength());
        packet.pull(transport - packet.start());
        parameterProblem(packet, CODE_UNKNOWN_HEADER, Ipv6Extensions.pointer(found));
    }

    /// Says that the rest of a packet has not come in time (RFC 4443 §3.3, RFC 8200 §4.5).
    ///
    /// @param first its first fragment, starting behind the fragment header
    void reassemblyTimeExceeded(Packet first) {
        send(first, Icmpv6.TIME_EXCEEDED, CODE_REASSEMBLY, 0, false);
    }

    private void send(Packet about, int type, int code, int word, boolean evenIfMulticast) {
        int transport = about.start();
        about.rewindToNetworkHeader();
        if (!isAllowed(about, evenIfMulticast)) {
            ip.counters.errorsForbidden.add(1);
        } else if (!limit.tryTake()) {
            ip.counters.errorsLimited.add(1);
            ip.context.countDrop(DropReason.RATE_LIMITED);
        } else {
            Path path = paths.back(about);
            if (path == null) {
                ip.context.countDrop(DropReason.NO_ROUTE);
            } else {
                ip.counters.countSent(type);
                var list = new PacketList();
                list.add(write(about, type, code, word, path));
                try {
                    path.send(list, 0, 0);
                } finally {
                    // What a path that threw has left.
                    list.releaseAll();
                }
            }
        }
        about.pull(transport - about.start());
    }

    /// RFC 4443 §2.4(e): never about an ICMPv6 error or redirect, a multicast destination, or a source that is not one
    /// node's. `about` starts at its IPv6 header.
    private static boolean isAllowed(Packet about, boolean evenIfMulticast) {
        MemorySegment m = about.memory();
        if (about.isBroadcast() && !evenIfMulticast
                || Ipv6Martians.isUnspecified(about.sourceHi(), about.sourceLo())
                || Ipv6Martians.isImpossibleSource(about.sourceHi(), about.sourceLo(), true)) {
            return false;
        }
        int linear = about.headLength();
        long found = Ipv6Extensions.skip(m, about.start(), linear);
        if (Ipv6Extensions.verdict(found) == Ipv6Extensions.FRAGMENT) {
            // A later fragment may be told of (RFC 8200 §4.5), but for all we know one of ICMPv6 is of an error.
            return BigEndian.u8(m, about.start() + Ipv6Extensions.offset(found)) != IpProtocol.ICMPV6;
        }
        if (Ipv6Extensions.verdict(found) == Ipv6Extensions.TRANSPORT
                && Ipv6Extensions.protocol(found) == IpProtocol.ICMPV6) {
            int offset = Ipv6Extensions.offset(found);
            return offset < linear && !Icmpv6.isErrorOrRedirect(BigEndian.u8(m, about.start() + offset));
        }
        return true;
    }

    private static Packet write(Packet about, int type, int code, int word, Path path) {
        int room = Icmpv6.MIN_MTU - Ipv6Header.LENGTH - Icmpv6.HEADER_LENGTH;
        int length = Icmpv6.HEADER_LENGTH + Math.min(about.length(), room);
        Packet error = Packet.allocate(Packet.HEADROOM, length);
        int at = error.append(length);
        MemorySegment m = error.memory();
        BigEndian.put16(m, at, type << 8 | code);
        BigEndian.put16(m, at + 2, 0);
        BigEndian.put32(m, at + 4, word);
        about.copyTo(0, m, at + Icmpv6.HEADER_LENGTH, length - Icmpv6.HEADER_LENGTH);
        long pseudo = Checksum.pseudoHeader(path.local().hi(), path.local().lo(), path.remote().hi(),
                path.remote().lo(), IpProtocol.ICMPV6, length);
        BigEndian.put16(m, at + 2, Checksum.finish(pseudo + Checksum.sum(error, at)));
        return error;
    }
}
