package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Path;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is learned about the MTU of the way to a host: by whom, for whom, within which bounds and for how long.
class PathMtuTest {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final long MINUTE = 60_000_000_000L;

    private final IpBench four = new IpBench(4);
    private final IpBench six = new IpBench(6);

    private static Path to(IpBench bench, String remote, int protocol) {
        return bench.ip.path(bench.network.routeOver(bench.nic, null), IpAddress.parse(bench.own),
                IpAddress.parse(remote), protocol);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whatOnePathLearnsAllPathsToTheSameHostKnowAndNoOther(int version) {
        var bench = version == 4 ? four : six;
        int header = version == 4 ? 20 : 40;
        String other = version == 4 ? "10.9.0.7" : "fd09::7";
        Path one = bench.path(TCP);
        Path two = bench.path(TCP);
        Path elsewhere = to(bench, other, TCP);
        one.packetTooBig(1400);
        assertFalse(one.isCurrent());
        assertFalse(two.isCurrent(), "a path made before must be asked for again");
        assertTrue(elsewhere.isCurrent());
        assertEquals(1500 - header, elsewhere.mtu());
        Path renewed = bench.path(TCP);
        assertTrue(renewed.isCurrent());
        assertEquals(1400 - header, renewed.mtu());
        assertEquals(1, bench.count("path-mtus-learned"));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whatIsKnownOutlivesAChangeOfRoutes(int version) {
        var bench = version == 4 ? four : six;
        bench.path(TCP).packetTooBig(1400);
        bench.network.local("10.9.0.77");
        assertEquals(1400, bench.path(TCP).mtu() + bench.path(TCP).ipHeaderLength());
    }

    @Requirement("RFC1191:3")
    @ParameterizedTest
    @CsvSource({"4,1400,1400", "4,552,552", "4,551,552", "4,68,552", "4,1,552", "4,1500,1500", "4,9000,1500",
        "4,-5,1492", "4,0,1492", "6,1400,1400", "6,1280,1280", "6,1279,1500", "6,68,1500", "6,0,1500", "6,-1,1500",
        "6,9000,1500"})
    void onlyWhatIsWithinReasonIsBelieved(int version, int told, int mtu) {
        var bench = version == 4 ? four : six;
        Path path = bench.path(TCP);
        path.packetTooBig(told);
        assertEquals(mtu == 1500, path.isCurrent());
        assertEquals(mtu, bench.path(TCP).mtu() + path.ipHeaderLength());
    }

    @Requirement("RFC8201:4")
    @Test
    void aMessageNeverRaisesIt() {
        six.path(TCP).packetTooBig(1300);
        Path path = six.path(TCP);
        path.packetTooBig(1400);
        path.packetTooBig(1300);
        assertTrue(path.isCurrent());
        assertEquals(1260, six.path(TCP).mtu());
        assertEquals(1, six.count("path-mtus-learned"));
    }

    @Requirement("RFC1191:7.1")
    @Test
    void routersThatDoNotTellLeadDownThePlateaus() {
        int[] expected = {1492, 1006, 552, 552};
        for (int mtu : expected) {
            four.path(TCP).packetTooBig(0);
            assertEquals(mtu, four.path(TCP).mtu() + 20);
        }
    }

    @Requirement("RFC1191:6.3")
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void afterTenMinutesItIsForgotten(int version) {
        var bench = version == 4 ? four : six;
        bench.path(TCP).packetTooBig(1400);
        Path path = bench.path(TCP);
        bench.time.runUntil(10 * MINUTE - 1);
        assertTrue(path.isCurrent());
        bench.time.runUntil(10 * MINUTE);
        assertFalse(path.isCurrent(), "the path may have become wider");
        Path renewed = bench.path(TCP);
        assertTrue(renewed.isCurrent());
        assertEquals(1500, renewed.mtu() + renewed.ipHeaderLength());
        // And learned again, for another ten minutes.
        renewed.packetTooBig(1400);
        assertFalse(renewed.isCurrent());
        bench.time.runUntil(20 * MINUTE - 1);
        assertEquals(1400, bench.path(TCP).mtu() + renewed.ipHeaderLength());
    }

    @Test
    void theTableIsBoundedAndTheOldestGoes() {
        for (int i = 0; i < PathMtus.MAX_ENTRIES; i++) {
            to(six, "fd09:0:0:" + Integer.toHexString(i) + "::1", TCP).packetTooBig(1400);
        }
        // The first one is learned anew, so that the second is the oldest.
        to(six, "fd09:0:0:0::1", TCP).packetTooBig(1300);
        Path second = to(six, "fd09:0:0:1::1", TCP);
        to(six, "fd09:0:1:1::1", TCP).packetTooBig(1400);
        assertFalse(second.isCurrent());
        assertEquals(1460, to(six, "fd09:0:0:1::1", TCP).mtu());
        assertEquals(1260, to(six, "fd09:0:0:0::1", TCP).mtu());
        assertEquals(1360, to(six, "fd09:0:1:1::1", TCP).mtu());
        assertEquals(PathMtus.MAX_ENTRIES, ((Ipv6) six.ip).mtus.size());
        assertEquals(1, six.count("path-mtus-evicted"));
    }

    @Test
    void aHostWithManyAddressesMakesRoomForItselfOnly() {
        to(six, "fd09:0:0:1::1", TCP).packetTooBig(1400);
        for (int i = 0; i < 2 * PathMtus.MAX_ENTRIES; i++) {
            to(six, "fd09:0:0:666::" + Integer.toHexString(i), TCP).packetTooBig(1400);
        }
        assertEquals(1360, to(six, "fd09:0:0:1::1", TCP).mtu());
        assertEquals(1360, to(six, "fd09:0:0:666::1fff", TCP).mtu(), "its own last ones are known");
        assertEquals(1460, to(six, "fd09:0:0:666::1eff", TCP).mtu());
        assertEquals(PathMtus.MAX_OF_NETWORK + 1, ((Ipv6) six.ip).mtus.size());
        // When it is silent its part is free again.
        six.time.runUntil(10 * MINUTE);
        to(six, "fd09:0:0:666::1", TCP).packetTooBig(1400);
        assertEquals(1, ((Ipv6) six.ip).mtus.size());
    }

    @ParameterizedTest
    @CsvSource({"4,296,300,300", "4,296,200,296", "4,1400,600,1400", "4,1400,1450,1450"})
    void theFloorIsAnOption(int version, String min, int told, int mtu) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of("min-pmtu", min));
        bench.path(TCP).packetTooBig(told);
        assertEquals(mtu, bench.path(TCP).mtu() + 20);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void soIsItsTime(int version) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of("pmtu-expires", "30s"));
        bench.path(TCP).packetTooBig(1400);
        Path path = bench.path(TCP);
        bench.time.runUntil(MINUTE / 2 - 1);
        assertTrue(path.isCurrent());
        bench.time.runUntil(MINUTE / 2);
        assertFalse(path.isCurrent());
    }

    @Test
    void whatIsNotBelievedIsCounted() {
        six.path(TCP).packetTooBig(1279);
        six.path(TCP).packetTooBig(1400);
        assertEquals("1 1", six.count("path-mtus-refused") + " " + six.count("path-mtus-learned"));
    }

    @Test
    void theNicsMtuStillCounts() {
        var bench = new IpBench(6, new FakeNic(1300), Map.of());
        bench.path(TCP).packetTooBig(1400);
        assertTrue(bench.path(TCP).isCurrent());
        assertEquals(1260, bench.path(TCP).mtu());
    }

    @Test
    void whatRoutersMayFragmentIsNotLimited() {
        four.path(TCP).packetTooBig(1000);
        Path udp = four.path(UDP);
        assertEquals(1480, udp.mtu());
        udp.packetTooBig(900);
        assertTrue(udp.isCurrent());
        assertEquals(980, four.path(TCP).mtu());
        var careful = new IpBench(4, new FakeNic(1500), Map.of("dont-fragment", "true"));
        careful.path(UDP).packetTooBig(1000);
        assertEquals(980, careful.path(UDP).mtu());
    }

    @Test
    void onAWayNarrowerThanWeAreWillingToSendRoutersMayFragment() {
        Path before = four.path(TCP);
        IpBench.send(before, segment());
        assertTrue(hasDf(four.nic.sent().getLast()));
        before.packetTooBig(552);
        IpBench.send(four.path(TCP), segment());
        assertTrue(hasDf(four.nic.sent().getLast()), "552 is what we are willing to send");
        before = four.path(TCP);
        before.packetTooBig(296);
        assertFalse(before.isCurrent());
        IpBench.send(four.path(TCP), segment());
        assertFalse(hasDf(four.nic.sent().getLast()));
        assertEquals(532, four.path(TCP).mtu());
    }

    private static Packet segment() {
        return Packet.copyOf(new byte[20]);
    }

    private static boolean hasDf(byte[] packet) {
        return (MemorySegment.ofArray(packet).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 6) & 0x40) != 0;
    }
}
