package dev.millrace.internet;

import dev.millrace.spi.Clock;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// What a router, a NAT or a firewall answers to packets that it does not forward: ICMP errors (RFC 1812 §4.3, RFC 4443
/// §2.4), resets, echo replies. At most so many a second as its limit lets pass (RFC 1812 §4.3.2.8, RFC 4443 §2.4(f)).
///
/// An answer is a whole packet that is to be routed to its destination; `null` means that there is none. The packet that
/// is answered stays the caller's, unchanged but that its checksum is complete. One thread at a time.
final class RouterIcmp {
    /// Answers per second and at once, if nothing else is said; as the stacks have it.
    static final int DEFAULT_PER_SECOND = 1000;
    static final int DEFAULT_BURST = 50;

    /// RFC 1812 §4.3.2.3: as much of the packet as the error can quote with at most so many bytes in all.
    private static final int MAX_LENGTH_V4 = 576;
    /// RFC 4443 §2.4(c): IPv6's least MTU.
    private static final int MAX_LENGTH_V6 = 1280;
    /// RFC 1812 §4.3.2.5: errors have IP precedence 6.
    private static final int INTERNETWORK_CONTROL = 0xc0;
    private static final int HOP_LIMIT = 64;

    private final GivenClock clock = new GivenClock();
    private final TokenBucket limit;
    private final Headers headers = new Headers();
    private int identification;
    private long sent;
    private long forbidden;
    private long limited;

    /// Why a packet is not forwarded, with the codes that say so.
    enum Unreachable {
        /// No route leads there.
        NETWORK(0, 0),
        /// The network is here, but not the host.
        HOST(1, 3),
        /// Nobody has the port.
        PORT(3, 4),
        /// A rule forbids it.
        PROHIBITED(13, 1);

        private final int v4Code;
        private final int v6Code;

        Unreachable(int v4Code, int v6Code) {
            this.v4Code = v4Code;
            this.v6Code = v6Code;
        }
    }

    /// The token bucket's clock says what the last caller said.
    private static final class GivenClock implements Clock {
        private long nowNs;

        @Override
        public long nanoTime() {
            return nowNs;
        }

        @Override
        public long epochNanos() {
            throw new UnsupportedOperationException("the time of day is nothing to a router");
        }
    }

    /// With the usual limit.
    RouterIcmp(long nowNs) {
        this(DEFAULT_PER_SECOND, DEFAULT_BURST, nowNs);
    }

    /// @param perSecond answers in each second; 0 for none ever
    /// @param burst answers at once, at least 1
    RouterIcmp(long perSecond, long burst, long nowNs) {
        clock.nowNs = nowNs;
        limit = new TokenBucket(perSecond, burst, clock);
    }

    /// Answers that were made.
    long sent() {
        return sent;
    }

    /// Answers that the rules forbid, such as errors about errors.
    long forbidden() {
        return forbidden;
    }

    /// Answers for which the limit left no room.
    long limited() {
        return limited;
    }

    /// Says that TTL or hop limit ran out here.
    Packet timeExceeded(Packet about, IpAddress from, long nowNs) {
        return from.isV4() ? error(about, from, IcmpHeader.V4_TIME_EXCEEDED, 0, 0, nowNs)
                : error(about, from, IcmpHeader.V6_TIME_EXCEEDED, 0, 0, nowNs);
    }

    /// Says that the packet does not reach its destination.
    Packet unreachable(Packet about, Unreachable why, IpAddress from, long nowNs) {
        return from.isV4() ? error(about, from, IcmpHeader.V4_DESTINATION_UNREACHABLE, why.v4Code, 0, nowNs)
                : error(about, from, IcmpHeader.V6_DESTINATION_UNREACHABLE, why.v6Code, 0, nowNs);
    }

    /// Says how long a packet may be for the next link (RFC 1191 §4, RFC 4443 §3.2).
    ///
    /// @param mtu in bytes
    Packet tooBig(Packet about, int mtu, IpAddress from, long nowNs) {
        return from.isV4()
                ? error(about, from, IcmpHeader.V4_DESTINATION_UNREACHABLE, IcmpHeader.V4_FRAGMENTATION_NEEDED,
                        Math.min(mtu, 0xffff), nowNs)
                : error(about, from, IcmpHeader.V6_PACKET_TOO_BIG, 0, mtu, nowNs);
    }

