package dev.millrace.cli.net;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Fragment;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.VlanTag;
import dev.millrace.wire.WireError;
import dev.millrace.wire.pcap.LinkType;
import java.lang.foreign.MemorySegment;

/// What is known of a captured packet, as far as its bytes are there and make sense: any bytes give facts, fewer the less
/// there is to be understood.
///
/// @param length the bytes it had
/// @param macSource the station that sent it, or -1 without an Ethernet header
/// @param macDestination to which station, or -1
/// @param vlan the VLAN of its outermost tag, or -1
/// @param etherType what it carries, or -1
/// @param source who sent it, or `null`; of ARP the sender
/// @param destination to whom, or `null`; of ARP the target
/// @param protocol the IP protocol number, or -1
/// @param hopLimit TTL or hop limit, or -1
/// @param sourcePort of TCP and UDP, or -1; for echo messages their identifier
/// @param destinationPort of TCP and UDP, or -1; for echo messages their sequence number
/// @param transport where in the bytes the transport header begins, or -1 if there is none (in all fragments but the first)
/// @param payload the bytes behind the transport header of TCP or UDP, else 0
/// @param icmpType the type of an ICMP message, or -1
record PacketFacts(int length, long macSource, long macDestination, int vlan, int etherType, IpAddress source,
        IpAddress destination, int protocol, int hopLimit, int sourcePort, int destinationPort, int transport, int payload,
        int icmpType) {
    /// What `tcpdump -i any` writes: cooked headers, in two versions.
    private static final int LINUX_SLL = 113;
    private static final int LINUX_SLL2 = 276;

    /// Where the IP header of packets of this link type is, if they have no Ethernet header.
    static int ipOffset(int linkType) {
        return switch (linkType) {
            case LinkType.NULL -> 4;
            case LINUX_SLL -> 16;
            case LINUX_SLL2 -> 20;
            default -> 0;
        };
    }

    static PacketFacts of(byte[] bytes, int linkType, int length) {
        return new Reader(bytes, length).read(linkType);
    }

    boolean isTcp() {
        return protocol == IpProtocol.TCP && transport >= 0;
    }

    boolean isEcho() {
        return icmpType >= 0 && isEcho(protocol, icmpType);
    }

    private static boolean isEcho(int protocol, int icmpType) {
        return protocol == IpProtocol.ICMP ? icmpType == 0 || icmpType == 8 : icmpType == 128 || icmpType == 129;
    }

    /// Finds one fact after the other, and stops at what is not there.
    private static final class Reader {
        private final MemorySegment m;
        private final int kept;
        private final int length;
        private long macSource = -1;
        private long macDestination = -1;
        private int vlan = -1;
        private int etherType = -1;
        private IpAddress source;
        private IpAddress destination;
        private int protocol = -1;
        private int hopLimit = -1;
        private int sourcePort = -1;
        private int destinationPort = -1;
        private int transport = -1;
        private int payload;
        private int icmpType = -1;

        Reader(byte[] bytes, int length) {
            m = MemorySegment.ofArray(bytes);
            kept = bytes.length;
            this.length = length;
        }

        PacketFacts read(int linkType) {
            if (linkType == LinkType.ETHERNET) {
                ethernet();
            } else {
                ip(ipOffset(linkType));
            }
            return new PacketFacts(length, macSource, macDestination, vlan, etherType, source, destination, protocol, hopLimit,
                    sourcePort, destinationPort, transport, payload, icmpType);
        }

        private void ethernet() {
            if (kept < EthernetHeader.LENGTH) {
                return;
            }
            macSource = EthernetHeader.source(m, 0);
            macDestination = EthernetHeader.destination(m, 0);
            long found = VlanTag.walk(m, 0, kept);
            if (VlanTag.error(found) != WireError.NONE) {
                return;
            }
            if (VlanTag.count(found) > 0) {
                vlan = VlanTag.vlan(VlanTag.control(m, 0, 0));
            }
            etherType = VlanTag.type(found);
            int at = VlanTag.offset(found);
            switch (etherType) {
                case EtherType.IPV4, EtherType.IPV6 -> ip(at);
                case EtherType.ARP -> arp(at);
                default -> { }
            }
        }

        private void arp(int at) {
            // Ethernet and IPv4 (RFC 826): sender's address 14 bytes in, target's 24.
            if (kept - at >= 28) {
                source = IpAddress.v4(BigEndian.i32(m, at + 14));
                destination = IpAddress.v4(BigEndian.i32(m, at + 24));
            }
        }

        private void ip(int at) {
            int version = at < kept ? BigEndian.u8(m, at) >>> 4 : 0;
            if (version == 4 && kept - at >= Ipv4Header.MIN_LENGTH) {
                etherType = EtherType.IPV4;
                ipv4(at);
            } else if (version == 6 && kept - at >= Ipv6Header.LENGTH) {
                etherType = EtherType.IPV6;
                ipv6(at);
            }
        }

        private void ipv4(int at) {
            source = IpAddress.v4(Ipv4Header.source(m, at));
            destination = IpAddress.v4(Ipv4Header.destination(m, at));
            protocol = Ipv4Header.protocol(m, at);
            hopLimit = Ipv4Header.ttl(m, at);
            int header = Ipv4Header.headerLength(m, at);
            if (header >= Ipv4Header.MIN_LENGTH && Ipv4Header.fragmentOffset(m, at) == 0) {
                transport(at + header, at + Ipv4Header.totalLength(m, at));
            }
        }

        private void ipv6(int at) {
            source = new IpAddress(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at));
            destination = new IpAddress(Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at));
            hopLimit = Ipv6Header.hopLimit(m, at);
            protocol = Ipv6Header.nextHeader(m, at);
            long found = Ipv6Extensions.walk(m, at, kept - at, Math.max(kept, length) - at);
            int next = at + Ipv6Extensions.offset(found);
            if (Ipv6Extensions.verdict(found) == Ipv6Extensions.FRAGMENT) {
                if (kept - next < Ipv6Fragment.LENGTH) {
                    return;
                }
                protocol = Ipv6Fragment.nextHeader(m, next);
                if (Ipv6Fragment.fragmentOffset(m, next) != 0) {
                    return;
                }
                next += Ipv6Fragment.LENGTH;
            } else if (Ipv6Extensions.verdict(found) == Ipv6Extensions.TRANSPORT) {
                protocol = Ipv6Extensions.protocol(found);
            } else {
                return;
            }
            transport(next, at + Ipv6Header.LENGTH + Ipv6Header.payloadLength(m, at));
        }

        private void transport(int at, int end) {
            int available = Math.min(kept, end) - at;
            if (available < 1) {
                return;
            }
            transport = at;
            switch (protocol) {
                case IpProtocol.TCP -> {
                    if (available >= TcpHeader.MIN_LENGTH) {
                        sourcePort = TcpHeader.sourcePort(m, at);
                        destinationPort = TcpHeader.destinationPort(m, at);
                        payload = Math.max(0, end - at - TcpHeader.headerLength(m, at));
                    } else {
                        transport = -1;
                    }
                }
                case IpProtocol.UDP -> {
                    if (available >= UdpHeader.LENGTH) {
                        sourcePort = UdpHeader.sourcePort(m, at);
                        destinationPort = UdpHeader.destinationPort(m, at);
                        payload = Math.max(0, end - at - UdpHeader.LENGTH);
                    }
                }
                case IpProtocol.ICMP, IpProtocol.ICMPV6 -> icmp(at, available);
                default -> { }
            }
        }

        private void icmp(int at, int available) {
            icmpType = BigEndian.u8(m, at);
            if (isEcho(protocol, icmpType) && available >= 8) {
                sourcePort = BigEndian.u16(m, at + 4);
                destinationPort = BigEndian.u16(m, at + 6);
            }
        }
    }
}
