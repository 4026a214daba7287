package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// ARP packets: what is written is read, and what must not be believed is not.
class ArpPacketTest {
    private static MemorySegment request() {
        MemorySegment m = MemorySegment.ofArray(new byte[28]);
        ArpPacket.writeRequest(m, 0, 0x0200_0000_0002L, 0x0a00_0002, 0x0a00_0001);
        return m;
    }

    @Test
    void bytesAreThoseOfRfc826() {
        assertEquals("0001 0800 06 04 0001 020000000002 0a000002 000000000000 0a000001".replace(" ", ""),
                HexFormat.of().formatHex(request().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)));
    }

    @Property
    void fieldsAreReadAsTheyWereWritten(@ForAll @IntRange(max = 65535) int operation,
            @ForAll @LongRange(max = MacAddress.BROADCAST) long sender, @ForAll int senderAddress,
            @ForAll @LongRange(max = MacAddress.BROADCAST) long target, @ForAll int targetAddress) {
        MemorySegment m = MemorySegment.ofArray(new byte[31]);
        ArpPacket.write(m, 3, operation, sender, senderAddress, target, targetAddress);
        assertEquals(operation, ArpPacket.operation(m, 3));
        assertEquals(sender, ArpPacket.senderHardware(m, 3));
        assertEquals(senderAddress, ArpPacket.senderAddress(m, 3));
        assertEquals(target, ArpPacket.targetHardware(m, 3));
        assertEquals(targetAddress, ArpPacket.targetAddress(m, 3));
    }

    @ParameterizedTest(name = "{0} bytes of {1} at {2}: {3}")
    @CsvSource({
        // Hardware and protocol type, lengths, operation.
        "2, 6, 0, UNKNOWN_FORMAT", "2, 0x86dd, 2, UNKNOWN_FORMAT", "1, 8, 4, BAD_LENGTH", "1, 16, 5, BAD_LENGTH",
        "2, 0, 6, BAD_CODE", "2, 3, 6, BAD_CODE", "2, 2, 6, NONE",
        // The sender: a group's MAC address; multicast, broadcast, loopback.
        "1, 3, 8, BAD_SOURCE", "1, 255, 8, BAD_SOURCE", "1, 224, 14, BAD_SOURCE", "1, 239, 14, BAD_SOURCE",
        "4, 0xffffffff, 14, BAD_SOURCE", "1, 127, 14, BAD_SOURCE", "4, 0, 14, NONE", "1, 223, 14, NONE",
        // The target.
        "1, 224, 24, BAD_TARGET", "1, 127, 24, BAD_TARGET", "4, 0xffffffff, 24, BAD_TARGET"})
    void whatCannotBeBelieved(int size, String value, int at, WireError error) {
        MemorySegment m = request();
        long v = Long.decode(value);
        for (int i = 0; i < size; i++) {
            BigEndian.put8(m, at + i, (int) (v >>> 8 * (size - 1 - i)));
        }
        assertEquals(error, ArpPacket.check(m, 0, 28));
    }

    @Test
    void repliesHaveASender() {
        MemorySegment m = request();
        ArpPacket.writeReply(m, 0, 2, 0, 1, 0x0a00_0001);
        assertEquals(WireError.BAD_SOURCE, ArpPacket.check(m, 0, 28));
    }

    @Test
    void cutOffPacketsAreTruncatedAndPaddingIsNotLookedAt() {
        for (int n = 0; n < 28; n++) {
            assertEquals(WireError.TRUNCATED, ArpPacket.check(request().asSlice(0, n), 0, n));
        }
        assertEquals(WireError.NONE, ArpPacket.check(request(), 0, 46));
    }

    @Test
    void probesAndAnnouncementsAreKnown() {
        MemorySegment m = request();
        assertFalse(ArpPacket.isProbe(m, 0) || ArpPacket.isAnnouncement(m, 0));
        ArpPacket.writeProbe(m, 0, 2, 0x0a00_0002);
        assertTrue(ArpPacket.isProbe(m, 0) && !ArpPacket.isAnnouncement(m, 0));
        assertEquals(WireError.NONE, ArpPacket.check(m, 0, 28));
        ArpPacket.writeAnnouncement(m, 0, 2, 0x0a00_0002);
        assertTrue(!ArpPacket.isProbe(m, 0) && ArpPacket.isAnnouncement(m, 0));
        ArpPacket.writeReply(m, 0, 2, 0x0a00_0002, MacAddress.BROADCAST, 0x0a00_0002);
        assertTrue(ArpPacket.isAnnouncement(m, 0));
    }
}
