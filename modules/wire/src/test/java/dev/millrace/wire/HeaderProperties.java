package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Header codecs: what was written is read, whatever comes gives a header or an error, and nothing outside is looked at.
class HeaderProperties {
    private static MemorySegment room(int length) {
        return Arena.ofAuto().allocate(length);
    }

    @Property(tries = 300)
    void ipv4RoundTrip(@ForAll @IntRange(max = 255) int tos, @ForAll @IntRange(min = 20, max = 65535) int length,
            @ForAll @IntRange(max = 65535) int id, @ForAll @IntRange(max = 255) int ttl, @ForAll @IntRange(max = 255) int protocol,
            @ForAll int source, @ForAll int destination) {
        MemorySegment m = room(20);
        Ipv4Header.write(m, 0, tos, length, id, Ipv4Header.DONT_FRAGMENT, ttl, protocol, source, destination);
        assertEquals(WireError.NONE, Ipv4Header.check(m, 0, length));
        assertTrue(Ipv4Header.checksumIsRight(m, 0));
        assertEquals(tos, Ipv4Header.trafficClass(m, 0));
        assertEquals(length, Ipv4Header.totalLength(m, 0));
        assertEquals(id, Ipv4Header.identification(m, 0));
        assertEquals(ttl, Ipv4Header.ttl(m, 0));
        assertEquals(protocol, Ipv4Header.protocol(m, 0));
        assertEquals(source, Ipv4Header.source(m, 0));
        assertEquals(destination, Ipv4Header.destination(m, 0));
        assertTrue(Ipv4Header.dontFragment(m, 0) && !Ipv4Header.moreFragments(m, 0) && !Ipv4Header.isFragment(m, 0));
        Ipv4Header.setTtl(m, 0, ttl ^ 0x55);
        assertEquals(ttl ^ 0x55, Ipv4Header.ttl(m, 0));
        assertTrue(Ipv4Header.checksumIsRight(m, 0));
    }

    @Property(tries = 300)
    void ipv6RoundTrip(@ForAll @IntRange(max = 255) int trafficClass, @ForAll @IntRange(max = 0xfffff) int flow,
            @ForAll @IntRange(max = 65535) int length, @ForAll @IntRange(max = 255) int next,
            @ForAll @IntRange(max = 255) int hops, @ForAll long a, @ForAll long b, @ForAll long c, @ForAll long d) {
        MemorySegment m = room(40);
        Ipv6Header.write(m, 0, trafficClass, flow, length, next, hops, a, b, c, d);
        assertEquals(WireError.NONE, Ipv6Header.check(m, 0, 40 + length));
        assertEquals(trafficClass, Ipv6Header.trafficClass(m, 0));
        assertEquals(flow, Ipv6Header.flowLabel(m, 0));
        assertEquals(length, Ipv6Header.payloadLength(m, 0));
        assertEquals(next, Ipv6Header.nextHeader(m, 0));
        assertEquals(hops, Ipv6Header.hopLimit(m, 0));
        assertEquals(a, Ipv6Header.sourceHi(m, 0));
        assertEquals(b, Ipv6Header.sourceLo(m, 0));
        assertEquals(c, Ipv6Header.destinationHi(m, 0));
        assertEquals(d, Ipv6Header.destinationLo(m, 0));
    }

