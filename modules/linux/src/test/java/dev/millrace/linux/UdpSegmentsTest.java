package dev.millrace.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.RecordingSink;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Super-datagrams become the datagrams that they stand for.
class UdpSegmentsTest {
    private static Packet superDatagram(boolean v4, int link, byte[] payload, int size) {
        int ip = v4 ? 20 : 40;
        int n = link + ip + 8 + payload.length;
        Packet p = Packet.allocate(Packet.HEADROOM, n);
        int at = p.append(n);
        MemorySegment m = p.memory();
        if (v4) {
            Ipv4Header.write(m, at + link, 0, ip + 8 + payload.length, 65535, Ipv4Header.DONT_FRAGMENT, 64, IpProtocol.UDP,
                    0x0a000001, 0x0a000002);
        } else {
            Ipv6Header.write(m, at + link, 0, 0, 8 + payload.length, IpProtocol.UDP, 64, 1, 2, 3, 4);
        }
        UdpHeader.write(m, at + link + ip, 1000, 2000, 8 + payload.length);
        MemorySegment.copy(payload, 0, m, java.lang.foreign.ValueLayout.JAVA_BYTE, at + link + ip + 8, payload.length);
        p.setSegmentSize(size);
        return p;
    }

    @Property(tries = 300)
    void payloadsInOrderAreTheWhole(@ForAll boolean v4, @ForAll boolean tap, @ForAll @IntRange(min = 1, max = 9000) int length,
            @ForAll @IntRange(min = 1, max = 1472) int size, @ForAll long seed) throws Exception {
        if (length / size > 128) {
            return;
        }
        byte[] payload = new byte[length];
        new Random(seed).nextBytes(payload);
        int link = tap ? 14 : 0;
        int ip = v4 ? 20 : 40;
        try (LeakCheck _ = new LeakCheck()) {
            var sink = new RecordingSink();
            var list = new PacketList();
            UdpSegments.cut(superDatagram(v4, link, payload, size), link, sink, list);
            assertEquals((length + size - 1) / size, list.size());
            var all = new ByteArrayOutputStream();
            int number = 0;
            Packet p;
            while ((p = list.poll()) != null) {
                MemorySegment m = p.memory();
                int at = p.start() + link;
                int n = p.length() - link - ip - 8;
                assertTrue(list.isEmpty() || n == size);
                if (v4) {
                    assertEquals(p.length() - link, Ipv4Header.totalLength(m, at));
                    assertEquals(65535 + number & 0xffff, Ipv4Header.identification(m, at));
                    assertTrue(Ipv4Header.checksumIsRight(m, at));
                } else {
                    assertEquals(8 + n, Ipv6Header.payloadLength(m, at));
                }
                assertEquals(8 + n, UdpHeader.length(m, at + ip));
                assertEquals(2000, UdpHeader.destinationPort(m, at + ip));
                assertEquals(0, p.segmentSize());
                assertEquals(Checksumming.WANTED, p.checksumming());
                all.write(p.toBytes(), link + ip + 8, n);
                p.release();
                number++;
            }
            assertArrayEquals(payload, all.toByteArray());
        }
    }

    @Property
    void anythingElseIsDroppedAndCounted(@ForAll @Size(max = 80) byte[] bytes, @ForAll @IntRange(min = 1, max = 50) int size) {
        try (LeakCheck _ = new LeakCheck()) {
            var sink = new RecordingSink();
            var list = new PacketList();
            Packet p = Packet.copyOf(bytes);
            p.setSegmentSize(size);
            UdpSegments.cut(p, 0, sink, list);
            assertTrue(sink.drops.isEmpty() || sink.drops.equals(java.util.List.of(DropReason.LINK_REFUSED)));
            list.releaseAll();
        }
    }
}
