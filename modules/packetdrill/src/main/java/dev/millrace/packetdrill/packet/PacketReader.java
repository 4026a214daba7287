package dev.millrace.packetdrill.packet;

import dev.millrace.packetdrill.packet.LivePacket.Body;
import dev.millrace.packetdrill.script.TcpOption;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.OptionCursor;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionReader;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.WireError;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// Reads what the stack has sent, and finds fault with what no receiver would take: versions, lengths, checksums (RFC 9293
/// MUST-2).
public final class PacketReader {
    private PacketReader() {
    }

    /// Reads a packet.
    ///
    /// @param bytes from its IP header on
    /// @throws BrokenPacketException if it is not one
    public static LivePacket read(byte[] bytes) throws BrokenPacketException {
        MemorySegment m = MemorySegment.ofArray(bytes);
        check(bytes.length > 0, "it is empty");
        return switch (bytes[0] >>> 4 & 0xf) {
            case 4 -> v4(m, bytes);
            case 6 -> v6(m, bytes);
            default -> throw new BrokenPacketException("its IP version is " + (bytes[0] >>> 4 & 0xf));
        };
    }

    private static LivePacket v4(MemorySegment m, byte[] bytes) throws BrokenPacketException {
        WireError e = Ipv4Header.check(m, 0, bytes.length);
        check(e == WireError.NONE, "its IPv4 header is wrong: " + e);
        check(Ipv4Header.totalLength(m, 0) == bytes.length, "its total length is " + Ipv4Header.totalLength(m, 0) + " of " + bytes.length);
        check(Ipv4Header.checksumIsRight(m, 0), "the checksum of its IPv4 header is wrong");
        int header = Ipv4Header.headerLength(m, 0);
        IpAddress source = IpAddress.v4(Ipv4Header.source(m, 0));
        IpAddress destination = IpAddress.v4(Ipv4Header.destination(m, 0));
        int protocol = Ipv4Header.protocol(m, 0);
        Body body = Ipv4Header.isFragment(m, 0) ? new LivePacket.Other(bytes.length - header)
                : body(m, header, bytes.length - header, protocol, source, destination);
        return new LivePacket(source, destination, Ipv4Header.trafficClass(m, 0), Ipv4Header.ttl(m, 0), 0, protocol, body, bytes);
    }

    private static LivePacket v6(MemorySegment m, byte[] bytes) throws BrokenPacketException {
        WireError e = Ipv6Header.check(m, 0, bytes.length);
        check(e == WireError.NONE, "its IPv6 header is wrong: " + e);
        int length = Ipv6Header.payloadLength(m, 0);
        check(length == bytes.length - Ipv6Header.LENGTH, "its payload length is " + length + " of " + (bytes.length - Ipv6Header.LENGTH));
        var source = new IpAddress(Ipv6Header.sourceHi(m, 0), Ipv6Header.sourceLo(m, 0));
        var destination = new IpAddress(Ipv6Header.destinationHi(m, 0), Ipv6Header.destinationLo(m, 0));
        int protocol = Ipv6Header.nextHeader(m, 0);
        return new LivePacket(source, destination, Ipv6Header.trafficClass(m, 0), Ipv6Header.hopLimit(m, 0), Ipv6Header.flowLabel(m, 0),
                protocol, body(m, Ipv6Header.LENGTH, length, protocol, source, destination), bytes);
    }

    private static Body body(MemorySegment m, int at, int length, int protocol, IpAddress source, IpAddress destination)
            throws BrokenPacketException {
        long pseudo = protocol == IpProtocol.ICMP ? 0
                : Checksum.pseudoHeader(source.hi(), source.lo(), destination.hi(), destination.lo(), protocol, length);
        return switch (protocol) {
            case IpProtocol.TCP -> {
                check(TcpHeader.check(m, at, length) == WireError.NONE, "its TCP header is wrong");
                check(Checksum.isRight(pseudo + Checksum.sum(m, at, length)), "the checksum of its TCP segment is wrong");
                yield tcp(m, at, length);
            }
            case IpProtocol.UDP -> {
                check(length >= UdpHeader.LENGTH && UdpHeader.length(m, at) == length, "the length of its UDP datagram is wrong");
                check(UdpHeader.checksum(m, at) == 0 && source.isV4() || Checksum.isRight(pseudo + Checksum.sum(m, at, length)),
                        "the checksum of its UDP datagram is wrong");
                yield new LivePacket.Udp(UdpHeader.sourcePort(m, at), UdpHeader.destinationPort(m, at),
                        bytes(m, at + UdpHeader.LENGTH, length - UdpHeader.LENGTH));
            }
            case IpProtocol.ICMP, IpProtocol.ICMPV6 -> {
                check(length >= IcmpHeader.LENGTH, "its ICMP message is too short");
                check(Checksum.isRight(pseudo + Checksum.sum(m, at, length)), "the checksum of its ICMP message is wrong");
                yield new LivePacket.Icmp(IcmpHeader.type(m, at), IcmpHeader.code(m, at), BigEndian.i32(m, at + 4L),
                        bytes(m, at + IcmpHeader.LENGTH, length - IcmpHeader.LENGTH));
            }
            default -> new LivePacket.Other(length);
        };
    }

