package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;

/// Cuts a super-datagram, which the kernel makes of what a program sent with UDP_SEGMENT, into its datagrams: UDP keeps
/// boundaries, so the stack must see each. The payloads stay where they are; each datagram gets headers of its own.
public final class UdpSegments {
    private UdpSegments() {
    }

    /// Adds the datagrams to `to`, and releases the packet. One that is no UDP is dropped.
    ///
    /// @param link where the network header is, in bytes behind the packet's start
    public static void cut(Packet packet, int link, Link.Sink sink, PacketList to) {
        int udp = udpOffset(packet, link);
        if (udp < 0) {
            sink.drop(packet, DropReason.LINK_REFUSED);
            return;
        }
        int size = packet.segmentSize();
        int headers = udp + UdpHeader.LENGTH;
        int payload = packet.length() - headers;
        for (int done = 0, i = 0; done < payload; i++) {
            int n = Math.min(size, payload - done);
            to.add(datagram(packet, link, udp, done, n, i));
            done += n;
        }
        packet.release();
    }

    private static int udpOffset(Packet packet, int link) {
        MemorySegment m = packet.memory();
        int at = packet.start() + link;
        int left = packet.length() - link;
        if (left < Ipv4Header.MIN_LENGTH + UdpHeader.LENGTH) {
            return -1;
        }
        int length;
        switch (m.get(JAVA_BYTE, at) >>> 4 & 0xf) {
            case 4 -> {
                length = Ipv4Header.headerLength(m, at);
                if (Ipv4Header.protocol(m, at) != IpProtocol.UDP || length < Ipv4Header.MIN_LENGTH) {
                    return -1;
                }
            }
            case 6 -> {
                length = Ipv6Header.LENGTH;
                if (Ipv6Header.nextHeader(m, at) != IpProtocol.UDP) {
                    return -1;
                }
            }
            default -> {
                return -1;
            }
        }
        return left < length + UdpHeader.LENGTH ? -1 : link + length;
    }

    /// Datagram number `i`, which holds `n` bytes of the payload from `offset` on.
    private static Packet datagram(Packet whole, int link, int udp, int offset, int n, int i) {
        int headers = udp + UdpHeader.LENGTH;
        Packet p = Packet.allocate(Packet.HEADROOM, headers + n);
        int at = p.append(headers + n);
        MemorySegment m = p.memory();
        whole.copyTo(0, m, at, headers);
        whole.copyTo(headers + offset, m, at + headers, n);
        int network = at + link;
        if (udp - link == Ipv6Header.LENGTH && (m.get(JAVA_BYTE, network) >>> 4 & 0xf) == 6) {
            Ipv6Header.setPayloadLength(m, network, UdpHeader.LENGTH + n);
        } else {
            Ipv4Header.setLengthAndIdentification(m, network, udp - link + UdpHeader.LENGTH + n,
                    Ipv4Header.identification(m, network) + i);
        }
        UdpHeader.write(m, at + udp, UdpHeader.sourcePort(m, at + udp), UdpHeader.destinationPort(m, at + udp),
                UdpHeader.LENGTH + n);
        // The kernel never computed one: not to be verified, and a capture completes it.
        p.wantChecksum(udp, UdpHeader.CHECKSUM_OFFSET);
        return p;
    }
}
