package dev.millrace.neighbors;

import dev.millrace.spi.IcmpError;
import dev.millrace.spi.NetworkContext;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Tells the transport of a packet that its neighbour does not answer, as a router would tell it by ICMP (RFC 4861 §7.2.2:
/// address unreachable; RFC 1122 §2.3.2.2).
final class Unreachable {
    private static final int QUOTED = 8;

    private Unreachable() {
    }

    /// @param packet one of ours, from its IP header on; it stays the caller's
    static void tell(NetworkContext context, Packet packet) {
        try {
            if (!packet.makeLinear(Math.min(packet.length(), 60))) {
                return;
            }
            MemorySegment m = packet.memory();
            int at = packet.start();
            boolean v4 = (m.get(ValueLayout.JAVA_BYTE, at) >>> 4 & 0xf) == 4;
            int transport;
            int protocol;
            IpAddress local;
            IpAddress remote;
            if (v4) {
                if (Ipv4Header.check(m, at, packet.length()) != WireError.NONE || Ipv4Header.fragmentOffset(m, at) != 0) {
                    return;
                }
                transport = Ipv4Header.headerLength(m, at);
                protocol = Ipv4Header.protocol(m, at);
                local = IpAddress.v4(Ipv4Header.source(m, at));
                remote = IpAddress.v4(Ipv4Header.destination(m, at));
            } else {
                if (Ipv6Header.check(m, at, packet.length()) != WireError.NONE) {
                    return;
                }
                long found = Ipv6Extensions.skip(m, at, packet.headLength());
                if (Ipv6Extensions.verdict(found) != Ipv6Extensions.TRANSPORT) {
                    return;
                }
                transport = Ipv6Extensions.offset(found);
                protocol = Ipv6Extensions.protocol(found);
                local = new IpAddress(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at));
                remote = new IpAddress(Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at));
            }
            if (packet.headLength() < transport + QUOTED) {
                return;
            }
            byte[] quoted = m.asSlice(at + transport, Math.min(packet.headLength() - transport, 28))
                    .toArray(ValueLayout.JAVA_BYTE);
            context.deliverError(new IcmpError(IcmpError.Kind.HOST_UNREACHABLE, protocol, local, remote, quoted, 0, local));
        } catch (Throwable t) {
            context.failed("neighbor-unreachable", t);
        }
    }
}
