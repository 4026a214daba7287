package dev.millrace.packetdrill.packet;

import dev.millrace.packetdrill.script.IcmpNames;
import dev.millrace.packetdrill.script.IpInfo;
import dev.millrace.packetdrill.script.PacketBody;
import dev.millrace.packetdrill.script.TcpOption;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionReader;
import dev.millrace.wire.UdpHeader;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntUnaryOperator;

/// Writes packets that a script sends to the stack.
public final class PacketWriter {
    /// As far from the stack as one can be.
    private static final int TTL = 255;
    private static final int IPV4_HEADER = Ipv4Header.MIN_LENGTH;

    private PacketWriter() {
    }

    /// What is behind a TCP segment's header: its options as bytes, a multiple of 4.
    ///
    /// @param liveStamp the stack's timestamp for one that the script lets be echoed
    /// @param liveSeq the stack's sequence number for one of a block
    /// @throws IllegalArgumentException if the options are no multiple of 4 bytes, or too many
    public static byte[] options(List<TcpOption> options, IntUnaryOperator liveStamp, IntUnaryOperator liveSeq) {
        var out = new ByteArrayOutputStream();
        for (TcpOption option : options) {
            switch (option) {
                case TcpOption.Nop _ -> out.write(TcpOptionReader.KIND_NOP);
                case TcpOption.End _ -> out.write(TcpOptionReader.KIND_END);
                case TcpOption.Mss o -> {
                    head(out, TcpOptionReader.KIND_MSS, 2);
                    write(out, 2, o.value());
                }
                case TcpOption.WindowScale o -> {
                    head(out, TcpOptionReader.KIND_WINDOW_SCALE, 1);
                    write(out, 1, o.shift());
                }
                case TcpOption.SackPermitted _ -> head(out, TcpOptionReader.KIND_SACK_PERMITTED, 0);
                case TcpOption.Timestamps o -> {
                    head(out, TcpOptionReader.KIND_TIMESTAMPS, 8);
                    write(out, 4, o.value());
                    write(out, 4, liveStamp.applyAsInt(o.echo()));
                }
                case TcpOption.Sack o -> {
                    head(out, TcpOptionReader.KIND_SACK, 4 * o.edges().size());
                    o.edges().forEach(edge -> write(out, 4, liveSeq.applyAsInt(edge)));
                }
                case TcpOption.Bytes o -> {
                    byte[] data = HexFormat.of().parseHex(o.data());
                    head(out, o.kind(), data.length);
                    out.writeBytes(data);
                }
            }
        }
        if (out.size() % 4 != 0 || out.size() > TcpHeader.MAX_LENGTH - TcpHeader.MIN_LENGTH) {
            throw new IllegalArgumentException("the options have " + out.size() + " bytes; a header has room for 40, in words of 4: add nop");
        }
        return out.toByteArray();
    }

    /// Kind and length of an option with so many bytes behind them.
    private static void head(ByteArrayOutputStream out, int kind, int length) {
        out.write(kind);
        out.write(2 + length);
    }

    private static void write(ByteArrayOutputStream out, int length, int value) {
        for (int i = length - 1; i >= 0; i--) {
            out.write(value >>> 8 * i);
        }
    }

    /// A TCP segment from the peer.
    ///
    /// @param flow whose it is
    /// @param ip what its IP header says
    /// @param tcp what it says
    /// @param options as [#options] has made them
    public static byte[] tcp(Flow flow, IpInfo ip, PacketBody.Tcp tcp, byte[] options) {
        int header = TcpHeader.MIN_LENGTH + options.length;
        byte[] b = new byte[header + tcp.seq().length()];
        MemorySegment m = MemorySegment.ofArray(b);
        int source = tcp.ports() == null ? flow.remotePort() : tcp.ports().source();
        int destination = tcp.ports() == null ? flow.localPort() : tcp.ports().destination();
        TcpHeader.write(m, 0, source, destination, tcp.seq().first(), tcp.ack() == null ? 0 : flow.toLive(tcp.ack()), header,
                tcp.flags(), Math.max(0, tcp.window()), Math.max(0, tcp.urgent()));
        System.arraycopy(options, 0, b, TcpHeader.MIN_LENGTH, options.length);
        TcpHeader.setChecksum(m, 0, checksum(b, IpProtocol.TCP, flow.remote(), flow.local()));
        return ip(flow.remote(), flow.local(), ip, IpProtocol.TCP, b);
    }

    /// A UDP datagram from the peer.
    public static byte[] udp(Flow flow, IpInfo ip, PacketBody.Udp udp) {
        byte[] b = new byte[UdpHeader.LENGTH + udp.length()];
        MemorySegment m = MemorySegment.ofArray(b);
        UdpHeader.write(m, 0, udp.ports() == null ? flow.remotePort() : udp.ports().source(),
                udp.ports() == null ? flow.localPort() : udp.ports().destination(), b.length);
        UdpHeader.setChecksum(m, 0, checksum(b, IpProtocol.UDP, flow.remote(), flow.local()));
        return ip(flow.remote(), flow.local(), ip, IpProtocol.UDP, b);
    }

