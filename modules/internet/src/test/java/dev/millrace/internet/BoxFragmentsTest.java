package dev.millrace.internet;

import static dev.millrace.internet.BoxBench.SECOND;
import static dev.millrace.internet.BoxBench.destination;
import static dev.millrace.internet.BoxBench.dropped;
import static dev.millrace.internet.BoxBench.forwarded;
import static dev.millrace.internet.BoxBench.hairpinned;
import static dev.millrace.internet.BoxBench.headerChecksumIsRight;
import static dev.millrace.internet.BoxBench.ip;
import static dev.millrace.internet.BoxBench.packet;
import static dev.millrace.internet.BoxBench.pieces;
import static dev.millrace.internet.BoxBench.source;
import static dev.millrace.internet.BoxBench.transportChecksumIsRight;
import static dev.millrace.internet.BoxBench.u16;
import static dev.millrace.internet.BoxBench.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.FirewallRule.Direction;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Packets in parts: the first has the ports, the others share its fate.
class BoxFragmentsTest {
    private static final String A = "10.0.0.2";
    private static final String B = "10.0.0.3";
    private static final String NAT = "203.0.113.1";
    private static final String X = "198.51.100.1";

    private final Nat nat = new Nat(NatOptions.DEFAULT.withPortPreservation(false).withForward(PortForward.udp(53, B, 5353)),
            List.of(ip(NAT)), null, new RouterIcmp(0), new Random(1));
    private final Firewall firewall = new Firewall(FirewallOptions.DEFAULT, new RouterIcmp(0));
    private LeakCheck leaks;

    @BeforeEach
    void begin() {
        leaks = new LeakCheck();
    }

    @AfterEach
    void end() {
        leaks.close();
    }

    private static byte[] data(int n) {
        byte[] b = new byte[n];
        new Random(n).nextBytes(b);
        return b;
    }

    private static List<byte[]> cut(byte[] whole, int mtu) {
        return pieces(new RouterHop(new RouterIcmp(0)).forward(packet(whole), mtu, null, 0));
    }

    private static byte[] join(List<byte[]> parts) {
        byte[] last = parts.getLast();
        byte[] whole = new byte[(u16(last, 6) & 0x1fff) * 8 + last.length];
        System.arraycopy(parts.getFirst(), 0, whole, 0, 20);
        for (byte[] p : parts) {
            assertTrue(headerChecksumIsRight(p));
            System.arraycopy(p, 20, whole, 20 + (u16(p, 6) & 0x1fff) * 8, p.length - 20);
        }
        return whole;
    }

    @Test
    void allPartsAreTranslatedAndTheWholeHasARightChecksum() {
        List<byte[]> parts = cut(PacketBuilder.between(A, X).fragment(7, 0).udp(5000, 53, data(3000)), 1000);
        List<byte[]> out = parts.stream().map(p -> forwarded(nat.outbound(packet(p), SECOND))).toList();
        out.forEach(p -> assertEquals(ip(NAT), source(p)));
        byte[] whole = join(out);
        assertTrue(transportChecksumIsRight(whole));
        int port = u16(whole, 20);
        List<byte[]> back = cut(PacketBuilder.between(X, NAT).fragment(8, 0).udp(53, port, data(3000)), 1000);
        byte[] in = join(back.stream().map(p -> forwarded(nat.inbound(packet(p), SECOND))).toList());
        assertEquals(ip(A), destination(in));
        assertEquals(5000, u16(in, 22));
        assertTrue(transportChecksumIsRight(in));
    }

    @Test
    void partsGoRoundTheHairpin() {
        List<byte[]> parts = cut(PacketBuilder.between(A, NAT).fragment(7, 0).udp(5000, 53, data(3000)), 1000);
        byte[] whole = join(parts.stream().map(p -> hairpinned(nat.outbound(packet(p), SECOND))).toList());
        assertEquals(ip(NAT), source(whole));
        assertEquals(ip(B), destination(whole));
        assertTrue(transportChecksumIsRight(whole));
    }

    @Test
    void pingsInPartsPass() {
        List<byte[]> parts = cut(PacketBuilder.between(A, X).fragment(7, 0).echoRequest(5, 1, data(3000)), 1000);
        assertTrue(transportChecksumIsRight(join(parts.stream().map(p -> forwarded(nat.outbound(packet(p), SECOND))).toList())));
    }

