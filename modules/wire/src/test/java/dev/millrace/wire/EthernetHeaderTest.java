package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// Ethernet II headers and how a dissected frame begins.
class EthernetHeaderTest {
    private static MemorySegment hex(String hex) {
        return MemorySegment.ofArray(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    @Test
    void whatIsWrittenIsRead() {
        MemorySegment m = MemorySegment.ofArray(new byte[17]);
        EthernetHeader.write(m, 3, 0xfedc_ba98_7654L, 0x0200_5e10_00ffL, EtherType.IPV6);
        assertEquals(WireError.NONE, EthernetHeader.check(m, 3, 14));
        assertEquals(0xfedc_ba98_7654L, EthernetHeader.destination(m, 3));
        assertEquals(0x0200_5e10_00ffL, EthernetHeader.source(m, 3));
        assertEquals(EtherType.IPV6, EthernetHeader.type(m, 3));
        assertEquals("000000fedcba98765402005e1000ff86dd", HexFormat.of().formatHex(m.toArray(
                java.lang.foreign.ValueLayout.JAVA_BYTE)));
    }

    @Test
    void shortFramesAndLengthFieldsAreNoEthernetII() {
        MemorySegment m = MemorySegment.ofArray(new byte[14]);
        for (int n = 0; n < 14; n++) {
            assertEquals(WireError.TRUNCATED, EthernetHeader.check(m.asSlice(0, n), 0, n));
        }
        EthernetHeader.write(m, 0, 1, 2, 0x05ff);
        assertEquals(WireError.UNKNOWN_FORMAT, EthernetHeader.check(m, 0, 14));
    }

    @Test
    void shortFramesArePaddedWithZeros() {
        MemorySegment m = MemorySegment.ofArray(new byte[70]).fill((byte) 0x55);
        assertEquals(60, EthernetHeader.pad(m, 3, 42));
        assertEquals("55" + "00".repeat(18) + "55", HexFormat.of().formatHex(
                m.asSlice(44, 20).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)));
        assertEquals(60, EthernetHeader.pad(m, 3, 60));
        assertEquals(1514, EthernetHeader.pad(m, 3, 1514));
    }

    @Test
    void tagsAreSteppedOver() {
        MemorySegment m = MemorySegment.ofArray(new byte[40]);
        EthernetHeader.writeTagged(m, 2, 1, 2, VlanTag.control(7, false, 4094), EtherType.IPV6);
        long found = VlanTag.walk(m, 2, 18);
        assertEquals(WireError.NONE, VlanTag.error(found));
        assertEquals(1, VlanTag.count(found));
        assertEquals(18, VlanTag.offset(found));
        assertEquals(EtherType.IPV6, VlanTag.type(found));
        assertEquals(EtherType.VLAN, VlanTag.tagType(m, 2, 0));
        assertEquals(4094, VlanTag.vlan(VlanTag.control(m, 2, 0)));
        assertEquals(7, VlanTag.priority(VlanTag.control(m, 2, 0)));
        assertEquals(WireError.TRUNCATED, VlanTag.error(VlanTag.walk(m, 2, 17)));
        assertEquals(WireError.TRUNCATED, VlanTag.error(VlanTag.walk(m, 2, 13)));
    }

    @Test
    void onlySoManyTagsAreLookedAt() {
        MemorySegment m = MemorySegment.ofArray(new byte[60]);
        for (int i = 0; i <= VlanTag.MAX_TAGS; i++) {
            assertEquals(i, VlanTag.count(VlanTag.walk(m, 0, 60)));
            assertEquals(WireError.NONE, VlanTag.error(VlanTag.walk(m, 0, 60)));
            VlanTag.write(m, 12 + 4 * i, i % 2 == 0 ? EtherType.PROVIDER_VLAN : EtherType.VLAN, i);
        }
        assertEquals(WireError.TOO_DEEP, VlanTag.error(VlanTag.walk(m, 0, 60)));
    }

    @Test
    void framesAreDissectedBehindTheirHeaderAndTheirTag() {
        String udp = "45000020 00010000 40110000 0a000001 0a000002 0035 0400 000c 1234 00000000";
        String line = "udp 10.0.0.1:53 -> 10.0.0.2:1024 len:4 id:0x0001 xsum:0x1234";
        MemorySegment plain = hex("020000000001 020000000002 0800" + udp);
        assertEquals(line, Dissector.ethernet(plain, (int) plain.byteSize()));
        MemorySegment tagged = hex("020000000001 020000000002 8100 0007 0800" + udp);
        assertEquals("vlan:7 " + line, Dissector.ethernet(tagged, (int) tagged.byteSize()));
        assertEquals("arp 02:00:00:00:00:02 -> ff:ff:ff:ff:ff:ff invalid: unknown format len:28",
                Dissector.ethernet(hex("ffffffffffff 020000000002 0806" + "00".repeat(28)), 42));
        assertEquals("invalid packet: Ethernet header truncated at 13 bytes", Dissector.ethernet(hex("00".repeat(13)), 60));
    }
}
