package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Path;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Headers and checksums of what is sent (RFC 791, RFC 8200, RFC 6864, RFC 6437, RFC 1191).
class PathTest {
    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    /// A datagram of UDP with its checksum wanted; the field holds rubbish.
    private static Packet datagram(int port, int payload, int linear) {
        byte[] bytes = new byte[8 + payload];
        new Random(payload).nextBytes(bytes);
        bytes[0] = (byte) (port >> 8);
        bytes[1] = (byte) port;
        Packet p = Packet.allocate(Packet.HEADROOM, 8 + linear);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, p.memory(), p.append(8 + linear), 8 + linear);
        if (payload > linear) {
            Buffer b = Buffer.allocate(payload - linear);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 8 + linear, b.memory(), 0, payload - linear);
            p.addFragment(b, 0, payload - linear);
        }
        p.wantChecksum(0, 6);
        return p;
    }

    @ParameterizedTest
    @CsvSource({"4,17", "4,6", "6,17", "6,6"})
    void headersSayWhatTheyShould(int version, int protocol) {
        var bench = new IpBench(version);
        Path path = bench.path(protocol);
        assertEquals(bench.own, path.local().toString());
        assertEquals(bench.peer, path.remote().toString());
        assertEquals(version == 4 ? 1480 : 1460, path.mtu());
        assertEquals(version == 4 ? 20 : 40, path.ipHeaderLength());
        assertEquals(0, path.maxSuperSegment());
        IpBench.send(path, datagram(1, 100, 100), 0xb9, 3);
        IpBench.send(path, datagram(1, 100, 100));
        MemorySegment first = MemorySegment.ofArray(bench.nic.sent().get(0));
        MemorySegment second = MemorySegment.ofArray(bench.nic.sent().get(1));
        if (version == 4) {
            assertEquals(0xb9, Ipv4Header.trafficClass(first, 0));
            assertEquals(3, Ipv4Header.ttl(first, 0));
            assertEquals(64, Ipv4Header.ttl(second, 0));
            assertEquals(protocol, Ipv4Header.protocol(first, 0));
            assertEquals(protocol == 6, Ipv4Header.dontFragment(first, 0));
            assertFalse(Ipv4Header.isFragment(first, 0));
        } else {
            assertEquals(0xb9, Ipv6Header.trafficClass(first, 0));
            assertEquals(3, Ipv6Header.hopLimit(first, 0));
            assertEquals(64, Ipv6Header.hopLimit(second, 0));
            assertEquals(protocol, Ipv6Header.nextHeader(first, 0));
        }
        assertEquals(bench.peer, bench.nic.lastNextHop().toString());
        assertEquals(2, bench.count("sent"));
    }

    @Requirement("RFC9293:MUST-2")
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void wantedChecksumsAreCompletedWhereverThePayloadLies(int version) {
        var bench = new IpBench(version, new FakeNic(65535), Map.of());
        Path path = bench.path(17);
        for (int size : new int[] {0, 1, 2, 3, 7, 8, 1471, 1472, 9000, 60000}) {
            for (int linear : new int[] {0, 1, size / 2, size}) {
                IpBench.send(path, datagram(1, size, Math.min(linear, size)));
                byte[] sent = bench.nic.sent().getLast();
                assertTrue(IpBench.checksumsAreRight(sent), size + " bytes, " + linear + " of them linear");
                assertEquals(Checksumming.ON_WIRE, bench.nic.checksums().getLast());
            }
        }
    }

    @Requirement("RFC768:checksum")
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aUdpChecksumOfZeroIsSentAsAllOnes(int version) {
        var bench = new IpBench(version);
        Path path = bench.path(17);
        byte[] b = new byte[10];
        b[5] = 10;
        for (int word = 0; word < 65536; word++) {
            b[8] = (byte) (word >> 8);
            b[9] = (byte) word;
            long pseudo = Checksum.pseudoHeader(path.local().hi(), path.local().lo(), path.remote().hi(),
                    path.remote().lo(), 17, 10);
            if (Checksum.finish(pseudo + Checksum.sum(MemorySegment.ofArray(b), 0, 10)) == 0) {
                break;
            }
        }
        Packet p = Packet.copyOf(b);
        p.wantChecksum(0, 6);
        IpBench.send(path, p);
        byte[] sent = bench.nic.sent().getFirst();
        int at = sent.length - 10 + 6;
        assertEquals(0xffff, (sent[at] & 0xff) << 8 | sent[at + 1] & 0xff);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aLinkThatVouchesGetsChecksumsUndone(int version) {
        var bench = new IpBench(version, new FakeNic(65535, true, true, 65535), Map.of());
        IpBench.send(bench.path(17), datagram(1, 100, 100));
        assertEquals(Checksumming.WANTED, bench.nic.checksums().getFirst());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aLinkThatCutsSuperSegmentsGetsThePseudoHeadersSum(int version) {
        var bench = new IpBench(version, new FakeNic(1500, false, false, 65535), Map.of());
        Path path = bench.path(6);
        assertEquals(65535 - (version == 4 ? 20 : 40), path.maxSuperSegment(), "the link counts the IP header");
        Packet p = datagram(1, 5000, 100);
        p.setSegmentSize(1460);
        IpBench.send(path, p);
        byte[] sent = bench.nic.sent().getFirst();
        assertEquals(Checksumming.PARTIAL, bench.nic.checksums().getFirst());
        int header = version == 4 ? 20 : 40;
        int expected = Checksum.fold(Checksum.pseudoHeader(path.local().hi(), path.local().lo(), path.remote().hi(),
                path.remote().lo(), 6, 5008));
        assertEquals(expected, (sent[header + 6] & 0xff) << 8 | sent[header + 7] & 0xff);
        MemorySegment m = MemorySegment.ofArray(sent);
        assertEquals(5008, version == 4 ? Ipv4Header.totalLength(m, 0) - 20 : Ipv6Header.payloadLength(m, 0));
    }

    @Test
    void checksumsThatNobodyWantsAreLeftAlone() {
        var bench = new IpBench(4);
        byte[] b = new byte[20];
        b[6] = 0x12;
        IpBench.send(bench.path(17), Packet.copyOf(b));
        assertEquals(0x12, bench.nic.sent().getFirst()[26]);
    }

    private static int id(byte[] packet) {
        return Ipv4Header.identification(MemorySegment.ofArray(packet), 0);
    }

    @Test
    void identificationsOfPacketsThatMayBeFragmentedRepeatAfterARoundAcrossAllPaths() {
        var bench = new IpBench(4);
        bench.nic.setRecording(true);
        Path[] paths = {bench.path(17), bench.path(17), bench.path(17)};
        var seen = new HashSet<Integer>();
        for (int i = 0; i < 65536; i++) {
            IpBench.send(paths[i % 3], datagram(1, 0, 0));
            assertTrue(seen.add(id(bench.nic.sent().getLast())), "packet " + i);
            bench.nic.clear();
        }
    }

    @Test
    void identificationsOfTcpDifferFromSegmentToSegmentAndLeaveRoomForTheCut() {
        var bench = new IpBench(4, new FakeNic(1500, false, false, 65535), Map.of());
        Path path = bench.path(6);
        Packet p = datagram(1, 3 * 1000 - 8, 100);
        p.setSegmentSize(1000);
        IpBench.send(path, p);
        IpBench.send(path, datagram(1, 10, 10));
        assertEquals(3, id(bench.nic.sent().get(1)) - id(bench.nic.sent().get(0)) & 0xffff);
        IpBench.send(bench.path(6), datagram(1, 10, 10));
        assertNotEquals(1, id(bench.nic.sent().get(2)) - id(bench.nic.sent().get(1)) & 0xffff,
                "another connection counts from elsewhere");
    }

    @Test
    void dontFragmentAndTtlAreOptions() {
        var bench = new IpBench(4, new FakeNic(1500), Map.of("dont-fragment", "true", "ttl", "9"));
        IpBench.send(bench.path(17), datagram(1, 10, 10));
        MemorySegment m = MemorySegment.ofArray(bench.nic.sent().getFirst());
        assertTrue(Ipv4Header.dontFragment(m, 0));
        assertEquals(9, Ipv4Header.ttl(m, 0));
        var six = new IpBench(6, new FakeNic(1500), Map.of("hop-limit", "9"));
        IpBench.send(six.path(17), datagram(1, 10, 10));
        assertEquals(9, Ipv6Header.hopLimit(MemorySegment.ofArray(six.nic.sent().getFirst()), 0));
    }

    @Requirement("RFC6437:3")
    @Test
    void flowLabelsAreStableForAFlowAndDifferBetweenFlows() {
        var bench = new IpBench(6);
        var labels = new HashSet<Integer>();
        for (int port = 0; port < 1000; port++) {
            // A path made anew, as after a change of routes, must not change the label.
            IpBench.send(bench.path(17), datagram(port, 0, 0));
            int label = Ipv6Header.flowLabel(MemorySegment.ofArray(bench.nic.sent().getLast()), 0);
            assertNotEquals(0, label);
            byte[] again = bench.nic.sent().getLast();
            IpBench.send(bench.path(17), Packet.copyOf(Arrays.copyOfRange(again, 40, 48)));
            assertEquals(label, Ipv6Header.flowLabel(MemorySegment.ofArray(bench.nic.sent().getLast()), 0));
            labels.add(label);
        }
        assertTrue(labels.size() > 980, labels.size() + " labels of 1000 flows");
    }

    @Test
    void theLengthFieldsLimitWhatFitsOnLinksWithoutLimit() {
        var wide = new FakeNic(1 << 20, false, false, 1 << 20);
        Path four = new IpBench(4, wide, Map.of()).path(17);
        assertEquals(65515, four.mtu());
        assertEquals(65515, four.maxSuperSegment());
        Path six = new IpBench(6, wide, Map.of()).path(17);
        assertEquals(65535, six.mtu());
        assertEquals(65535, six.maxSuperSegment());
    }

    @Test
    void aPathIsCurrentUntilAddressesOrRoutesChange() {
        var bench = new IpBench(4);
        Path path = bench.path(6);
        assertTrue(path.isCurrent());
        bench.network.local("10.9.0.77");
        assertFalse(path.isCurrent());
        assertTrue(bench.path(6).isCurrent());
    }

    @Test
    void theGatewayIsTheNextHop() {
        var bench = new IpBench(4);
        IpAddress gateway = IpAddress.parse("10.9.0.254");
        Path path = bench.ip.path(bench.network.routeOver(bench.nic, gateway), IpAddress.parse(bench.own),
                IpAddress.parse("192.0.2.1"), 17);
        IpBench.send(path, datagram(1, 0, 0));
        assertEquals(gateway, bench.nic.lastNextHop());
        assertArrayEquals(new byte[] {(byte) 192, 0, 2, 1}, Arrays.copyOfRange(bench.nic.sent().getFirst(), 16, 20));
    }
}