    /// Answers an echo request with its own data, from the address that it was for.
    Packet echoReply(Packet request, long nowNs) {
        headers.readInPlace(request);
        if (headers.problem() != null || !headers.isEchoRequest() || headers.isFragment()
                || headers.transportLength() < IcmpHeader.LENGTH || !isSingleHost(headers.source()) || headers.destination().isMulticast() || !checksumIsRight(request)) {
            forbidden++;
            return null;
        }
        if (!mayAnswer(nowNs)) {
            return null;
        }
        int skipped = headers.transport() - headers.at();
        int length = request.length() - skipped;
        IpAddress from = headers.destination();
        Packet p = packet(from, headers.source(), headers.isV4() ? IpProtocol.ICMP : IpProtocol.ICMPV6,
                headers.isV4() ? Ipv4Header.trafficClass(headers.memory(), headers.at())
                        : Ipv6Header.trafficClass(headers.memory(), headers.at()), length);
        int at = p.end() - length;
        request.copyTo(skipped, p.memory(), at, length);
        IcmpHeader.write(p.memory(), at, from.isV4() ? IcmpHeader.V4_ECHO_REPLY : IcmpHeader.V6_ECHO_REPLY, 0,
                BigEndian.i32(headers.memory(), headers.transport() + 4));
        setIcmpChecksum(p, at, length, from, headers.source());
        return p;
    }

    /// Refuses a TCP segment in the name of its destination (RFC 9293 §3.10.7.1).
    Packet reset(Packet about, long nowNs) {
        headers.readInPlace(about);
        if (headers.problem() != null || !headers.isTcp() || headers.isFragment() || !isSingleHost(headers.source())
                || headers.destination().isMulticast()
                || TcpHeader.check(headers.memory(), headers.transport(), headers.transportLength()) != WireError.NONE
                || (headers.tcpFlags() & TcpHeader.RST) != 0 || !checksumIsRight(about)) {
            forbidden++;
            return null;
        }
        if (!mayAnswer(nowNs)) {
            return null;
        }
        MemorySegment m = headers.memory();
        int segment = headers.transport();
        int flags = headers.tcpFlags();
        headers.readPorts();
        Packet p = packet(headers.destination(), headers.source(), IpProtocol.TCP, 0, TcpHeader.MIN_LENGTH);
        int at = p.end() - TcpHeader.MIN_LENGTH;
        if ((flags & TcpHeader.ACK) != 0) {
            // "<SEQ=SEG.ACK><CTL=RST>"
            TcpHeader.write(p.memory(), at, headers.destinationPort(), headers.sourcePort(),
                    TcpHeader.acknowledgment(m, segment), 0, TcpHeader.MIN_LENGTH, TcpHeader.RST, 0, 0);
        } else {
            // "<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>"; SYN and FIN count.
            int length = about.length() - (segment - about.start()) - TcpHeader.headerLength(m, segment)
                    + ((flags & TcpHeader.SYN) != 0 ? 1 : 0) + ((flags & TcpHeader.FIN) != 0 ? 1 : 0);
            TcpHeader.write(p.memory(), at, headers.destinationPort(), headers.sourcePort(), 0,
                    TcpHeader.sequence(m, segment) + length, TcpHeader.MIN_LENGTH, TcpHeader.RST | TcpHeader.ACK, 0, 0);
        }
        TcpHeader.setChecksum(p.memory(), at, Checksum.finish(Checksum.sum(p.memory(), at, TcpHeader.MIN_LENGTH)
                + pseudoHeader(headers.destination(), headers.source(), IpProtocol.TCP, TcpHeader.MIN_LENGTH)));
        return p;
    }

