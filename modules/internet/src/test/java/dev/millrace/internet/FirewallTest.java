package dev.millrace.internet;

import static dev.millrace.internet.BoxBench.NOTHING;
import static dev.millrace.internet.BoxBench.SECOND;
import static dev.millrace.internet.BoxBench.checksumsAreRight;
import static dev.millrace.internet.BoxBench.destination;
import static dev.millrace.internet.BoxBench.dropped;
import static dev.millrace.internet.BoxBench.error;
import static dev.millrace.internet.BoxBench.forwarded;
import static dev.millrace.internet.BoxBench.i32;
import static dev.millrace.internet.BoxBench.ip;
import static dev.millrace.internet.BoxBench.packet;
import static dev.millrace.internet.BoxBench.path;
import static dev.millrace.internet.BoxBench.quoted;
import static dev.millrace.internet.BoxBench.replied;
import static dev.millrace.internet.BoxBench.source;
import static dev.millrace.internet.BoxBench.tcp;
import static dev.millrace.internet.BoxBench.transport;
import static dev.millrace.internet.BoxBench.u16;
import static dev.millrace.internet.BoxBench.u8;
import static dev.millrace.internet.BoxBench.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.FirewallRule.Action;
import dev.millrace.internet.FirewallRule.Direction;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.TcpHeader;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a firewall lets pass, follows and answers.
class FirewallTest {
    private static final String A = "10.0.0.2";
    private static final String X = "198.51.100.1";
    private static final String A6 = "fd00::2";
    private static final String X6 = "2001:db8::1";
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

    private static Firewall firewall(FirewallOptions options) {
        return new Firewall(options, new RouterIcmp(0));
    }

    private static Firewall firewall(String... rules) {
        return firewall(FirewallOptions.DEFAULT.withRules(List.of(rules).stream().map(FirewallRule::parse).toList()));
    }

    private Verdict in(Firewall f, byte[] packet) {
        return f.filter(packet(packet), Direction.IN, from(packet), now);
    }

    private Verdict out(Firewall f, byte[] packet) {
        return f.filter(packet(packet), Direction.OUT, from(packet), now);
    }

    private static dev.millrace.wire.IpAddress from(byte[] packet) {
        return ip(packet[0] >>> 4 == 4 ? "10.0.0.1" : "fd00::1");
    }

    @Test
    void packetsThatPassAreNotTouched() {
        Firewall f = firewall();
        for (byte[] p : List.of(udp(A, 1, X, 2), tcp(A, 1, X, 2, SYN), udp(A6, 1, X6, 2))) {
            assertArrayEquals(p, forwarded(out(f, p)));
        }
        assertEquals(3, f.counters().passed());
    }

    @Test
    void whatBeginsInsidePassesWithItsRepliesAndWhatBeginsOutsideDoesNot() {
        for (String[] ends : new String[][] {{A, X}, {A6, X6}}) {
            Firewall f = firewall();
            assertEquals(BoxDrop.FIREWALL, dropped(in(f, udp(ends[1], 53, ends[0], 5000))));
            forwarded(out(f, udp(ends[0], 5000, ends[1], 53)));
            forwarded(in(f, udp(ends[1], 53, ends[0], 5000)));
            assertEquals(BoxDrop.FIREWALL, dropped(in(f, udp(ends[1], 54, ends[0], 5000))));
            assertEquals(BoxDrop.FIREWALL, dropped(in(f, tcp(ends[1], 53, ends[0], 5000, SYN))));
            assertEquals(1, f.connections());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "allow in tcp from any to 10.0.0.2 port 80-90, 80, true",
        "allow in tcp from any to 10.0.0.2 port 80-90, 90, true",
        "allow in tcp from any to 10.0.0.2 port 80-90, 91, false",
        "allow in tcp from any to 10.0.0.2 port 80-90, 79, false",
        "allow in tcp from any to 10.0.0.3, 80, false",
        "allow in udp from any to any, 80, false",
        "allow out any from any to any, 80, false",
        "allow any from 198.51.100.0/24 to any, 80, true",
        "allow any from 198.51.101.0/24 to any, 80, false",
        "allow 6 from any to 10.0.0.0/8, 80, true",
        "allow any from any to fd00::/8, 80, false"})
    void aRuleMatchesWhatItSays(String rule, int port, boolean passes) {
        Firewall f = firewall(rule);
        Verdict v = in(f, tcp(X, 9, A, port, SYN));
        BoxBench.release(v);
        assertEquals(passes, v instanceof Verdict.Forward);
        assertEquals(passes ? 1 : 0, f.matches(0));
    }

