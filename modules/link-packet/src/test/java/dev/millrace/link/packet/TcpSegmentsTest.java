package dev.millrace.link.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.RecordingSink;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// Super-segments become the segments that they stand for, and tags go where they belong.
class TcpSegmentsTest {
    private static Packet superSegment(boolean v4, int link, int options, byte[] payload, int size, boolean partial) {
        int ip = v4 ? 20 : 40;
        int tcp = link + ip;
        int headers = tcp + 20 + options;
        Packet p = Packet.allocate(Packet.HEADROOM, headers + payload.length);
        int at = p.append(headers + payload.length);
        MemorySegment m = p.memory();
        m.asSlice(at, headers).fill((byte) 1);
        if (v4) {
            Ipv4Header.write(m, at + link, 0, ip + 20 + options + payload.length, 65535, Ipv4Header.DONT_FRAGMENT, 64,
                    IpProtocol.TCP, 0x0a000001, 0x0a000002);
        } else {
            Ipv6Header.write(m, at + link, 0, 0, 20 + options + payload.length, IpProtocol.TCP, 64, 1, 2, 3, 4);
        }
        TcpHeader.write(m, at + tcp, 1000, 2000, -5, 77, 20 + options, 0x1ff & ~TcpHeader.RST, 500, 0);
        MemorySegment.copy(payload, 0, m, java.lang.foreign.ValueLayout.JAVA_BYTE, at + headers, payload.length);
        p.setSegmentSize(size);
        if (partial) {
            p.wantChecksum(tcp, TcpHeader.CHECKSUM_OFFSET);
            p.setChecksumming(Checksumming.PARTIAL);
        }
        return p;
    }

    @Property(tries = 300)
    void segmentsAreThePayloadInOrder(@ForAll boolean v4, @ForAll @IntRange(max = 2) int tags, @ForAll boolean partial,
            @ForAll @IntRange(max = 10) int words, @ForAll @IntRange(max = 5000) int length,
            @ForAll @IntRange(min = 1, max = 1460) int size, @ForAll long seed) {
        try (LeakCheck _ = new LeakCheck()) {
            byte[] payload = new byte[length];
            new Random(seed).nextBytes(payload);
            int link = 14 + 4 * tags;
            int ip = v4 ? 20 : 40;
            int headers = link + ip + 20 + 4 * words;
            var sink = new RecordingSink();
            var list = new PacketList();
            TcpSegments.cut(superSegment(v4, link, 4 * words, payload, size, partial), link, sink, list);
            int count = Math.max(1, (length + size - 1) / size);
            assertEquals(count, list.size());
            var all = new ByteArrayOutputStream();
            Packet p;
            for (int i = 0; (p = list.poll()) != null; i++) {
                MemorySegment m = p.memory();
                int at = p.start();
                int n = p.length() - headers;
                assertTrue(list.isEmpty() || n == size);
                if (v4) {
                    assertEquals(p.length() - link, Ipv4Header.totalLength(m, at + link));
                    assertEquals(65535 + i & 0xffff, Ipv4Header.identification(m, at + link));
                    assertTrue(Ipv4Header.checksumIsRight(m, at + link));
                } else {
                    assertEquals(p.length() - link - 40, Ipv6Header.payloadLength(m, at + link));
                }
                assertEquals(-5 + all.size(), TcpHeader.sequence(m, at + link + ip));
                assertEquals(20 + 4 * words, TcpHeader.headerLength(m, at + link + ip));
                int flags = TcpHeader.flags(m, at + link + ip);
                assertEquals(i == 0, (flags & TcpHeader.CWR) != 0);
                assertEquals(list.isEmpty(), (flags & TcpHeader.FIN) != 0);
                assertEquals(list.isEmpty(), (flags & TcpHeader.PSH) != 0);
                assertEquals(TcpHeader.ACK | TcpHeader.ECE, flags & (TcpHeader.ACK | TcpHeader.ECE));
                assertEquals(0, p.segmentSize());
                assertEquals(Checksumming.WANTED, p.checksumming());
                all.write(p.toBytes(), headers, n);
                p.release();
            }
            assertArrayEquals(payload, all.toByteArray());
        }
    }

    @Property
    void anythingElseIsDroppedOrCutAndNeverThrows(@ForAll @Size(max = 120) byte[] bytes, @ForAll @IntRange(min = 1, max = 50) int size,
            @ForAll @IntRange(max = 119) int checksumStart, @ForAll @IntRange(max = 40) int checksumOffset, @ForAll boolean partial,
            @ForAll @IntRange(max = 3) int kind) {
        if (bytes.length > 34 && kind > 0) {
            // Near enough to the real thing to come far.
            bytes[14] = (byte) (kind == 1 ? 0x45 : 0x60);
            bytes[kind == 1 ? 23 : 20] = 6;
        }
        try (LeakCheck _ = new LeakCheck()) {
            var sink = new RecordingSink();
            var list = new PacketList();
            Packet p = Packet.copyOf(bytes);
            p.setSegmentSize(size);
            if (partial && checksumStart + checksumOffset + 2 <= bytes.length) {
                p.wantChecksum(checksumStart, checksumOffset);
                p.setChecksumming(Checksumming.PARTIAL);
            }
            TcpSegments.cut(p, FrameTags.networkOffset(p), sink, list);
            assertTrue(list.isEmpty() ? sink.drops.equals(List.of(DropReason.LINK_REFUSED)) : sink.drops.isEmpty());
            list.releaseAll();
        }
    }

    @Test
    void tagIsBetweenAddressesAndType() {
        Packet p = VethPair.frame(60, 1);
        byte[] before = p.toBytes();
        assertEquals(14, FrameTags.networkOffset(p));
        p.wantChecksum(14, 2);
        int field = p.checksumField();
        FrameTags.insert(p, EtherType.VLAN, 0xa005);
        byte[] after = p.toBytes();
        assertArrayEquals(java.util.Arrays.copyOf(before, 12), java.util.Arrays.copyOf(after, 12));
        assertArrayEquals(new byte[] {(byte) 0x81, 0, (byte) 0xa0, 5}, java.util.Arrays.copyOfRange(after, 12, 16));
        assertArrayEquals(java.util.Arrays.copyOfRange(before, 12, 60), java.util.Arrays.copyOfRange(after, 16, 64));
        assertEquals(18, FrameTags.networkOffset(p));
        assertEquals(field, p.checksumField(), "the bytes under it have not moved");
        FrameTags.insert(p, 0x88a8, 1);
        assertEquals(22, FrameTags.networkOffset(p));
        FrameTags.insert(p, 0x88a8, 1);
        assertEquals(26, FrameTags.networkOffset(p));
        p.release();
    }
}