    private Packet error(Packet about, IpAddress from, int type, int code, int word, long nowNs) {
        headers.readInPlace(about);
        boolean tooBigV6 = !from.isV4() && type == IcmpHeader.V6_PACKET_TOO_BIG;
        if (headers.problem() != null || headers.isV4() != from.isV4() || !mayBeToldOf(about, tooBigV6)) {
            forbidden++;
            return null;
        }
        if (!mayAnswer(nowNs)) {
            return null;
        }
        int room = (from.isV4() ? MAX_LENGTH_V4 - Ipv4Header.MIN_LENGTH : MAX_LENGTH_V6 - Ipv6Header.LENGTH)
                - IcmpHeader.LENGTH;
        int quoted = Math.min(about.length(), room);
        int length = IcmpHeader.LENGTH + quoted;
        Packet p = packet(from, headers.source(), from.isV4() ? IpProtocol.ICMP : IpProtocol.ICMPV6,
                from.isV4() ? INTERNETWORK_CONTROL : 0, length);
        int at = p.end() - length;
        IcmpHeader.write(p.memory(), at, type, code, word);
        about.copyTo(0, p.memory(), at + IcmpHeader.LENGTH, quoted);
        setIcmpChecksum(p, at, length, from, headers.source());
        return p;
    }

    /// RFC 1812 §4.3.2.7 and RFC 4443 §2.4(e): nobody is told about an error, about what was sent to many (but that it is
    /// too big, in IPv6), about a later fragment, or where the source is no single host.
    private boolean mayBeToldOf(Packet about, boolean tooBigV6) {
        if (headers.isIcmpError() || !isSingleHost(headers.source())) {
            return false;
        }
        if ((about.isBroadcast() || headers.destination().isMulticast() || headers.destination().isLimitedBroadcast())
                && !tooBigV6) {
            return false;
        }
        if (headers.isIcmp() && headers.icmpType() < 0) {
            // It may be an error: its type is in another fragment, or was cut off.
            return false;
        }
        // RFC 4443 has no such rule, and a later fragment may be the first that is too big.
        return !headers.isV4() || !headers.isLaterFragment();
    }

    private static boolean isSingleHost(IpAddress a) {
        return !a.isUnspecified() && !a.isMulticast() && !a.isLoopback()
                && (!a.isV4() || a.v4Bits() >>> 24 != 0 && a.v4Bits() >>> 28 != 0xf);
    }

    private boolean mayAnswer(long nowNs) {
        clock.nowNs = nowNs;
        if (!limit.tryTake()) {
            limited++;
            return false;
        }
        sent++;
        return true;
    }

    private boolean checksumIsRight(Packet p) {
        long pseudo = headers.isV4() && headers.isIcmp() ? 0 : pseudoHeader(headers.source(), headers.destination(),
                headers.protocol(), p.length() - (headers.transport() - p.start()));
        return Checksum.isRight(pseudo + Checksum.sum(p, headers.transport()));
    }

    private static long pseudoHeader(IpAddress source, IpAddress destination, int protocol, int length) {
        return Checksum.pseudoHeader(source.hi(), source.lo(), destination.hi(), destination.lo(), protocol, length);
    }

    private static void setIcmpChecksum(Packet p, int at, int length, IpAddress source, IpAddress destination) {
        IcmpHeader.setChecksum(p.memory(), at, source.isV4() ? IcmpHeader.computeV4(p.memory(), at, length)
                : IcmpHeader.computeV6(p.memory(), at, length, source, destination));
    }

    /// A packet with an IP header and room for `length` bytes, which are the last ones.
    private Packet packet(IpAddress from, IpAddress to, int protocol, int trafficClass, int length) {
        int header = from.isV4() ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        Packet p = Packet.allocate(Packet.HEADROOM, header + length);
        int at = p.append(header + length);
        if (from.isV4()) {
            identification = identification + 1 & 0xffff;
            Ipv4Header.write(p.memory(), at, trafficClass, header + length, identification, 0, HOP_LIMIT, protocol,
                    from.v4Bits(), to.v4Bits());
        } else {
            Ipv6Header.write(p.memory(), at, trafficClass, 0, length, protocol, HOP_LIMIT, from.hi(), from.lo(), to.hi(),
                    to.lo());
        }
        return p;
    }
}
