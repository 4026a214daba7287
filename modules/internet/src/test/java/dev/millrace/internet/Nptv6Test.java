package dev.millrace.internet;

import static dev.millrace.internet.BoxBench.NOTHING;
import static dev.millrace.internet.BoxBench.checksumsAreRight;
import static dev.millrace.internet.BoxBench.destination;
import static dev.millrace.internet.BoxBench.dropped;
import static dev.millrace.internet.BoxBench.error;
import static dev.millrace.internet.BoxBench.forwarded;
import static dev.millrace.internet.BoxBench.hairpinned;
import static dev.millrace.internet.BoxBench.ip;
import static dev.millrace.internet.BoxBench.packet;
import static dev.millrace.internet.BoxBench.quoted;
import static dev.millrace.internet.BoxBench.source;
import static dev.millrace.internet.BoxBench.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.IpAddress;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// Prefix translation of IPv6 (RFC 6296).
class Nptv6Test {
    private static final String INSIDE = "fd01:203:405:1::1234";
    private static final String PEER = "2001:db8:ffff::1";

    private static Nat nat() {
        NatOptions options = NatOptions.DEFAULT.withPrefixTranslation(Cidr.parse("fd01:203:405::/48"),
                Cidr.parse("2001:db8:1::/48"));
        return new Nat(options, List.of(), null, new RouterIcmp(0), new Random(1));
    }

    @Test
    void theExampleOfTheRfcComesOut() {
        // RFC 6296 §3.6
        var map = new Nptv6(Cidr.parse("fd01:203:405::/48"), Cidr.parse("2001:db8:1::/48"));
        assertEquals(ip("2001:db8:1:d550::1234"), map.toExternal(ip(INSIDE)));
        assertEquals(ip(INSIDE), map.toInternal(ip("2001:db8:1:d550::1234")));
    }

    @Property(tries = 2000)
    void everyAddressHasOneOutsideThatLeadsBack(@ForAll long hi, @ForAll long lo, @ForAll long a, @ForAll long b,
            @ForAll @IntRange(min = 1, max = 64) int length) {
        Cidr internal = new Cidr(new IpAddress(a, 0), length).network();
        Cidr external = new Cidr(new IpAddress(b, 0), length).network();
        var map = new Nptv6(internal, external);
        long mask = -1L << 64 - length;
        var host = new IpAddress(internal.address().hi() | hi & ~mask, lo);
        IpAddress outside = map.toExternal(host);
        if (outside == null) {
            return;
        }
        assertTrue(external.contains(outside));
        assertEquals(host, map.toInternal(outside));
        // RFC 6296 §2.6: checksum-neutral.
        assertEquals(sum(host), sum(outside));
    }

    private static int sum(IpAddress a) {
        long total = 0;
        for (int shift = 0; shift < 64; shift += 16) {
            total += (a.hi() >>> shift & 0xffff) + (a.lo() >>> shift & 0xffff);
        }
        return (int) (total % 0xffff);
    }

    @Test
    void addressesThatCouldNotComeBackAreNotMapped() {
        var short48 = new Nptv6(Cidr.parse("fd01:203:405::/48"), Cidr.parse("2001:db8:1::/48"));
        // RFC 6296 §3.4: subnet 0xFFFF; §3.7: all ones.
        assertNull(short48.toExternal(ip("fd01:203:405:ffff::1")));
        var long56 = new Nptv6(Cidr.parse("fd01:203:405::/56"), Cidr.parse("2001:db8:1::/56"));
        assertNull(long56.toExternal(ip("fd01:203:405:0:ffff:ffff:ffff:ffff")));
        assertEquals(BoxDrop.NAT_PREFIX, dropped(nat().outbound(packet(udp("fd01:203:405:ffff::1", 1, PEER, 2)), 0)));
    }

    @Test
    void packetsGoOutAndBackWithTheirChecksums() {
        try (var _ = new LeakCheck()) {
            Nat nat = nat();
            byte[] out = forwarded(nat.outbound(packet(udp(INSIDE, 5000, PEER, 53)), 0));
            assertEquals(ip("2001:db8:1:d550::1234"), source(out));
            assertTrue(checksumsAreRight(out));
            byte[] in = forwarded(nat.inbound(packet(udp(PEER, 53, "2001:db8:1:d550::1234", 5000)), 0));
            assertEquals(ip(INSIDE), destination(in));
            assertTrue(checksumsAreRight(in));
        }
    }

