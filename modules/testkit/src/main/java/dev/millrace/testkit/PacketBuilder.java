package dev.millrace.testkit;

import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Builds IP packets as bytes, with right lengths and checksums. The version is that of the addresses. A builder may be
/// used for several packets.
public final class PacketBuilder {
    private final IpAddress source;
    private final IpAddress destination;
    private final ByteArrayOutputStream extensions = new ByteArrayOutputStream();
    private final ByteArrayOutputStream laterNumbers = new ByteArrayOutputStream();
    private final ByteArrayOutputStream lengths = new ByteArrayOutputStream();
    private byte[] options = {};
    private int hopLimit = 64;
    private int trafficClass;
    private int identification = 1;
    private int flagsAndOffset;
    private int firstHeader = -1;
    private int lastNextHeaderAt = -1;

    private PacketBuilder(IpAddress source, IpAddress destination) {
        this.source = source;
        this.destination = destination;
    }

    /// Packets from one address to another.
    ///
    /// @throws IllegalArgumentException if the addresses are not of one version
    public static PacketBuilder between(IpAddress source, IpAddress destination) {
        if (source.version() != destination.version()) {
            throw new IllegalArgumentException(source + " and " + destination + " are of different versions");
        }
        return new PacketBuilder(source, destination);
    }

    /// As [#between(IpAddress, IpAddress)], with addresses as text.
    public static PacketBuilder between(String source, String destination) {
        return between(IpAddress.parse(source), IpAddress.parse(destination));
    }

    /// The TTL or hop limit; 64 if not set.
    public PacketBuilder hopLimit(int value) {
        hopLimit = value;
        return this;
    }

    /// The TOS or traffic class byte; 0 if not set.
    public PacketBuilder trafficClass(int value) {
        trafficClass = value;
        return this;
    }

    /// IPv4's identification and the word of flags and fragment offset (units of 8 bytes).
    public PacketBuilder fragment(int id, int flagsAndUnits) {
        identification = id;
        flagsAndOffset = flagsAndUnits;
        return this;
    }

    /// IPv4's options, padded to a multiple of 4 with zeros.
    public PacketBuilder options(int... bytes) {
        options = bytes(Arrays.copyOf(bytes, (bytes.length + 3) / 4 * 4));
        return this;
    }

    /// Adds an IPv6 extension header.
    ///
    /// @param number its protocol number
    /// @param body all of it but the first byte, which becomes the number of what follows
    public PacketBuilder extension(int number, int... body) {
        if (firstHeader < 0) {
            firstHeader = number;
        } else {
            laterNumbers.write(number);
        }
        lengths.write(body.length + 1 >> 8);
        lengths.write(body.length + 1);
        lastNextHeaderAt = extensions.size();
        extensions.write(0);
        extensions.writeBytes(bytes(body));
        return this;
    }

