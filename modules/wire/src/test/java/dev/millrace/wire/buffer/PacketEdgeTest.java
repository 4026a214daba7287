package dev.millrace.wire.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.Checksum;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The corners of packets, lists and pools.
class PacketEdgeTest {
    private long packets;
    private long buffers;

    @BeforeEach
    void count() {
        packets = Leaks.packets();
        buffers = Leaks.buffers();
    }

    @AfterEach
    void nothingLeaks() {
        assertEquals(packets, Leaks.packets());
        assertEquals(buffers, Leaks.buffers());
    }

    private static Buffer buffer(int... bytes) {
        Buffer b = Buffer.allocate(100);
        for (int i = 0; i < bytes.length; i++) {
            b.memory().set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, (byte) bytes[i]);
        }
        return b;
    }

    @Test
    void emptyFragmentsAreNoObstacle() {
        Packet p = Packet.copyOf(new byte[] {1});
        p.addFragment(buffer(), 0, 0);
        p.addFragment(buffer(2, 3), 0, 2);
        p.addFragment(buffer(), 50, 0);
        p.addFragment(buffer(9, 4), 1, 1);
        assertArrayEquals(new byte[] {1, 2, 3, 4}, p.toBytes());
        assertEquals(0x0102 + 0x0304, Checksum.fold(Checksum.sum(p, p.start())));
        assertTrue(p.makeLinear(2));
        assertArrayEquals(new byte[] {1, 2, 3, 4}, p.toBytes());
        assertTrue(p.makeLinear(4));
        assertEquals(4, p.headLength());
        p.trim(3);
        assertArrayEquals(new byte[] {1, 2, 3}, p.toBytes());
        p.trim(0);
        assertEquals(0, p.length());
        p.release();
    }

    @Test
    void trimmingReleasesTheFragmentsBehind() {
        Packet p = Packet.copyOf(new byte[3]);
        Buffer kept = buffer(1).retain();
        p.addFragment(kept, 0, 1);
        p.trim(3);
        assertTrue(kept.isExclusive());
        kept.release();
        assertThrows(IllegalArgumentException.class, () -> p.trim(4));
        assertThrows(IllegalArgumentException.class, () -> p.trim(-1));
        p.release();
    }

    @Test
    void aPacketThatDoesNotFitIsNotMadeLinear() {
        Packet p = Packet.allocate(96, 100);
        p.append(p.tailroom() - 10);
        p.addFragment(buffer(), 0, 50);
        assertTrue(p.makeLinear(p.headLength() + 10));
        assertFalse(p.makeLinear(p.headLength() + 1));
        assertFalse(p.makeLinear(p.length() + 1));
        assertEquals(40, p.fragmentLength(0));
        p.release();
    }

    @Test
    void sizesThatCannotBeAreRefusedAndNothingIsKept() {
        assertThrows(IllegalArgumentException.class, () -> Packet.allocate(96, Integer.MAX_VALUE));
        assertThrows(IllegalArgumentException.class, () -> Packet.allocate(96, -1));
        assertThrows(IllegalArgumentException.class, () -> Packet.allocate(96, Buffer.MAX_CAPACITY));
        assertThrows(IllegalArgumentException.class, () -> Buffer.allocate(-1));
        Packet p = Packet.copyOf(new byte[10]);
        byte[] out = new byte[10];
        for (int[] bad : new int[][] {{0, 11}, {11, 0}, {Integer.MAX_VALUE, 1}, {-1, 1}, {1, -1}}) {
            assertThrows(IndexOutOfBoundsException.class, () -> p.copyTo(bad[0], MemorySegment.ofArray(out), 0, bad[1]));
        }
        Buffer b = buffer();
        assertThrows(IndexOutOfBoundsException.class, () -> p.addFragment(b, 200, b.capacity()));
        assertThrows(IllegalStateException.class, () -> p.push(Packet.HEADROOM + 1));
        assertThrows(IllegalStateException.class, () -> p.push(-1));
        assertThrows(IllegalStateException.class, () -> p.pull(-1));
        assertThrows(IllegalStateException.class, () -> p.append(-1));
        assertEquals(10, p.length());
        b.release();
        p.release();
    }

    @Test
    void theThirtyThirdFragmentIsRefusedAndStaysTheCallers() {
        Packet p = Packet.allocate(0, 10);
        for (int i = 0; i < Packet.MAX_FRAGMENTS; i++) {
            p.addFragment(buffer(i), 0, 1);
        }
        Buffer oneMore = buffer();
        assertThrows(IllegalStateException.class, () -> p.addFragment(oneMore, 0, 1));
        assertEquals(Packet.MAX_FRAGMENTS, p.length());
        oneMore.release();
        p.release();
    }

    @Test
    void aCopyShowsNothingOfAnEarlierPacketBeforeItsStart() {
        Packet p = Packet.copyOf(new byte[60]);
        p.markNetworkHeader();
        p.pull(20);
        Packet copy = p.copy();
        copy.rewindToNetworkHeader();
        assertEquals(40, copy.length());
        p.rewindToNetworkHeader();
        assertEquals(60, p.length());
        p.push(14);
        Packet framed = p.copy();
        assertEquals(74, framed.length());
        framed.rewindToNetworkHeader();
        assertEquals(60, framed.length());
        for (Packet each : List.of(p, copy, framed)) {
            each.release();
        }
    }

    @Test
    void aCopyKeepsWhatIsKnownOfThePacketAndItsWantedChecksum() {
        Packet p = Packet.copyOf(new byte[30]);
        p.setAddresses(1, 2, 3, 4);
        p.setIpFacts(6, 64, 0x28);
        p.setSegmentSize(1448);
        p.wantChecksum(0, 16);
        p.push(20);
        Packet c = p.copy();
        assertEquals(List.of(1L, 2L, 3L, 4L), List.of(c.sourceHi(), c.sourceLo(), c.destinationHi(), c.destinationLo()));
        assertEquals(List.of(6, 64, 0x28, 1448), List.of(c.protocol(), c.hopLimit(), c.trafficClass(), c.segmentSize()));
        assertEquals(Packet.Checksumming.WANTED, c.checksumming());
        assertEquals(20, c.checksumStart() - c.start());
        assertEquals(36, c.checksumField() - c.start());
        p.release();
        c.release();
    }

    @Test
    void aReusedPacketRemembersNothing() {
        Packet p = Packet.copyOf(new byte[1]);
        p.setSegmentSize(5);
        p.setBroadcast(true);
        p.setIngress("somewhere");
        p.setChecksumming(Packet.Checksumming.VOUCHED);
        p.setIpFacts(1, 2, 3);
        p.release();
        List<Packet> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Packet q = Packet.allocate(5, 5);
            assertEquals(0, q.segmentSize() + q.protocol() + q.hopLimit() + q.trafficClass() + q.fragmentCount() + q.length());
            assertFalse(q.isBroadcast());
            assertNull(q.ingress());
            assertEquals(Packet.Checksumming.ON_WIRE, q.checksumming());
            all.add(q);
        }
        all.forEach(Packet::release);
    }

    @Test
    void theCaptureHearsOnceWhatBecameOfThePacket() {
        List<String> heard = new ArrayList<>();
        Packet p = Packet.copyOf(new byte[1]);
        p.setCaptureRecord(reason -> heard.add("first " + reason));
        p.setCaptureRecord(reason -> heard.add("second " + reason));
        p.closeCapture("no socket");
        p.release();
        assertEquals(List.of("first null", "second no socket"), heard);
    }

    @Test
    void aListAddedToItselfOrEmptyStaysAsItIs() {
        var list = new PacketList();
        list.addAll(list);
        list.addAll(new PacketList());
        assertNull(list.peek());
        list.add(Packet.copyOf(new byte[1]));
        list.add(Packet.copyOf(new byte[2]));
        list.addAll(list);
        assertEquals(2, list.size());
        assertEquals(1, list.peek().length());
        assertEquals(2, list.after(list.peek()).length());
        list.releaseAll();
        assertTrue(list.isEmpty());
        list.add(Packet.copyOf(new byte[3]));
        assertEquals(3, list.peek().length());
        list.releaseAll();
    }
}
