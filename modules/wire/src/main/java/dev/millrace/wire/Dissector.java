package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// A packet as one line of text, for people: `tcp 10.0.0.1:8080 -> 10.0.0.2:40000 len:0 id:0x1a2b flags: S  A  seqnum:1
/// ack:2 win:65535 xsum:0x1c46 options: {MSS:1460 WS:7 TS:true TSVal:3 TSEcr:4 SACKPermitted:true}`.
///
/// Any bytes give a line; what is cut off or malformed is said.
public final class Dissector {
    private static final int VLAN_LENGTH = 4;
    private static final int MAX_EXTENSIONS = 16;
    /// In the order of RFC 9293's figure, read from the right.
    private static final String FLAGS = "FSRPAUECN";

    private Dissector() {
    }

    /// The line for an IP packet.
    ///
    /// @param packet the bytes kept of it
    /// @param originalLength the bytes it had on the wire
    public static String ip(MemorySegment packet, int originalLength) {
        return new Line(packet, originalLength).ip(0);
    }

    /// The line for an IP packet that may stand for several on the wire.
    ///
    /// @param segmentSize the payload bytes of each of them, shown as `gso:`, or 0 if the packet is one
    public static String ip(MemorySegment packet, int originalLength, int segmentSize) {
        return ip(packet, originalLength) + (segmentSize > 0 ? " gso:" + segmentSize : "");
    }

    /// The line for an IP packet that is there whole.
    public static String ip(byte[] packet) {
        return ip(MemorySegment.ofArray(packet), packet.length);
    }

    /// The line for an Ethernet II frame.
    ///
    /// @param frame the bytes kept of it
    /// @param originalLength the bytes it had on the wire
    public static String ethernet(MemorySegment frame, int originalLength) {
        if (frame.byteSize() < EthernetHeader.LENGTH) {
            return "invalid packet: Ethernet header truncated at " + frame.byteSize() + " bytes";
        }
        int type = EthernetHeader.type(frame, 0);
        int at = EthernetHeader.LENGTH;
        if (type == EthernetHeader.TYPE_VLAN && frame.byteSize() >= at + VLAN_LENGTH) {
            type = u16(frame, at + 2);
            at += VLAN_LENGTH;
        }
        if (type != EthernetHeader.TYPE_IPV4 && type != EthernetHeader.TYPE_IPV6) {
            return String.format("%s %s -> %s type:0x%04x len:%d", type == EthernetHeader.TYPE_ARP ? "arp" : "ethernet",
                    EthernetHeader.text(EthernetHeader.source(frame, 0)),
                    EthernetHeader.text(EthernetHeader.destination(frame, 0)), type, Math.max(0, originalLength - at));
        }
        return new Line(frame, originalLength).ip(at);
    }

    private static final class Line {
        private final MemorySegment m;
        private final int original;
        /// The bytes that may be looked at; once the IP header is read, no more than belong to the packet.
        private int kept;
        private String source;
        private String destination;
        private String id = "";
        private int end;

        Line(MemorySegment m, int originalLength) {
            this.m = Objects.requireNonNull(m, "packet");
            this.kept = (int) Math.min(Integer.MAX_VALUE, m.byteSize());
            this.original = originalLength;
        }

        String ip(int at) {
            int version = at < kept ? u8(m, at) >>> 4 : -1;
            return switch (version) {
                case 4 -> ipv4(at);
                case 6 -> ipv6(at);
                default -> "invalid packet: no IP header in " + (kept - at) + " bytes";
            };
        }

        private String ipv4(int at) {
            if (kept - at < Ipv4Header.MIN_LENGTH) {
                return "invalid packet: IPv4 header truncated at " + (kept - at) + " bytes";
            }
            WireError error = Ipv4Header.check(m, at, Math.max(kept, original) - at);
            if (error != WireError.NONE) {
                return "invalid packet: IPv4, " + error.text();
            }
            source = IpAddress.v4(Ipv4Header.source(m, at)).toString();
            destination = IpAddress.v4(Ipv4Header.destination(m, at)).toString();
            id = String.format(" id:0x%04x", Ipv4Header.identification(m, at));
            endAt(at + Ipv4Header.totalLength(m, at));
            int protocol = Ipv4Header.protocol(m, at);
            int next = at + Ipv4Header.headerLength(m, at);
            if (Ipv4Header.fragmentOffset(m, at) > 0) {
                return fragment(protocol, Ipv4Header.fragmentOffset(m, at), end - next);
            }
            return transport(protocol, next) + (Ipv4Header.moreFragments(m, at) ? " more-fragments" : "");
        }

