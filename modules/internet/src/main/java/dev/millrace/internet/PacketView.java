package dev.millrace.internet;

import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.util.Collection;

/// What can be read off a packet on its way, for conditions that choose packets. Valid during the call that it is given to.
/// Whatever a packet does not have reads as 0, `false` or `null`, so that conditions need not ask first.
public final class PacketView {
    private final Packet packet;
    private final Node from;
    private final Node to;
    private final boolean frame;
    /// Where the IP header starts, from the first byte; -1 if there is none.
    private final int skip;
    private final boolean v6;
    private final IpAddress source;
    private final IpAddress destination;
    private final int protocol;
    /// Where the transport's header starts, or -1 if there is none to read.
    private final int transport;

    /// @param frame whether it begins with an Ethernet header
    PacketView(Packet packet, boolean frame, Node from, Node to) {
        this.packet = packet;
        this.frame = frame;
        this.from = from;
        this.to = to;
        skip = frame ? LinkHeader.ipOffset(packet) : 0;
        source = Destination.read(packet, skip, true);
        destination = Destination.read(packet, skip, false);
        if (source == null) {
            v6 = false;
            protocol = -1;
            transport = -1;
            return;
        }
        v6 = !source.isV4();
        MemorySegment m = packet.memory();
        int at = packet.start() + skip;
        protocol = v6 ? Ipv6Header.nextHeader(m, at) : Ipv4Header.protocol(m, at);
        int header = v6 ? Ipv6Header.LENGTH : Ipv4Header.headerLength(m, at);
        boolean later = !v6 && Ipv4Header.fragmentOffset(m, at) != 0;
        int needed = protocol == IpProtocol.TCP ? TcpHeader.MIN_LENGTH : protocol == IpProtocol.UDP ? UdpHeader.LENGTH : 4;
        transport = later || packet.headLength() < skip + header + needed ? -1 : at + header;
    }

    /// The host or router that sent it onto this link.
    public String sender() {
        return from == null ? null : from.name();
    }

    /// The host or router that it comes to.
    public String receiver() {
        return to == null ? null : to.name();
    }

    /// Whether its source address is one of this host's.
    public boolean isFrom(Host host) {
        return contains(host.cidrs(), source);
    }

    /// Whether its destination address is one of this host's.
    public boolean isTo(Host host) {
        return contains(host.cidrs(), destination);
    }

    private static boolean contains(Collection<dev.millrace.Cidr> addresses, IpAddress address) {
        return address != null && addresses.stream().anyMatch(c -> c.address().equals(address));
    }

    IpAddress source() {
        return source;
    }

    IpAddress destination() {
        return destination;
    }

    /// Where it comes from.
    public InetAddress sourceAddress() {
        return source == null ? null : source.toInetAddress();
    }

    /// Where it goes.
    public InetAddress destinationAddress() {
        return destination == null ? null : destination.toInetAddress();
    }

    /// The length of the IP packet in bytes, or that of a frame that carries something else.
    public int length() {
        return packet.length() - Math.max(0, skip);
    }

    /// Whether it is on an Ethernet ([Internet#ethernet]).
    public boolean isFrame() {
        return frame;
    }

    /// Whether it is a question or an answer of ARP.
    public boolean isArp() {
        return frame && LinkHeader.type(packet) == EtherType.ARP;
    }

    /// The number of what follows the IP header, such as 6 for TCP; -1 if it is no IP packet.
    public int protocol() {
        return protocol;
    }

    /// Whether it is a TCP segment of which the header can be read.
    public boolean isTcp() {
        return protocol == IpProtocol.TCP && transport >= 0;
    }

    /// Whether it is a UDP datagram of which the header can be read.
    public boolean isUdp() {
        return protocol == IpProtocol.UDP && transport >= 0;
    }

    /// Whether it is ICMP, of either version.
    public boolean isIcmp() {
        return protocol == (v6 ? IpProtocol.ICMPV6 : IpProtocol.ICMP);
    }

    /// The port it comes from.
    public int sourcePort() {
        return isTcp() || isUdp() ? UdpHeader.sourcePort(packet.memory(), transport) : 0;
    }

    /// The port it goes to.
    public int destinationPort() {
        return isTcp() || isUdp() ? UdpHeader.destinationPort(packet.memory(), transport) : 0;
    }

    /// Whether all these TCP flags are set, such as [TcpHeader#SYN].
    public boolean hasFlags(int flags) {
        return isTcp() && (TcpHeader.flags(packet.memory(), transport) & flags) == flags;
    }

    /// Whether it is the first segment of a connection: SYN without ACK.
    public boolean isOpening() {
        return hasFlags(TcpHeader.SYN) && !hasFlags(TcpHeader.ACK);
    }

    /// The sequence number of a TCP segment, 0 to 2^32 - 1.
    public long sequence() {
        return isTcp() ? TcpHeader.sequence(packet.memory(), transport) & 0xffff_ffffL : 0;
    }

    int acknowledgment() {
        return isTcp() ? TcpHeader.acknowledgment(packet.memory(), transport) : 0;
    }

    /// The bytes of payload behind the TCP or UDP header.
    public int payloadLength() {
        if (isUdp()) {
            return Math.max(0, packet.length() - (transport - packet.start()) - UdpHeader.LENGTH);
        }
        return isTcp() ? Math.max(0, packet.length() - (transport - packet.start())
                - TcpHeader.headerLength(packet.memory(), transport)) : 0;
    }

    /// Whether it carries payload.
    public boolean hasPayload() {
        return payloadLength() > 0;
    }

    /// The type of an ICMP message, or -1.
    public int icmpType() {
        return isIcmp() && transport >= 0 ? packet.memory().get(ValueLayout.JAVA_BYTE, transport) & 0xff : -1;
    }

    /// One line that says what it is.
    @Override
    public String toString() {
        if (source == null) {
            return frame ? LinkHeader.describe(packet) : "no IP packet, " + length() + " bytes";
        }
        if (isTcp()) {
            int flags = TcpHeader.flags(packet.memory(), transport);
            var f = new StringBuilder();
            String names = "FSRPAUEC";
            for (int i = 0; i < names.length(); i++) {
                if ((flags >> i & 1) != 0) {
                    f.append(names.charAt(i));
                }
            }
            return "TCP " + source + ":" + sourcePort() + " > " + destination + ":" + destinationPort() + " [" + f
                    + "] seq " + sequence() + " ack " + (TcpHeader.acknowledgment(packet.memory(), transport) & 0xffff_ffffL)
                    + " len " + payloadLength();
        }
        String what = isUdp() ? "UDP " + source + ":" + sourcePort() + " > " + destination + ":" + destinationPort()
                : (isIcmp() ? "ICMP " : "IP protocol " + protocol + " ") + source + " > " + destination;
        return what + ", " + length() + " bytes";
    }
}
