package dev.millrace.link.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.testkit.RecordingSink;
import dev.millrace.testkit.RecordingSink.Got;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import dev.millrace.wire.pcap.CaptureReader;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Frames in and out, with the kernel or another link at the other end of a cable.
@Timeout(60)
class FramesTest {
    private final RecordingSink sink = new RecordingSink();
    private VethPair pair;

    @BeforeEach
    void open() throws Exception {
        pair = new VethPair();
    }

    @AfterEach
    void close() throws Exception {
        if (pair != null) {
            pair.close();
        }
    }

    private Link attached(Map<String, String> options) throws Exception {
        Link link = pair.link("v0", options);
        link.attach(sink);
        return link;
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void requestsAndPingsOfTheKernelComeIn(Way way) throws Exception {
        Link link = attached(way.with());
        assertEquals(Link.Medium.ETHERNET, link.medium());
        assertEquals(1500, link.mtu());
        assertEquals(VethPair.OURS, ((PacketLink) link).hardwareAddress());
        assertEquals("packet:v0", link.toString());
        assertTrue(way.isTakenBy((PacketLink) link));
        pair.there.run("ping", "-c", "1", "-W", "1", "10.0.0.2");
        Got echo = sink.await(g -> VethPair.isIcmp(g.bytes()));
        assertEquals(14 + 84, echo.bytes().length);
        MemorySegment m = MemorySegment.ofArray(echo.bytes());
        assertEquals(VethPair.OURS, EthernetHeader.destination(m, 0));
        assertEquals(VethPair.THEIRS, EthernetHeader.source(m, 0));
        // Nobody has this address, so the kernel asks for it: to all.
        pair.there.run("ping", "-c", "1", "-W", "1", "10.0.0.3");
        Got request = sink.await(g -> VethPair.type(g.bytes()) == EtherType.ARP);
        assertEquals(MacAddress.BROADCAST, EthernetHeader.destination(MemorySegment.ofArray(request.bytes()), 0));
    }

    @ParameterizedTest
    @CsvSource({"true,SLOTS", "true,BLOCKS", "true,SOCKET", "false,SLOTS", "false,BLOCKS", "false,SOCKET"})
    void framesGoOut(boolean offload, Way way) throws Exception {
        Link link = attached(way.with("offload", offload));
        assertEquals(offload, link.maxSuperSegment() > 0);
        assertEquals(offload, link.completesChecksums());
        // Nobody listens on the port, and the kernel says so.
        Got answer = sink.awaitAnswer(g -> VethPair.isIcmp(g.bytes()), () -> VethPair.send(link, VethPair.udp(9)));
        assertEquals(3, answer.bytes()[34], "ICMP destination unreachable");
        assertEquals(3, answer.bytes()[35], "port");
        assertTrue(sink.drops.isEmpty(), sink.drops.toString());
    }

    /// tcpdump, when it listens for that many frames of the experiment.
    private static Process tcpdump(NetworkNamespace ns, String device, Path capture, int count) throws Exception {
        Path said = capture.resolveSibling("said");
        Process tcpdump = ns.start(said, "tcpdump", "-Z", "root", "-B", "16384", "-i", device, "-s", "0", "-U", "-w",
                capture.toString(), "-c", Integer.toString(count), "ether", "src", MacAddress.text(VethPair.OURS));
        Await.said(tcpdump, said, "listening on");
        return tcpdump;
    }

    /// tcpdump is the witness, so that sender and receiver cannot be wrong in the same way.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everySizeArrivesAsItWasSent(boolean offload, @TempDir Path folder) throws Exception {
        Link link = attached(Map.of("offload", Boolean.toString(offload)));
        Path capture = folder.resolve("out.pcap");
        int most = link.mtu() + 14;
        int count = most - 60 + 1;
        Process tcpdump = tcpdump(pair.there, "v1", capture, count);
        var list = new PacketList();
        for (int length = 60; length <= most; length++) {
            list.add(VethPair.frame(length, length));
        }
        link.transmit(list);
        assertTrue(list.isEmpty());
        assertTrue(tcpdump.waitFor(30, TimeUnit.SECONDS), "fewer frames arrived");
        try (CaptureReader reader = CaptureReader.open(capture)) {
            for (int length = 60; length <= most; length++) {
                Packet expected = VethPair.frame(length, length);
                assertArrayEquals(expected.toBytes(), reader.next().bytes());
                expected.release();
            }
        }
        VethPair.send(link, VethPair.frame(most + 1, 1), VethPair.frame(60, 1));
        assertEquals(java.util.List.of(DropReason.TOO_BIG), sink.drops);
    }