    @Test
    void aPartBeforeTheFirstIsDropped() {
        List<byte[]> parts = cut(PacketBuilder.between(A, X).fragment(7, 0).udp(5000, 53, data(3000)), 1000);
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(nat.outbound(packet(parts.get(1)), SECOND)));
        forwarded(nat.outbound(packet(parts.get(0)), SECOND));
        forwarded(nat.outbound(packet(parts.get(1)), SECOND));
        // Parts of another packet, or from the other side, are something else.
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(nat.outbound(
                packet(PacketBuilder.between(A, X).fragment(8, 125).raw(17, data(64))), SECOND)));
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(nat.inbound(
                packet(PacketBuilder.between(X, NAT).fragment(7, 125).raw(17, data(64))), SECOND)));
    }

    @Test
    void aPartThatComesMuchLaterIsDropped() {
        List<byte[]> parts = cut(PacketBuilder.between(A, X).fragment(7, 0).udp(5000, 53, data(1500)), 1000);
        forwarded(nat.outbound(packet(parts.get(0)), SECOND));
        long late = SECOND + FragmentTable.LIFETIME_NS;
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(nat.outbound(packet(parts.get(1)), late)));
    }

    @Test
    void partsOfWhatWasNotLetInAreNotLetInEither() {
        List<byte[]> parts = cut(PacketBuilder.between(X, A).fragment(7, 0).udp(5000, 53, data(3000)), 1000);
        assertEquals(BoxDrop.FIREWALL, dropped(firewall.filter(packet(parts.get(0)), Direction.IN, null, SECOND)));
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST,
                dropped(firewall.filter(packet(parts.get(1)), Direction.IN, null, SECOND)));
    }

    @Test
    void partsOfWhatWasLetOutFollow() {
        for (byte[] p : cut(PacketBuilder.between(A, X).fragment(7, 0).udp(5000, 53, data(3000)), 1000)) {
            assertArrayEquals(p, forwarded(firewall.filter(packet(p), Direction.OUT, null, SECOND)));
        }
    }

    @Test
    void partsOfIpv6FollowToo() {
        byte[] udp = Arrays.copyOfRange(udp("fd00::2", 1, "2001:db8::1", 2), 40, 51);
        byte[] begin = Arrays.copyOf(udp, 16);
        byte[] first = PacketBuilder.between("fd00::2", "2001:db8::1").extension(44, 0, 0, 1, 1, 2, 3, 4).raw(17, begin);
        byte[] later = PacketBuilder.between("fd00::2", "2001:db8::1").extension(44, 0, 0, 16, 1, 2, 3, 4).raw(17, begin);
        byte[] other = PacketBuilder.between("fd00::2", "2001:db8::1").extension(44, 0, 0, 16, 1, 2, 3, 5).raw(17, begin);
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(firewall.filter(packet(later), Direction.OUT, null, SECOND)));
        forwarded(firewall.filter(packet(first), Direction.OUT, null, SECOND));
        forwarded(firewall.filter(packet(later), Direction.OUT, null, SECOND));
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(firewall.filter(packet(other), Direction.OUT, null, SECOND)));
    }

    @Test
    void aWholePacketWithAFragmentHeaderIsNoFragment() {
        // RFC 6946 §4: an atomic fragment.
        byte[] udp = Arrays.copyOfRange(udp("fd00::2", 1, "2001:db8::1", 2), 40, 51);
        byte[] atomic = PacketBuilder.between("fd00::2", "2001:db8::1").extension(44, 0, 0, 0, 1, 2, 3, 4).raw(17, udp);
        forwarded(firewall.filter(packet(atomic), Direction.OUT, null, SECOND));
        assertEquals(1, firewall.connections());
    }

    @Test
    void aFirstPartWithoutTheWholeHeaderIsDropped() {
        // RFC 1858 §3: the tiny fragment attack.
        byte[] tiny = PacketBuilder.between(A, X).fragment(7, 0x2000).raw(6, data(16));
        assertEquals(BoxDrop.TINY_FRAGMENT, dropped(firewall.filter(packet(tiny), Direction.OUT, null, SECOND)));
        assertEquals(BoxDrop.TINY_FRAGMENT, dropped(nat.outbound(packet(tiny), SECOND)));
    }

    @Test
    void aPartThatWouldOverwriteTheFlagsIsDropped() {
        // RFC 1858 §4: the overlapping fragment attack.
        byte[] syn = PacketBuilder.between(A, X).fragment(7, 0x2000).tcp(1, 2, 3, 4, 2, 5, new byte[0], data(16));
        byte[] overlap = PacketBuilder.between(A, X).fragment(7, 1).raw(6, data(32));
        forwarded(firewall.filter(packet(syn), Direction.OUT, null, SECOND));
        forwarded(nat.outbound(packet(syn), SECOND));
        assertEquals(BoxDrop.TINY_FRAGMENT, dropped(firewall.filter(packet(overlap), Direction.OUT, null, SECOND)));
        assertEquals(BoxDrop.TINY_FRAGMENT, dropped(nat.outbound(packet(overlap), SECOND)));
    }

    @Test
    void theTableIsBoundedAndTheOldestMakesRoom() {
        var table = new FragmentTable<Integer>();
        for (int id = 0; id <= FragmentTable.CAPACITY; id++) {
            remember(table, id);
        }
        assertEquals(FragmentTable.CAPACITY, table.size());
        assertNull(fate(table, 0));
        assertEquals(1, fate(table, 1));
        assertEquals(FragmentTable.CAPACITY, fate(table, FragmentTable.CAPACITY));
    }

    @Test
    void aFirstPartThatComesAgainTakesNobodysRoom() {
        var table = new FragmentTable<Integer>();
        for (int id = 0; id < FragmentTable.CAPACITY; id++) {
            remember(table, id);
        }
        remember(table, 1);
        assertEquals(0, fate(table, 0));
        // And is the youngest afterwards.
        remember(table, 5000);
        remember(table, 5001);
        assertEquals(1, fate(table, 1));
        assertNull(fate(table, 0));
        assertNull(fate(table, 2));
    }

    private static void remember(FragmentTable<Integer> table, int id) {
        var headers = new Headers();
        var p = packet(PacketBuilder.between(A, X).fragment(id, 0x2000).raw(17, data(16)));
        headers.peek(p);
        table.remember(headers, id, SECOND);
        p.release();
    }

    private static Integer fate(FragmentTable<Integer> table, int id) {
        var headers = new Headers();
        var p = packet(PacketBuilder.between(A, X).fragment(id, 2).raw(17, data(16)));
        headers.peek(p);
        p.release();
        return table.fate(headers, SECOND);
    }

    @Test
    void boxesThatForgetForgetPartsToo() {
        List<byte[]> parts = cut(PacketBuilder.between(A, X).fragment(7, 0).udp(5000, 53, data(1500)), 1000);
        int port = u16(forwarded(nat.outbound(packet(parts.get(0)), SECOND)), 20);
        List<byte[]> back = cut(PacketBuilder.between(X, NAT).fragment(7, 0).udp(53, port, data(1500)), 1000);
        forwarded(nat.inbound(packet(back.get(0)), SECOND));
        forwarded(firewall.filter(packet(parts.get(0)), Direction.OUT, null, SECOND));
        nat.forget();
        firewall.forget();
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(nat.outbound(packet(parts.get(1)), SECOND)));
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(nat.inbound(packet(back.get(1)), SECOND)));
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST,
                dropped(firewall.filter(packet(parts.get(1)), Direction.OUT, null, SECOND)));
    }

    @Test
    void theDataOfALaterPartIsNotTakenForHeaders() {
        // Next header 60, destination options, is that of the first part (RFC 8200 §4.5); here it stands before data.
        byte[] later = PacketBuilder.between("fd00::2", "2001:db8::1").extension(44, 0, 0, 16, 1, 2, 3, 4)
                .raw(60, new byte[] {6, (byte) 200, 0, 0, 0, 0, 0, 0});
        assertEquals(BoxDrop.FRAGMENT_WITHOUT_FIRST, dropped(firewall.filter(packet(later), Direction.OUT, null, SECOND)));
    }
}