    @Test
    void theFirstRuleThatMatchesDecidesAndIsCountedAndNamed() {
        Firewall f = firewall("allow in tcp from 198.51.100.1 to any port 22", "drop tcp from any to any port 22",
                "allow in tcp from any to any");
        forwarded(in(f, tcp(X, 1, A, 22, SYN)));
        // What follows does not come to the rules.
        forwarded(in(f, tcp(X, 1, A, 22, ACK)));
        Verdict v = in(f, tcp("198.51.100.2", 1, A, 22, SYN));
        assertEquals("firewall: drop tcp from any to any port 22", assertInstanceOf(Verdict.Drop.class, v).text());
        v.packet().release();
        forwarded(in(f, tcp("198.51.100.2", 1, A, 23, SYN)));
        assertEquals(1, f.matches(0));
        assertEquals(1, f.matches(1));
        assertEquals(1, f.matches(2));
        dropped(in(f, udp(X, 1, A, 22)));
        forwarded(out(f, udp(A, 1, X, 22)));
        assertEquals(1L, f.snapshot().get("default-in"));
        assertEquals(1L, f.snapshot().get("default-out"));
        assertEquals(1L, f.snapshot().get("rule-2: drop tcp from any to any port 22"));
        assertEquals(2L, f.snapshot().get("dropped-firewall"));
    }

    @Test
    void aRejectedSynIsResetWithItsSequenceNumber() {
        for (String[] ends : new String[][] {{A, X}, {A6, X6}}) {
            Firewall f = firewall("reject out tcp from any to any");
            byte[] syn = PacketBuilder.between(ends[0], ends[1]).tcp(5000, 80, -1, 0, SYN, 500, NOTHING, new byte[] {1, 2});
            byte[] rst = replied(out(f, syn));
            assertEquals(ends[1].equals(X) ? X + ":80 > " + A + ":5000" : X6 + ":80 > " + A6 + ":5000", path(rst));
            int at = transport(rst);
            // RFC 9293 §3.10.7.1: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>; the SYN counts, the sequence wraps.
            assertEquals(0, i32(rst, at + 4));
            assertEquals(2, i32(rst, at + 8));
            assertEquals(RST | ACK, u8(rst, at + 13));
            assertTrue(checksumsAreRight(rst));
            assertEquals(0, f.connections());
        }
    }