    /// These numbers as bytes.
    public static byte[] bytes(int... values) {
        byte[] b = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            b[i] = (byte) values[i];
        }
        return b;
    }

    /// A packet of any protocol.
    ///
    /// @param payload what follows the IP header and its extensions, as it is
    public byte[] raw(int protocol, byte[] payload) {
        return source.isV4() ? rawV4(protocol, payload) : rawV6(protocol, payload);
    }

    private byte[] rawV4(int protocol, byte[] payload) {
        int header = Ipv4Header.MIN_LENGTH + options.length;
        byte[] packet = new byte[header + payload.length];
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv4Header.write(m, 0, trafficClass, packet.length, identification, flagsAndOffset, hopLimit, protocol,
                source.v4Bits(), destination.v4Bits());
        System.arraycopy(options, 0, packet, Ipv4Header.MIN_LENGTH, options.length);
        packet[0] = (byte) (0x40 | header / 4);
        System.arraycopy(payload, 0, packet, header, payload.length);
        put16(packet, 10, 0);
        put16(packet, 10, Checksum.finish(Checksum.sum(m, 0, header)));
        return packet;
    }

    private byte[] rawV6(int protocol, byte[] payload) {
        byte[] chain = chain(protocol);
        byte[] packet = new byte[Ipv6Header.LENGTH + chain.length + payload.length];
        Ipv6Header.write(MemorySegment.ofArray(packet), 0, trafficClass, 0, chain.length + payload.length,
                firstHeader < 0 ? protocol : firstHeader, hopLimit, source.hi(), source.lo(), destination.hi(),
                destination.lo());
        System.arraycopy(chain, 0, packet, Ipv6Header.LENGTH, chain.length);
        System.arraycopy(payload, 0, packet, Ipv6Header.LENGTH + chain.length, payload.length);
        return packet;
    }

    /// The extension headers, each with the number of the next one filled in.
    private byte[] chain(int protocol) {
        byte[] chain = extensions.toByteArray();
        if (lastNextHeaderAt < 0) {
            return chain;
        }
        byte[] numbers = laterNumbers.toByteArray();
        byte[] sizes = lengths.toByteArray();
        int at = 0;
        for (int i = 0; i < numbers.length; i++) {
            chain[at] = numbers[i];
            at += (sizes[2 * i] & 0xff) << 8 | sizes[2 * i + 1] & 0xff;
        }
        chain[lastNextHeaderAt] = (byte) protocol;
        return chain;
    }

    /// A UDP datagram.
    public byte[] udp(int sourcePort, int destinationPort, byte[] payload) {
        byte[] b = new byte[UdpHeader.LENGTH + payload.length];
        MemorySegment m = MemorySegment.ofArray(b);
        UdpHeader.write(m, 0, sourcePort, destinationPort, b.length);
        System.arraycopy(payload, 0, b, UdpHeader.LENGTH, payload.length);
        UdpHeader.setChecksum(m, 0, sum(IpProtocol.UDP, b));
        return raw(IpProtocol.UDP, b);
    }

    /// A TCP segment.
    ///
    /// @param flags as in [TcpHeader], such as `TcpHeader.SYN`
    /// @param tcpOptions a multiple of 4 bytes
    public byte[] tcp(int sourcePort, int destinationPort, int sequence, int acknowledgment, int flags, int window,
            byte[] tcpOptions, byte[] payload) {
        int header = TcpHeader.MIN_LENGTH + tcpOptions.length;
        byte[] b = new byte[header + payload.length];
        MemorySegment m = MemorySegment.ofArray(b);
        TcpHeader.write(m, 0, sourcePort, destinationPort, sequence, acknowledgment, header, flags, window, 0);
        System.arraycopy(tcpOptions, 0, b, TcpHeader.MIN_LENGTH, tcpOptions.length);
        System.arraycopy(payload, 0, b, header, payload.length);
        TcpHeader.setChecksum(m, 0, 0);
        TcpHeader.setChecksum(m, 0, sum(IpProtocol.TCP, b));
        return raw(IpProtocol.TCP, b);
    }

    /// An echo request.
    public byte[] echoRequest(int identifier, int sequence, byte[] payload) {
        return icmp(source.isV4() ? IcmpHeader.V4_ECHO_REQUEST : IcmpHeader.V6_ECHO_REQUEST, 0,
                identifier << 16 | sequence & 0xffff, payload);
    }

    /// An ICMP message of the addresses' version.
    ///
    /// @param word the four bytes behind the checksum
    /// @param body what follows them, such as the packet that an error quotes
    public byte[] icmp(int type, int code, int word, byte[] body) {
        byte[] b = new byte[IcmpHeader.LENGTH + body.length];
        MemorySegment m = MemorySegment.ofArray(b);
        IcmpHeader.write(m, 0, type, code, word);
        System.arraycopy(body, 0, b, IcmpHeader.LENGTH, body.length);
        IcmpHeader.setChecksum(m, 0, 0);
        int protocol = source.isV4() ? IpProtocol.ICMP : IpProtocol.ICMPV6;
        IcmpHeader.setChecksum(m, 0, sum(protocol, b));
        return raw(protocol, b);
    }

    private int sum(int protocol, byte[] b) {
        long pseudo = protocol == IpProtocol.ICMP ? 0 : Checksum.pseudoHeader(source.hi(), source.lo(),
                destination.hi(), destination.lo(), protocol, b.length);
        return Checksum.finish(pseudo + Checksum.sum(MemorySegment.ofArray(b), 0, b.length));
    }

    private static void put16(byte[] b, int at, int value) {
        b[at] = (byte) (value >>> 8);
        b[at + 1] = (byte) value;
    }
}
