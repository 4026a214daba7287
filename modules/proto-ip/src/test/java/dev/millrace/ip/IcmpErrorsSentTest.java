package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.spi.InternetProtocol.Rejection;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which errors are sent, how they look and how many (RFC 1122 §3.2.2, RFC 1812 §4.3.2, RFC 4443 §2.4).
class IcmpErrorsSentTest {
    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    /// Rejects a packet as a transport would: it starts at its transport header, and still does afterwards.
    private static void reject(IpBench bench, byte[] bytes, boolean group, Rejection why) {
        Packet p = Packet.copyOf(bytes);
        p.markNetworkHeader();
        IpAddress from = IpAddress.of(Arrays.copyOfRange(bytes, bench.v4 ? 12 : 8, bench.v4 ? 16 : 24));
        IpAddress to = IpAddress.of(Arrays.copyOfRange(bytes, bench.v4 ? 16 : 24, bench.v4 ? 20 : 40));
        p.setAddresses(from.hi(), from.lo(), to.hi(), to.lo());
        p.setIpFacts(bench.v4 ? bytes[9] & 0xff : bytes[6] & 0xff, 64, 0);
        p.setBroadcast(group);
        p.pull(bench.v4 ? (bytes[0] & 0xf) * 4 : 40);
        int start = p.start();
        bench.ip.reject(p, why);
        assertEquals(start, p.start());
        p.release();
    }

    @Requirement("RFC4443:2.4")
    @Requirement("RFC1122:3.2.2.1")
    @ParameterizedTest
    @CsvSource({"4,PORT_UNREACHABLE,3,3", "4,PROTOCOL_UNREACHABLE,3,2", "4,PROHIBITED,3,13", "6,PORT_UNREACHABLE,1,4",
        "6,PROHIBITED,1,1", "6,PROTOCOL_UNREACHABLE,4,1"})
    void rejectionsHaveTheirTypeAndCodeAndQuoteAsMuchAsFits(int version, Rejection why, int type, int code) {
        var bench = new IpBench(version);
        int header = version == 4 ? 20 : 40;
        int most = version == 4 ? 576 : 1280;
        for (int size : new int[] {0, 1, 8, 100, 519, 520, 521, 1183, 1184, 1185, 1400}) {
            bench.nic.clear();
            byte[] about = bench.fromPeer().udp(5, 6, new byte[size]);
            reject(bench, about, false, why);
            byte[] error = bench.nic.sent().getFirst();
            assertEquals(Math.min(most, header + 8 + about.length), error.length);
            assertEquals(type, error[header]);
            assertEquals(code, error[header + 1]);
            assertArrayEquals(Arrays.copyOf(about, error.length - header - 8),
                    Arrays.copyOfRange(error, header + 8, error.length));
            assertTrue(IpBench.checksumsAreRight(error));
        }
        assertEquals(11, bench.count("icmp-errors-sent"));
        assertEquals(11, bench.count("icmp-type-" + type + "-sent"));
    }

    @Test
    void neverAboutBroadcastsFragmentsErrorsAndBadSourcesInIpv4() {
        var bench = new IpBench(4);
        Rejection why = Rejection.PORT_UNREACHABLE;
        reject(bench, PacketBuilder.between("10.9.0.1", "224.0.0.1").udp(1, 2, new byte[8]), true, why);
        reject(bench, bench.fromPeer().fragment(1, 1).raw(17, new byte[8]), false, why);
        for (String source : new String[] {"0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.9"}) {
            reject(bench, PacketBuilder.between(source, "10.9.0.2").udp(1, 2, new byte[8]), false, why);
        }
        for (int type : new int[] {3, 4, 5, 11, 12}) {
            reject(bench, bench.fromPeer().icmp(type, 0, 0, new byte[28]), false, why);
        }
        reject(bench, bench.fromPeer().raw(1, new byte[0]), false, why);
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(12, bench.count("icmp-errors-not-allowed"));
        reject(bench, bench.fromPeer().fragment(1, 0x2000).raw(17, new byte[8]), false, why);
        reject(bench, bench.fromPeer().icmp(13, 0, 0, new byte[12]), false, why);
        assertEquals(2, bench.nic.sent().size(), "first fragments and queries may be told of");
    }