    @Test
    void errorsQuoteThePacketAsItWasSent() {
        Nat nat = nat();
        byte[] sent = udp(INSIDE, 5000, PEER, 53);
        byte[] asOutside = forwarded(nat.outbound(packet(sent), 0));
        byte[] e = forwarded(nat.inbound(packet(error("2001:db8:77::1", "2001:db8:1:d550::1234", 1, 3, asOutside)), 0));
        assertArrayEquals(sent, quoted(e));
        assertTrue(checksumsAreRight(e));
        byte[] came = udp(PEER, 53, "2001:db8:1:d550::1234", 5000);
        byte[] asInside = forwarded(nat.inbound(packet(came), 0));
        byte[] answer = forwarded(nat.outbound(packet(error(INSIDE, PEER, 1, 4, asInside)), 0));
        assertArrayEquals(came, quoted(answer));
        assertTrue(checksumsAreRight(answer));
    }

    @Test
    void hostsInsideReachEachOtherByTheirAddressesOutside() {
        Nat nat = nat();
        // RFC 6296 §4.3: hairpinning.
        byte[] p = hairpinned(nat.outbound(packet(udp("fd01:203:405:1::9", 1, "2001:db8:1:d550::1234", 2)), 0));
        assertEquals(ip("2001:db8:1:d550::9"), source(p));
        assertEquals(ip(INSIDE), destination(p));
        assertTrue(checksumsAreRight(p));
        byte[] e = hairpinned(nat.outbound(packet(error(INSIDE, "2001:db8:1:d550::9", 1, 4, p)), 0));
        assertEquals(ip("fd01:203:405:1::9"), destination(e));
        assertArrayEquals(udp("fd01:203:405:1::9", 1, "2001:db8:1:d550::1234", 2), quoted(e));
    }

    @Test
    void laterFragmentsAndUnknownProtocolsPassToo() {
        Nat nat = nat();
        byte[] later = PacketBuilder.between(INSIDE, PEER).extension(44, 0, 0, 8, 0, 0, 0, 1).raw(17, new byte[16]);
        assertEquals(ip("2001:db8:1:d550::1234"), source(forwarded(nat.outbound(packet(later), 0))));
        forwarded(nat.outbound(packet(PacketBuilder.between(INSIDE, PEER).raw(132, NOTHING)), 0));
    }

    @Test
    void thePrefixInsideIsNobodysOutside() {
        assertEquals(BoxDrop.NAT_NOT_OURS, dropped(nat().inbound(packet(udp(PEER, 1, INSIDE, 2)), 0)));
        assertEquals(BoxDrop.MARTIAN, dropped(nat().inbound(packet(udp(INSIDE, 1, "2001:db8:1:d550::1234", 2)), 0)));
    }

    @Test
    void prefixesThatDoNotFitAreRefused() {
        for (String[] pair : new String[][] {{"fd00::/48", "2001:db8::/56"}, {"fd00::/96", "2001:db8::/96"},
            {"10.0.0.0/8", "11.0.0.0/8"}, {"fd00::/48", "fd00::1/48"}}) {
            assertThrows(IllegalArgumentException.class,
                    () -> NatOptions.DEFAULT.withPrefixTranslation(Cidr.parse(pair[0]), Cidr.parse(pair[1])));
        }
    }

    @Test
    void whatTheBoxSaysOfAPacketThatItHadTranslatedIsTranslatedBack() {
        Nat nat = nat();
        byte[] came = udp(PEER, 53, "2001:db8:1:d550::1234", 5000);
        byte[] asInside = forwarded(nat.inbound(packet(came), 0));
        byte[] e = forwarded(nat.ownError(packet(error("2001:db8:77::1", PEER, 2, 0, asInside)), 0));
        assertEquals(ip("2001:db8:77::1"), source(e));
        assertArrayEquals(came, quoted(e));
        assertTrue(checksumsAreRight(e));
        assertEquals(BoxDrop.UNRELATED_ICMP_ERROR, dropped(nat.ownError(packet(came), 0)));
    }
}
