package dev.millrace.internet;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// What boxes look at in a packet, or in one that an ICMP error quotes: the IP header, what it says about fragments, and
/// ports. An object to be filled again and again. Fields count only while [#problem] is `null`.
final class Headers {
    private MemorySegment m = MemorySegment.NULL;
    private int at;
    private int available;
    private BoxDrop problem;
    private boolean v4;
    private IpAddress source;
    private IpAddress destination;
    private int protocol;
    private int transport;
    private boolean fragment;
    private boolean moreFragments;
    private int fragmentOffset;
    private int fragmentId;
    private int sourcePort;
    private int destinationPort;

    /// Reads a packet's IP header and extension headers, completes its checksum and cuts off what a link padded. Returns
    /// the packet, or a linear copy in its place where headers lay in several pieces of memory.
    Packet read(Packet given) {
        Packet p = given;
        peek(p);
        if (p.fragmentCount() > 0 && (problem != null || isIcmp() || !transportHeaderIsLinear())) {
            PacketBytes.complete(p);
            p = PacketBytes.linear(p);
            peek(p);
        }
        finish(p);
        return p;
    }

    /// As [#read], but a packet whose headers lie in several pieces of memory is a problem.
    void readInPlace(Packet p) {
        peek(p);
        finish(p);
    }

    /// Hosts' packets have all headers in the linear part; others may be anything.
    private boolean transportHeaderIsLinear() {
        int linear = available - (transport - at);
        return switch (protocol) {
            case IpProtocol.TCP -> linear >= TcpHeader.MIN_LENGTH && linear >= TcpHeader.headerLength(m, transport);
            case IpProtocol.UDP -> linear >= UdpHeader.LENGTH;
            default -> true;
        };
    }

    private void finish(Packet p) {
        if (problem == null && length() < p.length()) {
            p.trim(length());
            available = p.headLength();
        }
        PacketBytes.complete(p);
    }

    /// Reads a packet's headers, and leaves the packet as it is.
    void peek(Packet p) {
        read(p.memory(), p.start(), p.headLength(), p.length(), false);
    }

    /// Reads the headers of a quoted packet, of which there may be less than its length says.
    void readQuoted(MemorySegment memory, int offset, int length) {
        read(memory, offset, length, length, true);
    }

    private void read(MemorySegment memory, int offset, int linear, int length, boolean quoted) {
        m = memory;
        at = offset;
        available = linear;
        fragment = false;
        moreFragments = false;
        fragmentOffset = 0;
        fragmentId = 0;
        sourcePort = 0;
        destinationPort = 0;
        int version = linear == 0 ? 0 : BigEndian.u8(m, at) >>> 4;
        v4 = version == 4;
        problem = switch (version) {
            case 4 -> readV4(length, quoted);
            case 6 -> readV6(length, quoted);
            default -> BoxDrop.MALFORMED;
        };
    }

    private BoxDrop readV4(int length, boolean quoted) {
        WireError error = Ipv4Header.check(m, at, length);
        if (available < Ipv4Header.MIN_LENGTH || error != WireError.NONE && !(quoted && error == WireError.BAD_LENGTH)
                || Ipv4Header.headerLength(m, at) > available) {
            return BoxDrop.MALFORMED;
        }
        source = IpAddress.v4(Ipv4Header.source(m, at));
        destination = IpAddress.v4(Ipv4Header.destination(m, at));
        protocol = Ipv4Header.protocol(m, at);
        transport = at + Ipv4Header.headerLength(m, at);
        fragment = Ipv4Header.isFragment(m, at);
        moreFragments = Ipv4Header.moreFragments(m, at);
        fragmentOffset = Ipv4Header.fragmentOffset(m, at);
        fragmentId = Ipv4Header.identification(m, at);
        return null;
    }

