package dev.millrace.internet;

import static dev.millrace.internet.BoxBench.NOTHING;
import static dev.millrace.internet.BoxBench.SECOND;
import static dev.millrace.internet.BoxBench.checksumsAreRight;
import static dev.millrace.internet.BoxBench.destination;
import static dev.millrace.internet.BoxBench.dropped;
import static dev.millrace.internet.BoxBench.error;
import static dev.millrace.internet.BoxBench.forwarded;
import static dev.millrace.internet.BoxBench.hairpinned;
import static dev.millrace.internet.BoxBench.headerChecksumIsRight;
import static dev.millrace.internet.BoxBench.i32;
import static dev.millrace.internet.BoxBench.ip;
import static dev.millrace.internet.BoxBench.packet;
import static dev.millrace.internet.BoxBench.path;
import static dev.millrace.internet.BoxBench.quoted;
import static dev.millrace.internet.BoxBench.source;
import static dev.millrace.internet.BoxBench.tcp;
import static dev.millrace.internet.BoxBench.u16;
import static dev.millrace.internet.BoxBench.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Pings and ICMP errors through a NAT (RFC 5508).
class NatIcmpTest {
    private static final String A = "10.0.0.2";
    private static final String B = "10.0.0.3";
    private static final String NAT = "203.0.113.1";
    private static final String X = "198.51.100.1";
    private static final String ROUTER = "192.0.2.7";

    private final Nat nat = new Nat(NatOptions.DEFAULT.withPortPreservation(false).withForward(PortForward.udp(53, B, 5353)),
            List.of(ip(NAT)), ip("10.0.0.1"), new RouterIcmp(0), new Random(1));
    private LeakCheck leaks;
    private long now = 5 * SECOND;

    @BeforeEach
    void begin() {
        leaks = new LeakCheck();
    }

    @AfterEach
    void end() {
        leaks.close();
    }

    private byte[] out(byte[] packet) {
        return forwarded(nat.outbound(packet(packet), now));
    }

    private byte[] in(byte[] packet) {
        return forwarded(nat.inbound(packet(packet), now));
    }

    private BoxDrop outDrop(byte[] packet) {
        return dropped(nat.outbound(packet(packet), now));
    }

    private BoxDrop inDrop(byte[] packet) {
        return dropped(nat.inbound(packet(packet), now));
    }

    private static byte[] reply(String from, String to, int id, int sequence) {
        return PacketBuilder.between(from, to).icmp(0, 0, id << 16 | sequence, NOTHING);
    }

    @Test
    void pingsHaveTheirIdentifierReplacedAndBack() {
        // RFC 5508 REQ-1
        byte[] a = out(PacketBuilder.between(A, X).echoRequest(7, 1, new byte[] {1, 2, 3}));
        byte[] b = out(PacketBuilder.between(B, X).echoRequest(7, 1, new byte[] {1, 2, 3}));
        int idA = u16(a, 24);
        int idB = u16(b, 24);
        assertNotEquals(idA, idB);
        assertTrue(checksumsAreRight(a) && checksumsAreRight(b));
        byte[] back = in(reply(X, NAT, idB, 1));
        assertEquals(ip(B), destination(back));
        assertEquals(7, u16(back, 24));
        assertTrue(checksumsAreRight(back));
        assertEquals(BoxDrop.NAT_FILTERED, inDrop(reply(ROUTER, NAT, idA, 1)));
    }

