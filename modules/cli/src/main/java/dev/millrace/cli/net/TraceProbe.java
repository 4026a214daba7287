package dev.millrace.cli.net;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.UdpHeader;
import java.lang.foreign.MemorySegment;

/// What a trace sends, and how it knows answers: probes have numbers, which come back in errors that quote them and in
/// replies.
///
/// @param kind UDP to ports that nobody listens on, ICMP echo requests, or the SYNs of TCP
/// @param local the source address
/// @param remote the destination
/// @param port UDP: of the first probe; TCP: the destination port
/// @param identifier UDP: the source port; ICMP: the identifier; TCP: the source port of the first probe
/// @param size bytes of a probe with the IP header, if that is more than it needs
record TraceProbe(Kind kind, IpAddress local, IpAddress remote, int port, int identifier, int size) {
    /// The ways to trace.
    enum Kind { UDP, ICMP, TCP }

    private static final int WINDOW = 1024;

    /// The number in the IP header.
    int protocol() {
        return switch (kind) {
            case UDP -> IpProtocol.UDP;
            case TCP -> IpProtocol.TCP;
            case ICMP -> local.isV4() ? IpProtocol.ICMP : IpProtocol.ICMPV6;
        };
    }

    /// Probe number `n` (0 to 1000), from its transport header on.
    byte[] bytes(int n) {
        int header = kind == Kind.TCP ? TcpHeader.MIN_LENGTH : 8;
        int ip = local.isV4() ? 20 : 40;
        byte[] bytes = new byte[kind == Kind.TCP ? header : Math.max(header, size - ip)];
        MemorySegment m = MemorySegment.ofArray(bytes);
        switch (kind) {
            case UDP -> UdpHeader.write(m, 0, identifier, port + n & 0xffff, bytes.length);
            case ICMP -> IcmpHeader.writeEcho(m, 0, local.isV4() ? IcmpHeader.V4_ECHO_REQUEST : IcmpHeader.V6_ECHO_REQUEST,
                    identifier, n);
            case TCP -> TcpHeader.write(m, 0, identifier + n & 0xffff, port, n << 16 | identifier, 0, header, TcpHeader.SYN,
                    WINDOW, 0);
        }
        long pseudo = kind == Kind.ICMP && local.isV4() ? 0
                : Checksum.pseudoHeader(local.hi(), local.lo(), remote.hi(), remote.lo(), protocol(), bytes.length);
        int checksum = Checksum.finish(pseudo + Checksum.sum(m, 0, bytes.length));
        switch (kind) {
            case UDP -> UdpHeader.setChecksum(m, 0, checksum);
            case ICMP -> IcmpHeader.setChecksum(m, 0, checksum);
            case TCP -> TcpHeader.setChecksum(m, 0, checksum);
        }
        return bytes;
    }

    /// The number of the probe whose first 8 bytes of transport header these are, or -1 if it is none of ours.
    int quoted(byte[] bytes, int at) {
        if (bytes.length - at < 8) {
            return -1;
        }
        MemorySegment m = MemorySegment.ofArray(bytes);
        int first = BigEndian.u16(m, at);
        int second = BigEndian.u16(m, at + 2);
        return switch (kind) {
            case UDP -> first == identifier ? second - port & 0xffff : -1;
            case ICMP -> IcmpHeader.identifier(m, at) == identifier ? IcmpHeader.sequence(m, at) : -1;
            case TCP -> second == port ? first - identifier & 0xffff : -1;
        };
    }

    /// The number of the probe that a packet of the probes' protocol from the destination answers, or -1.
    int answered(byte[] bytes) {
        if (bytes.length < 8) {
            return -1;
        }
        MemorySegment m = MemorySegment.ofArray(bytes);
        int first = BigEndian.u16(m, 0);
        int second = BigEndian.u16(m, 2);
        return switch (kind) {
            case UDP -> second == identifier ? first - port & 0xffff : -1;
            case ICMP -> IcmpHeader.type(m, 0) == (local.isV4() ? IcmpHeader.V4_ECHO_REPLY : IcmpHeader.V6_ECHO_REPLY)
                    && IcmpHeader.identifier(m, 0) == identifier ? IcmpHeader.sequence(m, 0) : -1;
            case TCP -> first == port ? second - identifier & 0xffff : -1;
        };
    }
}
