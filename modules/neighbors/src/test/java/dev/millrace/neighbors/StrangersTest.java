package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.NicConfig;
import dev.millrace.RouteConfig;
import dev.millrace.StackConfig;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.neighbors.Neighbors.State;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.NdpMessage;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Each of these fails: the faults that breaking the Ethernet work has found.
class StrangersTest {
    private static final long STRANGER = 0x0266_0000_0001L;
    private final Segment segment = new Segment();

    @AfterEach
    void close() {
        segment.close();
    }

    private static State state(ManualStack stack, String address) {
        return stack.service(Neighbors.class).orElseThrow().list().stream()
                .filter(n -> n.address().equals(IpAddress.parse(address))).map(n -> n.state()).findFirst().orElse(null);
    }

    private static int v4(String a) {
        return IpAddress.parse(a).v4Bits();
    }

    private static byte[] arp(int operation, long sender, int senderAddress, int target, long to) {
        var frame = new byte[60];
        MemorySegment m = MemorySegment.ofArray(frame);
        EthernetHeader.write(m, 0, to, STRANGER, EtherType.ARP);
        ArpPacket.write(m, EthernetHeader.LENGTH, operation, sender, senderAddress, 0, target);
        return frame;
    }

    private static byte[] echo(String from, String to, long station) {
        var frame = new byte[14 + 20 + 8];
        MemorySegment m = MemorySegment.ofArray(frame);
        EthernetHeader.write(m, 0, station, STRANGER, EtherType.IPV4);
        Ipv4Header.write(m, 14, 0, 28, 1, 0, 64, IpProtocol.ICMP, v4(from), v4(to));
        IcmpHeader.write(m, 34, 8, 0, 1);
        IcmpHeader.setChecksum(m, 34, IcmpHeader.computeV4(m, 34, 8));
        return frame;
    }

    private static long destination(byte[] frame) {
        return EthernetHeader.destination(MemorySegment.ofArray(frame), 0);
    }

    private static int type(byte[] frame) {
        return EthernetHeader.type(MemorySegment.ofArray(frame), 0);
    }

    private long stationOf(ManualStack stack, String ownV4) {
        for (byte[] f : segment.seen) {
            MemorySegment m = MemorySegment.ofArray(f);
            if (type(f) == EtherType.ARP && ArpPacket.senderAddress(m, 14) == v4(ownV4)) {
                return ArpPacket.senderHardware(m, 14);
            }
        }
        throw new AssertionError("not announced");
    }