    private BoxDrop readV6(int length, boolean quoted) {
        if (available < Ipv6Header.LENGTH || Ipv6Header.check(m, at, length) != WireError.NONE && !quoted) {
            return BoxDrop.MALFORMED;
        }
        source = new IpAddress(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at));
        destination = new IpAddress(Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at));
        if (source.isV4() || destination.isV4()) {
            // An IPv4-mapped address has no meaning on a wire, and would be taken for an IPv4 one here.
            return BoxDrop.MARTIAN;
        }
        return walk(Math.min(available, Ipv6Header.LENGTH + Ipv6Header.payloadLength(m, at)));
    }

    /// RFC 8200 §4: steps over extension headers, which are none of a router's business, up to the transport header or
    /// a fragment that does not have it.
    private BoxDrop walk(int limit) {
        int next = Ipv6Header.nextHeader(m, at);
        int offset = Ipv6Header.LENGTH;
        for (int n = 0; n <= Ipv6Extensions.MAX_HEADERS; n++) {
            if (next != IpProtocol.HOP_BY_HOP && next != IpProtocol.ROUTING && next != IpProtocol.FRAGMENT
                    && next != IpProtocol.DESTINATION_OPTIONS || fragmentOffset > 0) {
                protocol = next;
                transport = at + offset;
                return null;
            }
            if (offset + 8 > limit) {
                return BoxDrop.MALFORMED;
            }
            int length = 8;
            if (next == IpProtocol.FRAGMENT) {
                readFragment(at + offset);
            } else {
                length = (BigEndian.u8(m, at + offset + 1) + 1) * 8;
            }
            next = BigEndian.u8(m, at + offset);
            offset += length;
            if (offset > limit) {
                return BoxDrop.MALFORMED;
            }
        }
        return BoxDrop.MALFORMED;
    }

    /// RFC 8200 §4.5. A fragment that is the whole packet is none (RFC 6946 §4).
    private void readFragment(int header) {
        int word = BigEndian.u16(m, header + 2);
        moreFragments = (word & 1) != 0;
        fragmentOffset = word & 0xfff8;
        fragmentId = BigEndian.i32(m, header + 4);
        fragment = moreFragments || fragmentOffset > 0;
    }

    /// Reads the ports, or the identifier of an ICMP query for both of them; other protocols have port 0. Returns why
    /// that cannot be done, or `null`. Not for fragments but the first.
    BoxDrop readPorts() {
        int length = transportLength();
        int needed = switch (protocol) {
            case IpProtocol.TCP -> TcpHeader.MIN_LENGTH;
            case IpProtocol.UDP -> UdpHeader.LENGTH;
            default -> isIcmp() ? IcmpHeader.LENGTH : 0;
        };
        if (length < needed) {
            return fragment ? BoxDrop.TINY_FRAGMENT : BoxDrop.MALFORMED;
        }
        takePorts();
        return null;
    }

    /// As [#readPorts] for a quoted packet, of which the first 8 bytes suffice (RFC 792). `false` if they are missing.
    boolean readQuotedPorts() {
        if (fragmentOffset > 0 || transportLength() < 8) {
            return false;
        }
        takePorts();
        return true;
    }

    private void takePorts() {
        if (protocol == IpProtocol.TCP || protocol == IpProtocol.UDP) {
            sourcePort = BigEndian.u16(m, transport);
            destinationPort = BigEndian.u16(m, transport + 2);
        } else if (isIcmpQuery()) {
            sourcePort = IcmpHeader.identifier(m, transport);
            destinationPort = sourcePort;
        }
    }

    /// Why the packet cannot be used, or `null`.
    BoxDrop problem() {
        return problem;
    }

    MemorySegment memory() {
        return m;
    }

    /// Where the IP header begins in [#memory()].
    int at() {
        return at;
    }

    /// Where the transport header begins in [#memory()], or what a later fragment has instead.
    int transport() {
        return transport;
    }

    /// The bytes from the transport header on that are in [#memory()].
    int transportLength() {
        return Math.min(available, length()) - (transport - at);
    }

    /// The bytes that the IP header says the packet has.
    int length() {
        return v4 ? Ipv4Header.totalLength(m, at) : Ipv6Header.LENGTH + Ipv6Header.payloadLength(m, at);
    }

    boolean isV4() {
        return v4;
    }

    IpAddress source() {
        return source;
    }

    IpAddress destination() {
        return destination;
    }

    /// The transport protocol's number.
    int protocol() {
        return protocol;
    }

    boolean isTcp() {
        return protocol == IpProtocol.TCP;
    }

    /// Whether it is ICMP of its IP version.
    boolean isIcmp() {
        return protocol == (v4 ? IpProtocol.ICMP : IpProtocol.ICMPV6);
    }

    /// The ICMP type, or -1 if there is none to be seen.
    int icmpType() {
        return isIcmp() && fragmentOffset == 0 && transportLength() > 0 ? BigEndian.u8(m, transport) : -1;
    }

    /// Whether it is an ICMP error (RFC 1122 §3.2.2, RFC 4443 §2.1). Redirects count: they quote a packet, too.
    boolean isIcmpError() {
        int type = icmpType();
        if (!v4) {
            return type >= 0 && type < 128 || type == 137;
        }
        return switch (type) {
            case IcmpHeader.V4_DESTINATION_UNREACHABLE, IcmpHeader.V4_SOURCE_QUENCH, IcmpHeader.V4_REDIRECT,
                    IcmpHeader.V4_TIME_EXCEEDED, IcmpHeader.V4_PARAMETER_PROBLEM -> true;
            default -> false;
        };
    }

    /// Whether it is an ICMP message with an identifier: echo, or IPv4's timestamp (RFC 792).
    boolean isIcmpQuery() {
        int type = icmpType();
        return v4 ? type == IcmpHeader.V4_ECHO_REQUEST || type == IcmpHeader.V4_ECHO_REPLY || type == 13 || type == 14
                : type == IcmpHeader.V6_ECHO_REQUEST || type == IcmpHeader.V6_ECHO_REPLY;
    }

    /// Whether it is an ICMP message that asks for one with the same identifier.
    boolean isIcmpRequest() {
        return isEchoRequest() || v4 && icmpType() == 13;
    }

    boolean isEchoRequest() {
        return icmpType() == (v4 ? IcmpHeader.V4_ECHO_REQUEST : IcmpHeader.V6_ECHO_REQUEST);
    }

    /// Whether it is a part of a larger packet.
    boolean isFragment() {
        return fragment;
    }

    /// Whether it is a part but not the first.
    boolean isLaterFragment() {
        return fragmentOffset > 0;
    }

    /// Where its payload belongs, in bytes.
    int fragmentOffset() {
        return fragmentOffset;
    }

    /// Whether parts follow.
    boolean moreFragments() {
        return moreFragments;
    }

    /// The identification that the parts share.
    int fragmentId() {
        return fragmentId;
    }

    int sourcePort() {
        return sourcePort;
    }

    int destinationPort() {
        return destinationPort;
    }

    /// The TCP flags.
    int tcpFlags() {
        return TcpHeader.flags(m, transport);
    }
}
