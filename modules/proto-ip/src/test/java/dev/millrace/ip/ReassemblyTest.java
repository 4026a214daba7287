package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.spi.Timers;
import dev.millrace.testkit.FakeNetwork.Delivery;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Fragments that come in (RFC 791 §3.2, RFC 1122 §3.3.2, RFC 3168 §5.3, RFC 5722, RFC 6946, RFC 6980, RFC 7112, RFC 8200 §4.5).
class ReassemblyTest {
    private static final int FRAGMENT = 44;
    private static final long SECOND = 1_000_000_000L;

    private final LeakCheck leaks = new LeakCheck();
    private final IpBench four = new IpBench(4);
    private final IpBench six = new IpBench(6);

    @AfterEach
    void nothingLeaks() {
        four.ip.close();
        six.ip.close();
        assertEquals(0, four.network.memory().reserved() + six.network.memory().reserved());
        leaks.close();
    }

    private IpBench bench(int version) {
        return version == 4 ? four : six;
    }

    private static byte[] datagram(IpBench bench, int size) {
        return bench.fromPeer().udp(1, 2, Cuts.noise(new Random(size), size));
    }

    private static Delivery only(IpBench bench) {
        assertEquals(1, bench.network.deliveries().size());
        return bench.network.deliveries().removeFirst();
    }