    private static LivePacket.Tcp tcp(MemorySegment m, int at, int length) throws BrokenPacketException {
        int header = TcpHeader.headerLength(m, at);
        return new LivePacket.Tcp(TcpHeader.sourcePort(m, at), TcpHeader.destinationPort(m, at), TcpHeader.sequence(m, at),
                TcpHeader.acknowledgment(m, at), TcpHeader.flags(m, at), TcpHeader.window(m, at), TcpHeader.urgentPointer(m, at),
                options(m, at), bytes(m, at + header, length - header));
    }

    private static List<TcpOption> options(MemorySegment m, int at) throws BrokenPacketException {
        List<TcpOption> list = new ArrayList<>();
        var cursor = new OptionCursor();
        long behind = at + TcpHeader.MIN_LENGTH;
        for (cursor.overTcp(m, at); cursor.next(); ) {
            list.add(option(m, cursor));
            behind = cursor.offset() + cursor.length();
        }
        check(cursor.error() == WireError.NONE, "its TCP options are wrong");
        for (; behind < at + TcpHeader.headerLength(m, at); behind++) {
            // RFC 9293 §3.1 (MUST-69): what is behind the end of the list is zero, as another end would be.
            check(BigEndian.u8(m, behind) == 0, "the padding behind its TCP options is not zero");
            list.add(new TcpOption.End());
        }
        return List.copyOf(list);
    }

    private static TcpOption option(MemorySegment m, OptionCursor c) {
        long at = c.dataOffset();
        int n = c.dataLength();
        // Of unusual length, it is shown as bytes.
        int usual = switch (c.kind()) {
            case TcpOptionReader.KIND_MSS -> 2;
            case TcpOptionReader.KIND_WINDOW_SCALE -> 1;
            case TcpOptionReader.KIND_TIMESTAMPS -> 8;
            case TcpOptionReader.KIND_SACK -> n - n % 8;
            default -> 0;
        };
        return switch (n == usual ? c.kind() : -1) {
            case TcpOptionReader.KIND_END -> new TcpOption.End();
            case TcpOptionReader.KIND_NOP -> new TcpOption.Nop();
            case TcpOptionReader.KIND_MSS -> new TcpOption.Mss(BigEndian.u16(m, at));
            case TcpOptionReader.KIND_WINDOW_SCALE -> new TcpOption.WindowScale(BigEndian.u8(m, at));
            case TcpOptionReader.KIND_SACK_PERMITTED -> new TcpOption.SackPermitted();
            case TcpOptionReader.KIND_TIMESTAMPS -> new TcpOption.Timestamps(BigEndian.i32(m, at), BigEndian.i32(m, at + 4));
            case TcpOptionReader.KIND_SACK -> {
                List<Integer> edges = new ArrayList<>();
                for (int i = 0; i < n; i += 4) {
                    edges.add(BigEndian.i32(m, at + i));
                }
                yield new TcpOption.Sack(edges);
            }
            default -> new TcpOption.Bytes(c.kind(), HexFormat.of().formatHex(bytes(m, at, n)));
        };
    }

    private static byte[] bytes(MemorySegment m, long at, int length) {
        byte[] all = new byte[length];
        MemorySegment.copy(m, at, MemorySegment.ofArray(all), 0, length);
        return all;
    }

    private static void check(boolean right, String message) throws BrokenPacketException {
        if (!right) {
            throw new BrokenPacketException(message);
        }
    }

    /// Whether all bytes are zero, as all data of scripts is.
    public static boolean isZero(byte[] bytes) {
        return Arrays.mismatch(bytes, new byte[bytes.length]) < 0;
    }

    /// What the stack has sent is no packet.
    public static final class BrokenPacketException extends Exception {
        private static final long serialVersionUID = 1;

        BrokenPacketException(String message) {
            super(message);
        }
    }
}
