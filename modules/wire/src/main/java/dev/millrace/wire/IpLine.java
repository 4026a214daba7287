package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/// An IP packet as one line; what it carries in UDP's VXLAN is a line within.
final class IpLine {
    private static final int MAX_EXTENSIONS = 16;
    /// How many frames within each other are shown.
    private static final int MAX_DEPTH = 2;
    /// In the order of RFC 9293's figure, read from the right.
    private static final String FLAGS = "FSRPAUECN";
    private static final HexFormat HEX = HexFormat.of();

    private final MemorySegment m;
    private final int original;
    private final int depth;
    /// The bytes that may be looked at; once the IP header is read, no more than belong to the packet.
    private int kept;
    private String source;
    private String destination;
    private String id = "";
    private int header;
    private int end;

    /// @param originalLength the bytes that the whole of `m` had on the wire
    /// @param depth how many frames the packet lies in, but for the one that it came in
    IpLine(MemorySegment m, int originalLength, int depth) {
        this.m = m;
        this.depth = depth;
        this.kept = (int) Math.min(Integer.MAX_VALUE, m.byteSize());
        this.original = originalLength;
    }

    /// The line for the packet whose header is at `at`.
    String text(int at) {
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
        id = " id:" + hex16(Ipv4Header.identification(m, at));
        header = at;
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
        header = at;
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
                id = " id:0x" + HEX.toHexDigits(Ipv6Fragment.identification(m, at));
                int offset = Ipv6Fragment.fragmentOffset(m, at);
                if (offset > 0) {
                    return fragment(Ipv6Fragment.nextHeader(m, at), offset, end - at - Ipv6Fragment.LENGTH);
                }
                moreFragments = Ipv6Fragment.moreFragments(m, at);
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
            case IpProtocol.ICMP -> icmp(at);
            case IpProtocol.ICMPV6 -> icmpv6(at);
            case IpProtocol.IGMP -> addresses("igmp") + " " + GroupLine.igmp(m, at, Math.max(0, kept - at)) + id;
            default -> addresses(name(protocol)) + " len:" + Math.max(0, end - at) + id;
        };
    }

    private static String name(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> "tcp";
            case IpProtocol.UDP -> "udp";
            case IpProtocol.ICMP -> "icmp";
            case IpProtocol.IGMP -> "igmp";
            case IpProtocol.ICMPV6 -> "icmp6";
            case IpProtocol.NO_NEXT_HEADER -> "nothing";
            default -> "protocol " + protocol;
        };
    }

    private static String hex16(int value) {
        return "0x" + HEX.toHexDigits((short) value);
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
                + " xsum:" + hex16(UdpHeader.checksum(m, at))
                + (UdpHeader.destinationPort(m, at) == VxlanHeader.PORT ? vxlan(at + UdpHeader.LENGTH) : "");
    }

    private String vxlan(int at) {
        WireError error = VxlanHeader.check(m, at, kept - at);
        if (error != WireError.NONE) {
            return " vxlan invalid: " + error.text();
        }
        int frame = at + VxlanHeader.LENGTH;
        // The frames of a hostile packet may lie in each other as often as it has room for headers.
        String inner = depth >= MAX_DEPTH ? "..."
                : new EthernetLine(m.asSlice(frame, kept - frame), end - frame, depth + 1).text();
        return " vxlan vni:" + VxlanHeader.vni(m, at) + " {" + inner + "}";
    }

    private String icmp(int at) {
        if (kept - at < 4) {
            return addresses("icmp") + " truncated header" + id;
        }
        int type = u8(m, at);
        return icmpStart("icmp", icmpv4(type), at).append(echo(type == 0 || type == 8, at)).append(icmpLength(at))
                .append(id).toString();
    }

    private String icmpv6(int at) {
        if (kept - at < 4) {
            return addresses("icmp6") + " truncated header" + id;
        }
        int type = u8(m, at);
        StringBuilder line = icmpStart("icmp6", icmpv6Name(type), at).append(echo(type == 128 || type == 129, at));
        WireError objection = objection(at, type);
        if (objection != WireError.NONE) {
            line.append(" invalid: ").append(objection.text());
        }
        if (MldMessage.isMld(type)) {
            line.append(' ').append(GroupLine.mld(m, at, kept - at));
        } else if (NdpMessage.isNdp(type)) {
            NdpLine.appendFields(line, m, at, kept - at);
        }
        line.append(icmpLength(at)).append(id);
        if (NdpMessage.isNdp(type)) {
            NdpLine.appendOptions(line, m, at, kept - at);
        }
        return line.toString();
    }

    /// Why a host would not believe a message of NDP or MLD, as far as that can be said: not if a part is missing here, nor
    /// behind a header of IPv4.
    private WireError objection(int at, int type) {
        if (kept < end || u8(m, header) >>> 4 != 6) {
            return WireError.NONE;
        }
        int hopLimit = Ipv6Header.hopLimit(m, header);
        long hi = Ipv6Header.sourceHi(m, header);
        long lo = Ipv6Header.sourceLo(m, header);
        if (MldMessage.isMld(type)) {
            return MldMessage.check(m, at, end - at, hopLimit, hi, lo);
        }
        return NdpMessage.isNdp(type) ? NdpMessage.check(m, at, end - at, hopLimit, hi, lo,
                Ipv6Header.destinationHi(m, header), Ipv6Header.destinationLo(m, header)) : WireError.NONE;
    }

    private StringBuilder icmpStart(String protocol, String name, int at) {
        return new StringBuilder(addresses(protocol)).append(' ').append(name).append(" type:").append(u8(m, at))
                .append(" code:").append(u8(m, at + 1));
    }

    private String echo(boolean isEcho, int at) {
        return isEcho && kept - at >= 8 ? " ident:" + hex16(u16(m, at + 4)) + " seq:" + u16(m, at + 6) : "";
    }

    private String icmpLength(int at) {
        return " len:" + Math.max(0, end - at - IcmpHeader.LENGTH);
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

    private static String icmpv6Name(int type) {
        if (NdpMessage.isNdp(type)) {
            return NdpLine.name(type);
        }
        return switch (type) {
            case 1 -> "destination-unreachable";
            case 2 -> "packet-too-big";
            case 3 -> "time-exceeded";
            case 4 -> "parameter-problem";
            case 128 -> "echo-request";
            case 129 -> "echo-reply";
            case MldMessage.QUERY, MldMessage.V1_REPORT, MldMessage.V1_DONE, MldMessage.V2_REPORT -> "mld";
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
        line.append(" xsum:").append(hex16(TcpHeader.checksum(m, at)));
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
        if (options.fastOpenLength() >= 0) {
            text.append(" FastOpen:").append(options.fastOpen());
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
