package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads addresses out of packets that may be anything, and of the packets in frames.
final class Destination {
    private Destination() {
    }

    /// Why a packet's destination cannot be read, or `null` if it can.
    static Delivery problem(Packet packet) {
        return problem(packet, 0);
    }

    /// @param skip the bytes in front of the IP header, 0 or more
    private static Delivery problem(Packet packet, int skip) {
        if (packet.length() <= skip) {
            return Delivery.EMPTY;
        }
        int version = version(packet, skip);
        if (version != 4 && version != 6) {
            return Delivery.NOT_IP;
        }
        int header = version == 4 ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        return packet.headLength() < skip + header ? Delivery.TRUNCATED : null;
    }

    private static int version(Packet packet, int skip) {
        return packet.headLength() <= skip ? 0
                : packet.memory().get(ValueLayout.JAVA_BYTE, packet.start() + skip) >>> 4 & 0xf;
    }

    /// The source or the destination address, or `null` if the packet has none.
    static IpAddress read(Packet packet, boolean source) {
        return read(packet, 0, source);
    }

    /// The source or the destination address of the packet in a frame, or `null` if it has none.
    ///
    /// @param skip where its IP header is, from [LinkHeader#ipOffset]; -1 if it has none
    static IpAddress read(Packet packet, int skip, boolean source) {
        if (skip < 0 || problem(packet, skip) != null) {
            return null;
        }
        MemorySegment m = packet.memory();
        int at = packet.start() + skip;
        if (version(packet, skip) == 4) {
            return IpAddress.v4(source ? Ipv4Header.source(m, at) : Ipv4Header.destination(m, at));
        }
        return source ? new IpAddress(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at))
                : new IpAddress(Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at));
    }

    /// Whether no single host can be meant.
    static boolean isNotUnicast(IpAddress address) {
        long lo = address.lo();
        return address.isV4() ? (lo & 0xf000_0000L) == 0xe000_0000L || (int) lo == -1 : address.hi() >>> 56 == 0xff;
    }
}
