package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Raw options: what is there is shown, unknown ones too, and nothing outside is looked at.
class OptionCursorProperties {
    private final OptionCursor cursor = new OptionCursor();

    private static MemorySegment exactly(byte[] bytes) {
        MemorySegment m = Arena.ofAuto().allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, m, 0, bytes.length);
        return m;
    }

    private static byte[] ipv4(String options) {
        byte[] o = HexFormat.of().parseHex(options.replace(" ", ""));
        byte[] header = new byte[20 + o.length];
        header[0] = (byte) (0x40 | header.length / 4);
        header[3] = (byte) header.length;
        System.arraycopy(o, 0, header, 20, o.length);
        return header;
    }

    private String walk() {
        var seen = new StringBuilder();
        while (cursor.next()) {
            seen.append(cursor.kind()).append('@').append(cursor.offset()).append('+').append(cursor.dataLength()).append(' ');
        }
        return seen.append(cursor.error()).toString();
    }

    @Example
    void showsKnownAndUnknownIpv4OptionsInOrder() {
        // NOP, router alert, an unknown one, record route, end of list, and a byte behind it that is none.
        cursor.overIpv4(exactly(ipv4("01 94040000 de03ff 070304 00 55")), 0);
        assertEquals("1@20+0 148@21+2 222@25+1 7@28+1 0@31+0 NONE", walk());
    }

    @Example
    void saysWhetherAnOptionIsCopiedIntoFragments() {
        cursor.overIpv4(exactly(ipv4("94040000")), 0);
        assertTrue(cursor.next() && cursor.ipv4IsCopied());
        cursor.overIpv4(exactly(ipv4("07030400")), 0);
        assertTrue(cursor.next());
        assertFalse(cursor.ipv4IsCopied());
    }

    @Example
    void aMalformedOptionEndsTheWalkAtItsOffset() {
        for (String bad : new String[] {"01 9400 00", "01 9401 00", "01 9404 00", "010101 94"}) {
            cursor.overIpv4(exactly(ipv4(bad)), 0);
            String seen = walk();
            assertTrue(seen.endsWith("BAD_OPTION_LENGTH"), bad + ": " + seen);
            assertEquals(20 + bad.replace(" ", "").indexOf("94") / 2, cursor.offset(), bad);
            assertFalse(cursor.next());
        }
    }

    @Example
    void ipv6OptionsHavePaddingAndActions() {
        byte[] header = HexFormat.of().parseHex("0601 00 0100 c501aa 01020000 8300 00 00".replace(" ", ""));
        cursor.overIpv6(exactly(header), 0, header.length);
        assertEquals("0@2+0 1@3+0 197@5+1 1@8+2 131@12+0 0@14+0 0@15+0 NONE", walk());
        cursor.overIpv6(exactly(header), 0, header.length);
        int[] actions = {0, 0, 3, 0, 2, 0, 0};
        for (int action : actions) {
            assertTrue(cursor.next());
            assertEquals(action, cursor.ipv6ActionIfUnknown());
        }
    }

    @Example
    void anIpv6HeaderThatIsCutOffHasNoOptions() {
        byte[] header = HexFormat.of().parseHex("06010104000000000104000000000000");
        for (int n = 0; n < header.length; n++) {
            cursor.overIpv6(exactly(Arrays.copyOf(header, n)), 0, n);
            assertFalse(cursor.next());
            assertEquals(WireError.TRUNCATED, cursor.error());
        }
    }

    /// Copied one after the other the options are the bytes they came from, whatever their kinds.
    @Property(tries = 500)
    void copiesOfAllTcpOptionsAreTheOptionBytes(@ForAll long seed) {
        var random = new Random(seed);
        var bytes = new ByteArrayOutputStream();
        int count = 0;
        while (bytes.size() < 38 && random.nextInt(12) != 0) {
            int kind = 1 + random.nextInt(255);
            int length = kind == 1 ? 1 : 2 + random.nextInt(Math.min(20, 39 - bytes.size()));
            byte[] option = new byte[length];
            random.nextBytes(option);
            option[0] = (byte) kind;
            if (length > 1) {
                option[1] = (byte) length;
            }
            bytes.writeBytes(option);
            count++;
        }
        while (bytes.size() % 4 != 0) {
            bytes.write(1);
            count++;
        }
        byte[] options = bytes.toByteArray();
        byte[] header = new byte[20 + options.length];
        System.arraycopy(options, 0, header, 20, options.length);
        header[12] = (byte) (header.length / 4 << 4);
        byte[] copied = new byte[options.length];
        long at = 0;
        for (cursor.overTcp(exactly(header), 0); cursor.next(); count--) {
            at = cursor.copyTo(MemorySegment.ofArray(copied), at);
        }
        assertEquals(0, count);
        assertEquals(options.length, at);
        assertArrayEquals(options, copied);
        assertEquals(WireError.NONE, cursor.error());
    }

    @Property(tries = 1000)
    void anyBytesAreWalkedWithinTheirBounds(@ForAll @Size(max = 80) byte[] bytes, @ForAll @IntRange(max = 20) int at) {
        MemorySegment m = exactly(bytes);
        int available = bytes.length - at;
        if (available < 0) {
            return;
        }
        cursor.overIpv6(m, at, available);
        staysWithin(at, bytes.length);
        if (TcpHeader.check(m, at, available) == WireError.NONE) {
            cursor.overTcp(m, at);
            staysWithin(at, bytes.length);
        }
        if (available > 0) {
            bytes[at] = (byte) (0x40 | bytes[at] & 0xf);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, m, 0, bytes.length);
        }
        if (Ipv4Header.check(m, at, available) == WireError.NONE) {
            cursor.overIpv4(m, at);
            staysWithin(at, bytes.length);
        }
    }

    private void staysWithin(int from, int end) {
        long expected = -1;
        while (cursor.next()) {
            assertTrue(expected < 0 || cursor.offset() == expected);
            expected = cursor.offset() + cursor.length();
            assertTrue(cursor.offset() > from && expected <= end);
            assertEquals(expected, cursor.dataOffset() + cursor.dataLength());
        }
    }
}
