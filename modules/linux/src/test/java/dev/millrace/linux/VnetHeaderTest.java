package dev.millrace.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// The header in front of packets, in both directions. Byte order is the machine's; the expectations are for the usual one.
class VnetHeaderTest {
    private static Packet tcp(int version, int payload) {
        int ip = version == 4 ? 20 : 40;
        Packet p = Packet.allocate(Packet.HEADROOM, ip + 32 + payload);
        p.append(ip + 32 + payload);
        p.memory().asSlice(p.start(), ip + 32 + payload).fill((byte) 0);
        p.memory().set(java.lang.foreign.ValueLayout.JAVA_BYTE, p.start(), (byte) (version << 4 | 5));
        p.memory().set(java.lang.foreign.ValueLayout.JAVA_BYTE, p.start() + ip + 12, (byte) 0x80);
        p.wantChecksum(ip, TcpHeader.CHECKSUM_OFFSET);
        p.setChecksumming(Checksumming.PARTIAL);
        return p;
    }

    private static String header(Packet p) {
        byte[] bytes = p.toBytes();
        p.release();
        return HexFormat.of().formatHex(bytes, 0, VnetHeader.LENGTH);
    }

    @Test
    void superSegmentOfTcpSaysWhereToCutAndWhatToSum() {
        Packet v4 = tcp(4, 3000);
        v4.setSegmentSize(1448);
        VnetHeader.push(v4, 0);
        // NEEDS_CSUM, TCPV4, 52 bytes of headers, 1448, checksum from 20 at 16 behind.
        assertEquals("01013400a80514001000", header(v4));
        Packet v6 = tcp(6, 3000);
        v6.setSegmentSize(1428);
        VnetHeader.push(v6, 0);
        assertEquals("01044800940528001000", header(v6));
    }

    @Test
    void offsetsCountFromTheEthernetHeaderOnTap() {
        Packet p = tcp(4, 3000);
        p.push(14);
        p.setSegmentSize(1448);
        VnetHeader.push(p, 14);
        assertEquals("01014200a80522001000", header(p));
    }

    @Test
    void plainPacketHasAnEmptyHeader() {
        Packet p = tcp(4, 10);
        p.setChecksumming(Checksumming.ON_WIRE);
        VnetHeader.push(p, 0);
        assertEquals("00000000000000000000", header(p));
    }

    @Test
    void whatIsPushedIsPulled() {
        Packet p = tcp(4, 3000);
        p.setSegmentSize(1448);
        VnetHeader.push(p, 0);
        Packet q = Packet.copyOf(p.toBytes());
        p.release();
        assertEquals(VnetHeader.GSO_TCPV4, VnetHeader.pull(q));
        assertEquals(3052, q.length());
        assertEquals(1448, q.segmentSize());
        assertEquals(Checksumming.PARTIAL, q.checksumming());
        assertEquals(q.start() + 20, q.checksumStart());
        assertEquals(q.start() + 36, q.checksumField());
        q.release();
    }

    @Test
    void checksumOutsideThePacketIsRefused() {
        Packet p = Packet.copyOf(HexFormat.of().parseHex("01000000000004000000" + "45000014"));
        assertEquals(-1, VnetHeader.pull(p));
        p.release();
    }

    @Test
    void checkedByTheDeviceNeedsNoSecondCheck() {
        Packet p = Packet.copyOf(HexFormat.of().parseHex("02000000000000000000" + "45000014"));
        assertEquals(VnetHeader.GSO_NONE, VnetHeader.pull(p));
        assertEquals(Checksumming.VOUCHED, p.checksumming());
        p.release();
    }

    @Property
    void anyHeaderIsTakenOrRefusedAndNeverPointsOutside(@ForAll @Size(VnetHeader.LENGTH) byte[] header,
            @ForAll @IntRange(max = 300) int length) {
        try (LeakCheck _ = new LeakCheck()) {
            byte[] all = java.util.Arrays.copyOf(header, VnetHeader.LENGTH + length);
            Packet p = Packet.copyOf(all);
            int type = VnetHeader.pull(p);
            assertEquals(length, p.length());
            if (type >= 0 && p.checksumming() == Checksumming.PARTIAL) {
                assertEquals(true, p.checksumField() + 2 <= p.end());
            }
            if (type > 0) {
                assertEquals(true, p.segmentSize() > 0);
            }
            p.release();
        }
    }
}