    @Property(tries = 300)
    void tcpRoundTripWithOptions(@ForAll @IntRange(max = 65535) int from, @ForAll @IntRange(max = 65535) int to, @ForAll int seq,
            @ForAll int ack, @ForAll @IntRange(max = 511) int flags, @ForAll @IntRange(max = 65535) int window,
            @ForAll @IntRange(max = 65535) int mss, @ForAll @IntRange(max = 14) int shift, @ForAll int tsVal, @ForAll int tsEcr) {
        MemorySegment m = room(60);
        long at = TcpOptionWriter.mss(m, 20, mss);
        at = TcpOptionWriter.windowScale(m, at, shift);
        at = TcpOptionWriter.sackPermitted(m, at);
        at = TcpOptionWriter.timestamps(m, at, tsVal, tsEcr);
        TcpHeader.write(m, 0, from, to, seq, ack, (int) at, flags, window, 7);
        assertEquals(WireError.NONE, TcpHeader.check(m, 0, 60));
        assertEquals(from, TcpHeader.sourcePort(m, 0));
        assertEquals(to, TcpHeader.destinationPort(m, 0));
        assertEquals(seq, TcpHeader.sequence(m, 0));
        assertEquals(ack, TcpHeader.acknowledgment(m, 0));
        assertEquals(flags, TcpHeader.flags(m, 0));
        assertEquals(window, TcpHeader.window(m, 0));
        assertEquals(7, TcpHeader.urgentPointer(m, 0));
        assertEquals(at, TcpHeader.headerLength(m, 0));
        var options = new TcpOptionReader();
        assertEquals(WireError.NONE, options.read(m, 0));
        assertEquals(mss, options.mss());
        assertEquals(shift, options.windowScale());
        assertTrue(options.sackPermitted() && options.hasTimestamps());
        assertEquals(tsVal, options.timestampValue());
        assertEquals(tsEcr, options.timestampEcho());
        assertEquals(0, options.unknownCount());
    }

    @Example
    void sackBlocksRoundTripAndUnknownOptionsAreKeptCount() {
        MemorySegment m = room(60);
        long at = TcpOptionWriter.sack(m, 20, 3);
        for (int i = 0; i < 3; i++) {
            at = TcpOptionWriter.sackBlock(m, at, 100 * i, 100 * i + 50);
        }
        BigEndian.put32(m, at, 253 << 24 | 4 << 16 | 0x1234);
        TcpHeader.write(m, 0, 1, 2, 3, 4, (int) at + 4, TcpHeader.ACK, 5, 0);
        var options = new TcpOptionReader();
        assertEquals(WireError.NONE, options.read(m, 0));
        assertEquals(3, options.sackCount());
        assertEquals(200, options.sackLeft(2));
        assertEquals(250, options.sackRight(2));
        assertEquals(1, options.unknownCount());
    }

    /// RFC 5482 §2: 15 bits of seconds or minutes.
    @Property(tries = 300)
    void userTimeoutRoundTrip(@ForAll @IntRange(min = 1, max = TcpOptionWriter.MAX_USER_TIMEOUT) int seconds) {
        MemorySegment m = room(60);
        long at = TcpOptionWriter.userTimeout(m, 20, seconds);
        TcpHeader.write(m, 0, 1, 2, 3, 4, (int) at, TcpHeader.ACK, 5, 0);
        var options = new TcpOptionReader();
        assertEquals(WireError.NONE, options.read(m, 0));
        assertEquals(seconds <= 0x7fff ? seconds : (seconds + 59) / 60 * 60, options.userTimeout());
        options.clear();
        assertEquals(0, options.userTimeout());
    }

    @Property(tries = 300)
    void udpRoundTrip(@ForAll @IntRange(max = 65535) int from, @ForAll @IntRange(max = 65535) int to,
            @ForAll @IntRange(min = 8, max = 65535) int length) {
        MemorySegment m = room(8);
        UdpHeader.write(m, 0, from, to, length);
        assertEquals(WireError.NONE, UdpHeader.check(m, 0, length));
        assertEquals(from, UdpHeader.sourcePort(m, 0));
        assertEquals(to, UdpHeader.destinationPort(m, 0));
        assertEquals(length, UdpHeader.length(m, 0));
        UdpHeader.setChecksum(m, 0, 0);
        assertEquals(0xffff, UdpHeader.checksum(m, 0));
    }

    @Example
    void icmpRoundTrip() {
        MemorySegment m = room(8);
        IcmpHeader.writeEcho(m, 0, IcmpHeader.V4_ECHO_REQUEST, 0x1234, 0xfedc);
        IcmpHeader.setChecksum(m, 0, 0xbeef);
        assertEquals(8, IcmpHeader.type(m, 0));
        assertEquals(0, IcmpHeader.code(m, 0));
        assertEquals(0x1234, IcmpHeader.identifier(m, 0));
        assertEquals(0xfedc, IcmpHeader.sequence(m, 0));
        assertEquals(0xbeef, IcmpHeader.checksum(m, 0));
        IcmpHeader.write(m, 0, IcmpHeader.V6_PACKET_TOO_BIG, 0, -1);
        assertEquals(0xffff_ffffL, IcmpHeader.mtuV6(m, 0));
    }

