package dev.millrace.internet;

import static dev.millrace.internet.BoxBench.NOTHING;
import static dev.millrace.internet.BoxBench.SECOND;
import static dev.millrace.internet.BoxBench.checksumsAreRight;
import static dev.millrace.internet.BoxBench.destination;
import static dev.millrace.internet.BoxBench.dropped;
import static dev.millrace.internet.BoxBench.forwarded;
import static dev.millrace.internet.BoxBench.headerChecksumIsRight;
import static dev.millrace.internet.BoxBench.i32;
import static dev.millrace.internet.BoxBench.ip;
import static dev.millrace.internet.BoxBench.packet;
import static dev.millrace.internet.BoxBench.pieces;
import static dev.millrace.internet.BoxBench.quoted;
import static dev.millrace.internet.BoxBench.replied;
import static dev.millrace.internet.BoxBench.source;
import static dev.millrace.internet.BoxBench.take;
import static dev.millrace.internet.BoxBench.u16;
import static dev.millrace.internet.BoxBench.u8;
import static dev.millrace.internet.BoxBench.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.RouterIcmp.Unreachable;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a router does with packets, and what it says about those it drops (RFC 1812, RFC 4443, RFC 8200).
class RouterHopTest {
    private static final IpAddress ROUTER = ip("10.0.0.254");
    private static final IpAddress ROUTER_V6 = ip("fd00::fe");

    private final RouterIcmp icmp = new RouterIcmp(1000, 50, 0);
    private final RouterHop hop = new RouterHop(icmp);
    private LeakCheck leaks;

    @BeforeEach
    void begin() {
        leaks = new LeakCheck();
    }

    @AfterEach
    void end() {
        leaks.close();
    }

    private static PacketBuilder v4() {
        return PacketBuilder.between("10.0.0.1", "192.0.2.1");
    }

    private static PacketBuilder v6() {
        return PacketBuilder.between("fd00::1", "2001:db8::1");
    }

    private static byte[] data(int n) {
        byte[] b = new byte[n];
        new Random(n).nextBytes(b);
        return b;
    }

    private Verdict forward(byte[] bytes, int mtu) {
        return hop.forward(packet(bytes), mtu, bytes[0] >>> 4 == 4 ? ROUTER : ROUTER_V6, SECOND);
    }

    @Test
    void takesOneOffTheTtlAndKeepsTheHeaderChecksumRight() {
        byte[] before = udp("10.0.0.1", 1, "192.0.2.1", 2);
        byte[] after = forwarded(forward(before, 1500));
        // RFC 1812 §5.3.1
        assertEquals(63, u8(after, 8));
        assertTrue(checksumsAreRight(after));
        after[8] = before[8];
        after[10] = before[10];
        after[11] = before[11];
        assertArrayEquals(before, after);
    }

