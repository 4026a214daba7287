package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.testkit.FakeNetwork;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.buffer.Packet;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 791, RFC 1122 §3.2.1.
class Ipv4ReceiveTest {
    private static final byte[] DATA = {1, 2, 3, 4, 5};

    private final LeakCheck leaks = new LeakCheck();
    private final IpBench bench = new IpBench(4);

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    private static byte[] datagram(String source, String destination) {
        return PacketBuilder.between(source, destination).udp(1, 2, DATA);
    }

    @Test
    void aTransportGetsItsBytesAndWhatTheHeaderSaid() {
        byte[] packet = bench.fromPeer().hopLimit(7).trafficClass(0xb9).udp(1, 2, DATA);
        assertNull(bench.fate(Arrays.copyOf(packet, packet.length + 13)));
        FakeNetwork.Delivery d = bench.network.deliveries().getFirst();
        assertArrayEquals(Arrays.copyOfRange(packet, 20, packet.length), d.bytes(), "without the link's padding");
        assertEquals(7, d.hopLimit());
        assertEquals(0xb9, d.trafficClass());
        assertEquals("10.9.0.1", d.source().toString());
        assertEquals("10.9.0.2", d.destination().toString());
        assertFalse(d.broadcast());
    }

    @Requirement("RFC1122:3.2.1.7")
    @Test
    void aPacketWithTtlZeroIsForUsAllTheSame() {
        assertNull(bench.fate(bench.fromPeer().hopLimit(0).udp(1, 2, DATA)));
    }

    @Requirement("RFC1122:3.2.1.2")
    @Requirement("RFC1122:3.2.1.1")
    @Test
    void everyFlippedBitOfTheHeaderIsNoticed() {
        byte[] packet = datagram("10.9.0.1", "10.9.0.2");
        for (int bit = 0; bit < 160; bit++) {
            byte[] damaged = packet.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            DropReason reason = bench.fate(damaged);
            assertTrue(reason == DropReason.BAD_IP_CHECKSUM || reason == DropReason.BAD_IP_HEADER
                    || reason == DropReason.TRUNCATED, "bit " + bit + ": " + reason);
        }
        assertTrue(bench.addsUp());
        assertTrue(bench.nic.sent().isEmpty());
    }

    @Test
    void aPacketCutAnywhereIsDropped() {
        byte[] packet = datagram("10.9.0.1", "10.9.0.2");
        for (int length = 0; length < packet.length; length++) {
            DropReason reason = bench.fate(Arrays.copyOf(packet, length));
            assertEquals(length < 20 ? DropReason.TRUNCATED : DropReason.BAD_IP_HEADER, reason, "of " + length);
        }
    }

    @Test
    void aVouchedHeaderIsNotSummed() {
        byte[] packet = datagram("10.9.0.1", "10.9.0.2");
        packet[10] ^= 1;
        assertEquals(DropReason.BAD_IP_CHECKSUM, bench.fate(packet));
        Packet vouched = Packet.copyOf(packet);
        vouched.setChecksumming(Packet.Checksumming.VOUCHED);
        bench.ip.receive(bench.nic, vouched);
        assertEquals(1, bench.network.delivered());
    }

    @Requirement("RFC1122:4.1.3.6")
    @Requirement("RFC1122:3.2.1.3")
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "10.9.0.255", "10.9.0.2"})
    void impossibleSourcesAreMartians(String source) {
        assertEquals(DropReason.MARTIAN_SOURCE, bench.fate(datagram(source, "10.9.0.2")));
        assertTrue(bench.nic.sent().isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"10.9.0.2,true,false", "10.9.0.255,true,true", "255.255.255.255,true,true", "224.0.0.1,true,true",
        "10.9.0.3,false,false", "224.0.0.9,false,false", "0.0.0.0,false,false", "127.0.0.1,false,false",
        "240.0.0.1,false,false"})
    void destinationsAreOursOrNot(String destination, boolean ours, boolean group) {
        bench.network.local("127.0.0.1");
        DropReason reason = bench.fate(datagram("10.9.0.1", destination));
        assertEquals(ours ? null : DropReason.NOT_FOR_US, reason);
        if (ours) {
            assertEquals(group, bench.network.deliveries().getFirst().broadcast());
        }
    }

    @Test
    void aLoopbackLinkCarriesOwnAndLoopbackAddresses() {
        var loop = new IpBench(4, new FakeNic(65535, true, true, 0), Map.of());
        loop.network.local("127.0.0.1");
        assertNull(loop.fate(datagram("10.9.0.2", "10.9.0.2")));
        assertNull(loop.fate(datagram("127.0.0.1", "127.0.0.1")));
        assertEquals(DropReason.MARTIAN_SOURCE, loop.fate(datagram("10.9.0.255", "127.0.0.1")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x2000, 0x0001, 0x2001, 0x1ff0, 0x6000})
    void fragmentsWaitForTheOthers(int flagsAndOffset) {
        assertNull(bench.fate(bench.fromPeer().fragment(9, flagsAndOffset).raw(17, new byte[16])));
        assertTrue(bench.network.deliveries().isEmpty() && bench.nic.sent().isEmpty());
        bench.ip.close();
        assertEquals(1, bench.network.drops(DropReason.STACK_CLOSED));
        assertEquals(DropReason.STACK_CLOSED, bench.fate(bench.fromPeer().fragment(9, flagsAndOffset).raw(17, new byte[16])));
    }

    @Test
    void wholePacketsMayHaveDontFragmentAndTheReservedBit() {
        assertNull(bench.fate(bench.fromPeer().fragment(9, 0x4000).udp(1, 2, DATA)));
        assertNull(bench.fate(bench.fromPeer().fragment(9, 0x8000).udp(1, 2, DATA)));
    }

    @Requirement("RFC9293:MUST-50")
    @Requirement("RFC1122:3.2.1.8")
    @Test
    void unknownOptionsAreIgnoredAndSourceRoutesRefused() {
        for (int kind = 2; kind < 256; kind++) {
            DropReason reason = bench.fate(bench.fromPeer().options(1, kind, 3, 4).udp(1, 2, DATA));
            boolean sourceRoute = kind == 131 || kind == 137;
            assertEquals(sourceRoute ? DropReason.BAD_IP_OPTION : null, reason, "option " + kind);
        }
        assertTrue(bench.nic.sent().isEmpty());
        assertArrayEquals(Arrays.copyOfRange(bench.fromPeer().udp(1, 2, DATA), 20, 33),
                bench.network.deliveries().getFirst().bytes());
    }

    @Test
    void nothingIsReadBehindTheEndOfOptions() {
        assertNull(bench.fate(bench.fromPeer().options(1, 0, 131, 9).udp(1, 2, DATA)));
    }

    @ParameterizedTest
    @CsvSource({"7,0,20", "7,1,20", "7,5,20", "1,7,21"})
    void malformedOptionsAreToldWhere(int first, int second, int pointer) {
        assertEquals(DropReason.BAD_IP_OPTION, bench.fate(bench.fromPeer().options(first, second, 0, 0).udp(1, 2, DATA)));
        byte[] error = bench.nic.sent().getFirst();
        assertEquals(12, error[20]);
        assertEquals(pointer, error[24]);
        assertTrue(IpBench.checksumsAreRight(error));
    }
}