    @Test
    void groupsAndTheLimitedBroadcastDoNotGoToTheDefaultGateway() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24", "fd00::1/64");
        ManualStack router = segment.station("router", "10.0.0.254/24", "fd00::fe/64");
        near.addRoute(new RouteConfig(null, IpAddress.parse("10.0.0.254"), ""));
        near.addRoute(new RouteConfig(null, IpAddress.parse("fd00::fe"), ""));
        segment.settle();
        var wrong = new ArrayList<String>();
        try (UdpSocket from = near.udp().bind(0)) {
            from.setOption(java.net.StandardSocketOptions.SO_BROADCAST, true);
            for (String all : List.of("255.255.255.255", "224.0.0.1", "ff02::1")) {
                segment.seen.clear();
                from.send(ByteBuffer.allocate(1), new InetSocketAddress(all, 7));
                segment.settle();
                byte[] last = segment.seen.getLast();
                if (!MacAddress.isMulticast(destination(last))) {
                    wrong.add(all + " went to the one station " + MacAddress.text(destination(last)));
                }
            }
        }
        assertNotNull(router);
        assertEquals(List.of(), wrong);
    }

    @Test
    void aNeighbourThatIsInUseIsNotTheFirstToGo() throws Exception {
        ManualStack near = segment.station("near", Map.of("neighbors", Map.of("cache", "64")), "10.0.0.1/16");
        ManualStack far = segment.station("far", "10.0.0.2/16");
        segment.settle();
        long own = stationOf(near, "10.0.0.1");
        try (TcpListener listener = far.tcp().listen(80); TcpSocket client = near.tcp().open()) {
            client.startConnect(new InetSocketAddress("10.0.0.2", 80));
            segment.settle();
            assertTrue(client.finishConnect());
            TcpSocket server = listener.tryAccept();
            for (int i = 0; i < 64; i++) {
                segment.inject(arp(ArpPacket.REQUEST, STRANGER, v4("10.0.9.1") + i, v4("10.0.0.1"), own));
                // In use all the time: each byte goes through this neighbour and is acknowledged by it.
                client.tryWrite(ByteBuffer.allocate(1));
                segment.settle();
                server.tryRead(ByteBuffer.allocate(10));
                assertNotNull(state(near, "10.0.0.2"), "pushed out by stranger " + i + ", the moment after it was used");
            }
            server.close();
        }
    }

    @Test
    void whoLooksForDuplicatesIsAnsweredWithinTheLimit() throws Exception {
        ManualStack near = segment.station("near", "fd00::1/64");
        segment.settle();
        segment.seen.clear();
        var frame = new byte[14 + 40 + 24];
        MemorySegment m = MemorySegment.ofArray(frame);
        var group = new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(1));
        IpAddress target = IpAddress.parse("fd00::1");
        EthernetHeader.write(m, 0, MacAddress.ofGroup(group.hi(), group.lo()), STRANGER, EtherType.IPV6);
        Ipv6Header.write(m, 14, 0, 0, 24, IpProtocol.ICMPV6, 255, 0, 0, group.hi(), group.lo());
        NdpMessage.writeNeighborSolicitation(m, 54, target.hi(), target.lo());
        IcmpHeader.setChecksum(m, 54, IcmpHeader.computeV6(m, 54, 24, IpAddress.ANY_V6, group));
        int asked = 30_000;
        for (int i = 0; i < asked; i++) {
            segment.inject(frame);
        }
        assertNotNull(near);
        assertTrue(segment.seen.size() <= 10_000, segment.seen.size() + " advertisements to ff02::1 in no time");
    }

    @Test
    void forgedNeighboursDoNotMakeUsBroadcastWithoutLimit() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/8");
        segment.settle();
        long own = stationOf(near, "10.0.0.1");
        int most = 20_000;
        try (TcpListener listener = near.tcp().listen(80)) {
            segment.seen.clear();
            for (int i = 0; i < most; i++) {
                int from = v4("10.1.0.1") + i;
                var frame = new byte[14 + 20 + 20];
                MemorySegment m = MemorySegment.ofArray(frame);
                EthernetHeader.write(m, 0, own, STRANGER, EtherType.IPV4);
                Ipv4Header.write(m, 14, 0, 40, 1, 0, 64, IpProtocol.TCP, from, v4("10.0.0.1"));
                dev.millrace.wire.TcpHeader.write(m, 34, 1000, 80, i, 0, 20, dev.millrace.wire.TcpHeader.SYN, 1000, 0);
                long sum = dev.millrace.wire.Checksum.sum(m, 34, 20) + dev.millrace.wire.Checksum.pseudoHeader(
                        IpAddress.v4(from).hi(), IpAddress.v4(from).lo(), IpAddress.parse("10.0.0.1").hi(),
                        IpAddress.parse("10.0.0.1").lo(), IpProtocol.TCP, 20);
                int folded = (int) ((sum & 0xffff_ffffL) + (sum >>> 32));
                while (folded >>> 16 != 0) {
                    folded = (folded & 0xffff) + (folded >>> 16);
                }
                frame[34 + 16] = (byte) (~folded >>> 8);
                frame[34 + 17] = (byte) ~folded;
                segment.inject(frame);
            }
        }
        long questions = segment.seen.stream().filter(f -> type(f) == EtherType.ARP && destination(f) == MacAddress.BROADCAST).count();
        assertTrue(questions <= 5_000, questions + " broadcasts for " + most + " forged SYNs in no time; drops "
                + near.counters().get("drops"));
    }

    @Test
    void forgedSourcesOfEchoesAreNotAskedForWithoutLimit() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/8");
        segment.settle();
        long own = stationOf(near, "10.0.0.1");
        segment.seen.clear();
        for (int i = 0; i < 20_000; i++) {
            segment.inject(echo(IpAddress.v4(v4("10.1.0.1") + i).toString(), "10.0.0.1", own));
        }
        long questions = segment.seen.stream().filter(f -> type(f) == EtherType.ARP && destination(f) == MacAddress.BROADCAST).count();
        assertTrue(questions <= 5_000, questions + " broadcasts for 20000 forged echoes in no time; drops "
                + near.counters().get("drops"));
    }

    @Test
    void twoNicsOnOneNetworkAreNotThieves() throws Exception {
        var nics = new ArrayList<NicConfig>();
        var vnics = new ArrayList<Vnic>();
        var wire = new ArrayList<Map.Entry<Vnic, byte[]>>();
        for (int i = 1; i <= 2; i++) {
            var vnic = new Vnic(Link.Medium.ETHERNET, 1500, true);
            vnic.onTransmit(f -> wire.add(Map.entry(vnic, f)));
            vnics.add(vnic);
            nics.add(new NicConfig("e" + i, "", vnic, 0, List.of(Cidr.parse("10.0." + i + ".1/24")), null, Map.of()));
        }
        try (ManualStack both = StackProvider.find().openManual(new StackConfig("both", nics, List.of(), List.of(), Map.of()), 1)) {
            int carried = 0;
            var taken = new ArrayList<String>();
            while (!wire.isEmpty() && carried++ < 100) {
                var next = wire.removeFirst();
                MemorySegment m = MemorySegment.ofArray(next.getValue());
                taken.add(next.getValue().length >= 42 && type(next.getValue()) == EtherType.ARP
                        ? IpAddress.v4(ArpPacket.senderAddress(m, 14)) + " is at e" + (vnics.indexOf(next.getKey()) + 1) : "?");
                vnics.stream().filter(v -> v != next.getKey()).forEach(v -> v.inject(next.getValue()));
            }
            assertEquals(0, both.counters().get("neighbors").get("address-conflicts"), "conflicts with itself: " + taken);
        }
    }

    @Test
    void aStationWithoutAnAddressLeavesNoEntryThatIsNeverAskedFor() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24");
        segment.settle();
        long own = stationOf(near, "10.0.0.1");
        segment.inject(arp(ArpPacket.REQUEST, 0, v4("10.0.0.77"), v4("10.0.0.1"), own));
        segment.pass(60_000);
        assertNull(state(near, "10.0.0.77"), "a minute later");
    }

    private static void carry(List<Map.Entry<Vnic, byte[]>> wire, List<Vnic> vnics) {
        while (!wire.isEmpty()) {
            var next = wire.removeFirst();
            vnics.stream().filter(v -> v != next.getKey()).forEach(v -> v.inject(next.getValue()));
        }
    }

    @Test
    void largeDatagramsThatWaitAreBoundedInBytes() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/8");
        segment.settle();
        try (UdpSocket from = near.udp().bind(0)) {
            for (int i = 0; i < 1_000; i++) {
                for (int n = 0; n < 64; n++) {
                    from.send(ByteBuffer.allocate(1_472), new InetSocketAddress(IpAddress.v4(v4("10.4.0.1") + i).toInetAddress(), 7));
                }
                segment.seen.clear();
            }
            long waiting = 64_000 - near.counters().get("drops").getOrDefault("neighbor-queue-full", 0L);
            assertTrue(waiting * 1_500 < 16 << 20, waiting * 1_500 / 1_000_000 + " MB wait for neighbours that are not there");
        }
    }

    @Test
    void eachAddressIsDefended() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24", "10.0.0.5/24");
        segment.settle();
        assertNotNull(near);
        segment.inject(arp(ArpPacket.REQUEST, STRANGER, v4("10.0.0.1"), v4("10.0.0.1"), MacAddress.BROADCAST));
        segment.seen.clear();
        segment.inject(arp(ArpPacket.REQUEST, STRANGER, v4("10.0.0.5"), v4("10.0.0.5"), MacAddress.BROADCAST));
        assertEquals(1, segment.seen.size(), "10.0.0.5 is not defended, as 10.0.0.1 was a moment ago");
    }

    @Test
    void whoAsksUsAloneWithoutItsLinkLayerAddressIsAnswered() throws Exception {
        ManualStack near = segment.station("near", "fd00::1/64");
        segment.settle();
        long own = EthernetHeader.source(MemorySegment.ofArray(segment.seen.getFirst()), 0);
        segment.seen.clear();
        var frame = new byte[14 + 40 + 24];
        MemorySegment m = MemorySegment.ofArray(frame);
        IpAddress target = IpAddress.parse("fd00::1");
        IpAddress from = IpAddress.parse("fd00::9");
        EthernetHeader.write(m, 0, own, STRANGER, EtherType.IPV6);
        Ipv6Header.write(m, 14, 0, 0, 24, IpProtocol.ICMPV6, 255, from.hi(), from.lo(), target.hi(), target.lo());
        NdpMessage.writeNeighborSolicitation(m, 54, target.hi(), target.lo());
        IcmpHeader.setChecksum(m, 54, IcmpHeader.computeV6(m, 54, 24, from, target));
        segment.inject(frame);
        assertEquals(1, segment.seen.size(), "RFC 4861 7.2.4: the sender is asked for, to be answered then; drops "
                + near.counters().get("drops"));
    }
}