    @Test
    void aRejectedSegmentWithAckIsResetFromWhatItAcknowledges() {
        Firewall f = firewall(FirewallOptions.DEFAULT.withDropOutOfState(false).withRule("reject tcp from any to any"));
        byte[] rst = replied(in(f, PacketBuilder.between(X, A).tcp(80, 5000, 77, 123456, ACK, 500, NOTHING, new byte[9])));
        // RFC 9293 §3.10.7.1: <SEQ=SEG.ACK><CTL=RST>
        assertEquals(123456, i32(rst, 24));
        assertEquals(RST, u8(rst, 33));
        byte[] fin = replied(in(f, PacketBuilder.between(X, A).tcp(80, 5000, 77, 0, FIN, 500, NOTHING, new byte[9])));
        assertEquals(77 + 9 + 1, i32(fin, 28));
        // "An incoming segment containing a RST is discarded."
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, tcp(X, 80, A, 5000, RST))));
        byte[] damaged = tcp(X, 80, A, 5000, SYN);
        damaged[25] ^= 1;
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, damaged)));
    }

    @Test
    void otherRejectedPacketsAreAnsweredByIcmp() {
        Firewall f = firewall("reject any from any to any");
        byte[] p = udp(X, 1, A, 2);
        byte[] reply = replied(in(f, p));
        // RFC 1812 §5.2.7.1: code 13.
        assertEquals(3 << 8 | 13, u16(reply, 20));
        assertEquals(ip("10.0.0.1"), source(reply));
        assertEquals(ip(X), destination(reply));
        assertArrayEquals(p, quoted(reply));
        // RFC 4443 §3.1: code 1.
        assertEquals(1 << 8 | 1, u16(replied(in(f, udp(X6, 1, A6, 2))), 40));
        // Not about errors, and not without an address.
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, error(X, A, 3, 1, p))));
        assertEquals(BoxDrop.FIREWALL, dropped(f.filter(packet(p), Direction.IN, null, now)));
    }

    @Test
    void tcpOutOfStateIsDroppedUnlessItMayPass() {
        Firewall f = firewall("allow tcp from any to any");
        for (int flags : new int[] {ACK, SYN | ACK, RST, FIN | ACK, 0}) {
            assertEquals(BoxDrop.OUT_OF_STATE, dropped(out(f, tcp(A, 1, X, 2, flags))));
        }
        Firewall loose = firewall(FirewallOptions.DEFAULT.withDropOutOfState(false));
        forwarded(out(loose, tcp(A, 1, X, 2, RST)));
        assertEquals(0, loose.connections());
        forwarded(out(loose, tcp(A, 1, X, 2, ACK)));
        forwarded(in(loose, tcp(X, 2, A, 1, ACK)));
        now += 3600 * SECOND;
        forwarded(in(loose, tcp(X, 2, A, 1, ACK)));
    }

    @Test
    void tcpConnectionsAreFollowedToTheirEnd() {
        Firewall f = firewall();
        forwarded(out(f, tcp(A, 1, X, 2, SYN)));
        now += 239 * SECOND;
        forwarded(in(f, tcp(X, 2, A, 1, SYN | ACK)));
        now += 7000 * SECOND;
        forwarded(in(f, tcp(X, 2, A, 1, FIN | ACK)));
        forwarded(out(f, tcp(A, 1, X, 2, FIN | ACK)));
        now += 239 * SECOND;
        forwarded(in(f, tcp(X, 2, A, 1, ACK)));
        now += SECOND;
        assertEquals(BoxDrop.OUT_OF_STATE, dropped(in(f, tcp(X, 2, A, 1, ACK))));
        assertEquals(0, f.connections());
    }

    @Test
    void otherConnectionsEndAfterTheirIdleTime() {
        FlowTimeouts times = FlowTimeouts.DEFAULT.withUdp(Duration.ofSeconds(30)).withOther(Duration.ofSeconds(90));
        Firewall f = firewall(FirewallOptions.DEFAULT.withTimeouts(times));
        forwarded(out(f, udp(A, 1, X, 2)));
        forwarded(out(f, PacketBuilder.between(A, X).raw(47, new byte[9])));
        forwarded(out(f, PacketBuilder.between(A, X).echoRequest(7, 1, NOTHING)));
        now += 30 * SECOND;
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, udp(X, 2, A, 1))));
        forwarded(in(f, PacketBuilder.between(X, A).icmp(0, 0, 7 << 16, NOTHING)));
        now += 60 * SECOND;
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, PacketBuilder.between(X, A).icmp(0, 0, 7 << 16, NOTHING))));
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, PacketBuilder.between(X, A).raw(47, new byte[9]))));
        assertEquals(0, f.connections());
    }

    @Test
    void theOneWhoIsPingedMayAnswerButNotAsk() {
        Firewall f = firewall();
        forwarded(out(f, PacketBuilder.between(A6, X6).echoRequest(7, 1, NOTHING)));
        forwarded(in(f, PacketBuilder.between(X6, A6).icmp(129, 0, 7 << 16 | 1, NOTHING)));
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, PacketBuilder.between(X6, A6).icmp(129, 0, 8 << 16 | 1, NOTHING))));
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, PacketBuilder.between(X6, A6).echoRequest(7, 1, NOTHING))));
    }

    @Test
    void errorsAboutAConnectionPassAndOthersDoNot() {
        Firewall f = firewall();
        byte[] sent = udp(A, 5000, X, 53);
        forwarded(out(f, sent));
        forwarded(in(f, error("192.0.2.7", A, 11, 0, sent)));
        byte[] sent6 = tcp(A6, 5000, X6, 80, SYN);
        forwarded(out(f, sent6));
        // Packet too big must come through (RFC 4890 §4.3.1).
        forwarded(in(f, error("2001:db8:7::1", A6, 2, 0, sent6)));
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, error("192.0.2.7", A, 11, 0, udp(A, 5001, X, 53)))));
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, error("192.0.2.7", "10.0.0.9", 11, 0, sent))));
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, error("192.0.2.7", A, 11, 0, NOTHING))));
        // Errors do not keep a connection.
        now += 299 * SECOND;
        forwarded(in(f, error("192.0.2.7", A, 11, 0, sent)));
        now += SECOND;
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, error("192.0.2.7", A, 11, 0, sent))));
        // The rules may let them in, and then they are no connection.
        Firewall open = firewall("allow icmp from any to any");
        forwarded(in(open, error("192.0.2.7", A, 11, 0, sent)));
        assertEquals(0, open.connections());
    }

    @Test
    void theTableHasABoundAndRoomComesBack() {
        Firewall f = firewall(FirewallOptions.DEFAULT.withMaxConnections(2));
        forwarded(out(f, udp(A, 1, X, 2)));
        forwarded(out(f, udp(A, 2, X, 2)));
        assertEquals(BoxDrop.FIREWALL_TABLE_FULL, dropped(out(f, udp(A, 3, X, 2))));
        forwarded(out(f, udp(A, 2, X, 2)));
        assertEquals(2, f.connections());
        now += 300 * SECOND;
        forwarded(out(f, udp(A, 3, X, 2)));
        assertEquals(1, f.connections());
    }

    @Test
    void withoutStateTheRulesJudgeEveryPacket() {
        Firewall f = firewall(FirewallOptions.DEFAULT.withStateful(false).withRule("allow in tcp from any to any"));
        forwarded(in(f, tcp(X, 1, A, 2, ACK)));
        forwarded(out(f, udp(A, 1, X, 2)));
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, udp(X, 2, A, 1))));
        assertEquals(0, f.connections());
    }

    @Test
    void defaultsCanBeSet() {
        Firewall f = firewall(FirewallOptions.DEFAULT.withDefaults(Action.REJECT, Action.DROP));
        replied(in(f, udp(X, 1, A, 2)));
        Verdict v = out(f, udp(A, 1, X, 2));
        assertEquals("firewall: default of out", assertInstanceOf(Verdict.Drop.class, v).text());
        v.packet().release();
        assertThrows(IllegalArgumentException.class, () -> FirewallOptions.DEFAULT.withMaxConnections(0));
    }

    @Test
    void aFirewallThatForgetsKnowsNoConnection() {
        Firewall f = firewall();
        forwarded(out(f, udp(A, 1, X, 2)));
        f.forget();
        assertEquals(BoxDrop.FIREWALL, dropped(in(f, udp(X, 2, A, 1))));
    }

    @Test
    void aHostThatTalksToItselfHasConnectionsToo() {
        Firewall f = firewall(FirewallOptions.DEFAULT.withDefaults(Action.DROP, Action.ALLOW));
        forwarded(out(f, tcp(A, 1, A, 2, SYN)));
        forwarded(in(f, tcp(A, 2, A, 1, SYN | ACK)));
        now += 3600 * SECOND;
        forwarded(in(f, tcp(A, 2, A, 1, ACK)));
        assertEquals(1, f.connections());
    }

    @Test
    void icmpIsThatOfBothVersions() {
        Firewall f = firewall("allow in icmp from any to any");
        forwarded(in(f, PacketBuilder.between(X, A).echoRequest(1, 1, NOTHING)));
        forwarded(in(f, PacketBuilder.between(X6, A6).echoRequest(1, 1, NOTHING)));
    }

    @Test
    void aResetCountsWhatTheSegmentHasAndNotWhatALinkPadded() {
        Firewall f = firewall("reject tcp from any to any");
        byte[] rst = replied(out(f, java.util.Arrays.copyOf(tcp(A, 5000, X, 80, SYN), 60)));
        assertEquals(1001, i32(rst, 28));
    }

    @Test
    void theFirstPartOfASegmentIsRefusedByIcmpAndAWholeOneWithAFragmentHeaderByReset() {
        Firewall f = firewall("reject tcp from any to any");
        byte[] first = PacketBuilder.between(A, X).fragment(7, 0x2000).tcp(1, 2, 3, 4, SYN, 5, NOTHING, new byte[16]);
        assertEquals(3 << 8 | 13, u16(replied(out(f, first)), 20));
        byte[] segment = tcp(A6, 5000, X6, 80, SYN);
        byte[] atomic = PacketBuilder.between(A6, X6).extension(44, 0, 0, 0, 1, 2, 3, 4)
                .raw(6, java.util.Arrays.copyOfRange(segment, 40, segment.length));
        byte[] rst = replied(out(f, atomic));
        assertEquals(6, u8(rst, 6));
        assertEquals(1001, i32(rst, 48));
        assertTrue(checksumsAreRight(rst));
    }

    @Test
    void anIpv4AddressInAnIpv6HeaderIsRefused() {
        // draft-itojun-v6ops-v4mapped-harmful: it would be taken for the IPv4 host.
        byte[] p = udp(A6, 1, X6, 2);
        java.util.Arrays.fill(p, 8, 24, (byte) 0);
        p[18] = (byte) 0xff;
        p[19] = (byte) 0xff;
        assertEquals(BoxDrop.MARTIAN, dropped(out(firewall("allow any from any to any"), p)));
    }
}