    @Test
    void neverAboutMulticastsErrorsAndBadSourcesInIpv6() {
        var bench = new IpBench(6);
        Rejection why = Rejection.PORT_UNREACHABLE;
        reject(bench, PacketBuilder.between("fd09::1", "ff02::1").udp(1, 2, new byte[8]), true, why);
        for (String source : new String[] {"::", "ff02::1"}) {
            reject(bench, PacketBuilder.between(source, "fd09::2").udp(1, 2, new byte[8]), false, why);
        }
        for (int type : new int[] {0, 1, 2, 3, 4, 100, 127, 137}) {
            reject(bench, bench.fromPeer().icmp(type, 0, 0, new byte[48]), false, why);
        }
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(11, bench.count("icmp-errors-not-allowed"));
    }

    /// RFC 1122 §3.2.2, RFC 4443 §2.4(e.4), (e.5): a frame to all whose packet is for one.
    @Requirement("RFC4443:2.4")
    @Requirement("RFC1122:3.2.2")
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void neverAboutWhatTheLinkSentToAll(int version) {
        var bench = new IpBench(version);
        Packet p = Packet.copyOf(bench.fromPeer().raw(200, new byte[8]));
        p.setBroadcast(true);
        bench.ip.receive(bench.nic, p);
        assertEquals(1, bench.network.drops(DropReason.UNKNOWN_TRANSPORT));
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(1, bench.count("icmp-errors-not-allowed"));
    }

    /// RFC 1812 §4.3.2.7: nothing is said of a packet whose header is wrong.
    @Test
    void neverAboutAPacketWithAWrongHeader() {
        var bench = new IpBench(4);
        byte[] packet = bench.fromPeer().raw(200, new byte[8]);
        packet[10] ^= 1;
        assertEquals(DropReason.BAD_IP_CHECKSUM, bench.fate(packet));
        assertTrue(bench.nic.sent().isEmpty());
    }

    /// RFC 4443 §2.4(e.3): packet too big and unknown options are told even of multicast packets, other problems are not.
    @Test
    void problemsOfMulticastPacketsAreNotTold() {
        var bench = new IpBench(6);
        bench.fate(PacketBuilder.between("fd09::1", "ff02::1").extension(43, 0, 0, 1, 0, 0, 0, 0).udp(1, 2, new byte[8]));
        bench.fate(PacketBuilder.between("fd09::1", "ff02::1").raw(200, new byte[8]));
        bench.fate(PacketBuilder.between("fd09::1", "ff02::1").extension(44, 0, 0, 1, 0, 0, 0, 1).raw(6, new byte[8]));
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(3, bench.count("icmp-errors-not-allowed"));
    }

    @Test
    void neverAboutAnErrorBehindTheOptionThatIsTheProblem() {
        var bench = new IpBench(6);
        byte[] error = bench.fromPeer().extension(60, 0, 0x9e, 4, 0, 0, 0, 0).icmp(1, 0, 0, new byte[48]);
        assertEquals(DropReason.BAD_IP_OPTION, bench.fate(error));
        byte[] laterFragment = bench.fromPeer().extension(60, 0, 0x9e, 4, 0, 0, 0, 0)
                .extension(44, 0, 0, 8, 0, 0, 0, 1).raw(58, new byte[48]);
        assertEquals(DropReason.BAD_IP_OPTION, bench.fate(laterFragment));
        assertTrue(bench.nic.sent().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void unknownTransportsAreTold(int version) {
        var bench = new IpBench(version);
        assertEquals(DropReason.UNKNOWN_TRANSPORT, bench.fate(bench.fromPeer().raw(200, new byte[8])));
        assertEquals(1, bench.nic.sent().size());
    }

    @Requirement("RFC4443:2.4-rate")
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void errorsAreLimitedByRateAndBurst(int version) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of("icmp-errors-per-second", "1000", "icmp-burst", "50"));
        byte[] about = bench.fromPeer().udp(5, 6, new byte[8]);
        for (int i = 0; i < 200; i++) {
            reject(bench, about, false, Rejection.PORT_UNREACHABLE);
        }
        assertEquals(50, bench.nic.sent().size());
        assertEquals(150, bench.count("icmp-errors-rate-limited"));
        assertEquals(150, bench.network.countedDrops(DropReason.RATE_LIMITED));
        bench.time.runUntil(20_000_000);
        for (int i = 0; i < 200; i++) {
            reject(bench, about, false, Rejection.PORT_UNREACHABLE);
        }
        assertEquals(70, bench.nic.sent().size());
    }

    @Test
    void withoutARouteNothingIsSent() {
        var bench = new IpBench(4);
        bench.network.setRouted(false);
        reject(bench, bench.fromPeer().udp(5, 6, new byte[8]), false, Rejection.PORT_UNREACHABLE);
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(1, bench.network.countedDrops(DropReason.NO_ROUTE));
        assertFalse(bench.count("icmp-errors-sent") > 0);
    }
}
