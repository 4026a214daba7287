package dev.millrace.internet;

import static dev.millrace.internet.BoxBench.NOTHING;
import static dev.millrace.internet.BoxBench.SECOND;
import static dev.millrace.internet.BoxBench.checksumsAreRight;
import static dev.millrace.internet.BoxBench.destination;
import static dev.millrace.internet.BoxBench.dropped;
import static dev.millrace.internet.BoxBench.forwarded;
import static dev.millrace.internet.BoxBench.hairpinned;
import static dev.millrace.internet.BoxBench.ip;
import static dev.millrace.internet.BoxBench.packet;
import static dev.millrace.internet.BoxBench.path;
import static dev.millrace.internet.BoxBench.replied;
import static dev.millrace.internet.BoxBench.source;
import static dev.millrace.internet.BoxBench.sourcePort;
import static dev.millrace.internet.BoxBench.tcp;
import static dev.millrace.internet.BoxBench.u16;
import static dev.millrace.internet.BoxBench.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.TcpHeader;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Mappings, filters, ports, hairpins, forwards and times of a NAT (RFC 4787, RFC 5382).
class NatTest {
    private static final String A = "10.0.0.2";
    private static final String B = "10.0.0.3";
    private static final String NAT = "203.0.113.1";
    private static final String X = "198.51.100.1";
    private static final String Y = "198.51.100.2";
    private static final int SYN = TcpHeader.SYN;
    private static final int ACK = TcpHeader.ACK;
    private static final int FIN = TcpHeader.FIN;
    private static final int RST = TcpHeader.RST;

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

    private static Nat nat(NatOptions options) {
        return new Nat(options, List.of(ip(NAT)), ip("10.0.0.1"), new RouterIcmp(0), new Random(1));
    }

    private static NatOptions behaving(NatBehavior mapping, NatBehavior filtering) {
        return NatOptions.DEFAULT.withMapping(mapping).withFiltering(filtering);
    }

    private byte[] out(Nat nat, byte[] packet) {
        byte[] b = forwarded(nat.outbound(packet(packet), now));
        assertTrue(checksumsAreRight(b));
        return b;
    }

    private byte[] in(Nat nat, byte[] packet) {
        byte[] b = forwarded(nat.inbound(packet(packet), now));
        assertTrue(checksumsAreRight(b));
        return b;
    }

    private BoxDrop outDrop(Nat nat, byte[] packet) {
        return dropped(nat.outbound(packet(packet), now));
    }

    private BoxDrop inDrop(Nat nat, byte[] packet) {
        return dropped(nat.inbound(packet(packet), now));
    }

    private void later(long seconds) {
        now += seconds * SECOND;
    }

    private int externalPort(Nat nat, String to, int port) {
        return sourcePort(out(nat, udp(A, 5000, to, port)));
    }

    @Test
    void packetsGoOutFromTheExternalAddressAndRepliesComeBack() {
        Nat nat = nat(NatOptions.DEFAULT);
        assertEquals(NAT + ":5000 > " + X + ":53", path(out(nat, udp(A, 5000, X, 53))));
        assertEquals(X + ":53 > " + A + ":5000", path(in(nat, udp(X, 53, NAT, 5000))));
        assertEquals(List.of("udp " + A + ":5000 -> " + NAT + ":5000, 1 session"), nat.describe());
    }

    @Test
    void anEndpointIndependentMappingIsTheSameForAllPeers() {
        // RFC 4787 REQ-1
        Nat nat = nat(behaving(NatBehavior.ENDPOINT_INDEPENDENT, NatBehavior.ADDRESS_DEPENDENT).withPortPreservation(false));
        int port = externalPort(nat, X, 1);
        assertEquals(port, externalPort(nat, X, 2));
        assertEquals(port, externalPort(nat, Y, 1));
        assertEquals(1, nat.mappings());
        assertEquals(3, nat.sessions());
    }

    @Test
    void anAddressDependentMappingDiffersBetweenAddresses() {
        Nat nat = nat(behaving(NatBehavior.ADDRESS_DEPENDENT, NatBehavior.ADDRESS_DEPENDENT));
        int port = externalPort(nat, X, 1);
        assertEquals(port, externalPort(nat, X, 2));
        assertNotEquals(port, externalPort(nat, Y, 1));
    }

