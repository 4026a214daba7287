package dev.millrace.stack;

import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Well-formed packets whose checksums are left to the link.
final class CapturePackets {
    private static final byte[] TEXT = "capture me".getBytes();

    private CapturePackets() {
    }

    static Packet tcp(boolean syn) {
        Packet p = syn ? Packet.copyOf(new byte[0]) : Packet.copyOf(TEXT);
        p.push(TcpHeader.MIN_LENGTH);
        TcpHeader.write(p.memory(), p.start(), 40000, 8080, syn ? 1000 : 1001, syn ? 0 : 7, TcpHeader.MIN_LENGTH,
                syn ? TcpHeader.SYN : TcpHeader.ACK | TcpHeader.PSH, 65535, 0);
        p.wantChecksum(0, TcpHeader.CHECKSUM_OFFSET);
        return ip(p, IpProtocol.TCP);
    }

    static Packet udp() {
        Packet p = Packet.copyOf(TEXT);
        p.push(UdpHeader.LENGTH);
        UdpHeader.write(p.memory(), p.start(), 40001, 9999, UdpHeader.LENGTH + TEXT.length);
        p.wantChecksum(0, UdpHeader.CHECKSUM_OFFSET);
        return ip(p, IpProtocol.UDP);
    }

    private static Packet ip(Packet p, int protocol) {
        p.push(Ipv4Header.MIN_LENGTH);
        Ipv4Header.write(p.memory(), p.start(), 0, p.length(), 1, Ipv4Header.DONT_FRAGMENT, 64, protocol,
                0x0a000001, 0x0a000002);
        return p;
    }

    static Packet ethernet(Packet p) {
        p.push(14);
        MemorySegment.copy(MemorySegment.ofArray(new byte[] {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0}), 0,
                p.memory(), p.start(), 14);
        return p;
    }
}
