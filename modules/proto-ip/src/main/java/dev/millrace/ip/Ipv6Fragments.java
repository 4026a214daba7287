package dev.millrace.ip;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import dev.millrace.DropReason;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Fragments of IPv6 that came in: checks them, and takes the fragment header out of what a [Reassembly] made whole.
/// Fragments that are whole packets (RFC 6946) do not come here.
final class Ipv6Fragments {
    static final int HEADER_LENGTH = 8;

    private static final int MAX_PAYLOAD = 0xffff;
    private static final int NEXT_HEADER_FIELD = 6;

    private final IpCounters counters;
    private final Reassembly reassembly;
    private final Icmpv6Errors errors;

    Ipv6Fragments(IpCounters counters, Reassembly reassembly, Icmpv6Errors errors) {
        this.counters = counters;
        this.reassembly = reassembly;
        this.errors = errors;
    }

    /// Takes a fragment that starts at its IPv6 header, and whose headers up to that of the fragment are linear and right.
    /// Returns the whole packet, starting at its IPv6 header, or `null` if it is not whole yet or was dropped.
    ///
    /// @param header where the fragment header starts in the packet
    Packet take(NicPort nic, Packet packet, int header) {
        int word = u16(packet.memory(), packet.start() + header + 2);
        int from = word & 0xfff8;
        boolean more = (word & 1) != 0;
        if (packet.length() == header + HEADER_LENGTH) {
            counters.drop(packet, DropReason.BAD_IP_OPTION);
            return null;
        }
        if (from == 0 && !hasWholeChain(packet)) {
            // RFC 7112 §5.
            errors.parameterProblem(packet, Icmpv6Errors.CODE_INCOMPLETE_CHAIN, 0);
            counters.drop(packet, DropReason.BAD_IP_OPTION);
            return null;
        }
        long id = i32(packet.memory(), packet.start() + header + 4) & 0xffff_ffffL;
        // A link-local address is one host's on one link only.
        Object zone = packet.sourceHi() >>> 54 == 0xfe80 >>> 6 ? nic : null;
        Packet whole = reassembly.add(packet, header + HEADER_LENGTH, from, more, id, zone);
        return whole == null ? null : finish(whole);
    }

    /// Whether a first fragment has all headers, the transport's included (RFC 8200 §4.5, RFC 7112 §4).
    private static boolean hasWholeChain(Packet p) {
        if (p.fragmentCount() > 0) {
            p.makeLinear(Math.min(p.length(), p.headLength() + p.tailroom()));
        }
        MemorySegment m = p.memory();
        long found = Ipv6Extensions.skip(m, p.start(), p.headLength());
        if (Ipv6Extensions.verdict(found) != Ipv6Extensions.TRANSPORT) {
            return false;
        }
        int at = Ipv6Extensions.offset(found);
        int there = p.length() - at;
        return switch (Ipv6Extensions.protocol(found)) {
            case IpProtocol.TCP -> there >= TcpHeader.MIN_LENGTH
                    && (p.headLength() - at < TcpHeader.MIN_LENGTH || there >= TcpHeader.headerLength(m, p.start() + at));
            case IpProtocol.UDP -> there >= UdpHeader.LENGTH;
            case IpProtocol.ICMPV6 -> there >= Icmpv6.HEADER_LENGTH;
            default -> there >= 0;
        };
    }

    /// RFC 8200 §4.5: the headers in front of the fragment header move together with what follows it.
    private Packet finish(Packet whole) {
        int payload = whole.start();
        whole.rewindToNetworkHeader();
        MemorySegment m = whole.memory();
        int at = whole.start();
        int header = payload - at - HEADER_LENGTH;
        if (whole.length() - HEADER_LENGTH - Ipv6Header.LENGTH > MAX_PAYLOAD) {
            // The first fragment has more headers than the one that told the end.
            counters.count("reassembly-too-long", 1);
            counters.drop(whole, DropReason.BAD_IP_OPTION);
            return null;
        }
        put8(m, at + fieldThatNames(m, at, header), u8(m, at + header));
        MemorySegment.copy(m, at, m, at + HEADER_LENGTH, header);
        at = whole.pull(HEADER_LENGTH);
        whole.markNetworkHeader();
        Ipv6Header.setPayloadLength(m, at, whole.length() - Ipv6Header.LENGTH);
        put32(m, at, i32(m, at) & ~(0xff << 20) | whole.trafficClass() << 20);
        return whole;
    }

    /// Where the next-header field stands that names the header at `header`.
    private static int fieldThatNames(MemorySegment m, int at, int header) {
        int field = NEXT_HEADER_FIELD;
        int offset = Ipv6Header.LENGTH;
        while (offset < header) {
            int length = u8(m, at + field) == IpProtocol.FRAGMENT ? HEADER_LENGTH : (u8(m, at + offset + 1) + 1) * 8;
            field = offset;
            offset += length;
        }
        return field;
    }
}