    @Test
    void aPingEndsAfterAMinute() {
        // RFC 5508 REQ-2
        int id = u16(out(PacketBuilder.between(A, X).echoRequest(7, 1, NOTHING)), 24);
        now += 60 * SECOND;
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(reply(X, NAT, id, 1)));
    }

    @Test
    void anUnaskedReplyMakesNoMapping() {
        assertEquals(BoxDrop.NAT_NO_MAPPING, outDrop(reply(A, X, 7, 1)));
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(reply(X, NAT, 7, 1)));
        assertEquals(0, nat.mappings());
    }

    @Test
    void anAllZeroReplyIsRightAfterwards() {
        // The one case where RFC 1624's update gives the other zero.
        byte[] request = out(PacketBuilder.between(A, X).echoRequest(0, 0, NOTHING));
        byte[] back = in(reply(X, NAT, u16(request, 24), 0));
        assertEquals(0, i32(back, 24));
        assertEquals(0xffff, u16(back, 22));
    }

    @Test
    void anErrorFromOutsideQuotesThePacketAsItWasSent() {
        for (byte[] sent : List.of(udp(A, 5000, X, 53), tcp(A, 5000, X, 80, TcpHeader.SYN),
                PacketBuilder.between(A, X).echoRequest(9, 9, NOTHING))) {
            byte[] asOutside = out(sent);
            // RFC 5508 REQ-4: type, code and what else the error says stay.
            byte[] e = in(PacketBuilder.between(ROUTER, NAT).icmp(3, 4, 1400, asOutside));
            assertEquals(3 << 8 | 4, u16(e, 20));
            assertEquals(1400, i32(e, 24));
            assertEquals(ip(ROUTER), source(e));
            assertEquals(ip(A), destination(e));
            assertArrayEquals(sent, quoted(e));
            assertTrue(checksumsAreRight(e));
        }
    }

    @Test
    void eightBytesOfTheQuotedTransportHeaderSuffice() {
        // RFC 792: of TCP the checksum is then missing.
        byte[] sent = tcp(A, 5000, X, 80, TcpHeader.SYN);
        byte[] e = in(error(ROUTER, NAT, 11, 0, Arrays.copyOf(out(sent), 28)));
        assertArrayEquals(Arrays.copyOf(sent, 28), quoted(e));
        assertTrue(checksumsAreRight(e));
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, inDrop(error(ROUTER, NAT, 11, 0, Arrays.copyOf(out(sent), 27))));
    }

    @Test
    void errorsAboutNothingThatPassedAreDropped() {
        byte[] sent = out(udp(A, 5000, X, 53));
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, inDrop(error(ROUTER, NAT, 3, 1, udp(NAT, 5, X, 53))));
        // A mapping, but another peer; and another destination than the packet's source.
        int port = BoxBench.sourcePort(sent);
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, inDrop(error(ROUTER, NAT, 3, 1, udp(NAT, port, "192.0.2.99", 53))));
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, inDrop(error(ROUTER, NAT, 3, 1, NOTHING)));
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, outDrop(error(A, X, 3, 3, udp(X, 53, A, 1))));
        byte[] fragment = PacketBuilder.between(NAT, X).fragment(1, 5).raw(17, new byte[64]);
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, inDrop(error(ROUTER, NAT, 3, 1, fragment)));
    }

    @Test
    void damagedErrorsAreDropped() {
        byte[] sent = out(udp(A, 5000, X, 53));
        byte[] e = error(ROUTER, NAT, 3, 1, sent);
        e[24] ^= 1;
        // RFC 5508 REQ-3
        assertEquals(BoxDrop.BAD_ICMP_CHECKSUM, inDrop(e));
        sent[10] ^= 1;
        // REQ-3(a): the header checksum of the quoted packet.
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, inDrop(error(ROUTER, NAT, 3, 1, sent)));
    }

    @Test
    void errorsDoNotKeepASessionNorEndIt() {
        // RFC 5508 REQ-6, RFC 4787 REQ-12
        byte[] sent = out(udp(A, 5000, X, 53));
        now += 299 * SECOND;
        in(error(ROUTER, NAT, 3, 3, sent));
        assertEquals(1, nat.sessions());
        now += SECOND;
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, inDrop(error(ROUTER, NAT, 3, 3, sent)));
    }

    @Test
    void anErrorFromInsideComesFromTheNatAndQuotesThePacketAsItCame() {
        byte[] came = udp(X, 9999, NAT, 53);
        byte[] asInside = in(came);
        // From the host, and from a router on the way (RFC 5508 REQ-5).
        for (String from : List.of(B, "10.0.0.77")) {
            byte[] e = out(error(from, X, 3, 3, asInside));
            assertEquals(ip(NAT), source(e));
            assertEquals(ip(X), destination(e));
            assertArrayEquals(came, quoted(e));
            assertTrue(checksumsAreRight(e));
        }
    }

    @Test
    void anErrorAboutAHairpinnedPacketGoesBackToItsSender() {
        // RFC 5508 REQ-7
        byte[] sent = udp(A, 5000, NAT, 53);
        byte[] asB = hairpinned(nat.outbound(packet(sent), now));
        assertEquals(ip(B), destination(asB));
        byte[] e = hairpinned(nat.outbound(packet(error(B, NAT, 3, 3, asB)), now));
        assertEquals(ip(NAT), source(e));
        assertEquals(ip(A), destination(e));
        assertEquals(path(sent), path(quoted(e)));
        assertArrayEquals(sent, quoted(e));
        assertTrue(checksumsAreRight(e));
        assertTrue(headerChecksumIsRight(quoted(e)));
    }

    @Test
    void anErrorMustGoToTheAddressThatSentThePacket() {
        String other = "203.0.113.2";
        var two = new Nat(NatOptions.DEFAULT, List.of(ip(NAT), ip(other)), null, new RouterIcmp(0), new Random(1));
        byte[] sent = forwarded(two.outbound(packet(udp(A, 5000, X, 53)), now));
        String wrong = source(sent).equals(ip(NAT)) ? other : NAT;
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, dropped(two.inbound(packet(error(ROUTER, wrong, 3, 1, sent)), now)));
        forwarded(two.inbound(packet(error(ROUTER, source(sent).toString(), 3, 1, sent)), now));
    }

    @Test
    void theCaptureOfAPacketThatHadToBeCopiedHearsOfTheCopy() {
        byte[] ping = PacketBuilder.between(A, X).echoRequest(7, 1, new byte[100]);
        Buffer rest = Buffer.allocate(100);
        MemorySegment.copy(MemorySegment.ofArray(ping), 28, rest.memory(), 0, 100);
        // No room behind the first part, so that the rest cannot be moved there.
        Packet full = Packet.allocate(228, 28);
        MemorySegment.copy(MemorySegment.ofArray(ping), 0, full.memory(), full.append(28), 28);
        full.addFragment(rest, 0, 100);
        var heard = new ArrayList<String>();
        full.setCaptureRecord(heard::add);
        Verdict v = nat.outbound(full, now);
        assertTrue(heard.isEmpty());
        v.packet().closeCapture("seen");
        v.packet().release();
        assertEquals(List.of("seen"), heard);
    }

    @Test
    void whatTheBoxSaysOfAPacketThatItHadTranslatedIsTranslatedBack() {
        byte[] came = udp(X, 9999, NAT, 53);
        byte[] asInside = in(came);
        byte[] e = forwarded(nat.ownError(packet(error("10.0.0.1", X, 3, 4, asInside)), now));
        assertEquals(ip(NAT), source(e));
        assertEquals(ip(X), destination(e));
        assertArrayEquals(came, quoted(e));
        assertTrue(checksumsAreRight(e));
        // Around the hairpin, too, and nothing else.
        byte[] sent = udp(A, 5000, NAT, 53);
        byte[] asB = hairpinned(nat.outbound(packet(sent), now));
        assertArrayEquals(sent, quoted(hairpinned(nat.ownError(packet(error(NAT, NAT, 3, 4, asB)), now))));
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, dropped(nat.ownError(packet(sent), now)));
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, dropped(nat.ownError(packet(new byte[3]), now)));
    }
}
