package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.UdpSocket;
import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.NdpMessage;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Who asks too much is answered less, and nobody else.
class FairAnswersTest {
    private static final long HONEST = 0x0200_0000_0bbbL;
    private static final long FLOODER = 0x0200_0000_0aaaL;
    private static final String HONEST_IP = "10.0.0.200";
    private final Segment segment = new Segment();

    @AfterEach
    void close() {
        segment.close();
    }

    private static byte[] arp(int operation, long station, int sender, String target) {
        var frame = new byte[60];
        MemorySegment m = MemorySegment.ofArray(frame);
        EthernetHeader.write(m, 0, MacAddress.BROADCAST, station, EtherType.ARP);
        ArpPacket.write(m, EthernetHeader.LENGTH, operation, station, sender, 0, IpAddress.parse(target).v4Bits());
        return frame;
    }

    private static int bits(String address) {
        return IpAddress.parse(address).v4Bits();
    }

    private long answersTo(long station) {
        long n = segment.seen.stream().map(MemorySegment::ofArray)
                .filter(m -> EthernetHeader.type(m, 0) == EtherType.ARP && EthernetHeader.destination(m, 0) == station
                        && ArpPacket.operation(m, 14) == ArpPacket.REPLY).count();
        segment.seen.clear();
        return n;
    }

    @Test
    void oneFlooderShutsNobodyOut() throws Exception {
        ManualStack host = segment.station("host", "10.0.0.1/24");
        for (int i = 0; i < 20_000; i++) {
            segment.inject(arp(ArpPacket.REQUEST, FLOODER, bits("10.0.0.99"), "10.0.0.1"));
        }
        long flooder = answersTo(FLOODER);
        assertTrue(flooder > 0 && flooder <= 300, "answers to the flooder: " + flooder);
        assertTrue(host.counters().get("drops").get("rate-limited") > 19_000);
        for (int i = 0; i < 20; i++) {
            segment.inject(arp(ArpPacket.REQUEST, HONEST + i, bits("10.0.0." + (100 + i)), "10.0.0.1"));
        }
        long honest = 0;
        for (int i = 0; i < 20; i++) {
            int n = i;
            honest += segment.seen.stream().map(MemorySegment::ofArray)
                    .filter(m -> EthernetHeader.destination(m, 0) == HONEST + n).count();
        }
        assertTrue(honest >= 19, "honest askers that were answered: " + honest);
    }

    @Test
    void manyFloodersDoNotShutOutWhomWeTalkTo() throws Exception {
        ManualStack host = segment.station("host", "10.0.0.1/24");
        try (UdpSocket socket = host.udp().bind(0)) {
            socket.send(ByteBuffer.allocate(1), new InetSocketAddress(HONEST_IP, 7));
            segment.inject(arp(ArpPacket.REPLY, HONEST, bits(HONEST_IP), "10.0.0.1"));
            socket.send(ByteBuffer.allocate(1), new InetSocketAddress(HONEST_IP, 7));
            segment.settle();
            for (int i = 0; i < 400_000; i++) {
                segment.inject(arp(ArpPacket.REQUEST, 0x0204_0000_0000L + i % 20_000, bits("10.0.0.99"), "10.0.0.1"));
                if (i % 1_000 == 0) {
                    segment.seen.clear();
                }
            }
            segment.seen.clear();
            segment.inject(arp(ArpPacket.REQUEST, HONEST, bits(HONEST_IP), "10.0.0.1"));
            assertEquals(1, answersTo(HONEST));
        }
    }

    /// A question of NDP that does not say where its sender is.
    private static byte[] unsaid(long station, String from, String target) {
        IpAddress t = IpAddress.parse(target);
        return Frames.icmp(station, from, target, 255, (m, at) -> NdpMessage.writeNeighborSolicitation(m, at, t.hi(), t.lo()));
    }

    private long advertisementsOf(String target) {
        long n = segment.words().stream().filter(w -> w.contains("neighbor-advertisement") && w.contains(target)).count();
        segment.seen.clear();
        return n;
    }

    @Test
    void thoseThatDoNotSayWhereTheyAreAreNotOneAsker() throws Exception {
        ManualStack host = segment.station("host", "fd00::1/64");
        segment.pass(5_000);
        try (UdpSocket socket = host.udp().bind(0)) {
            socket.send(ByteBuffer.allocate(1), new InetSocketAddress("fd00::200", 7));
            segment.inject(Frames.neighbor(HONEST, "fd00::200", IpAddress.parse("fd00::200"), 0x20));
            for (int i = 0; i < 2_000; i++) {
                segment.inject(unsaid(FLOODER, "fd00::9:" + Integer.toHexString(i), "fd00::1"));
            }
            segment.seen.clear();
            segment.inject(unsaid(HONEST, "fd00::200", "fd00::1"));
            assertEquals(1, advertisementsOf("fd00::1"));
        }
    }

    @Test
    void questionsForOneAddressDoNotHideThatAnotherIsTaken() throws Exception {
        segment.station("host", "fd00::1/64", "fd00::2/64");
        segment.pass(5_000);
        for (int i = 0; i < 2_000; i++) {
            segment.inject(Frames.probe(FLOODER, IpAddress.parse("fd00::1"), i));
        }
        segment.seen.clear();
        segment.inject(Frames.probe(HONEST, IpAddress.parse("fd00::2"), 1));
        assertEquals(1, advertisementsOf("fd00::2"));
        // Who asks for the other hears it from the answers to others.
        for (int i = 0; i < 100; i++) {
            segment.inject(Frames.probe(FLOODER, IpAddress.parse("fd00::1"), i));
            segment.pass(10);
        }
        assertTrue(advertisementsOf("fd00::1") >= 99);
    }
}
