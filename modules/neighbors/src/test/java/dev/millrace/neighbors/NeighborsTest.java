package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.ManualStack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.neighbors.Neighbors.Neighbor;
import dev.millrace.neighbors.Neighbors.State;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Stations on an Ethernet in stepped time: what they say, and when.
class NeighborsTest extends SegmentTest {
    @BeforeEach
    void quiet() {
        segment.seen.clear();
    }

    private static Neighbors neighbors(ManualStack stack) {
        return stack.service(Neighbors.class).orElseThrow();
    }

    private static State state(ManualStack stack, String address) {
        return neighbors(stack).list().stream().filter(n -> n.address().equals(IpAddress.parse(address)))
                .map(Neighbor::state).findFirst().orElse(null);
    }

    private static void send(UdpSocket from, String to, int bytes) throws IOException {
        from.send(ByteBuffer.allocate(bytes), new InetSocketAddress(to, 7));
    }

    private static boolean arrives(UdpSocket at) throws IOException {
        return at.tryReceive(ByteBuffer.allocate(2000)) != null;
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1, 10.0.0.2, /24, 'who-has 10.0.0.2 tell 10.0.0.1', 'is-at'",
        "fd00::1, fd00::2, /64, 'neighbor-solicitation', 'neighbor-advertisement'"})
    void theFirstPacketAsksAndIsNotLost(String a, String b, String prefix, String question, String answer) throws Exception {
        ManualStack near = segment.station("near", a + prefix);
        ManualStack far = segment.station("far", b + prefix);
        segment.settle();
        List<String> announced = segment.words();
        assertEquals(2, announced.size(), "each station announces its address: " + announced);
        try (UdpSocket from = near.udp().bind(0); UdpSocket to = far.udp().bind(7)) {
            send(from, b, 10);
            send(from, b, 10);
            segment.settle();
            assertTrue(arrives(to) && arrives(to), "both have come");
            List<String> words = segment.words();
            assertEquals(4, words.size(), words.toString());
            assertTrue(words.get(0).toLowerCase().contains(question), words.get(0));
            assertTrue(words.get(1).toLowerCase().contains(answer), words.get(1));
            assertEquals(State.REACHABLE, state(near, b));
            // Who was asked has learned who asks, without a question of its own.
            assertEquals(State.STALE, state(far, a));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.9", "fd00::9"})
    void whoDoesNotAnswerIsGivenUpAndProgramsAreTold(String absent) throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24", "fd00::1/64");
        segment.settle();
        segment.words();
        try (UdpSocket from = near.udp().bind(0)) {
            from.connect(new InetSocketAddress(absent, 7));
            send(from, absent, 10);
            segment.pass(2_990);
            assertEquals(3, segment.words().stream().filter(w -> w.contains(absent)).count(), "asked three times");
            assertEquals(State.INCOMPLETE, state(near, absent));
            segment.pass(20);
            assertNull(state(near, absent));
            assertEquals(1, near.counters().get("drops").get("neighbor-unreachable"));
            IOException told = assertThrows(IOException.class, () -> from.tryReceive(ByteBuffer.allocate(10)));
            assertTrue(told.getMessage().toLowerCase().contains("route to host") || told.getMessage().contains("unreachable"),
                    told.toString());
            // The next packet asks again.
            send(from, absent, 10);
            assertEquals(State.INCOMPLETE, state(near, absent));
        }
    }

    @Test
    void aConnectToNobodyFailsWhenTheNeighbourIsGivenUp() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24");
        try (TcpSocket socket = near.tcp().open()) {
            socket.startConnect(new InetSocketAddress("10.0.0.9", 80));
            segment.pass(3_100);
            assertThrows(IOException.class, socket::finishConnect);
        }
    }

    @Test
    void packetsThatWaitAreBoundedAndTheNewestStay() throws Exception {
        ManualStack near = segment.station("near", Map.of("neighbors", Map.of("queue", "3")), "10.0.0.1/24");
        ManualStack far = segment.station("far", "10.0.0.2/24");
        segment.settle();
        try (UdpSocket from = near.udp().bind(0); UdpSocket to = far.udp().bind(7)) {
            for (int i = 1; i <= 10; i++) {
                send(from, "10.0.0.2", i);
            }
            segment.settle();
            for (int i = 8; i <= 10; i++) {
                ByteBuffer got = ByteBuffer.allocate(100);
                assertNotNull(to.tryReceive(got));
                assertEquals(i, got.position());
            }
            assertFalse(arrives(to));
            assertEquals(7, near.counters().get("drops").get("neighbor-queue-full"));
        }
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1, 10.0.0.2, /24", "fd00::1, fd00::2, /64"})
    void aStaleNeighbourIsUsedThenAskedThenGivenUp(String a, String b, String prefix) throws Exception {
        ManualStack near = segment.station("near", a + prefix);
        ManualStack far = segment.station("far", b + prefix);
        segment.settle();
        try (UdpSocket from = near.udp().bind(0); UdpSocket to = far.udp().bind(7)) {
            send(from, b, 1);
            segment.settle();
            assertTrue(arrives(to));
            segment.pass(30_100);
            assertEquals(State.STALE, state(near, b));
            segment.words();
            send(from, b, 1);
            segment.settle();
            assertTrue(arrives(to), "what is stale is used");
            assertEquals(State.DELAY, state(near, b));
            segment.pass(4_900);
            assertEquals(1, segment.words().size(), "nobody is asked yet");
            segment.pass(200);
            assertEquals(State.REACHABLE, state(near, b), "asked, alone, and answered");
            List<String> probe = segment.words();
            assertEquals(2, probe.size(), probe.toString());
            segment.carry(_ -> false);
            segment.pass(30_100);
            send(from, b, 1);
            segment.pass(5_100);
            assertEquals(State.PROBE, state(near, b));
            segment.pass(3_000);
            assertNull(state(near, b));
        }
    }

    @Test
    void aConnectionThatMakesProgressConfirmsItsNeighbour() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24");
        ManualStack far = segment.station("far", "10.0.0.2/24");
        segment.settle();
        try (TcpListener listener = far.tcp().listen(80); TcpSocket client = near.tcp().open()) {
            client.startConnect(new InetSocketAddress("10.0.0.2", 80));
            segment.settle();
            assertTrue(client.finishConnect());
            try (TcpSocket server = listener.tryAccept()) {
                segment.words();
                for (int i = 0; i < 120; i++) {
                    assertEquals(1, client.tryWrite(ByteBuffer.allocate(1)));
                    segment.pass(1_000);
                    server.tryRead(ByteBuffer.allocate(10));
                }
                assertEquals(State.REACHABLE, state(near, "10.0.0.2"));
                assertTrue(segment.words().stream().noneMatch(w -> w.contains("who-has 10.0.0.2")), "nobody asked");
                // The peer is gone: retransmissions bring the question forward.
                segment.carry(_ -> false);
                client.tryWrite(ByteBuffer.allocate(1));
                segment.pass(20_000);
                assertTrue(segment.words().stream().anyMatch(w -> w.contains("who-has 10.0.0.2")));
            }
        }
    }

    @Test
    void aScanPushesOutNobodyWhoIsThere() throws Exception {
        ManualStack near = segment.station("near", Map.of("neighbors", Map.of("cache", "256", "queue", "4")),
                "10.0.0.1/16", "fd00::1/64");
        ManualStack far = segment.station("far", "10.0.0.2/16");
        segment.settle();
        try (UdpSocket from = near.udp().bind(0); UdpSocket to = far.udp().bind(7); UdpSocket back = far.udp().bind(0)) {
            send(from, "10.0.0.2", 1);
            segment.settle();
            assertTrue(arrives(to));
            for (int i = 3; i < 65_000; i++) {
                send(from, i % 2 == 0 ? "10.0." + (i >> 8) + "." + (i & 0xff) : "fd00::" + Integer.toHexString(i), 1);
                if (i % 500 == 0) {
                    segment.settle();
                    segment.seen.clear();
                    assertTrue(neighbors(near).list().size() <= 256, "the cache is bounded");
                    assertNotNull(state(near, "10.0.0.2"), "who is there stays");
                }
            }
            send(from, "10.0.0.2", 1);
            back.send(ByteBuffer.allocate(1), new InetSocketAddress("10.0.0.1", from.localAddress().getPort()));
            segment.settle();
            assertTrue(arrives(to) && arrives(from), "the host answers");
        }
    }

    /// Who only says that he is there takes no place of one that is talked to.
    @Test
    void strangersWhoAskForUsPushOutNobodyInUse() throws Exception {
        ManualStack near = segment.station("near", Map.of("neighbors", Map.of("cache", "64")), "10.0.0.1/16");
        ManualStack far = segment.station("far", "10.0.0.2/16");
        segment.settle();
        try (UdpSocket from = near.udp().bind(0); UdpSocket to = far.udp().bind(7)) {
            from.connect(new InetSocketAddress("10.0.0.2", 7));
            for (int i = 0; i < 1_000; i++) {
                if (i % 3 == 0) {
                    from.send(ByteBuffer.allocate(1), null);
                    segment.settle();
                    assertTrue(arrives(to));
                }
                segment.inject(question(0x0200_0000_1000L + i, 0x0a00_1000 + i, 0x0a00_0001));
                assertNotNull(state(near, "10.0.0.2"), "after " + i + " strangers");
            }
            assertTrue(neighbors(near).list().size() <= 64);
        }
    }

    private static byte[] question(long station, int sender, int target) {
        byte[] frame = new byte[60];
        MemorySegment m = MemorySegment.ofArray(frame);
        EthernetHeader.write(m, 0, MacAddress.BROADCAST, station, EtherType.ARP);
        ArpPacket.writeRequest(m, EthernetHeader.LENGTH, station, sender, target);
        return frame;
    }

    /// However many neighbours are asked for, what waits for them is bounded.
    @Test
    void packetsThatWaitForManyAreBounded() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/16");
        try (UdpSocket from = near.udp().bind(0)) {
            for (int round = 0; round < 40; round++) {
                for (int i = 0; i < 500; i++) {
                    send(from, "10.0." + (1 + (i >> 8)) + "." + (i & 0xff), 1_400);
                }
            }
            long dropped = near.counters().get("drops").get("neighbor-queue-full");
            assertTrue((20_000 - dropped) * 1_428 <= (8 << 20) + 500 * 1_428, "wait: " + (20_000 - dropped));
        }
    }

    @Test
    void anAddressThatAnotherUsesIsDefendedSeldom() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24");
        segment.settle();
        segment.words();
        ManualStack thief = segment.station("thief", "10.0.0.1/24");
        segment.settle();
        assertTrue(near.counters().get("neighbors").get("address-conflicts") > 0);
        long defended = segment.words().stream().filter(w -> w.contains("10.0.0.1")).count();
        assertTrue(defended <= 3, "no war: " + defended);
        assertNotNull(thief);
    }

    @Test
    void aNeighbourThatIsEnteredIsNeverAskedFor() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24");
        segment.settle();
        segment.words();
        neighbors(near).add("e", IpAddress.parse("10.0.0.7"), 0x0200_0000_0007L);
        try (UdpSocket from = near.udp().bind(0)) {
            send(from, "10.0.0.7", 1);
            segment.settle();
            assertEquals(1, segment.seen.size());
            assertEquals(0x0200_0000_0007L, EthernetHeader.destination(MemorySegment.ofArray(segment.seen.getFirst()), 0));
            assertTrue(neighbors(near).remove("e", IpAddress.parse("10.0.0.7")));
            assertFalse(neighbors(near).remove("e", IpAddress.parse("10.0.0.7")));
        }
        assertThrows(IllegalArgumentException.class,
                () -> neighbors(near).add("x", IpAddress.parse("10.0.0.7"), 0x0200_0000_0007L));
        assertThrows(IllegalArgumentException.class,
                () -> neighbors(near).add("e", IpAddress.parse("10.0.0.7"), 0x0100_0000_0007L));
    }

    @Test
    void stationsOfAVlanHearOnlyTheirOwn() throws Exception {
        ManualStack a = segment.station("a", Map.of("nic", Map.of("vlan", "7")), "10.0.0.1/24");
        ManualStack b = segment.station("b", Map.of("nic", Map.of("vlan", "7")), "10.0.0.2/24");
        ManualStack c = segment.station("c", "10.0.0.3/24");
        try (UdpSocket from = a.udp().bind(0); UdpSocket to = b.udp().bind(7); UdpSocket other = c.udp().bind(7)) {
            send(from, "10.0.0.2", 1_472);
            send(from, "10.0.0.3", 1);
            segment.settle();
            assertTrue(arrives(to));
            assertFalse(arrives(other));
            assertTrue(c.counters().get("drops").get("other-station") > 0);
            assertTrue(segment.words().getLast().contains("vlan"));
        }
    }

    @Test
    void broadcastAndMulticastNeedNobodyToAnswer() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24", "fd00::1/64");
        ManualStack far = segment.station("far", "10.0.0.2/24", "fd00::2/64");
        segment.settle();
        segment.words();
        try (UdpSocket from = near.udp().bind(0); UdpSocket to = far.udp().bind(7)) {
            from.setOption(java.net.StandardSocketOptions.SO_BROADCAST, true);
            for (String all : List.of("10.0.0.255", "255.255.255.255", "224.0.0.1", "ff02::1")) {
                send(from, all, 1);
                segment.settle();
                assertTrue(arrives(to), all);
            }
            assertEquals(4, segment.words().size());
        }
    }

    @ParameterizedTest
    @CsvSource({"mac, 02:00:00:00:00", "mac, 01:00:5e:00:00:01", "mac, 00:00:00:00:00:00", "vlan, 4095", "vlan, -1",
        "vlan, x", "mca, 02:00:00:00:00:01"})
    void whatCannotBeAStationIsRefused(String option, String value) {
        var wrong = assertThrows(ConfigurationException.class,
                () -> segment.station("near", Map.of("nic", Map.of(option, value)), "10.0.0.1/24"));
        assertTrue(wrong.getMessage().contains("nic[0]"), wrong.getMessage());
    }

    @Test
    void stationsOfDifferentNamesHaveDifferentAddresses() throws Exception {
        segment.station("a", "10.0.0.1/24");
        segment.station("b", "10.0.0.2/24");
        segment.settle();
        List<Long> sources = segment.seen.stream()
                .map(f -> EthernetHeader.source(MemorySegment.ofArray(f), 0)).distinct().toList();
        assertEquals(2, sources.size());
        assertTrue(sources.stream().allMatch(s -> (s >>> 40 & 3) == 2), "locally administered, one station each");
    }

    @Test
    void whatWaitsIsGivenBackWhenTheStackCloses() throws Exception {
        ManualStack near = segment.station("near", "10.0.0.1/24");
        try (UdpSocket from = near.udp().bind(0)) {
            send(from, "10.0.0.2", 1);
        }
        assertTrue(near.service(NeighborDiscovery.class).isPresent());
    }
}