    @Test
    void takesOneOffTheHopLimitAndTouchesNothingElse() {
        byte[] before = udp("fd00::1", 1, "2001:db8::1", 2);
        byte[] after = forwarded(forward(before, 1500));
        assertEquals(63, u8(after, 7));
        after[7] = before[7];
        assertArrayEquals(before, after);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void saysTimeExceededWhenTheTtlRunsOut(int ttl) {
        byte[] packet = v4().hopLimit(ttl).udp(1, 2, data(20));
        byte[] reply = replied(forward(packet, 1500));
        assertEquals(ROUTER, source(reply));
        assertEquals(ip("10.0.0.1"), destination(reply));
        // RFC 792: type 11, code 0.
        assertEquals(11 << 8, u16(reply, 20));
        assertEquals(0, i32(reply, 24));
        assertArrayEquals(packet, quoted(reply));
        assertTrue(checksumsAreRight(reply));
        assertEquals(1, hop.counters().drops(BoxDrop.HOP_LIMIT));
    }

    @Test
    void saysTimeExceededWhenTheHopLimitRunsOut() {
        byte[] packet = v6().hopLimit(1).udp(1, 2, data(20));
        byte[] reply = replied(forward(packet, 1500));
        // RFC 4443 §3.3: type 3, code 0.
        assertEquals(3 << 8, u16(reply, 40));
        assertEquals(ROUTER_V6, source(reply));
        assertArrayEquals(packet, quoted(reply));
        assertTrue(checksumsAreRight(reply));
    }

    @Test
    void quotesAsMuchAs576BytesHold() {
        byte[] packet = v4().hopLimit(1).udp(1, 2, data(1400));
        byte[] reply = replied(forward(packet, 1500));
        // RFC 1812 §4.3.2.3
        assertEquals(576, reply.length);
        assertArrayEquals(Arrays.copyOf(packet, 576 - 28), quoted(reply));
        assertTrue(checksumsAreRight(reply));
    }

    @Test
    void quotesAsMuchAs1280BytesHold() {
        byte[] reply = replied(forward(v6().hopLimit(1).udp(1, 2, data(1400)), 1500));
        // RFC 4443 §2.4(c)
        assertEquals(1280, reply.length);
        assertTrue(checksumsAreRight(reply));
    }

    @Test
    void saysFragmentationNeededWithTheMtuIfDfIsSet() {
        byte[] reply = replied(forward(v4().fragment(7, 0x4000).udp(1, 2, data(1400)), 1280));
        // RFC 1191 §4
        assertEquals(3 << 8 | 4, u16(reply, 20));
        assertEquals(1280, i32(reply, 24));
        assertEquals(1, hop.counters().drops(BoxDrop.TOO_BIG));
    }

    @Test
    void saysPacketTooBigWithTheMtu() {
        byte[] reply = replied(forward(v6().udp(1, 2, data(1400)), 1300));
        // RFC 4443 §3.2
        assertEquals(2 << 8, u16(reply, 40));
        assertEquals(1300, i32(reply, 44));
        assertTrue(checksumsAreRight(reply));
    }

    @Test
    void aPacketOfExactlyTheMtuIsForwarded() {
        assertEquals(1280, forwarded(forward(v4().udp(1, 2, data(1252)), 1280)).length);
    }

    @ParameterizedTest
    @CsvSource({"1500, 576", "1499, 68", "600, 599", "65535, 1500"})
    void cutsPacketsWithoutDfIntoPiecesThatMakeThePacketAgain(int length, int mtu) {
        byte[] packet = v4().fragment(99, 0).udp(1, 2, data(length - 28));
        List<byte[]> pieces = pieces(forward(packet, mtu));
        byte[] whole = new byte[length];
        for (int i = 0; i < pieces.size(); i++) {
            byte[] p = pieces.get(i);
            assertTrue(p.length <= mtu);
            assertEquals(p.length, u16(p, 2));
            assertEquals(99, u16(p, 4));
            assertTrue(headerChecksumIsRight(p));
            assertEquals(63, u8(p, 8));
            // RFC 791 §3.2: all but the last have MF and a multiple of 8 bytes.
            assertEquals(i < pieces.size() - 1, (u16(p, 6) & 0x2000) != 0);
            System.arraycopy(p, 20, whole, 20 + (u16(p, 6) & 0x1fff) * 8, p.length - 20);
        }
        System.arraycopy(packet, 0, whole, 0, 20);
        assertArrayEquals(packet, whole);
    }

    @Test
    void aFragmentThatIsCutKeepsItsPlaceAndItsFollowers() {
        byte[] fragment = v4().fragment(5, 0x2000 | 100).raw(17, data(160));
        List<byte[]> pieces = pieces(forward(fragment, 100));
        assertEquals(0x2000 | 100, u16(pieces.get(0), 6));
        assertEquals(0x2000 | 110, u16(pieces.get(1), 6));
        assertEquals(2, pieces.size());
    }

    @Test
    void onlyCopiedOptionsGoIntoLaterFragments() {
        // Router alert (148, copied) and record route (7, not copied; RFC 791 §3.1).
        byte[] packet = v4().options(7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0).udp(1, 2, data(200));
        List<byte[]> pieces = pieces(forward(packet, 120));
        assertEquals(32, (pieces.get(0)[0] & 0xf) * 4);
        assertEquals(24, (pieces.get(1)[0] & 0xf) * 4);
        assertEquals(148 << 24 | 4 << 16, i32(pieces.get(1), 20));
        pieces.forEach(p -> assertTrue(headerChecksumIsRight(p)));
    }

    @Test
    void aLinkWithoutRoomForEightBytesTakesNothing() {
        assertEquals(BoxDrop.TOO_BIG, dropped(forward(udp("10.0.0.1", 1, "192.0.2.1", 2), 27)));
    }

    @Test
    void nothingIsRepaired() {
        byte[] packet = udp("10.0.0.1", 1, "192.0.2.1", 2);
        packet[10] ^= 1;
        // RFC 1812 §5.2.2: discarded in silence.
        assertEquals(BoxDrop.BAD_HEADER_CHECKSUM, dropped(forward(packet, 1500)));
        byte[] data = udp("10.0.0.1", 1, "192.0.2.1", 2);
        data[30] ^= 1;
        byte[] after = forwarded(forward(data, 1500));
        assertTrue(headerChecksumIsRight(after));
        assertEquals(false, checksumsAreRight(after));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "169.254.1.1"})
    void packetsFromNobodyAreDroppedInSilence(String source) {
        assertEquals(BoxDrop.MARTIAN, dropped(forward(udp(source, 1, "192.0.2.1", 2), 1500)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"::", "::1", "ff02::1", "fe80::1"})
    void packetsOfIpv6FromNobodyAreDroppedInSilence(String source) {
        assertEquals(BoxDrop.MARTIAN, dropped(forward(udp(source, 1, "2001:db8::1", 2), 1500)));
    }

    @Test
    void errorsAboutErrorsAreNotSent() {
        byte[] about = udp("192.0.2.1", 1, "10.0.0.1", 2);
        // RFC 1812 §4.3.2.7, RFC 4443 §2.4(e.1)
        assertEquals(BoxDrop.HOP_LIMIT, dropped(forward(v4().hopLimit(1).icmp(3, 1, 0, about), 1500)));
        assertEquals(BoxDrop.HOP_LIMIT, dropped(forward(v6().hopLimit(1).icmp(1, 3, 0, about), 1500)));
        assertEquals(BoxDrop.HOP_LIMIT, dropped(forward(v6().hopLimit(1).icmp(137, 0, 0, about), 1500)));
        assertEquals(3, icmp.forbidden());
        // But queries are answered.
        replied(forward(v4().hopLimit(1).echoRequest(1, 2, NOTHING), 1500));
        replied(forward(v6().hopLimit(1).echoRequest(1, 2, NOTHING), 1500));
    }

    @Test
    void errorsAboutMulticastAreNotSentButThatItIsTooBig() {
        var to = PacketBuilder.between("fd00::1", "ff0e::5");
        assertEquals(BoxDrop.HOP_LIMIT, dropped(forward(to.hopLimit(1).udp(1, 2, NOTHING), 1500)));
        assertEquals(BoxDrop.HOP_LIMIT, dropped(forward(PacketBuilder.between("10.0.0.1", "224.1.1.1").hopLimit(1)
                .udp(1, 2, NOTHING), 1500)));
        // RFC 4443 §2.4(e.3): exception (1).
        replied(forward(to.hopLimit(9).udp(1, 2, data(1400)), 1280));
    }

    @Test
    void errorsAboutLaterFragmentsAreNotSentInIpv4() {
        byte[] later = v4().hopLimit(1).fragment(5, 0x2000 | 100).raw(17, data(160));
        // RFC 1812 §4.3.2.7
        assertEquals(BoxDrop.HOP_LIMIT, dropped(forward(later, 1500)));
        replied(forward(v4().hopLimit(1).fragment(5, 0x2000).raw(17, data(160)), 1500));
        // What ICMPv6 a later fragment is of cannot be seen; UDP cannot be an error.
        assertEquals(BoxDrop.HOP_LIMIT, dropped(forward(
                v6().hopLimit(1).extension(44, 0, 0, 8, 0, 0, 0, 1).raw(58, data(16)), 1500)));
        replied(forward(v6().hopLimit(1).extension(44, 0, 0, 8, 0, 0, 0, 1).raw(17, data(16)), 1500));
    }

    @Test
    void saysWhyADestinationIsNotReached() {
        int[][] codes = {{0, 0}, {1, 3}, {3, 4}, {13, 1}};
        byte[] b4 = udp("10.0.0.1", 1, "192.0.2.1", 2);
        byte[] b6 = udp("fd00::1", 1, "2001:db8::1", 2);
        for (Unreachable why : Unreachable.values()) {
            byte[] r4 = replied(hop.unreachable(packet(b4), why, ROUTER, SECOND));
            byte[] r6 = replied(hop.unreachable(packet(b6), why, ROUTER_V6, SECOND));
            assertEquals(3 << 8 | codes[why.ordinal()][0], u16(r4, 20));
            assertEquals(1 << 8 | codes[why.ordinal()][1], u16(r6, 40));
            assertTrue(checksumsAreRight(r4) && checksumsAreRight(r6));
        }
    }

    @Test
    void aRouterWithoutAnAddressSaysNothing() {
        assertEquals(BoxDrop.HOP_LIMIT,
                dropped(hop.forward(packet(v4().hopLimit(1).udp(1, 2, NOTHING)), 1500, null, SECOND)));
    }

    @Test
    void answersAreLimitedAndTheLimitRecovers() {
        var few = new RouterHop(new RouterIcmp(10, 3, 0));
        byte[] packet = v4().hopLimit(1).udp(1, 2, NOTHING);
        for (int i = 0; i < 3; i++) {
            replied(few.forward(packet(packet), 1500, ROUTER, SECOND));
        }
        // RFC 1812 §4.3.2.8
        assertEquals(BoxDrop.HOP_LIMIT, dropped(few.forward(packet(packet), 1500, ROUTER, SECOND)));
        replied(few.forward(packet(packet), 1500, ROUTER, SECOND + SECOND / 10));
    }

    @Test
    void theChecksumThatAHostLeftUndoneIsDoneBeforeItIsQuotedOrCut() {
        byte[] done = v4().hopLimit(1).udp(7, 8, data(1000));
        assertArrayEquals(Arrays.copyOf(done, 548), quoted(replied(hop.forward(partial(done), 1500, ROUTER, SECOND))));
        byte[] far = v4().hopLimit(9).udp(7, 8, data(1000));
        byte[] first = pieces(hop.forward(partial(far), 576, ROUTER, SECOND)).getFirst();
        assertEquals(u16(far, 26), u16(first, 26));
        // Where nobody looks it stays undone.
        Verdict v = hop.forward(partial(far), 1500, ROUTER, SECOND);
        assertEquals(Packet.Checksumming.PARTIAL, v.packet().checksumming());
        BoxBench.release(v);
    }

    /// The packet with its payload in another buffer and its checksum field holding the sum of the pseudo header alone.
    private static Packet partial(byte[] bytes) {
        Packet p = Packet.allocate(Packet.HEADROOM, 28);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, p.memory(), p.append(28), 28);
        Buffer payload = Buffer.allocate(bytes.length);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 28, payload.memory(), 0, bytes.length - 28);
        p.addFragment(payload, 0, bytes.length - 28);
        IpAddress s = source(bytes);
        IpAddress d = destination(bytes);
        BigEndian.put16(p.memory(), p.start() + 26,
                Checksum.fold(Checksum.pseudoHeader(s.hi(), s.lo(), d.hi(), d.lo(), 17, bytes.length - 20)));
        p.wantChecksum(20, 6);
        p.setChecksumming(Packet.Checksumming.PARTIAL);
        return p;
    }

    @Test
    void answersAnEchoRequestWithItsOwnData() {
        for (PacketBuilder b : List.of(v4(), v6())) {
            byte[] request = b.trafficClass(0x28).echoRequest(77, 5, data(99));
            Packet p = packet(request);
            byte[] reply = take(icmp.echoReply(p, SECOND));
            p.release();
            int at = BoxBench.transport(reply);
            assertEquals(source(request), destination(reply));
            assertEquals(destination(request), source(reply));
            assertEquals(at == 20 ? IcmpHeader.V4_ECHO_REPLY : IcmpHeader.V6_ECHO_REPLY, u8(reply, at));
            assertArrayEquals(Arrays.copyOfRange(request, at + 4, request.length),
                    Arrays.copyOfRange(reply, at + 4, reply.length));
            assertTrue(checksumsAreRight(reply));
        }
    }

    @Test
    void aDamagedEchoRequestIsNotAnswered() {
        byte[] request = v4().echoRequest(77, 5, data(9));
        request[30] ^= 1;
        Packet p = packet(request);
        assertNull(icmp.echoReply(p, SECOND));
        p.release();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "255.255.255.255", "240.0.0.1", "169.254.1.1"})
    void packetsToNobodyAreDroppedInSilence(String destination) {
        // RFC 1812 §5.3.7
        assertEquals(BoxDrop.MARTIAN, dropped(forward(udp("10.0.0.1", 1, destination, 2), 1500)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"::", "::1", "fe80::1"})
    void packetsOfIpv6ToNobodyAreDroppedInSilence(String destination) {
        assertEquals(BoxDrop.MARTIAN, dropped(forward(udp("fd00::1", 1, destination, 2), 1500)));
    }

    @Test
    void nobodyIsToldAboutABroadcast() {
        // RFC 1812 §4.3.2.7: sent as a link-layer broadcast, or to a broadcast address.
        Packet onLink = packet(v4().hopLimit(1).udp(1, 2, NOTHING));
        onLink.setBroadcast(true);
        assertEquals(BoxDrop.HOP_LIMIT, dropped(hop.forward(onLink, 1500, ROUTER, SECOND)));
        Packet toAll = packet(udp("10.0.0.1", 1, "255.255.255.255", 2));
        assertNull(icmp.unreachable(toAll, Unreachable.HOST, ROUTER, SECOND));
        toAll.release();
        Packet ping = packet(PacketBuilder.between("10.0.0.1", "224.0.0.1").echoRequest(1, 1, NOTHING));
        assertNull(icmp.echoReply(ping, SECOND));
        ping.release();
        assertEquals(3, icmp.forbidden());
    }
}