    /// A segment of exactly the bytes: looking at one more throws.
    // Requirement: RFC9293:MUST-7
    @Property(tries = 3000)
    void anyBytesGiveAHeaderOrAnError(@ForAll @Size(max = 120) byte[] bytes, @ForAll @IntRange(max = 6) int kind) {
        MemorySegment m = Arena.ofAuto().allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, m, 0, bytes.length);
        if (kind > 0 && bytes.length > 0) {
            BigEndian.put8(m, 0, kind % 2 == 0 ? 0x40 | bytes[0] & 0xf : 0x60);
        }
        if (Ipv4Header.check(m, 0, bytes.length) == WireError.NONE) {
            Ipv4Header.checksumIsRight(m, 0);
            int fine = Ipv4Options.check(m, 0, Ipv4Header.headerLength(m, 0));
            assertTrue(fine >= Ipv4Options.SOURCE_ROUTE && fine < 60);
        }
        if (Ipv6Header.check(m, 0, bytes.length) == WireError.NONE) {
            long found = Ipv6Extensions.walk(m, 0, bytes.length, bytes.length);
            assertTrue(Ipv6Extensions.offset(found) <= bytes.length + 1, "offset " + Ipv6Extensions.offset(found));
            Ipv6Extensions.skip(m, 0, bytes.length);
        }
        if (TcpHeader.check(m, 0, bytes.length) == WireError.NONE) {
            new TcpOptionReader().read(m, 0);
        }
        assertNotNull(UdpHeader.check(m, 0, bytes.length));
        assertNotNull(Dissector.ip(m, bytes.length));
        assertNotNull(Dissector.ip(m, new Random(kind).nextInt(2000)));
        assertNotNull(Dissector.ethernet(m, bytes.length));
    }

    @Example
    void aHeaderCutAnywhereIsAnErrorOrSmaller() {
        MemorySegment v4 = room(60);
        Ipv4Header.write(v4, 0, 0, 60, 1, 0, 64, 6, 1, 2);
        MemorySegment v6 = room(60);
        Ipv6Header.write(v6, 0, 0, 0, 20, 6, 64, 1, 2, 3, 4);
        MemorySegment tcp = room(60);
        TcpHeader.write(tcp, 0, 1, 2, 3, 4, 40, 0, 0, 0);
        for (int n = 0; n < 60; n++) {
            assertNotEquals(WireError.NONE, Ipv4Header.check(v4.asSlice(0, n), 0, n), "IPv4 of " + n);
            assertNotEquals(WireError.NONE, Ipv6Header.check(v6.asSlice(0, n), 0, n), "IPv6 of " + n);
            assertEquals(n >= 40, TcpHeader.check(tcp.asSlice(0, n), 0, n) == WireError.NONE, "TCP of " + n);
            assertEquals(n < 8, UdpHeader.check(tcp.asSlice(0, n), 0, n) == WireError.TRUNCATED, "UDP of " + n);
        }
    }

    // Requirement: RFC9293:MUST-7
    @Example
    void illegalOptionLengthsEndTheReading() {
        var options = new TcpOptionReader();
        for (int kind = 2; kind < 256; kind++) {
            for (int length = 0; length < 256; length++) {
                MemorySegment m = room(24);
                TcpHeader.write(m, 0, 1, 2, 3, 4, 24, TcpHeader.SYN, 0, 0);
                BigEndian.put8(m, 20, kind);
                BigEndian.put8(m, 21, length);
                WireError error = options.read(m, 0);
                if (length < 2 || length > 4) {
                    assertEquals(WireError.BAD_OPTION_LENGTH, error, kind + " of length " + length);
                }
            }
        }
    }
}