    /// An ICMP message from the peer.
    ///
    /// @throws IllegalArgumentException if there is no such type or code in the flow's version of IP
    public static byte[] icmp(Flow flow, IpInfo ip, PacketBody.Icmp icmp) {
        int version = flow.local().version();
        int type = IcmpNames.type(version, icmp.type());
        int code = IcmpNames.code(version, icmp.type(), icmp.code());
        if (type < 0 || code < 0) {
            throw new IllegalArgumentException("ICMP for IPv" + version + " has no " + icmp.type() + " " + icmp.code());
        }
        byte[] quoted = quoted(flow, icmp.quoted());
        byte[] b = new byte[IcmpHeader.LENGTH + quoted.length];
        MemorySegment m = MemorySegment.ofArray(b);
        IcmpHeader.write(m, 0, type, code, word(version, icmp));
        System.arraycopy(quoted, 0, b, IcmpHeader.LENGTH, quoted.length);
        int protocol = version == 4 ? IpProtocol.ICMP : IpProtocol.ICMPV6;
        IcmpHeader.setChecksum(m, 0, checksum(b, protocol, flow.remote(), flow.local()));
        return ip(flow.remote(), flow.local(), ip, protocol, b);
    }

    private static int word(int version, PacketBody.Icmp icmp) {
        if (icmp.id() >= 0) {
            return icmp.id() << 16;
        }
        return icmp.mtu() < 0 ? 0 : version == 4 ? (int) icmp.mtu() & 0xffff : (int) icmp.mtu();
    }

    /// The beginning of the packet that the stack is said to have sent.
    private static byte[] quoted(Flow flow, PacketBody.Quoted quoted) {
        if (quoted == null) {
            return new byte[0];
        }
        return switch (quoted.kind()) {
            case RAW -> new byte[quoted.length()];
            case UDP -> {
                byte[] b = new byte[UdpHeader.LENGTH];
                UdpHeader.write(MemorySegment.ofArray(b), 0, flow.localPort(), flow.remotePort(), UdpHeader.LENGTH + quoted.length());
                yield quote(flow, IpProtocol.UDP, b, quoted.length());
            }
            case TCP -> {
                byte[] b = new byte[TcpHeader.MIN_LENGTH];
                TcpHeader.write(MemorySegment.ofArray(b), 0, flow.localPort(), flow.remotePort(), flow.toLive(quoted.seq().first()), 0,
                        TcpHeader.MIN_LENGTH, TcpHeader.ACK, 0, 0);
                yield quote(flow, IpProtocol.TCP, b, quoted.seq().length());
            }
        };
    }

    /// A header that says it had so many more bytes behind it.
    private static byte[] quote(Flow flow, int protocol, byte[] transport, int more) {
        byte[] packet = ip(flow.local(), flow.remote(), IpInfo.NONE, protocol, transport);
        MemorySegment m = MemorySegment.ofArray(packet);
        if (flow.local().isV4()) {
            Ipv4Header.write(m, 0, 0, IPV4_HEADER + transport.length + more, 0, Ipv4Header.DONT_FRAGMENT, TTL, protocol,
                    flow.local().v4Bits(), flow.remote().v4Bits());
        } else {
            Ipv6Header.setPayloadLength(m, 0, transport.length + more);
        }
        return packet;
    }

    private static byte[] ip(IpAddress source, IpAddress destination, IpInfo info, int protocol, byte[] payload) {
        int ecn = info.ecn() == null ? 0 : info.ecn().bits();
        int trafficClass = info.tos() >= 0 ? info.tos() : ecn;
        int ttl = info.ttl() >= 0 ? info.ttl() : TTL;
        int header = source.isV4() ? IPV4_HEADER : Ipv6Header.LENGTH;
        byte[] packet = new byte[header + payload.length];
        MemorySegment m = MemorySegment.ofArray(packet);
        if (source.isV4()) {
            Ipv4Header.write(m, 0, trafficClass, packet.length, 0, Ipv4Header.DONT_FRAGMENT, ttl, protocol, source.v4Bits(),
                    destination.v4Bits());
        } else {
            Ipv6Header.write(m, 0, trafficClass, Math.max(0, info.flowLabel()), payload.length, protocol, ttl, source.hi(), source.lo(),
                    destination.hi(), destination.lo());
        }
        System.arraycopy(payload, 0, packet, header, payload.length);
        return packet;
    }

    private static int checksum(byte[] b, int protocol, IpAddress source, IpAddress destination) {
        long pseudo = protocol == IpProtocol.ICMP ? 0
                : Checksum.pseudoHeader(source.hi(), source.lo(), destination.hi(), destination.lo(), protocol, b.length);
        int sum = Checksum.finish(pseudo + Checksum.sum(MemorySegment.ofArray(b), 0, b.length));
        return sum == 0 && protocol == IpProtocol.UDP ? 0xffff : sum;
    }
}
