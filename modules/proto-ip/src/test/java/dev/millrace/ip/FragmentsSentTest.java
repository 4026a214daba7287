package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Path;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Packets that are larger than their path's MTU (RFC 791 §3.2, RFC 8200 §4.5, RFC 7739, RFC 6864).
class FragmentsSentTest {
    private static final int UDP = 17;

    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    /// A datagram of `size` bytes, of which `linear` lie in the linear part, with its checksum wanted.
    private static Packet datagram(int size, int linear) {
        byte[] bytes = Cuts.noise(new Random(size), size);
        bytes[4] = (byte) (size >> 8);
        bytes[5] = (byte) size;
        Packet p = Packet.allocate(Packet.HEADROOM, linear);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, p.memory(), p.append(linear), linear);
        for (int at = linear; at < size;) {
            int n = Math.min(size - at, 5000);
            Buffer b = Buffer.allocate(n);
            MemorySegment.copy(MemorySegment.ofArray(bytes), at, b.memory(), 0, n);
            p.addFragment(b, 0, n);
            at += n;
        }
        p.wantChecksum(0, 6);
        return p;
    }

    @ParameterizedTest
    @CsvSource({"4,1500", "4,576", "4,68", "6,1500", "6,1280"})
    void fragmentsTogetherAreThePacketAndFitTheMtu(int version, int mtu) {
        var bench = new IpBench(version, new FakeNic(mtu), Map.of());
        Path path = bench.path(UDP);
        int most = version == 4 ? 65515 : 65535;
        assertEquals(most, path.largestDatagram());
        for (int size : new int[] {path.mtu() + 1, path.mtu() + 8, 2 * path.mtu(), 9000, most - 1, most}) {
            for (int linear : new int[] {8, size / 2, size}) {
                bench.nic.clear();
                byte[] sent = bytes(datagram(size, linear));
                IpBench.send(path, datagram(size, linear), 0xb9, 3);
                List<byte[]> pieces = bench.nic.sent();
                assertTrue(pieces.size() > 1 && pieces.stream().allMatch(p -> p.length <= mtu));
                assertEquals((size + 7) / 8 * 8, (pieces.size() - 1) * payload(pieces.getFirst()) + (payload(pieces.getLast()) + 7) / 8 * 8);
                byte[] whole = Cuts.join(pieces);
                assertTrue(IpBench.checksumsAreRight(whole));
                byte[] transport = Cuts.transport(whole);
                sent[6] = transport[6];
                sent[7] = transport[7];
                assertArrayEquals(sent, transport);
                for (byte[] p : pieces) {
                    requireHeader(p, version, 0xb9, 3);
                }
                assertTrue(bench.nic.checksums().stream().allMatch(c -> c == Checksumming.ON_WIRE));
            }
        }
        assertEquals(18, bench.count("fragmented"));
        assertEquals(18, bench.count("sent"));
    }

    private static byte[] bytes(Packet p) {
        byte[] b = p.toBytes();
        p.release();
        return b;
    }

    private static int payload(byte[] piece) {
        return piece.length - (piece[0] >>> 4 == 4 ? 20 : 48);
    }

    private static void requireHeader(byte[] p, int version, int trafficClass, int hops) {
        MemorySegment m = MemorySegment.ofArray(p);
        if (version == 4) {
            assertTrue(Ipv4Header.checksumIsRight(m, 0));
            assertEquals(trafficClass, Ipv4Header.trafficClass(m, 0));
            assertEquals(hops, Ipv4Header.ttl(m, 0));
            assertFalse(Ipv4Header.dontFragment(m, 0));
        } else {
            assertEquals(p.length - 40, Ipv6Header.payloadLength(m, 0));
            assertEquals(trafficClass, Ipv6Header.trafficClass(m, 0));
            assertEquals(hops, Ipv6Header.hopLimit(m, 0));
            assertEquals(0, p[41], "reserved");
            assertEquals(0, p[43] & 6, "reserved");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whatFitsIsNotTouchedAndOrderIsKept(int version) {
        var bench = new IpBench(version);
        Path path = bench.path(UDP);
        var list = new PacketList();
        for (int size : new int[] {100, path.mtu(), 3000, 200, 4000, 50}) {
            list.add(datagram(size, size));
        }
        path.send(list, 0, 0);
        assertTrue(list.isEmpty());
        var sizes = new ArrayList<Integer>();
        int waiting = 0;
        for (byte[] p : bench.nic.sent()) {
            boolean fragment = version == 4 ? Ipv4Header.isFragment(MemorySegment.ofArray(p), 0) : p[6] == 44;
            waiting += fragment ? payload(p) : 0;
            boolean last = fragment && (version == 4 ? (p[6] & 0x20) == 0 : (p[43] & 1) == 0);
            if (!fragment || last) {
                sizes.add(fragment ? waiting : p.length - (version == 4 ? 20 : 40));
                waiting = 0;
            }
        }
        assertEquals(List.of(100, path.mtu(), 3000, 200, 4000, 50), sizes);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void linksThatComputeOrVouchForChecksumsGetFragmentsWithRightOnes(int version) {
        for (FakeNic nic : new FakeNic[] {new FakeNic(1500, true, true, 65535), new FakeNic(1500, false, false, 65535)}) {
            var bench = new IpBench(version, nic, Map.of());
            IpBench.send(bench.path(UDP), datagram(4000, 4000));
            assertTrue(IpBench.checksumsAreRight(Cuts.join(nic.sent())));
            assertTrue(nic.checksums().stream().allMatch(c -> c == Checksumming.ON_WIRE));
        }
    }

    @Test
    void segmentsOfTcpAreNeverCut() {
        for (int version : new int[] {4, 6}) {
            var bench = new IpBench(version);
            Path path = bench.path(6);
            assertEquals(path.mtu(), path.largestDatagram());
            assertSame(path, path.unfragmented());
            IpBench.send(path, datagram(3000, 3000));
            assertEquals(1, bench.nic.sent().size(), "the NIC drops it, and the path is no longer current");
            assertEquals(0, bench.count("fragmented"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whoeverWantsSendsWholePackets(int version) {
        var bench = new IpBench(version);
        Path whole = bench.path(UDP).unfragmented();
        assertEquals(whole.mtu(), whole.largestDatagram());
        assertSame(whole, whole.unfragmented());
        IpBench.send(whole, datagram(1000, 1000));
        if (version == 4) {
            assertTrue(Ipv4Header.dontFragment(MemorySegment.ofArray(bench.nic.sent().getFirst()), 0));
        }
        whole.packetTooBig(1300);
        assertFalse(whole.isCurrent());
        int header = version == 4 ? 20 : 40;
        assertEquals(1300 - header, bench.path(UDP).unfragmented().mtu());
        // Over IPv4, routers cut what has no DF.
        assertEquals(version == 4 ? 1480 : 1260, bench.path(UDP).mtu());
    }

    @Test
    void fragmentsOfIpv6HaveTheSizeThatIsKnownOfThePath() {
        var bench = new IpBench(6);
        bench.path(UDP).packetTooBig(1300);
        IpBench.send(bench.path(UDP), datagram(3000, 3000));
        assertTrue(bench.nic.sent().stream().allMatch(p -> p.length <= 1300));
        assertEquals(1296, bench.nic.sent().getFirst().length);
        Cuts.join(bench.nic.sent());
    }

    @Test
    void allFragmentsOfAFlowHaveItsLabel() {
        var bench = new IpBench(6);
        IpBench.send(bench.path(UDP), datagram(5000, 5000));
        var labels = new HashSet<Integer>();
        bench.nic.sent().forEach(p -> labels.add(Ipv6Header.flowLabel(MemorySegment.ofArray(p), 0)));
        assertEquals(1, labels.size());
        byte[] ports = Arrays.copyOfRange(bench.nic.sent().getFirst(), 48, 60);
        IpBench.send(bench.path(UDP), Packet.copyOf(ports));
        labels.add(Ipv6Header.flowLabel(MemorySegment.ofArray(bench.nic.sent().getLast()), 0));
        assertEquals(1, labels.size());
        assertNotEquals(0, labels.iterator().next());
    }

    private static long id(byte[] p) {
        byte[] b = Cuts.id(p);
        return b.length == 2 ? (b[0] & 0xff) << 8 | b[1] & 0xff
                : (b[0] & 0xffL) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | b[3] & 0xff;
    }

    @Requirement("RFC6864:4.3")
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void identificationsDoNotRepeatWhateverPathAndProtocol(int version) {
        var bench = new IpBench(version);
        var seen = new HashSet<Long>();
        for (int i = 0; i < 2000; i++) {
            bench.nic.clear();
            // IPv6 tells packets of all protocols apart by them, IPv4 those of one.
            IpBench.send(bench.path(version == 6 && i % 2 == 0 ? 58 : UDP), datagram(2000, 2000));
            assertTrue(seen.add(id(bench.nic.sent().getFirst())));
        }
    }

    /// RFC 8200 §4.5: unique for source and destination; which protocol the packet is of does not matter.
    @Test
    void protocolsOfIpv6ShareOneCount() {
        var bench = new IpBench(6);
        IpBench.send(bench.path(58), datagram(2000, 2000));
        long first = id(bench.nic.sent().getLast());
        IpBench.send(bench.path(UDP), datagram(2000, 2000));
        assertEquals(first + 1 & 0xffff_ffffL, id(bench.nic.sent().getLast()));
    }

    /// RFC 7739 §3: what one peer sees must not tell what another one gets.
    @Test
    void identificationsToOthersLieElsewhere() {
        var bench = new IpBench(6);
        var seen = new HashSet<Long>();
        for (int i = 1; i <= 100; i++) {
            bench.nic.clear();
            Path path = bench.ip.path(bench.network.routeOver(bench.nic, null), IpAddress.parse(bench.own),
                    IpAddress.parse("fd09::1:" + Integer.toHexString(i)), UDP);
            IpBench.send(path, datagram(2000, 2000));
            seen.add(id(bench.nic.sent().getFirst()) >>> 24);
        }
        assertTrue(seen.size() > 60, seen.size() + " beginnings of 100");
    }

    /// A NIC whose MTU has no room for a fragment cuts nothing.
    @Test
    void anMtuWithoutRoomForAFragmentDoesNoHarm() {
        for (int mtu : new int[] {20, 27, 40, 48, 55}) {
            for (int version : new int[] {4, 6}) {
                var bench = new IpBench(version, new FakeNic(mtu), Map.of());
                IpBench.send(bench.path(UDP), datagram(100, 100));
                assertTrue(bench.nic.sent().size() >= 1);
            }
        }
    }
}