    @ParameterizedTest
    @CsvSource({"true,SLOTS", "true,BLOCKS", "true,SOCKET", "false,SLOTS", "false,BLOCKS", "false,SOCKET"})
    void burstsComeWholeAndInOrder(boolean offload, Way way) throws Exception {
        Link in = attached(way.with("offload", offload));
        Link out = pair.link(pair.there, "v1", Map.of(), 0);
        var other = new RecordingSink();
        out.attach(other);
        int sent = 0;
        for (int burst = 1; burst <= 512; burst *= 2) {
            var list = new PacketList();
            for (int i = 0; i < burst; i++) {
                list.add(VethPair.frame(60 + sent * 7 % 1455, sent++));
            }
            out.transmit(list);
        }
        for (int i = 0; i < sent; i++) {
            Got got = sink.await(g -> VethPair.type(g.bytes()) == VethPair.EXPERIMENT);
            Packet expected = VethPair.frame(60 + i * 7 % 1455, i);
            assertArrayEquals(expected.toBytes(), got.bytes());
            expected.release();
        }
        assertTrue(other.drops.isEmpty(), other.drops.toString());
        assertTrue(in.mtu() > 0);
    }

    /// More frames than a ring holds, and one at a time: a block of one frame is as full as any when its time is over, and a
    /// reader that does not come to run must not find both taken.
    @ParameterizedTest
    @EnumSource(value = Way.class, names = {"SLOTS", "BLOCKS"})
    void ringGoesRound(Way way) throws Exception {
        Link in = attached(way.with("ring-blocks", 2, "ring-block-size", "128KiB"));
        assertTrue(way.isTakenBy((PacketLink) in));
        Link out = pair.link(pair.there, "v1", Map.of(), 0);
        out.attach(new RecordingSink());
        for (int i = 0; i < 2_000; i++) {
            VethPair.send(out, VethPair.frame(1000, i));
            Got got = sink.await(g -> VethPair.type(g.bytes()) == VethPair.EXPERIMENT);
            Packet expected = VethPair.frame(1000, i);
            assertArrayEquals(expected.toBytes(), got.bytes());
            expected.release();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void nothingThatThisMachineSendsComesBack(Way way) throws Exception {
        Link link = attached(way.with());
        Link second = pair.link("v0", Map.of());
        var secondSink = new RecordingSink();
        second.attach(secondSink);
        VethPair.send(link, VethPair.frame(100, 1));
        // The kernel of this side asks; what comes behind its question from the other side shows that it was passed over.
        pair.here.run("ip", "addr", "add", "10.0.0.9/24", "dev", "v0").orFail();
        pair.here.run("ping", "-c", "1", "-W", "1", "10.0.0.1").orFail();
        for (RecordingSink s : new RecordingSink[] {sink, secondSink}) {
            s.await(g -> {
                assertEquals(VethPair.THEIRS, EthernetHeader.source(MemorySegment.ofArray(g.bytes()), 0));
                return VethPair.isIcmp(g.bytes());
            });
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void tagsAreWhereTheyWere(Way way, @TempDir Path folder) throws Exception {
        attached(way.with());
        Link out = pair.link(pair.there, "v1", Map.of(), 0);
        var other = new RecordingSink();
        out.attach(other);
        Path capture = folder.resolve("out.pcap");
        Process tcpdump = tcpdump(pair.here, "v0", capture, 5);
        // A tag, the largest frame with one, a service tag, and two: of which the kernel takes the outer one off.
        int[][] tags = {{0x8100, 5}, {0x8100, 0xefff}, {0x88a8, 7}, {0x8100, 9}, {}};
        for (int i = 0; i < tags.length; i++) {
            Packet p = VethPair.frame(i == 1 ? 1514 : 100, i);
            if (tags[i].length > 0) {
                if (i == 3) {
                    FrameTags.insert(p, 0x8100, 1);
                }
                FrameTags.insert(p, tags[i][0], tags[i][1]);
            }
            byte[] expected = p.toBytes();
            VethPair.send(out, p);
            Got got = sink.await(g -> g.bytes().length == expected.length && g.bytes()[5] == expected[5]);
            assertArrayEquals(expected, got.bytes());
        }
        assertTrue(other.drops.isEmpty(), other.drops.toString());
        assertTrue(tcpdump.waitFor(30, TimeUnit.SECONDS), "fewer frames arrived");
        try (CaptureReader reader = CaptureReader.open(capture)) {
            for (int[] tag : tags) {
                byte[] frame = reader.next().bytes();
                assertEquals(tag.length == 0 ? VethPair.EXPERIMENT : tag[0], VethPair.type(frame));
                if (tag.length > 0) {
                    assertEquals(tag[1], (frame[14] & 0xff) << 8 | frame[15] & 0xff);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void kernelSeesAndMakesTags(Way way) throws Exception {
        Link link = attached(way.with());
        var vlan = pair.there.run("ip", "link", "add", "link", "v1", "name", "v1.5", "type", "vlan", "id", "5");
        assumeTrue(vlan.code() == 0, () -> "needs the kernel module 8021q: " + vlan.out());
        pair.there.run("ip", "addr", "add", "10.0.5.1/24", "dev", "v1.5").orFail();
        pair.there.run("ip", "link", "set", "v1.5", "up").orFail();
        pair.there.run("ip", "neigh", "add", "10.0.5.2", "lladdr", MacAddress.text(VethPair.OURS), "dev", "v1.5").orFail();
        pair.there.run("ping", "-c", "1", "-W", "1", "10.0.5.2");
        Got echo = sink.await(g -> VethPair.type(g.bytes()) == EtherType.VLAN && g.bytes()[27] == 1);
        assertEquals(18 + 84, echo.bytes().length);
        assertEquals(5, (echo.bytes()[14] & 0xf) << 8 | echo.bytes()[15] & 0xff);
        assertEquals(EtherType.IPV4, (echo.bytes()[16] & 0xff) << 8 | echo.bytes()[17] & 0xff);
        MemorySegment m = MemorySegment.ofArray(echo.bytes());
        assertEquals(VethPair.OURS, EthernetHeader.destination(m, 0));
        assertEquals(VethPair.THEIRS, EthernetHeader.source(m, 0));
        // And out: to the address that the kernel has in that VLAN only.
        Got answer = sink.awaitAnswer(g -> VethPair.type(g.bytes()) == EtherType.VLAN && g.bytes()[27] == 1
                && g.bytes()[38] == 3, () -> {
                    Packet udp = VethPair.udp(9);
                    MemorySegment memory = udp.memory();
                    Ipv4Header.write(memory, udp.start() + 14, 0, 32, 1, 0, 64, IpProtocol.UDP, 0x0a000502, 0x0a000501);
                    FrameTags.insert(udp, EtherType.VLAN, 5);
                    VethPair.send(link, udp);
                });
        assertEquals(3, answer.bytes()[39], "port");
        // The largest frame with a tag is four bytes longer.
        Packet large = VethPair.frame(1514, 1);
        FrameTags.insert(large, EtherType.VLAN, 5);
        VethPair.send(link, large);
        assertTrue(sink.drops.isEmpty(), sink.drops.toString());
    }

    /// A SYN for the kernel whose checksum field holds the pseudo header's sum only.
    private static Packet syn() {
        Packet p = Packet.allocate(Packet.HEADROOM, 54);
        int at = p.append(54);
        MemorySegment m = p.memory();
        EthernetHeader.write(m, at, VethPair.THEIRS, VethPair.OURS, EtherType.IPV4);
        Ipv4Header.write(m, at + 14, 0, 40, 1, Ipv4Header.DONT_FRAGMENT, 64, IpProtocol.TCP, VethPair.ADDRESS, 0x0a000001);
        TcpHeader.write(m, at + 34, 4000, 81, 1000, 0, 20, TcpHeader.SYN, 1000, 0);
        partial(p, 34, 20);
        return p;
    }

    private static void partial(Packet p, int tcp, int length) {
        long pseudo = Checksum.pseudoHeader(IpAddress.parse("10.0.0.2").hi(), IpAddress.parse("10.0.0.2").lo(),
                IpAddress.parse("10.0.0.1").hi(), IpAddress.parse("10.0.0.1").lo(), IpProtocol.TCP, length);
        TcpHeader.setChecksum(p.memory(), p.start() + tcp, Checksum.fold(pseudo));
        p.wantChecksum(tcp, TcpHeader.CHECKSUM_OFFSET);
        p.setChecksumming(Checksumming.PARTIAL);
    }

    @Test
    void checksumThatWasLeftUndoneIsCompleted() throws Exception {
        Link link = attached(Map.of());
        VethPair.send(link, syn());
        // The kernel resets only what it believes.
        Got reset = sink.await(g -> VethPair.type(g.bytes()) == EtherType.IPV4 && g.bytes()[23] == 6);
        assertEquals(TcpHeader.RST | TcpHeader.ACK, reset.bytes()[47]);
        assertTrue(sink.drops.isEmpty(), sink.drops.toString());
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void checksumThatTheKernelLeftUndoneIsMarked(Way way) throws Exception {
        attached(way.with());
        pair.there.run("python3", "-c", "import socket;s=socket.socket();s.setblocking(0);s.connect_ex(('10.0.0.2',80));"
                + "import time;time.sleep(.1)").orFail();
        Got syn = sink.await(g -> VethPair.type(g.bytes()) == EtherType.IPV4 && g.bytes()[23] == 6);
        assertEquals(Checksumming.PARTIAL, syn.checksumming());
    }

    private static Packet superSegment(byte[] payload, int size, boolean tag) {
        int length = 14 + 20 + 32 + payload.length;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        MemorySegment m = p.memory();
        EthernetHeader.write(m, at, VethPair.THEIRS, VethPair.OURS, EtherType.IPV4);
        Ipv4Header.write(m, at + 14, 0, length - 14, 65535, Ipv4Header.DONT_FRAGMENT, 64, IpProtocol.TCP, VethPair.ADDRESS,
                0x0a000001);
        m.asSlice(at + 34, 32).fill((byte) 1);
        TcpHeader.write(m, at + 34, 4000, 81, -1000, 77, 32, TcpHeader.ACK | TcpHeader.PSH | TcpHeader.FIN | TcpHeader.CWR,
                1000, 0);
        MemorySegment.copy(payload, 0, m, java.lang.foreign.ValueLayout.JAVA_BYTE, at + 66, payload.length);
        p.setSegmentSize(size);
        partial(p, 34, length - 34);
        if (tag) {
            FrameTags.insert(p, EtherType.VLAN, 5);
        }
        return p;
    }

    @ParameterizedTest
    @CsvSource({"true,SLOTS,false", "true,BLOCKS,false", "true,SOCKET,false", "false,SLOTS,false", "false,BLOCKS,false",
        "false,SOCKET,false", "true,SLOTS,true", "false,SLOTS,true", "true,BLOCKS,true", "false,SOCKET,true"})
    void superSegmentComesWholeOrInItsSegments(boolean whole, Way way, boolean tag) throws Exception {
        Link in = pair.link(pair.there, "v1", way.with("offload", whole), 0);
        in.attach(sink);
        Link out = pair.link("v0", Map.of());
        var other = new RecordingSink();
        out.attach(other);
        byte[] payload = new byte[65000];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) (i * 31 + i / 251);
        }
        VethPair.send(out, superSegment(payload, 1448, tag));
        int network = tag ? 18 : 14;
        var all = new ByteArrayOutputStream();
        int segments = 0;
        while (all.size() < payload.length) {
            Got got = sink.await(g -> VethPair.type(g.bytes()) == (tag ? EtherType.VLAN : EtherType.IPV4)
                    && g.bytes()[network + 9] == 6);
            MemorySegment m = MemorySegment.ofArray(got.bytes());
            assertTrue(Ipv4Header.checksumIsRight(m, network));
            assertEquals(got.bytes().length - network, Ipv4Header.totalLength(m, network));
            assertEquals(-1000 + all.size(), TcpHeader.sequence(m, network + 20));
            assertEquals(whole ? 1448 : 0, got.segmentSize());
            if (!whole) {
                assertEquals(Checksumming.WANTED, got.checksumming());
                assertEquals(65535 + segments & 0xffff, Ipv4Header.identification(m, network));
                boolean last = all.size() + 1448 >= payload.length;
                assertEquals(TcpHeader.ACK | (segments == 0 ? TcpHeader.CWR : 0) | (last ? TcpHeader.FIN | TcpHeader.PSH : 0),
                        TcpHeader.flags(m, network + 20));
            }
            all.write(got.bytes(), network + 52, got.bytes().length - network - 52);
            segments++;
        }
        assertArrayEquals(payload, all.toByteArray());
        assertEquals(whole ? 1 : 45, segments);
        assertTrue(other.drops.isEmpty(), other.drops.toString());
    }

    /// Where large frames go another way than small ones, they must not overtake each other.
    @ParameterizedTest
    @EnumSource(Way.class)
    void largeAndSmallFramesKeepTheirOrder(Way way) throws Exception {
        Link in = pair.link(pair.there, "v1", way.with(), 0);
        in.attach(sink);
        Link out = pair.link("v0", Map.of());
        var other = new RecordingSink();
        out.attach(other);
        int sent = 0;
        for (int burst = 0; burst < 10; burst++) {
            var list = new PacketList();
            for (int i = 0; i < 40; i++, sent++) {
                byte[] number = new byte[sent % 3 == 0 ? 20000 + sent : 10];
                number[0] = (byte) sent;
                number[1] = (byte) (sent >>> 8);
                Packet p = superSegment(number, 1448, false);
                if (number.length == 10) {
                    p.setSegmentSize(0);
                }
                list.add(p);
            }
            out.transmit(list);
        }
        for (int i = 0; i < sent; i++) {
            Got got = sink.await(g -> VethPair.type(g.bytes()) == EtherType.IPV4 && g.bytes()[23] == 6);
            assertEquals(i, got.bytes()[66] & 0xff | (got.bytes()[67] & 0xff) << 8);
            assertEquals(66 + (i % 3 == 0 ? 20000 + i : 10), got.bytes().length);
        }
        assertTrue(other.drops.isEmpty(), other.drops.toString());
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void superDatagramComesAsItsDatagrams(Way way) throws Exception {
        attached(way.with());
        // UDP_SEGMENT is option 103 of level SOL_UDP, 17.
        pair.there.run("python3", "-c", "import socket;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
                + "s.setsockopt(17,103,1000);s.sendto(b'x'*4500,('10.0.0.2',7))").orFail();
        int[] lengths = new int[5];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = sink.await(g -> VethPair.type(g.bytes()) == EtherType.IPV4 && g.bytes()[23] == 17)
                    .bytes().length;
        }
        assertEquals("[1042, 1042, 1042, 1042, 542]", Arrays.toString(lengths));
    }

    @Test
    void framesForOthersComeInWhereTheyAreWanted() throws Exception {
        attached(Map.of("promiscuous", "true"));
        assertTrue(pair.here.run("ip", "-d", "link", "show", "v0").orFail().contains("promiscuity 1"));
        pair.there.run("ip", "neigh", "add", "10.0.0.7", "lladdr", "02:00:00:00:77:77", "dev", "v1").orFail();
        pair.there.run("ping", "-c", "1", "-W", "1", "10.0.0.7");
        Got got = sink.await(g -> VethPair.isIcmp(g.bytes()));
        assertEquals(0x0200_0000_7777L, EthernetHeader.destination(MemorySegment.ofArray(got.bytes()), 0));
    }

    @Test
    void fullQueueDropsAndNeverBlocks() throws Exception {
        // A token bucket lets next to nothing out.
        var tc = pair.here.run("tc", "qdisc", "add", "dev", "v0", "root", "tbf", "rate", "8kbit", "burst", "2000", "limit", "4000");
        assumeTrue(tc.code() == 0, () -> "needs tbf: " + tc.out());
        Link link = attached(Map.of());
        var list = new PacketList();
        for (int i = 0; i < 200; i++) {
            list.add(VethPair.frame(1514, i));
        }
        link.transmit(list);
        var counts = new HashMap<DropReason, Integer>();
        sink.drops.forEach(d -> counts.merge(d, 1, Integer::sum));
        assertEquals(java.util.Set.of(DropReason.LINK_QUEUE_FULL), counts.keySet());
        assertNull(sink.states.poll());
    }
}