        private String ipv6(int at) {
            if (kept - at < Ipv6Header.LENGTH) {
                return "invalid packet: IPv6 header truncated at " + (kept - at) + " bytes";
            }
            WireError error = Ipv6Header.check(m, at, Math.max(kept, original) - at);
            if (error != WireError.NONE) {
                return "invalid packet: IPv6, " + error.text();
            }
            source = new IpAddress(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at)).toString();
            destination = new IpAddress(Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at)).toString();
            endAt(at + Ipv6Header.LENGTH + Ipv6Header.payloadLength(m, at));
            return extensions(Ipv6Header.nextHeader(m, at), at + Ipv6Header.LENGTH);
        }

        /// What lies behind is padding of the link and is not to be taken for a header.
        private void endAt(int offset) {
            end = offset;
            kept = Math.min(kept, offset);
        }

        private String extensions(int firstHeader, int from) {
            int header = firstHeader;
            int at = from;
            boolean moreFragments = false;
            for (int i = 0; i < MAX_EXTENSIONS; i++) {
                if (!isExtension(header)) {
                    return transport(header, at) + (moreFragments ? " more-fragments" : "");
                }
                if (kept - at < 8) {
                    return addresses("ipv6") + " truncated extension header " + header;
                }
                if (header == IpProtocol.FRAGMENT) {
                    id = String.format(" id:0x%08x", i32(m, at + 4));
                    int offset = u16(m, at + 2) & 0xfff8;
                    if (offset > 0) {
                        return fragment(u8(m, at), offset, end - at - 8);
                    }
                    moreFragments = (u16(m, at + 2) & 1) != 0;
                }
                int length = switch (header) {
                    case IpProtocol.FRAGMENT -> 8;
                    case IpProtocol.AUTHENTICATION -> 8 + 4 * u8(m, at + 1);
                    default -> 8 + 8 * u8(m, at + 1);
                };
                header = u8(m, at);
                at += length;
            }
            return addresses("ipv6") + " too many extension headers";
        }

        private static boolean isExtension(int header) {
            return switch (header) {
                case IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING, IpProtocol.FRAGMENT, IpProtocol.AUTHENTICATION,
                        IpProtocol.DESTINATION_OPTIONS -> true;
                default -> false;
            };
        }

        private String fragment(int protocol, int offset, int length) {
            return addresses(name(protocol)) + " fragment offset:" + offset + " len:" + Math.max(0, length) + id;
        }

        private String transport(int protocol, int at) {
            return switch (protocol) {
                case IpProtocol.TCP -> tcp(at);
                case IpProtocol.UDP -> udp(at);
                case IpProtocol.ICMP, IpProtocol.ICMPV6 -> icmp(protocol, at);
                default -> addresses(name(protocol)) + " len:" + Math.max(0, end - at) + id;
            };
        }

        private static String name(int protocol) {
            return switch (protocol) {
                case IpProtocol.TCP -> "tcp";
                case IpProtocol.UDP -> "udp";
                case IpProtocol.ICMP -> "icmp";
                case IpProtocol.ICMPV6 -> "icmp6";
                case IpProtocol.NO_NEXT_HEADER -> "nothing";
                default -> "protocol " + protocol;
            };
        }

        private String addresses(String what) {
            return what + " " + source + " -> " + destination;
        }

        private String endpoints(String what, int at) {
            return what + " " + endpoint(source, u16(m, at)) + " -> " + endpoint(destination, u16(m, at + 2));
        }

        private static String endpoint(String address, int port) {
            return address.indexOf(':') < 0 ? address + ":" + port : "[" + address + "]:" + port;
        }

        private String udp(int at) {
            if (kept - at < UdpHeader.LENGTH) {
                return addresses("udp") + " truncated header" + id;
            }
            return endpoints("udp", at) + " len:" + Math.max(0, end - at - UdpHeader.LENGTH) + id
                    + String.format(" xsum:0x%04x", UdpHeader.checksum(m, at));
        }

        private String icmp(int protocol, int at) {
            if (kept - at < 4) {
                return addresses(name(protocol)) + " truncated header" + id;
            }
            int type = u8(m, at);
            int code = u8(m, at + 1);
            var line = new StringBuilder(addresses(name(protocol)));
            line.append(' ').append(protocol == IpProtocol.ICMP ? icmpv4(type) : icmpv6(type));
            line.append(" type:").append(type).append(" code:").append(code);
            if (isEcho(protocol, type) && kept - at >= 8) {
                line.append(String.format(" ident:0x%04x seq:%d", u16(m, at + 4), u16(m, at + 6)));
            }
            return line.append(" len:").append(Math.max(0, end - at - 8)).append(id).toString();
        }

        private static boolean isEcho(int protocol, int type) {
            return protocol == IpProtocol.ICMP ? type == 0 || type == 8 : type == 128 || type == 129;
        }

        private static String icmpv4(int type) {
            return switch (type) {
                case 0 -> "echo-reply";
                case 3 -> "destination-unreachable";
                case 5 -> "redirect";
                case 8 -> "echo-request";
                case 11 -> "time-exceeded";
                case 12 -> "parameter-problem";
                default -> "message";
            };
        }

        private static String icmpv6(int type) {
            return switch (type) {
                case 1 -> "destination-unreachable";
                case 2 -> "packet-too-big";
                case 3 -> "time-exceeded";
                case 4 -> "parameter-problem";
                case 128 -> "echo-request";
                case 129 -> "echo-reply";
                case 133 -> "router-solicitation";
                case 134 -> "router-advertisement";
                case 135 -> "neighbor-solicitation";
                case 136 -> "neighbor-advertisement";
                default -> "message";
            };
        }

        private String tcp(int at) {
            if (kept - at < TcpHeader.MIN_LENGTH) {
                return addresses("tcp") + " truncated header" + id;
            }
            int headerLength = TcpHeader.headerLength(m, at);
            var line = new StringBuilder(endpoints("tcp", at));
            line.append(" len:").append(Math.max(0, end - at - headerLength)).append(id);
            line.append(" flags:").append(flags(TcpHeader.flags(m, at)));
            line.append(" seqnum:").append(Integer.toUnsignedString(TcpHeader.sequence(m, at)));
            line.append(" ack:").append(Integer.toUnsignedString(TcpHeader.acknowledgment(m, at)));
            line.append(" win:").append(TcpHeader.window(m, at));
            line.append(String.format(" xsum:0x%04x", TcpHeader.checksum(m, at)));
            if (TcpHeader.urgentPointer(m, at) != 0) {
                line.append(" urg:").append(TcpHeader.urgentPointer(m, at));
            }
            if (headerLength < TcpHeader.MIN_LENGTH) {
                return line.append(" invalid header length ").append(headerLength).toString();
            }
            if (headerLength > kept - at) {
                return line.append(" truncated options").toString();
            }
            return line.append(options(at)).toString();
        }

        private static String flags(int flags) {
            var text = new StringBuilder(9);
            for (int i = 0; i < FLAGS.length(); i++) {
                text.append((flags & 1 << i) != 0 ? FLAGS.charAt(i) : ' ');
            }
            // The two ECN letters and AE are rare; without them the column stays as wide as six flags.
            int keep = text.length();
            while (keep > 6 && text.charAt(keep - 1) == ' ') {
                keep--;
            }
            return text.substring(0, keep);
        }

        private String options(int at) {
            var options = new TcpOptionReader();
            WireError error = options.read(m, at);
            var text = new StringBuilder();
            if (options.mss() >= 0) {
                text.append(" MSS:").append(options.mss());
            }
            if (options.windowScale() >= 0) {
                text.append(" WS:").append(options.windowScale());
            }
            if (options.hasTimestamps()) {
                text.append(" TS:true TSVal:").append(Integer.toUnsignedString(options.timestampValue()))
                        .append(" TSEcr:").append(Integer.toUnsignedString(options.timestampEcho()));
            }
            if (options.sackPermitted()) {
                text.append(" SACKPermitted:true");
            }
            if (options.sackCount() > 0) {
                text.append(" SACKBlocks:[");
                for (int i = 0; i < options.sackCount(); i++) {
                    text.append(i == 0 ? "" : " ").append(Integer.toUnsignedString(options.sackLeft(i))).append('-')
                            .append(Integer.toUnsignedString(options.sackRight(i)));
                }
                text.append(']');
            }
            if (options.unknownCount() > 0) {
                text.append(" unknown:").append(options.unknownCount());
            }
            if (error != WireError.NONE) {
                text.append(" malformed");
            }
            return text.isEmpty() ? "" : " options: {" + text.substring(1) + "}";
        }
    }
}