    @Requirement("RFC1122:3.3.2")
    @Requirement("RFC8200:4.5")
    @ParameterizedTest
    @CsvSource({"4,1480", "4,8", "4,552", "6,1448", "6,8", "6,1232"})
    void datagramsOfAllSizesAreMadeWhole(int version, int cut) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of("reassembly-fragments", "8192", "reassembly-memory", "64MiB"));
        for (int size : new int[] {8, 9, 1471, 1473, 3000, 9000, 40000, version == 4 ? 65507 : 65527}) {
            byte[] packet = datagram(bench, size);
            for (byte[] piece : Cuts.every(cut, bench, size, packet)) {
                bench.receive(piece);
            }
            assertArrayEquals(Cuts.transport(packet), only(bench).bytes(), "of " + size);
        }
        assertTrue(bench.addsUp());
        bench.ip.close();
        assertEquals(0, bench.network.memory().reserved());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whatIsSaidOfTheWholeIsWhatTheFirstFragmentSaid(int version) {
        IpBench bench = bench(version);
        byte[] packet = datagram(bench, 100);
        byte[] t = Cuts.transport(packet);
        bench.receive(Cuts.piece(bench.fromPeer().hopLimit(9).trafficClass(0x20), bench.v4, 1, 17, t, 56, 108, false));
        bench.receive(Cuts.piece(bench.fromPeer().hopLimit(7).trafficClass(0xb8), bench.v4, 1, 17, t, 0, 56, true));
        Delivery d = only(bench);
        assertEquals(7, d.hopLimit());
        assertEquals(0xb8, d.trafficClass());
        assertEquals(bench.peer, d.source().toString());
        assertEquals(bench.own, d.destination().toString());
    }

    /// Source, destination, identification, and for IPv4 the protocol, tell datagrams apart.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void fragmentsOfDifferentDatagramsAreNotMixed(int version) {
        IpBench bench = bench(version);
        byte[] t = Cuts.transport(datagram(bench, 100));
        String third = version == 4 ? "10.9.0.3" : "fd09:1::3";
        String other = version == 4 ? "10.9.0.4" : "fd09::4";
        bench.network.local(other);
        bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, 1, 17, t, 0, 56, true));
        bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, 2, 17, t, 56, 108, false));
        bench.receive(Cuts.piece(PacketBuilder.between(third, bench.own), bench.v4, 1, 17, t, 56, 108, false));
        bench.receive(Cuts.piece(PacketBuilder.between(bench.peer, other), bench.v4, 1, 17, t, 56, 108, false));
        if (version == 4) {
            bench.receive(Cuts.piece(bench.fromPeer(), true, 1, 6, t, 56, 108, false));
        }
        assertTrue(bench.network.deliveries().isEmpty());
        bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, 1, 17, t, 56, 108, false));
        assertArrayEquals(t, only(bench).bytes());
    }

    @Test
    void aLinkLocalSourceIsAnotherHostOnAnotherLink() {
        byte[] t = Cuts.transport(datagram(six, 100));
        var from = "fe80::1";
        six.receive(Cuts.piece(PacketBuilder.between(from, six.own), false, 1, 17, t, 0, 56, true));
        six.ip.receive(new FakeNic(1500), Packet.copyOf(Cuts.piece(PacketBuilder.between(from, six.own), false, 1, 17, t, 56, 108, false)));
        assertTrue(six.network.deliveries().isEmpty());
        byte[] global = Cuts.piece(six.fromPeer(), false, 1, 17, t, 56, 108, false);
        six.receive(Cuts.piece(six.fromPeer(), false, 1, 17, t, 0, 56, true));
        six.ip.receive(new FakeNic(1500), Packet.copyOf(global));
        assertEquals(1, six.network.deliveries().size());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void anExactDuplicateIsDroppedAlone(int version) {
        IpBench bench = bench(version);
        byte[] packet = datagram(bench, 100);
        List<byte[]> pieces = Cuts.every(40, bench, 1, packet);
        bench.receive(pieces.get(0));
        assertEquals(DropReason.FRAGMENT, bench.fate(pieces.get(0)));
        bench.receive(pieces.get(2));
        assertEquals(DropReason.FRAGMENT, bench.fate(pieces.get(2)));
        bench.receive(pieces.get(1));
        assertArrayEquals(Cuts.transport(packet), only(bench).bytes());
        assertEquals(2, bench.count("reassembly-duplicate"));
        assertTrue(bench.addsUp());
    }

    /// RFC 5722 §3: all fragments go, also those that come later, and nothing is said.
    @Requirement("RFC8200:4.5-overlap")
    @ParameterizedTest
    @CsvSource({"4,32,72,true", "4,0,48,true", "4,72,100,false", "4,40,88,true", "4,40,108,true", "4,80,88,false",
        "4,80,120,false", "6,32,72,true", "6,0,48,true", "6,72,100,false", "6,40,88,true", "6,40,108,true",
        "6,80,88,false", "6,80,120,false"})
    void whatOverlapsOrContradictsEndsTheDatagram(int version, int from, int end, boolean more) {
        IpBench bench = bench(version);
        byte[] packet = datagram(bench, 100);
        byte[] t = Arrays.copyOf(Cuts.transport(packet), 200);
        List<byte[]> pieces = Cuts.every(40, bench, 1, packet);
        bench.receive(pieces.get(0));
        bench.receive(pieces.get(2));
        int aligned = more ? from + (end - from) / 8 * 8 : end;
        assertEquals(DropReason.FRAGMENT, bench.fate(Cuts.piece(bench.fromPeer(), bench.v4, 1, 17, t, from, aligned, more)));
        assertEquals(3, bench.network.drops(DropReason.FRAGMENT));
        for (byte[] piece : pieces) {
            assertEquals(DropReason.FRAGMENT, bench.fate(piece));
        }
        assertTrue(bench.network.deliveries().isEmpty() && bench.nic.sent().isEmpty());
        assertEquals(1, bench.count("reassembly-overlap"));
        bench.time.runUntil(60 * SECOND);
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(0, bench.count("reassembly-timeout"));
        for (byte[] piece : pieces) {
            bench.receive(piece);
        }
        assertArrayEquals(Cuts.transport(packet), only(bench).bytes(), "its time has run out");
        assertTrue(bench.addsUp());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void theSameFragmentThatIsTheLastAndIsNotContradictsItself(int version) {
        IpBench bench = bench(version);
        byte[] t = Cuts.transport(datagram(bench, 100));
        bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, 1, 17, t, 40, 80, true));
        bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, 1, 17, t, 40, 80, false));
        assertEquals(2, bench.network.drops(DropReason.FRAGMENT));
        bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, 2, 17, t, 40, 80, false));
        bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, 2, 17, t, 40, 80, true));
        assertEquals(2, bench.count("reassembly-overlap"));
        assertEquals(0, bench.count("reassembly-duplicate"));
    }

    /// A timer may be late, but nothing is added to what its time has run out for.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whatIsLateIsLateWithoutATimerToo(int version) {
        IpBench bench = bench(version);
        Timers never = _ -> new Timers.Timer() {
            @Override
            public void set(long deadlineNs) {
                // It never comes.
            }

            @Override
            public void cancel() {
                // As above.
            }
        };
        var context = (NetworkContext) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {NetworkContext.class},
                (_, method, args) -> method.getName().equals("timers") ? never : method.invoke(bench.network, args));
        NetworkProtocolFactory factory = version == 4 ? new Ipv4Factory() : new Ipv6Factory();
        var ip = factory.create(context, OptionValues.check(factory.name(), factory.options(), Map.of()));
        List<byte[]> pieces = Cuts.every(40, bench, 1, datagram(bench, 100));
        ip.receive(bench.nic, Packet.copyOf(pieces.get(0)));
        ip.receive(bench.nic, Packet.copyOf(pieces.get(1)));
        bench.time.runUntil(60 * SECOND);
        ip.receive(bench.nic, Packet.copyOf(pieces.get(2)));
        assertTrue(bench.network.deliveries().isEmpty());
        assertEquals(1, bench.count("reassembly-timeout"));
        assertEquals(1, bench.nic.sent().size());
        ip.close();
    }

    @Requirement("RFC1122:3.3.2")
    @Requirement("RFC8200:4.5-time")
    @ParameterizedTest
    @CsvSource({"4,30", "6,60"})
    void whatIsNotWholeInTimeIsToldIfTheFirstFragmentCame(int version, int seconds) {
        IpBench bench = bench(version);
        byte[] packet = datagram(bench, 3000);
        List<byte[]> pieces = Cuts.every(1000, bench, 1, packet);
        bench.receive(pieces.get(0));
        bench.receive(pieces.get(1));
        List<byte[]> headless = Cuts.every(1000, bench, 2, packet);
        bench.receive(headless.get(1));
        bench.time.runUntil(seconds * SECOND - 1);
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(0, bench.network.drops());
        bench.time.runUntil(seconds * SECOND);
        assertEquals(3, bench.network.drops(DropReason.FRAGMENT));
        assertEquals(2, bench.count("reassembly-timeout"));
        assertEquals(1, bench.nic.sent().size());
        byte[] error = bench.nic.sent().getFirst();
        int header = version == 4 ? 20 : 40;
        assertEquals(version == 4 ? 11 : 3, error[header]);
        assertEquals(1, error[header + 1]);
        assertTrue(IpBench.checksumsAreRight(error));
        int quoted = error.length - header - 8;
        assertArrayEquals(Arrays.copyOf(pieces.getFirst(), quoted), Arrays.copyOfRange(error, header + 8, error.length));
        assertEquals(version == 4 ? 576 : header + 8 + pieces.getFirst().length, error.length);
        assertEquals(0, bench.network.memory().reserved());
        assertTrue(bench.addsUp());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void oneTimerServesDatagramsThatBeginAtDifferentTimes(int version) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of("reassembly-timeout", "10s"));
        byte[] packet = datagram(bench, 100);
        for (int i = 0; i < 20; i++) {
            bench.time.runUntil(i * SECOND);
            bench.receive(Cuts.every(40, bench, i, packet).getFirst());
            assertEquals(Math.max(0, i - 9), bench.count("reassembly-timeout"));
        }
        bench.time.runUntil(100 * SECOND);
        assertEquals(20, bench.count("reassembly-timeout"));
        assertEquals(20, bench.nic.sent().size());
        assertEquals(0, bench.network.memory().reserved());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void nothingIsSaidOfWhatCameToAGroup(int version) {
        IpBench bench = bench(version);
        byte[] t = Cuts.transport(datagram(bench, 100));
        bench.receive(Cuts.piece(PacketBuilder.between(bench.peer, version == 4 ? "224.0.0.1" : "ff02::1"), bench.v4, 1, 17, t, 0, 56, true));
        bench.time.runUntil(60 * SECOND);
        assertEquals(1, bench.count("reassembly-timeout"));
        assertTrue(bench.nic.sent().isEmpty());
        assertEquals(1, bench.count("icmp-errors-not-allowed"));
    }

    @ParameterizedTest
    @CsvSource({
        // RFC 3168 section 5.3; 0: not capable, 1 and 2: capable, 3: congestion; -1: dropped
        "0,0,0", "2,2,2", "1,1,1", "2,3,3", "3,2,3", "3,3,3", "1,3,3", "0,3,-1", "3,0,-1", "2,0,2"})
    void marksOfCongestionAreCombined(int first, int second, int whole) {
        for (IpBench bench : new IpBench[] {four, six}) {
            byte[] t = Cuts.transport(datagram(bench, 100));
            bench.receive(Cuts.piece(bench.fromPeer().trafficClass(0xb8 | first), bench.v4, 1, 17, t, 0, 56, true));
            bench.receive(Cuts.piece(bench.fromPeer().trafficClass(0x28 | second), bench.v4, 1, 17, t, 56, 108, false));
            if (whole < 0) {
                assertTrue(bench.network.deliveries().isEmpty());
                assertEquals(1, bench.count("reassembly-ecn"));
                assertEquals(2, bench.network.drops(DropReason.FRAGMENT));
            } else {
                assertEquals(0xb8 | whole, only(bench).trafficClass());
            }
            assertTrue(bench.addsUp());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void moreFragmentsThanAllowedEndTheDatagram(int version) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of("reassembly-fragments", "3"));
        for (byte[] piece : Cuts.every(24, bench, 1, datagram(bench, 88))) {
            bench.receive(piece);
        }
        assertEquals(4, bench.network.drops(DropReason.FRAGMENT));
        assertEquals(1, bench.count("reassembly-full"));
        for (byte[] piece : Cuts.every(32, bench, 2, datagram(bench, 88))) {
            bench.receive(piece);
        }
        assertEquals(1, bench.network.deliveries().size());
        assertTrue(bench.addsUp());
        bench.ip.close();
        assertEquals(0, bench.network.memory().reserved());
    }

    /// What waits moves into buffers of its size: a hundred fragments of eight bytes keep no hundred buffers of 64 KiB.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whatComesInLargeBuffersDoesNotKeepThem(int version) {
        IpBench bench = bench(version);
        byte[] packet = datagram(bench, 792);
        for (byte[] piece : Cuts.every(8, bench, 1, packet)) {
            Packet p = Packet.allocate(Packet.HEADROOM, 65_536);
            MemorySegment.copy(MemorySegment.ofArray(piece), 0, p.memory(), p.append(piece.length), piece.length);
            bench.ip.receive(bench.nic, p);
            assertTrue(bench.network.memory().reserved() < 100 * 500);
        }
        assertArrayEquals(Cuts.transport(packet), only(bench).bytes());
    }

    /// An error about the whole quotes it as one packet.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aWholePacketThatNobodyTakesIsQuotedAsOnePacket(int version) {
        IpBench bench = bench(version);
        byte[] body = Cuts.noise(new Random(3), 300);
        for (int mark : new int[] {2, 3}) {
            bench.nic.clear();
            bench.receive(Cuts.piece(bench.fromPeer().trafficClass(0xba), bench.v4, mark, 200, body, 0, 200, true));
            assertEquals(DropReason.UNKNOWN_TRANSPORT, bench.fate(
                    Cuts.piece(bench.fromPeer().trafficClass(0xb8 | mark), bench.v4, mark, 200, body, 200, 300, false)));
            byte[] error = bench.nic.sent().getFirst();
            byte[] whole = bench.fromPeer().fragment(mark, 0).trafficClass(0xb8 | mark).raw(200, body);
            int header = version == 4 ? 20 : 40;
            assertArrayEquals(whole, Arrays.copyOfRange(error, header + 8, error.length));
            assertTrue(IpBench.checksumsAreRight(error));
            if (version == 6) {
                assertEquals(6, error[47], "the pointer leads to the field that names what nobody takes");
            }
        }
    }

    // ---- IPv4

    @ParameterizedTest
    @CsvSource({"0,0,true", "8,0,true", "8,0,false", "0,12,true", "8,9,true"})
    void fragmentsOfImpossibleLengthsAreDropped(int from, int length, boolean more) {
        byte[] piece = Cuts.piece(four.fromPeer(), true, 1, 17, new byte[100], from, from + length, more);
        assertEquals(DropReason.BAD_IP_HEADER, four.fate(piece));
        assertTrue(four.nic.sent().isEmpty());
    }

    @Test
    void thePingOfDeathIsDropped() {
        byte[] large = new byte[70_000];
        assertEquals(DropReason.BAD_IP_HEADER, four.fate(Cuts.piece(four.fromPeer(), true, 1, 1, large, 65_512, 66_000, false)));
        assertNull(four.fate(Cuts.piece(four.fromPeer(), true, 1, 1, large, 65_512, 65_515, false)));
        assertEquals(DropReason.BAD_IP_HEADER, four.fate(Cuts.piece(four.fromPeer(), true, 2, 1, large, 65_512, 65_516, false)));
        assertEquals(2, four.count("reassembly-too-long"));
    }

    @Test
    void optionsOfTheFirstFragmentCountForTheWhole() {
        byte[] packet = datagram(four, 65_507);
        List<byte[]> pieces = Cuts.every(1400, four, 1, packet);
        byte[] t = Cuts.transport(packet);
        for (int i = 1; i < pieces.size(); i++) {
            four.receive(pieces.get(i));
        }
        four.receive(Cuts.piece(four.fromPeer().options(1, 1, 1, 1), true, 1, 17, t, 0, 1400, true));
        assertTrue(four.network.deliveries().isEmpty());
        assertEquals(1, four.count("reassembly-too-long"));
        byte[] fitting = Cuts.transport(datagram(four, 1000));
        four.receive(Cuts.piece(four.fromPeer().options(1, 1, 1, 1), true, 2, 17, fitting, 0, 400, true));
        four.receive(Cuts.piece(four.fromPeer(), true, 2, 17, fitting, 400, 1008, false));
        assertArrayEquals(fitting, only(four).bytes());
        assertTrue(four.addsUp());
    }

    // ---- IPv6

    @Requirement("RFC6946:4")
    @Test
    void anAtomicFragmentIsTakenAlone() {
        byte[] t = Cuts.transport(datagram(six, 100));
        six.receive(Cuts.piece(six.fromPeer(), false, 1, 17, t, 56, 108, false));
        byte[] atomic = Cuts.transport(datagram(six, 30));
        six.receive(Cuts.piece(six.fromPeer(), false, 1, 17, atomic, 0, 38, false));
        assertArrayEquals(atomic, only(six).bytes());
        six.receive(Cuts.piece(six.fromPeer(), false, 1, 17, t, 0, 56, true));
        assertArrayEquals(t, only(six).bytes());
    }

    @Requirement("RFC7112:5")
    @ParameterizedTest
    @CsvSource({"6,8,false", "6,16,false", "6,24,true", "17,8,true", "58,8,true", "200,8,true"})
    void aFirstFragmentHasAllHeaders(int protocol, int length, boolean taken) {
        byte[] t = new byte[200];
        t[12] = 0x50;
        byte[] piece = Cuts.piece(six.fromPeer(), false, 1, protocol, t, 0, length, true);
        assertEquals(taken ? null : DropReason.BAD_IP_OPTION, six.fate(piece));
        requireIncompleteChain(taken ? 0 : 1);
    }

    @Test
    void aFirstFragmentHasTheOptionsOfTcpToo() {
        byte[] t = new byte[200];
        t[12] = (byte) 0xf0;
        assertEquals(DropReason.BAD_IP_OPTION, six.fate(Cuts.piece(six.fromPeer(), false, 1, 6, t, 0, 56, true)));
        assertNull(six.fate(Cuts.piece(six.fromPeer(), false, 1, 6, t, 0, 64, true)));
        requireIncompleteChain(1);
    }

    @Test
    void aFirstFragmentHasTheExtensionHeadersBehindItsOwn() {
        int[] options = new int[63];
        options[0] = 7;
        options[1] = 1;
        options[2] = 60;
        byte[] whole = six.fromPeer().extension(60, options).udp(1, 2, new byte[64]);
        byte[] behind = Arrays.copyOfRange(whole, 40, whole.length);
        for (int length : new int[] {8, 56, 64}) {
            assertEquals(DropReason.BAD_IP_OPTION, six.fate(Cuts.piece(six.fromPeer(), false, length, 60, behind, 0, length, true)));
        }
        requireIncompleteChain(3);
        six.receive(Cuts.piece(six.fromPeer(), false, 1, 60, behind, 72, behind.length, false));
        six.receive(Cuts.piece(six.fromPeer(), false, 1, 60, behind, 0, 72, true));
        assertArrayEquals(Arrays.copyOfRange(whole, 104, whole.length), only(six).bytes());
    }

    private void requireIncompleteChain(int errors) {
        assertEquals(errors, six.nic.sent().size());
        for (byte[] error : six.nic.sent()) {
            assertEquals(4, error[40]);
            assertEquals(3, error[41]);
            assertArrayEquals(new byte[4], Arrays.copyOfRange(error, 44, 48));
        }
    }

    @Test
    void headersInFrontOfTheFragmentHeaderStayInFront() {
        byte[] t = Cuts.transport(datagram(six, 100));
        for (int[] part : new int[][] {{56, 108}, {0, 56}}) {
            PacketBuilder to = six.fromPeer().extension(0, 0, 1, 4, 0, 0, 0, 0).extension(60, 0, 1, 4, 0, 0, 0, 0);
            byte[] piece = to.extension(FRAGMENT, 0, 0, part[0] | (part[0] == 0 ? 1 : 0), 0, 0, 0, 1)
                    .raw(200, Arrays.copyOfRange(t, part[0], part[1]));
            six.receive(piece);
        }
        byte[] error = six.nic.sent().getFirst();
        byte[] whole = six.fromPeer().extension(0, 0, 1, 4, 0, 0, 0, 0).extension(60, 0, 1, 4, 0, 0, 0, 0).raw(200, t);
        assertArrayEquals(whole, Arrays.copyOfRange(error, 48, error.length));
        assertEquals(48, error[47]);
    }

    @Test
    void aFragmentOfAFragmentIsDropped() {
        byte[] inner = PacketBuilder.bytes(17, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 2, 0, 24, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        six.receive(Cuts.piece(six.fromPeer(), false, 1, FRAGMENT, inner, 0, 16, true));
        assertEquals(DropReason.BAD_IP_OPTION, six.fate(Cuts.piece(six.fromPeer(), false, 1, FRAGMENT, inner, 16, 24, false)));
        assertTrue(six.network.deliveries().isEmpty());
        assertTrue(six.addsUp());
    }

    @Test
    void emptyFragmentsAreDropped() {
        assertEquals(DropReason.BAD_IP_OPTION, six.fate(Cuts.piece(six.fromPeer(), false, 1, 17, new byte[0], 0, 0, true)));
        assertEquals(DropReason.BAD_IP_OPTION, six.fate(Cuts.piece(six.fromPeer(), false, 1, 17, new byte[64], 64, 64, false)));
    }

    @Test
    void neighbourDiscoveryDoesNotComeInFragments() {
        for (int type = 133; type <= 137; type++) {
            byte[] message = PacketBuilder.between(six.peer, six.own).icmp(type, 0, 0, new byte[64]);
            six.receive(Cuts.every(32, six, type, message).get(0));
            six.receive(Cuts.every(32, six, type, message).get(1));
            assertEquals(DropReason.BAD_ICMP, six.fate(Cuts.every(32, six, type, message).get(2)));
        }
    }

    @Test
    void aWholeThatIsLongerThanAPacketCanBeIsDropped() {
        byte[] t = Cuts.transport(datagram(six, 65_527));
        List<byte[]> pieces = Cuts.every(1400, six, 1, datagram(six, 65_527));
        for (int i = 1; i < pieces.size(); i++) {
            six.receive(pieces.get(i));
        }
        six.receive(six.fromPeer().extension(60, 0, 1, 4, 0, 0, 0, 0).extension(FRAGMENT, 0, 0, 1, 0, 0, 0, 1)
                .raw(17, Arrays.copyOf(t, 1400)));
        assertTrue(six.network.deliveries().isEmpty());
        assertEquals(1, six.count("reassembly-too-long"));
        assertTrue(six.addsUp());
    }
}
