package dev.millrace.stack;

import dev.millrace.spi.Link;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.WireError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A packet in a few words, for [CaptureLines].
final class CaptureText {
    private static final int ETHERNET_LENGTH = 14;
    private static final String FLAG_LETTERS = "FSRPAUEC";

    private CaptureText() {
    }

    /// The packet in `m`, which may be cut and may be anything.
    static String of(Link.Medium medium, MemorySegment m, int originalLength) {
        var text = new StringBuilder(80);
        int kept = (int) m.byteSize();
        int at = 0;
        if (medium == Link.Medium.ETHERNET) {
            if (kept < ETHERNET_LENGTH) {
                return "Ethernet, truncated, " + originalLength + " bytes";
            }
            int type = (m.get(ValueLayout.JAVA_BYTE, 12) & 0xff) << 8 | m.get(ValueLayout.JAVA_BYTE, 13) & 0xff;
            if (type != 0x0800 && type != 0x86dd) {
                return String.format("Ethernet 0x%04x, %d bytes", type, originalLength);
            }
            at = ETHERNET_LENGTH;
        }
        int version = at < kept ? (m.get(ValueLayout.JAVA_BYTE, at) & 0xf0) >> 4 : 0;
        // The header is checked against what was sent; what was kept decides how much of it can be said.
        if (version == 4 && kept - at >= Ipv4Header.MIN_LENGTH) {
            v4(text, m, at, kept, originalLength);
        } else if (version == 6 && kept - at >= Ipv6Header.LENGTH) {
            var source = new IpAddress(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at));
            var destination = new IpAddress(Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at));
            transport(text, m, at + Ipv6Header.LENGTH, kept, source, destination, Ipv6Header.nextHeader(m, at));
        } else {
            text.append(version == 4 || version == 6 ? "IPv" + version + ", truncated" : "not IP");
        }
        return text.append(", ").append(originalLength).append(" bytes").toString();
    }

    private static void v4(StringBuilder text, MemorySegment m, int at, int kept, int originalLength) {
        var source = IpAddress.v4(Ipv4Header.source(m, at));
        var destination = IpAddress.v4(Ipv4Header.destination(m, at));
        int protocol = Ipv4Header.protocol(m, at);
        int payload = at + Ipv4Header.headerLength(m, at);
        if (Ipv4Header.check(m, at, Math.min(kept, originalLength) - at) == WireError.NONE
                && Ipv4Header.fragmentOffset(m, at) > 0) {
            text.append(source).append(" > ").append(destination).append(" fragment of protocol ").append(protocol);
        } else {
            transport(text, m, payload, kept, source, destination, protocol);
        }
    }

    private static void transport(StringBuilder text, MemorySegment m, int at, int kept, IpAddress source,
            IpAddress destination, int protocol) {
        if (protocol == IpProtocol.TCP && kept - at >= TcpHeader.MIN_LENGTH) {
            endpoints(text, source, TcpHeader.sourcePort(m, at), destination, TcpHeader.destinationPort(m, at));
            text.append(" TCP ");
            int flags = TcpHeader.flags(m, at);
            for (int i = 0; i < FLAG_LETTERS.length(); i++) {
                if ((flags & 1 << i) != 0) {
                    text.append(FLAG_LETTERS.charAt(i));
                }
            }
            text.append(" seq ").append(Integer.toUnsignedString(TcpHeader.sequence(m, at)));
            if ((flags & TcpHeader.ACK) != 0) {
                text.append(" ack ").append(Integer.toUnsignedString(TcpHeader.acknowledgment(m, at)));
            }
            text.append(" win ").append(TcpHeader.window(m, at));
        } else if (protocol == IpProtocol.UDP && kept - at >= UdpHeader.LENGTH) {
            endpoints(text, source, UdpHeader.sourcePort(m, at), destination, UdpHeader.destinationPort(m, at));
            text.append(" UDP");
        } else {
            text.append(source).append(" > ").append(destination);
            text.append(switch (protocol) {
                case IpProtocol.ICMP -> " ICMP";
                case IpProtocol.ICMPV6 -> " ICMPv6";
                default -> " protocol " + protocol;
            });
        }
    }

    private static void endpoints(StringBuilder text, IpAddress source, int sourcePort, IpAddress destination,
            int destinationPort) {
        text.append(source).append(' ').append(sourcePort).append(" > ").append(destination).append(' ')
                .append(destinationPort);
    }
}