    @Test
    void aSymmetricMappingDiffersBetweenPorts() {
        Nat nat = nat(behaving(NatBehavior.ADDRESS_AND_PORT_DEPENDENT, NatBehavior.ADDRESS_AND_PORT_DEPENDENT));
        Set<Integer> ports = new HashSet<>();
        for (int port = 1; port <= 20; port++) {
            ports.add(externalPort(nat, X, port));
        }
        assertEquals(20, ports.size());
        // The first may keep its port; a peer's next packet uses its own mapping again.
        assertTrue(ports.contains(5000));
        assertEquals(5000, externalPort(nat, X, 1));
    }

    @Test
    void filteringIsWhatItIsCalled() {
        // RFC 4787 §5: who may send to the port that A used for X, port 1.
        boolean[][] admitted = {{true, true, true}, {true, true, false}, {true, false, false}};
        for (NatBehavior filtering : NatBehavior.values()) {
            Nat nat = nat(behaving(NatBehavior.ENDPOINT_INDEPENDENT, filtering));
            out(nat, udp(A, 5000, X, 1));
            boolean[] expected = admitted[filtering.ordinal()];
            byte[][] packets = {udp(X, 1, NAT, 5000), udp(X, 2, NAT, 5000), udp(Y, 1, NAT, 5000)};
            for (int i = 0; i < 3; i++) {
                Verdict v = nat.inbound(packet(packets[i]), now);
                if (expected[i]) {
                    assertEquals(ip(A), destination(forwarded(v)));
                } else {
                    assertEquals(BoxDrop.NAT_FILTERED, dropped(v));
                }
            }
        }
    }

    @Test
    void aPeerThatWasLetInDoesNotOpenTheFilterForItsAddress() {
        Nat nat = nat(behaving(NatBehavior.ENDPOINT_INDEPENDENT, NatBehavior.ADDRESS_DEPENDENT));
        out(nat, udp(A, 5000, X, 1));
        in(nat, udp(X, 9, NAT, 5000));
        later(290);
        in(nat, udp(X, 9, NAT, 5000));
        later(20);
        // What A sent is over, and only that counts (RFC 4787 §5).
        assertEquals(BoxDrop.NAT_FILTERED, inDrop(nat, udp(X, 8, NAT, 5000)));
        in(nat, udp(X, 9, NAT, 5000));
    }

