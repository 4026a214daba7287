package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 1122 §3.2.2.6, RFC 4443 §4.
class EchoTest {
    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    private static IpBench bench(int version) {
        return new IpBench(version, new FakeNic(65575), Map.of());
    }

    private static byte[] random(int size) {
        byte[] b = new byte[size];
        new Random(size).nextBytes(b);
        return b;
    }

    private static void requireMirror(IpBench bench, byte[] request, byte[] reply) {
        int header = bench.v4 ? 20 : 40;
        assertEquals(bench.v4 ? 0 : 129, reply[header] & 0xff);
        assertEquals(0, reply[header + 1]);
        assertArrayEquals(Arrays.copyOfRange(request, header + 4, request.length),
                Arrays.copyOfRange(reply, header + 4, reply.length));
        int addresses = bench.v4 ? 12 : 8;
        int length = bench.v4 ? 4 : 16;
        assertArrayEquals(Arrays.copyOfRange(request, addresses, addresses + length),
                Arrays.copyOfRange(reply, addresses + length, addresses + 2 * length));
        assertTrue(IpBench.checksumsAreRight(reply));
    }

    @Requirement("RFC1122:3.2.2.6")
    @Requirement("RFC4443:4.2")
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void requestsOfAllSizesAreMirrored(int version) {
        IpBench bench = bench(version);
        // IPv4's total length holds 65507 bytes behind 28 of headers, IPv6's payload length 65527 behind 8.
        int largest = version == 4 ? 65507 : 65527;
        int[] large = {1471, 1472, 1473, 8191, 32767, 65000, 65506, 65507, largest};
        for (int size : java.util.stream.IntStream.concat(java.util.stream.IntStream.range(0, 130),
                Arrays.stream(large)).toArray()) {
            bench.nic.clear();
            bench.time.runUntil(bench.time.nanoTime() + 1_000_000);
            byte[] request = bench.fromPeer().trafficClass(0xb9).echoRequest(size, 7, random(size));
            assertNull(bench.fate(request), "of " + size);
            byte[] reply = bench.nic.sent().getFirst();
            requireMirror(bench, request, reply);
            int trafficClass = version == 4 ? reply[1] & 0xff : (reply[0] << 4 | reply[1] >> 4 & 0xf) & 0xff;
            assertEquals(0xb8, trafficClass, "DSCP is mirrored, ECN is not");
        }
        assertEquals(bench.count("echo-requests-received"), bench.count("echo-replies-sent"));
        assertTrue(bench.addsUp());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aReplyLargerThanTheMtuIsSentInFragments(int version) {
        var bench = new IpBench(version);
        for (int size : new int[] {1453, 1473, 3000, version == 4 ? 65507 : 65527}) {
            bench.nic.clear();
            byte[] request = bench.fromPeer().echoRequest(1, 1, random(size));
            for (byte[] piece : Cuts.every(1400, bench, size, request)) {
                bench.receive(piece);
            }
            requireMirror(bench, request, Cuts.join(bench.nic.sent()));
            assertTrue(bench.nic.sent().stream().allMatch(p -> p.length <= 1500));
        }
        assertTrue(bench.addsUp());
    }

    @Test
    void withDfAReplyLargerThanTheMtuIsNotSent() {
        var bench = new IpBench(4, new FakeNic(1500), Map.of("dont-fragment", "true"));
        assertEquals(DropReason.TOO_BIG, bench.fate(bench.fromPeer().echoRequest(1, 1, new byte[1500])));
    }

    @Test
    void repliesAreCutAsRoutersWantThemIfTheyHaveReasonTo() {
        var bench = new IpBench(6);
        byte[] request = bench.fromPeer().echoRequest(1, 1, random(2000));
        byte[] tooBig = PacketBuilder.between("fd09::fe", bench.own).icmp(2, 0, 1300,
                PacketBuilder.between(bench.own, bench.peer).icmp(129, 0, 0, new byte[1400]));
        bench.receive(tooBig);
        assertEquals(0, bench.count("path-mtus-learned"), "nothing large was ever sent there");
        bench.receive(request);
        assertEquals(1496, bench.nic.sent().getFirst().length);
        bench.receive(PacketBuilder.between("fd09::fe", bench.own).icmp(2, 0, 1300, bench.nic.sent().getFirst()));
        assertEquals(1, bench.count("path-mtus-learned"));
        bench.nic.clear();
        bench.receive(request);
        assertTrue(bench.nic.sent().stream().allMatch(p -> p.length <= 1300));
        requireMirror(bench, request, Cuts.join(bench.nic.sent()));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aFlippedBitAnywhereInTheMessageIsSilence(int version) {
        IpBench bench = bench(version);
        byte[] request = bench.fromPeer().echoRequest(3, 4, random(21));
        for (int bit = (bench.v4 ? 20 : 40) * 8; bit < request.length * 8; bit++) {
            byte[] damaged = request.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertEquals(DropReason.BAD_ICMP, bench.fate(damaged), "bit " + bit);
        }
        assertTrue(bench.nic.sent().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void messagesShorterThanTheirHeaderAreDropped(int version) {
        IpBench bench = bench(version);
        for (int length = 0; length < 8; length++) {
            assertEquals(DropReason.BAD_ICMP, bench.fate(bench.fromPeer().raw(version == 4 ? 1 : 58, new byte[length])));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aRequestWhoseChecksumWasLeftUndoneGetsAReplyWithARightOne(int version) {
        IpBench bench = bench(version);
        byte[] request = bench.fromPeer().echoRequest(3, 4, random(21));
        int header = version == 4 ? 20 : 40;
        request[header + 2] = 0x55;
        request[header + 3] = 0x55;
        Packet vouched = Packet.copyOf(request);
        vouched.setChecksumming(Packet.Checksumming.VOUCHED);
        bench.ip.receive(bench.nic, vouched);
        requireMirror(bench, request, bench.nic.sent().getFirst());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aRequestInFragmentsOfMemoryIsMirroredFromThere(int version) {
        IpBench bench = bench(version);
        byte[] request = bench.fromPeer().echoRequest(3, 4, random(1001));
        int linear = (version == 4 ? 20 : 40) + 9;
        Packet p = Packet.allocate(Packet.HEADROOM, 200);
        MemorySegment.copy(MemorySegment.ofArray(request), 0, p.memory(), p.append(linear), linear);
        Buffer rest = Buffer.allocate(request.length - linear);
        MemorySegment.copy(MemorySegment.ofArray(request), linear, rest.memory(), 0, request.length - linear);
        p.addFragment(rest, 0, request.length - linear);
        bench.ip.receive(bench.nic, p);
        requireMirror(bench, request, bench.nic.sent().getFirst());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aRequestWithoutHeadroomIsAnsweredFromACopy(int version) {
        IpBench bench = bench(version);
        byte[] request = bench.fromPeer().echoRequest(3, 4, random(100));
        Packet p = Packet.allocate(0, request.length);
        MemorySegment.copy(MemorySegment.ofArray(request), 0, p.memory(), p.append(request.length), request.length);
        bench.ip.receive(bench.nic, p);
        requireMirror(bench, request, bench.nic.sent().getFirst());
    }

    @Test
    void broadcastRequestsAreNotAnsweredInIpv4() {
        IpBench bench = bench(4);
        for (String group : new String[] {"10.9.0.255", "255.255.255.255", "224.0.0.1"}) {
            byte[] request = PacketBuilder.between("10.9.0.1", group).echoRequest(1, 1, random(8));
            assertEquals(DropReason.ICMP_IGNORED, bench.fate(request));
        }
        assertTrue(bench.nic.sent().isEmpty());
    }

    @Test
    void multicastRequestsAreAnsweredFromAUnicastAddressInIpv6() {
        IpBench bench = bench(6);
        byte[] request = PacketBuilder.between("fd09::1", "ff02::1").echoRequest(1, 1, random(8));
        assertNull(bench.fate(request));
        byte[] own = PacketBuilder.between("fd09::1", "fd09::2").echoRequest(1, 1, random(8));
        requireMirror(bench, own, bench.nic.sent().getFirst());
    }

    @Test
    void aZeroRequestGetsAZeroReplyWithAChecksumThatIsNotZero() {
        IpBench bench = bench(4);
        assertNull(bench.fate(bench.fromPeer().echoRequest(0, 0, new byte[0])));
        byte[] reply = bench.nic.sent().getFirst();
        assertArrayEquals(PacketBuilder.bytes(0, 0, 0xff, 0xff, 0, 0, 0, 0), Arrays.copyOfRange(reply, 20, 28));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void repliesAreLimitedAndTheLimitRefills(int version) {
        var bench = new IpBench(version, new FakeNic(1500),
                Map.of("echo-replies-per-second", "100", "echo-burst", "10"));
        byte[] request = bench.fromPeer().echoRequest(1, 1, random(8));
        for (int i = 0; i < 50; i++) {
            bench.receive(request);
        }
        assertEquals(10, bench.nic.sent().size());
        assertEquals(40, bench.network.drops(DropReason.RATE_LIMITED));
        bench.time.runUntil(50_000_000);
        for (int i = 0; i < 50; i++) {
            bench.receive(request);
        }
        assertEquals(15, bench.nic.sent().size());
        assertTrue(bench.addsUp());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void withoutARouteThereIsNoReplyAndWithANewOneThereIs(int version) {
        IpBench bench = bench(version);
        byte[] request = bench.fromPeer().echoRequest(1, 1, random(8));
        assertNull(bench.fate(request));
        bench.network.setRouted(false);
        assertEquals(DropReason.NO_ROUTE, bench.fate(request));
        bench.network.setRouted(true);
        assertNull(bench.fate(request));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aThousandPeersAreEachAnsweredAtTheirOwnAddress(int version) {
        IpBench bench = bench(version);
        for (int i = 0; i < 1000; i++) {
            String peer = version == 4 ? "10.9." + (1 + i / 200) + "." + (1 + i % 200) : "fd09::1:" + Integer.toHexString(i);
            bench.nic.clear();
            byte[] request = PacketBuilder.between(peer, bench.own).echoRequest(i, i, random(i % 9));
            bench.receive(request);
            requireMirror(bench, request, bench.nic.sent().getFirst());
        }
    }
}
