package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The lines of packets that are no plain SYN: fragments, extension headers, padding, super-segments, damage.
class DissectorLinesTest {
    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] ipv4(int protocol, int flagsAndOffset, String payload) {
        byte[] rest = hex(payload);
        byte[] packet = new byte[20 + rest.length];
        Ipv4Header.write(MemorySegment.ofArray(packet), 0, 0, packet.length, 7, flagsAndOffset, 64, protocol,
                0x0a000001, 0x0a000002);
        System.arraycopy(rest, 0, packet, 20, rest.length);
        return packet;
    }

    private static byte[] ipv6(int next, String payload) {
        byte[] rest = hex(payload);
        byte[] packet = new byte[40 + rest.length];
        Ipv6Header.write(MemorySegment.ofArray(packet), 0, 0, 0, rest.length, next, 64, 0xfdL << 56, 1, 0xfdL << 56, 2);
        System.arraycopy(rest, 0, packet, 40, rest.length);
        return packet;
    }

    private static final String ACK_WITH_SACK = "1f90 9c40 00000001 80000000 d010 ffff abcd 0000 "
            + "0101080a 00000005 fffffff0 0101 0512 0000000a 00000014 fffffff0 00000010";

    @Test
    void anAckShowsTimestampsAndSackBlocks() {
        assertEquals("tcp 10.0.0.1:8080 -> 10.0.0.2:40000 len:0 id:0x0007 flags:    A  seqnum:1 ack:2147483648 win:65535 "
                + "xsum:0xabcd options: {TS:true TSVal:5 TSEcr:4294967280 SACKBlocks:[10-20 4294967280-16]}",
                Dissector.ip(ipv4(6, 0, ACK_WITH_SACK)));
    }

    @Test
    void malformedAndUnknownOptionsAreSaid() {
        String line = Dissector.ip(ipv4(6, 0, "0001 0002 00000000 00000000 7002 0000 0000 0000 fd04 1234 0200 0000"));
        assertTrue(line.endsWith("options: {unknown:1 malformed}"), line);
        assertTrue(Dissector.ip(ipv4(6, 0, "0001 0002 00000000 00000000 4002 0000 0000 0000"))
                .endsWith("invalid header length 16"));
    }

    @Test
    void aHeaderThatReachesBeyondThePacketIsTruncatedEvenIfPaddingFollows() {
        byte[] packet = ipv4(6, 0, ACK_WITH_SACK);
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv4Header.write(m, 0, 0, 45, 7, 0, 64, 6, 1, 2);
        assertTrue(Dissector.ip(packet).endsWith(" truncated options"), Dissector.ip(packet));
        Ipv4Header.write(m, 0, 0, 39, 7, 0, 64, 6, 1, 2);
        assertTrue(Dissector.ip(packet).contains("truncated header"), Dissector.ip(packet));
    }

    @Test
    void superSegmentsShowTheSizeOfTheirParts() {
        byte[] packet = ipv4(6, 0, ACK_WITH_SACK);
        assertTrue(Dissector.ip(MemorySegment.ofArray(packet), packet.length, 1448).endsWith(" gso:1448"));
        assertFalse(Dissector.ip(MemorySegment.ofArray(packet), packet.length, 0).contains("gso"));
    }

    @Test
    void fragmentsShowWhereTheyBelong() {
        assertEquals("udp 10.0.0.1:53 -> 10.0.0.2:1024 len:0 id:0x0007 xsum:0x0000 more-fragments",
                Dissector.ip(ipv4(17, Ipv4Header.MORE_FRAGMENTS, "0035 0400 0100 0000")));
        assertEquals("udp 10.0.0.1 -> 10.0.0.2 fragment offset:1480 len:8 id:0x0007",
                Dissector.ip(ipv4(17, 185, "0000000000000000")));
        assertEquals("udp [fd00::1]:53 -> [fd00::2]:1024 len:0 id:0x12345678 xsum:0x0000 more-fragments",
                Dissector.ip(ipv6(44, "11000001 12345678 0035 0400 0100 0000")));
        assertEquals("udp fd00::1 -> fd00::2 fragment offset:1480 len:8 id:0x12345678",
                Dissector.ip(ipv6(44, "110005c8 12345678 0000000000000000")));
    }

    @Test
    void extensionHeadersAreSteppedOver() {
        assertEquals("udp [fd00::1]:53 -> [fd00::2]:1024 len:0 xsum:0x0000", Dissector.ip(ipv6(0,
                "3c00010400000000 3300010400000000 1104 0000 00000001 00000001 000000000000000000000000 0035 0400 0008 0000")));
        assertEquals("nothing fd00::1 -> fd00::2 len:0", Dissector.ip(ipv6(59, "")));
        assertTrue(Dissector.ip(ipv6(60, "3c00010400000000".repeat(20))).endsWith("too many extension headers"));
        assertTrue(Dissector.ip(ipv6(60, "3cff0104")).endsWith("truncated extension header 60"));
        assertEquals("udp fd00::1 -> fd00::2 truncated header", Dissector.ip(ipv6(60, "11ff010400000000")));
    }

    @Test
    void otherProtocolsAndOtherThingsAreNamed() {
        assertEquals("protocol 253 10.0.0.1 -> 10.0.0.2 len:2 id:0x0007", Dissector.ip(ipv4(253, 0, "0000")));
        assertEquals("icmp6 fd00::1 -> fd00::2 packet-too-big type:2 code:0 len:0",
                Dissector.ip(ipv6(58, "0200 0000 000005dc")));
        assertTrue(Dissector.ip(new byte[0]).startsWith("invalid packet"));
        assertTrue(Dissector.ip(new byte[] {0x70}).startsWith("invalid packet"));
    }

    @Test
    void noTruncationOrDamageThrowsOrMakesALengthNegative() {
        byte[][] samples = {ipv4(6, 0, ACK_WITH_SACK), ipv4(1, 0, "0800 0000 00010002 00"), ipv4(17, 0, "0035 0400 0008 0000"),
            ipv6(0, "3c00010400000000 0600010400000000" + ACK_WITH_SACK), ipv6(44, "11000001 12345678 0035 0400 0100 0000")};
        var random = new Random(5);
        for (byte[] sample : samples) {
            for (int n = 0; n <= sample.length; n++) {
                byte[] cut = Arrays.copyOf(sample, n);
                check(Dissector.ip(cut));
                check(Dissector.ip(MemorySegment.ofArray(cut), sample.length));
                for (int i = 0; i < 20 && n > 1; i++) {
                    cut[1 + random.nextInt(n - 1)] = (byte) random.nextInt();
                    check(Dissector.ip(cut));
                    check(Dissector.ip(MemorySegment.ofArray(cut), sample.length));
                }
            }
        }
    }

    private static void check(String line) {
        assertFalse(line.isBlank() || line.contains("len:-"), line);
    }
}
