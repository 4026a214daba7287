package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.spi.InternetProtocol.Rejection;
import dev.millrace.spi.Path;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;

/// ICMP errors that this stack sends (RFC 1122 §3.2.2, RFC 1812 §4.3.2).
final class Icmpv4Errors {
    /// An error is at most so long in all (RFC 1812 §4.3.2.3).
    static final int MAX_LENGTH = 576;

    private static final int CODE_REASSEMBLY = 1;
    private static final int CODE_PROTOCOL = 2;
    private static final int CODE_PORT = 3;
    private static final int CODE_PROHIBITED = 13;

    private final Ipv4 ip;
    private final TokenBucket limit;
    private final ReplyPaths paths;

    Icmpv4Errors(Ipv4 ip, TokenBucket limit, ReplyPaths paths) {
        this.ip = ip;
        this.limit = limit;
        this.paths = paths;
    }

    /// Says that the packet did not reach whom it was for.
    void unreachable(Packet packet, Rejection why) {
        int code = switch (why) {
            case PORT_UNREACHABLE -> CODE_PORT;
            case PROTOCOL_UNREACHABLE -> CODE_PROTOCOL;
            case PROHIBITED -> CODE_PROHIBITED;
        };
        send(packet, Icmpv4.DESTINATION_UNREACHABLE, code, 0);
    }

    /// Says which byte of the header is wrong.
    void parameterProblem(Packet packet, int offset) {
        send(packet, Icmpv4.PARAMETER_PROBLEM, 0, offset << 24);
    }

    /// Says that the rest of a datagram has not come in time (RFC 792, RFC 1122 §3.3.2).
    ///
    /// @param first its first fragment, starting behind its IP header
    void reassemblyTimeExceeded(Packet first) {
        send(first, Icmpv4.TIME_EXCEEDED, CODE_REASSEMBLY, 0);
    }

    private void send(Packet about, int type, int code, int word) {
        int transport = about.start();
        about.rewindToNetworkHeader();
        if (!isAllowed(about)) {
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
                list.add(write(about, type, code, word));
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

    /// RFC 1122 §3.2.2: never about an ICMP error, a broadcast or multicast, a fragment but the first, or a source that
    /// is not one host's. `about` starts at its IP header.
    private static boolean isAllowed(Packet about) {
        MemorySegment m = about.memory();
        int at = about.start();
        int headerLength = Ipv4Header.headerLength(m, at);
        if (about.isBroadcast() || Ipv4Header.fragmentOffset(m, at) != 0
                || Ipv4Martians.isImpossibleSource(Ipv4Header.source(m, at), true)) {
            return false;
        }
        if (Ipv4Header.protocol(m, at) != IpProtocol.ICMP) {
            return true;
        }
        return about.headLength() > headerLength && !Icmpv4.isError(BigEndian.u8(m, at + headerLength));
    }

    private static Packet write(Packet about, int type, int code, int word) {
        int quoted = Math.min(about.length(), MAX_LENGTH - Ipv4Header.MIN_LENGTH - Icmpv4.HEADER_LENGTH);
        Packet error = Packet.allocate(Packet.HEADROOM, Icmpv4.HEADER_LENGTH + quoted);
        int at = error.append(Icmpv4.HEADER_LENGTH + quoted);
        MemorySegment m = error.memory();
        BigEndian.put16(m, at, type << 8 | code);
        BigEndian.put16(m, at + 2, 0);
        BigEndian.put32(m, at + 4, word);
        about.copyTo(0, m, at + Icmpv4.HEADER_LENGTH, quoted);
        BigEndian.put16(m, at + 2, Checksum.finish(Checksum.sum(error, at)));
        return error;
    }
}
