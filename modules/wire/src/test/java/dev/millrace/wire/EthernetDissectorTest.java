package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The lines of what is on an Ethernet.
class EthernetDissectorTest {
    static List<NetworkSamples.Sample> samples() {
        return NetworkSamples.all();
    }

    private static String line(byte[] frame) {
        return Dissector.ethernet(MemorySegment.ofArray(frame), frame.length);
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void eachMessageHasALine(NetworkSamples.Sample sample) {
        assertEquals(sample.line(), line(sample.frame()), sample.name());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void whatACaptureHasCutOffIsSaid(NetworkSamples.Sample sample) {
        byte[] frame = sample.frame();
        for (int n = 0; n < frame.length; n++) {
            String line = Dissector.ethernet(MemorySegment.ofArray(frame).asSlice(0, n), frame.length);
            assertFalse(line.isBlank() || line.contains("len:-"), n + ": " + line);
            if (n < 34) {
                assertTrue(line.contains("truncated") || line.contains("invalid") || line.startsWith("802.3"), n + ": " + line);
            }
        }
    }

    @Test
    void otherTypesAreNamedWithTheirAddresses() {
        assertEquals("ethernet 02:00:00:00:00:02 -> 01:80:c2:00:00:0e type:0x88cc(lldp) len:4",
                line(hex("0180c200000e 020000000002 88cc 00000000")));
        assertEquals("ethernet 02:00:00:00:00:02 -> 02:00:00:00:00:01 type:0x9999 len:0",
                line(hex("020000000001 020000000002 9999")));
    }

    @Test
    void tagsThatAreTooManyOrCutOffAreSaid() {
        assertTrue(line(hex("020000000001 020000000002" + "81000001".repeat(5) + "0800")).endsWith(
                "invalid: VLAN tags, too many headers within each other"));
        assertEquals("vlan:1 ethernet 02:00:00:00:00:02 -> 02:00:00:00:00:01 invalid: VLAN tags, truncated",
                line(hex("020000000001 020000000002 81000001 8100 00")));
    }

    @Test
    void framesWithinFramesEnd() {
        byte[] inner = new byte[0];
        for (int i = 0; i < 20; i++) {
            byte[] outer = new byte[50 + inner.length];
            MemorySegment m = MemorySegment.ofArray(outer);
            EthernetHeader.write(m, 0, 1, 2, EtherType.IPV4);
            Ipv4Header.write(m, 14, 0, outer.length - 14, 0, 0, 64, IpProtocol.UDP, 1, 2);
            UdpHeader.write(m, 34, 1, VxlanHeader.PORT, outer.length - 34);
            VxlanHeader.write(m, 42, i);
            System.arraycopy(inner, 0, outer, 50, inner.length);
            inner = outer;
        }
        String line = line(inner);
        assertTrue(line.endsWith("vxlan vni:17 {...}}}") && line.contains("vni:18 {"), line);
    }

    @Test
    void manyOptionsAndServersMakeNoLongLine() {
        byte[] packet = new byte[40 + 8 + 8 * 4000];
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv6Header.write(m, 0, 0, 0, packet.length - 40, IpProtocol.ICMPV6, 255, 0xfe80L << 48, 1, 0xff02L << 48, 1);
        long at = NdpMessage.writeRouterSolicitation(m, 40);
        while (at < packet.length) {
            at = NdpOptionWriter.mtu(m, at, 1500);
        }
        assertTrue(Dissector.ip(packet).endsWith("MTU:1500 ...}"), Dissector.ip(packet));
        NdpOptionWriter.rdnss(m, 48, 1, java.util.Collections.nCopies(127, IpAddress.ANY_V6));
        assertTrue(Dissector.ip(packet).length() < 600, Dissector.ip(packet));
    }

    @Test
    void badOptionsAreSaid() {
        byte[] packet = new byte[40 + 8 + 16];
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv6Header.write(m, 0, 0, 0, 24, IpProtocol.ICMPV6, 255, 0xfe80L << 48, 1, 0xff02L << 48, 1);
        NdpMessage.writeRouterSolicitation(m, 40);
        BigEndian.put16(m, 48, 0xfd01);
        assertTrue(Dissector.ip(packet).endsWith(
                " invalid: impossible option length len:16 options: {ignored:1 malformed}"), Dissector.ip(packet));
    }

    @Test
    void whatAHostWouldNotBelieveIsSaid() {
        for (NetworkSamples.Sample sample : NetworkSamples.all()) {
            byte[] frame = sample.frame();
            if (sample.name().startsWith("ndp") || sample.name().startsWith("mld")) {
                Ipv6Header.setHopLimit(sample.memory(), 14, 64);
                assertTrue(line(frame).contains(" code:0 invalid: wrong hop limit "), line(frame));
            }
        }
        // ICMPv6 behind IPv4 is no such message.
        byte[] packet = new byte[44];
        Ipv4Header.write(MemorySegment.ofArray(packet), 0, 0, 44, 0, 0, 64, IpProtocol.ICMPV6, 1, 2);
        NdpMessage.writeNeighborSolicitation(MemorySegment.ofArray(packet), 20, 0, 1);
        assertTrue(Dissector.ip(packet).contains(" code:0 who-has ::1 "), Dissector.ip(packet));
    }

    @Test
    void namesCannotWriteOnTheScreen() {
        byte[] packet = new byte[40 + 8 + 24];
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv6Header.write(m, 0, 0, 0, 32, IpProtocol.ICMPV6, 255, 0xfe80L << 48, 1, 0xff02L << 48, 1);
        NdpOptionWriter.dnssl(m, NdpMessage.writeRouterSolicitation(m, 40), 5, List.of("a.example", "b"));
        assertTrue(Dissector.ip(packet).endsWith("{DNSSL:a.example,b,lifetime:5}"), Dissector.ip(packet));
        BigEndian.put8(m, 40 + 8 + 8 + 1, 0x1b);
        assertTrue(Dissector.ip(packet).endsWith("{DNSSL:b,lifetime:5}"), Dissector.ip(packet));
        assertEquals(-1, Arrays.binarySearch(Dissector.ip(packet).chars().sorted().toArray(), 0x1b));
    }
}