    @Test
    void whatNobodyAskedForIsDropped() {
        Nat nat = nat(NatOptions.DEFAULT);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, udp(X, 1, NAT, 5000)));
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, tcp(X, 1, NAT, 5000, SYN)));
        assertEquals(BoxDrop.NAT_NOT_OURS, inDrop(nat, udp(X, 1, A, 5000)));
        assertEquals(BoxDrop.MARTIAN, inDrop(nat, udp(NAT, 1, NAT, 5000)));
        assertEquals(BoxDrop.MARTIAN, outDrop(nat, udp(NAT, 1, X, 5000)));
        assertEquals(BoxDrop.MARTIAN, outDrop(nat, udp("224.0.0.1", 1, X, 5000)));
        assertEquals(BoxDrop.NAT_PROTOCOL, outDrop(nat, PacketBuilder.between(A, X).raw(47, new byte[30])));
        assertEquals(7, nat.counters().drops());
    }

    @Test
    void aTakenPortIsReplacedByAnother() {
        Nat nat = nat(NatOptions.DEFAULT);
        assertEquals(5000, sourcePort(out(nat, udp(A, 5000, X, 1))));
        int other = sourcePort(out(nat, udp(B, 5000, X, 1)));
        assertNotEquals(5000, other);
        assertTrue(other >= 1024);
        assertEquals(X + ":1 > " + B + ":5000", path(in(nat, udp(X, 1, NAT, other))));
        // TCP has ports of its own.
        assertEquals(5000, sourcePort(out(nat, tcp(B, 5000, X, 1, SYN))));
    }

    @Test
    void portsOutsideTheRangeAreNotPreserved() {
        Nat nat = nat(NatOptions.DEFAULT.withPorts(40000, 40009));
        Set<Integer> ports = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            ports.add(sourcePort(out(nat, udp(A, 100 + i, X, 1))));
        }
        assertEquals(10, ports.size());
        assertTrue(ports.stream().allMatch(p -> p >= 40000 && p <= 40009));
        // RFC 5508 REQ-8: the host is told, by "administratively prohibited".
        byte[] reply = replied(nat.outbound(packet(udp(A, 999, X, 1)), now));
        assertEquals(3 << 8 | 13, u16(reply, 20));
        assertEquals(ip("10.0.0.1"), source(reply));
        assertEquals(ip(A), destination(reply));
        assertEquals(1, nat.counters().drops(BoxDrop.NAT_NO_PORT));
    }

    @Test
    void theSameChanceGivesTheSamePorts() {
        NatOptions options = NatOptions.DEFAULT.withPortPreservation(false);
        Nat one = nat(options);
        Nat two = nat(options);
        for (int i = 0; i < 50; i++) {
            byte[] p = udp(A, 5000 + i, X, 1);
            assertArrayEquals(out(one, p), out(two, p));
        }
    }

    @Test
    void allMappingsOfAHostHaveOneOfSeveralAddresses() {
        // RFC 4787 REQ-2: "Paired".
        var nat = new Nat(NatOptions.DEFAULT, List.of(ip(NAT), ip("203.0.113.2"), ip("203.0.113.3")), null,
                new RouterIcmp(0), new Random(1));
        Set<String> used = new HashSet<>();
        for (int host = 2; host < 40; host++) {
            Set<String> ofHost = new HashSet<>();
            for (int port = 5000; port < 5005; port++) {
                byte[] b = out(nat, udp("10.0.0." + host, port, X, 1));
                ofHost.add(source(b).toString());
                in(nat, udp(X, 1, source(b).toString(), sourcePort(b)));
            }
            assertEquals(1, ofHost.size());
            used.addAll(ofHost);
        }
        assertEquals(3, used.size());
    }

    @Test
    void udpMappingsEndAfterFiveMinutesWithoutPackets() {
        // RFC 4787 REQ-5
        Nat nat = nat(NatOptions.DEFAULT);
        out(nat, udp(A, 5000, X, 1));
        later(299);
        in(nat, udp(X, 1, NAT, 5000));
        later(299);
        in(nat, udp(X, 1, NAT, 5000));
        later(300);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, udp(X, 1, NAT, 5000)));
        assertEquals(0, nat.mappings());
        assertEquals(0, nat.sessions());
    }

    @Test
    void withoutInboundRefreshOnlyPacketsFromInsideKeepAMapping() {
        // RFC 4787 REQ-6
        Nat nat = nat(behaving(NatBehavior.ENDPOINT_INDEPENDENT, NatBehavior.ENDPOINT_INDEPENDENT).withInboundRefresh(false));
        out(nat, udp(A, 5000, X, 1));
        later(200);
        in(nat, udp(X, 1, NAT, 5000));
        in(nat, udp(Y, 9, NAT, 5000));
        assertEquals(1, nat.sessions());
        later(100);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, udp(X, 1, NAT, 5000)));
    }

    @Test
    void aMappingLivesAsLongAsOneOfItsSessions() {
        Nat nat = nat(NatOptions.DEFAULT.withPortPreservation(false));
        int port = externalPort(nat, X, 1);
        for (int i = 0; i < 5; i++) {
            later(250);
            assertEquals(port, externalPort(nat, Y, i));
        }
        assertEquals(1, nat.mappings());
        assertEquals(2, nat.sessions());
    }

    @Test
    void timesCanBeSet() {
        Nat nat = nat(NatOptions.DEFAULT.withTimeouts(FlowTimeouts.DEFAULT.withUdp(Duration.ofSeconds(30))));
        out(nat, udp(A, 5000, X, 1));
        later(30);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, udp(X, 1, NAT, 5000)));
    }

    private void handshake(Nat nat) {
        out(nat, tcp(A, 5000, X, 80, SYN));
        in(nat, tcp(X, 80, NAT, 5000, SYN | ACK));
        out(nat, tcp(A, 5000, X, 80, ACK));
    }

    @Test
    void aTcpConnectionThatIsBeingOpenedLastsFourMinutes() {
        // RFC 5382 REQ-5, RFC 7857 §2.1
        Nat nat = nat(NatOptions.DEFAULT);
        out(nat, tcp(A, 5000, X, 80, SYN));
        later(240);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, tcp(X, 80, NAT, 5000, SYN | ACK)));
    }

    @Test
    void anEstablishedTcpConnectionLastsTwoHoursAndFourMinutes() {
        Nat nat = nat(NatOptions.DEFAULT);
        handshake(nat);
        later(124 * 60 - 1);
        in(nat, tcp(X, 80, NAT, 5000, ACK));
        later(124 * 60);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, tcp(X, 80, NAT, 5000, ACK)));
    }

    @Test
    void aConnectionClosedByBothLastsFourMinutesMore() {
        Nat nat = nat(NatOptions.DEFAULT);
        handshake(nat);
        out(nat, tcp(A, 5000, X, 80, FIN | ACK));
        later(1000);
        // Half-closed is still established.
        in(nat, tcp(X, 80, NAT, 5000, ACK));
        in(nat, tcp(X, 80, NAT, 5000, FIN | ACK));
        out(nat, tcp(A, 5000, X, 80, ACK));
        later(239);
        // The last acknowledgments pass, and do not make it longer.
        in(nat, tcp(X, 80, NAT, 5000, FIN | ACK));
        later(1);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, tcp(X, 80, NAT, 5000, FIN | ACK)));
    }

    @Test
    void aResetLeavesFourMinutesUnlessTheConnectionGoesOn() {
        // RFC 7857 §2.2, RFC 6146 §3.5.2.2
        Nat nat = nat(NatOptions.DEFAULT);
        handshake(nat);
        in(nat, tcp(X, 80, NAT, 5000, RST));
        later(239);
        in(nat, tcp(X, 80, NAT, 5000, RST));
        later(1);
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, tcp(X, 80, NAT, 5000, ACK)));
        handshake(nat);
        in(nat, tcp(X, 80, NAT, 5000, RST));
        out(nat, tcp(A, 5000, X, 80, ACK));
        later(3600);
        in(nat, tcp(X, 80, NAT, 5000, ACK));
    }

    @Test
    void aClosedConnectionMayBeOpenedAgainWithTheSamePorts() {
        Nat nat = nat(NatOptions.DEFAULT);
        handshake(nat);
        out(nat, tcp(A, 5000, X, 80, FIN | ACK));
        in(nat, tcp(X, 80, NAT, 5000, FIN | ACK));
        later(100);
        handshake(nat);
        later(3600);
        in(nat, tcp(X, 80, NAT, 5000, ACK));
    }

    @Test
    void bothMayOpenAtTheSameTime() {
        // RFC 5382 REQ-2
        Nat nat = nat(NatOptions.DEFAULT);
        out(nat, tcp(A, 5000, X, 80, SYN));
        in(nat, tcp(X, 80, NAT, 5000, SYN));
        in(nat, tcp(X, 80, NAT, 5000, SYN | ACK));
        later(3600);
        in(nat, tcp(X, 80, NAT, 5000, ACK));
    }

    @Test
    void segmentsOfNoConnectionMakeNoMapping() {
        Nat nat = nat(NatOptions.DEFAULT);
        for (int flags : new int[] {ACK, SYN | ACK, RST, FIN | ACK, 0, SYN | RST, SYN | FIN}) {
            assertEquals(BoxDrop.OUT_OF_STATE, outDrop(nat, tcp(A, 5000, X, 80, flags)));
        }
        assertEquals(0, nat.mappings());
        Nat lenient = nat(NatOptions.DEFAULT.withMidStream(true));
        assertEquals(BoxDrop.OUT_OF_STATE, outDrop(lenient, tcp(A, 5000, X, 80, RST)));
        out(lenient, tcp(A, 5000, X, 80, ACK));
        later(3600);
        in(lenient, tcp(X, 80, NAT, 5000, ACK));
    }

    @Test
    void aNatThatForgetsBreaksConnections() {
        Nat nat = nat(NatOptions.DEFAULT.withForward(PortForward.tcp(80, B, 8080)));
        handshake(nat);
        out(nat, udp(A, 5000, X, 1));
        nat.forget();
        assertEquals(0, nat.mappings());
        assertEquals(0, nat.sessions());
        assertEquals(BoxDrop.NAT_NO_MAPPING, inDrop(nat, tcp(X, 80, NAT, 5000, ACK)));
        assertEquals(BoxDrop.OUT_OF_STATE, outDrop(nat, tcp(A, 5000, X, 80, ACK)));
        assertEquals(X + ":9 > " + B + ":8080", path(in(nat, tcp(X, 9, NAT, 80, SYN))));
    }

    @Test
    void theTableHasABoundAndRoomComesBack() {
        Nat nat = nat(NatOptions.DEFAULT.withMaxMappings(3));
        for (int i = 0; i < 3; i++) {
            out(nat, udp(A, 5000 + i, X, 1));
        }
        replied(nat.outbound(packet(udp(A, 6000, X, 1)), now));
        // What there is a mapping for goes on.
        out(nat, udp(A, 5001, Y, 1));
        assertEquals(3, nat.mappings());
        assertEquals(1, nat.counters().drops(BoxDrop.NAT_TABLE_FULL));
        assertEquals(3L, nat.snapshot().get("mappings"));
        later(300);
        out(nat, udp(A, 6000, X, 1));
        assertEquals(1, nat.mappings());
    }

    @Test
    void sessionsHaveABoundToo() {
        Nat nat = nat(NatOptions.DEFAULT.withMaxSessions(2).withFiltering(NatBehavior.ENDPOINT_INDEPENDENT));
        out(nat, udp(A, 5000, X, 1));
        out(nat, udp(A, 5000, X, 2));
        replied(nat.outbound(packet(udp(A, 5000, X, 3)), now));
        assertEquals(BoxDrop.NAT_SESSIONS_FULL, inDrop(nat, udp(Y, 1, NAT, 5000)));
        assertEquals(1, nat.mappings());
        assertEquals(2, nat.sessions());
    }

    @Test
    void hostsInsideReachEachOtherByTheExternalAddress() {
        // RFC 4787 REQ-9
        Nat nat = nat(NatOptions.DEFAULT);
        out(nat, udp(A, 5000, X, 1));
        out(nat, udp(B, 6000, Y, 1));
        // A's filter does not know B.
        assertEquals(BoxDrop.NAT_FILTERED, outDrop(nat, udp(B, 6000, NAT, 5000)));
        // Once A has sent to B's address outside, which is the NAT's, both get through.
        byte[] ab = hairpinned(nat.outbound(packet(udp(A, 5000, NAT, 6000)), now));
        assertEquals(NAT + ":5000 > " + B + ":6000", path(ab));
        byte[] ba = hairpinned(nat.outbound(packet(udp(B, 6000, NAT, 5000)), now));
        assertEquals(NAT + ":6000 > " + A + ":5000", path(ba));
        assertTrue(checksumsAreRight(ab) && checksumsAreRight(ba));
        assertEquals(BoxDrop.NAT_NO_MAPPING, outDrop(nat, udp(A, 5000, NAT, 7777)));
    }

    @Test
    void hairpinningCanBeOff() {
        Nat nat = nat(NatOptions.DEFAULT.withHairpinning(false).withForward(PortForward.udp(53, B, 53)));
        assertEquals(BoxDrop.NAT_NO_MAPPING, outDrop(nat, udp(A, 5000, NAT, 53)));
    }

    @Test
    void aForwardLetsEverybodyInAndItsHostAnswerFromIt() {
        Nat nat = nat(NatOptions.DEFAULT.withForward(PortForward.tcp(443, B, 8443)).withForward(PortForward.tcp(444, B, 8443))
                .withFiltering(NatBehavior.ADDRESS_AND_PORT_DEPENDENT));
        assertEquals(X + ":9 > " + B + ":8443", path(in(nat, tcp(X, 9, NAT, 443, SYN))));
        assertEquals(NAT + ":443 > " + X + ":9", path(out(nat, tcp(B, 8443, X, 9, SYN | ACK))));
        // The second port of the same server answers from the second port.
        assertEquals(Y + ":9 > " + B + ":8443", path(in(nat, tcp(Y, 9, NAT, 444, SYN))));
        assertEquals(NAT + ":444 > " + Y + ":9", path(out(nat, tcp(B, 8443, Y, 9, SYN | ACK))));
        // One peer's port cannot be in two connections of one server.
        assertEquals(BoxDrop.NAT_CLASH, inDrop(nat, tcp(X, 9, NAT, 444, SYN)));
        assertEquals(BoxDrop.OUT_OF_STATE, inDrop(nat, tcp(X, 10, NAT, 443, ACK)));
        // From inside, too.
        assertEquals(NAT + ":5000 > " + B + ":8443",
                path(hairpinned(nat.outbound(packet(tcp(A, 5000, NAT, 443, SYN)), now))));
        assertEquals(NAT + ":443 > " + A + ":5000",
                path(hairpinned(nat.outbound(packet(tcp(B, 8443, NAT, 5000, SYN | ACK)), now))));
        later(100_000);
        in(nat, tcp(X, 9, NAT, 443, SYN));
        assertEquals(0, nat.mappings());
        assertTrue(nat.describe().getFirst().startsWith("tcp 10.0.0.3:8443 -> 203.0.113.1:443, forward, 1 session"),
                nat.describe()::toString);
    }

    @Test
    void noMappingGetsThePortOfAForward() {
        Nat nat = nat(NatOptions.DEFAULT.withForward(PortForward.udp(5000, B, 53)));
        assertNotEquals(5000, sourcePort(out(nat, udp(A, 5000, X, 1))));
    }

    @Test
    void aUdpDatagramWithoutChecksumGetsNone() {
        Nat nat = nat(NatOptions.DEFAULT);
        byte[] p = udp(A, 5000, X, 53);
        p[26] = 0;
        p[27] = 0;
        assertEquals(0, u16(out(nat, p), 26));
    }

    @Test
    void aWrongChecksumStaysWrong() {
        Nat nat = nat(NatOptions.DEFAULT.withPortPreservation(false));
        for (int bit = 0; bit < 16; bit++) {
            byte[] p = udp(A, 5000, X, 53);
            p[26 + bit / 8] ^= (byte) (1 << bit % 8);
            assertFalse(checksumsAreRight(forwarded(nat.outbound(packet(p), now))));
            byte[] t = tcp(A, 5000 + bit, X, 53, SYN);
            t[36 + bit / 8] ^= (byte) (1 << bit % 8);
            assertFalse(checksumsAreRight(forwarded(nat.outbound(packet(t), now))));
        }
    }

    @Test
    void ipv6GoesThroughAsItIs() {
        Nat nat = nat(NatOptions.DEFAULT);
        byte[] p = udp("fd00::1", 1, "2001:db8::1", 2);
        assertArrayEquals(p, forwarded(nat.outbound(packet(p), now)));
        assertArrayEquals(p, forwarded(nat.inbound(packet(p), now)));
    }

    @Test
    void withoutAnExternalAddressIpv4GoesThroughAsItIs() {
        var nat = new Nat(NatOptions.DEFAULT, List.of(), null, new RouterIcmp(0), new Random(1));
        byte[] p = udp(A, 1, X, 2);
        assertArrayEquals(p, forwarded(nat.outbound(packet(p), now)));
        assertArrayEquals(p, forwarded(nat.inbound(packet(p), now)));
    }

    @Test
    void pingsOfTheNatItselfAreLeftToIt() {
        Nat nat = nat(NatOptions.DEFAULT);
        byte[] inside = PacketBuilder.between(A, NAT).echoRequest(7, 1, NOTHING);
        byte[] outside = PacketBuilder.between(X, NAT).echoRequest(7, 1, NOTHING);
        for (Verdict v : List.of(nat.outbound(packet(inside), now), nat.inbound(packet(outside), now))) {
            assertInstanceOf(Verdict.Local.class, v);
            v.packet().release();
        }
        assertEquals(0, nat.mappings());
    }

    @Test
    void optionsThatCannotBeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> NatOptions.DEFAULT.withPorts(0, 5));
        assertThrows(IllegalArgumentException.class, () -> NatOptions.DEFAULT.withPorts(6, 5));
        assertThrows(IllegalArgumentException.class, () -> NatOptions.DEFAULT.withMaxMappings(0));
        assertThrows(IllegalArgumentException.class, () -> NatOptions.DEFAULT.withMaxSessions(0));
        assertThrows(IllegalArgumentException.class, () -> PortForward.tcp(0, B, 80));
        assertThrows(IllegalArgumentException.class, () -> PortForward.tcp(80, "fd00::1", 80));
        assertThrows(IllegalArgumentException.class, () -> NatOptions.DEFAULT.withForward(PortForward.tcp(80, B, 80))
                .withForward(PortForward.tcp(80, A, 80)));
        assertThrows(IllegalArgumentException.class, () -> FlowTimeouts.DEFAULT.withUdp(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> new Nat(NatOptions.DEFAULT, List.of(ip(NAT), ip(NAT)), null,
                new RouterIcmp(0), new Random(1)));
        assertThrows(IllegalArgumentException.class, () -> new Nat(NatOptions.DEFAULT.withForward(PortForward.tcp(80, B, 80)),
                List.of(), null, new RouterIcmp(0), new Random(1)));
    }

    @Test
    void aUdpChecksumThatComesToZeroIsSentAsOnes() {
        // RFC 768: 0 means none.
        Nat nat = nat(NatOptions.DEFAULT);
        byte[] data = {0, 0};
        byte[] probe = out(nat, PacketBuilder.between(A, NAT.replace("203", "198")).udp(5000, 53, data));
        // What is missing to 0xffff goes into the data.
        data[0] = probe[26];
        data[1] = probe[27];
        byte[] p = PacketBuilder.between(A, NAT.replace("203", "198")).udp(5000, 53, data);
        assertEquals(0xffff, u16(out(nat, p), 26));
    }

    @Test
    void aConnectionThatIsOpenedAgainIsClosedByBothAgain() {
        Nat nat = nat(NatOptions.DEFAULT);
        handshake(nat);
        out(nat, tcp(A, 5000, X, 80, FIN | ACK));
        in(nat, tcp(X, 80, NAT, 5000, FIN | ACK));
        handshake(nat);
        in(nat, tcp(X, 80, NAT, 5000, FIN | ACK));
        later(3600);
        out(nat, tcp(A, 5000, X, 80, ACK));
    }

    @Test
    void whatALinkPaddedIsCutOff() {
        Nat nat = nat(NatOptions.DEFAULT);
        byte[] p = udp(A, 5000, X, 53);
        byte[] out = out(nat, p);
        assertArrayEquals(out, out(nat, java.util.Arrays.copyOf(p, 60)));
    }

    @Test
    void aServerBehindAForwardKeepsItsConnectionsIfTheyMayBePickedUp() {
        NatOptions options = NatOptions.DEFAULT.withForward(PortForward.tcp(80, B, 8080));
        assertEquals(BoxDrop.OUT_OF_STATE, inDrop(nat(options), tcp(X, 9, NAT, 80, ACK)));
        Nat nat = nat(options.withMidStream(true));
        assertEquals(BoxDrop.OUT_OF_STATE, inDrop(nat, tcp(X, 9, NAT, 80, RST)));
        assertEquals(X + ":9 > " + B + ":8080", path(in(nat, tcp(X, 9, NAT, 80, ACK))));
        later(3600);
        assertEquals(NAT + ":80 > " + X + ":9", path(out(nat, tcp(B, 8080, X, 9, ACK))));
    }
}
