package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Options of neighbour discovery that are not as they must be, and names in them.
class NdpOptionsTest {
    private final NdpOptions options = new NdpOptions();

    /// Over a router solicitation with these options.
    private void over(String hex) {
        byte[] o = HexFormat.of().parseHex(hex.replace(" ", ""));
        byte[] message = new byte[8 + o.length];
        message[0] = (byte) NdpMessage.ROUTER_SOLICITATION;
        System.arraycopy(o, 0, message, 8, o.length);
        options.over(MemorySegment.ofArray(message), 0, message.length);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a group's address, 0101 010000000001", "an address of 14 bytes, 0102 0200000000010000000000000000",
        "a short prefix, 0303 40c0 00000001 00000001 00000000 20010db800000000",
        "a prefix of 129 bits, 0304 81c0 00000001 00000001 00000000 20010db8000000000000000000000000",
        "an MTU of 16 bytes, 0502 0000 00000578 0000000000000000",
        "a route of 1 bit without prefix, 1801 0100 00000001", "a route of 65 bits in 8 bytes, 1802 4100 00000001 20010db800000000",
        "a route of 129 bits, 1803 8100 00000001 20010db8000000000000000000000000",
        "a route of 32 bytes, 1804 4000 00000001 20010db80000000000000000000000000000000000000000",
        "a route of reserved preference, 1801 0010 00000001", "no server, 1901 0000 00000001",
        "half a server, 1902 0000 00000001 20010db800000000",
        "a server and a half, 1904 0000 00000001 20010db8000000000000000000000001 20010db800000000", "no domain, 1f01 0000 00000001", "an unknown one, fd01 000000000000"})
    void whatIsNotAsItMustBeIsSteppedOver(String name, String hex) {
        over(hex + "0501 0000 00000578");
        assertTrue(options.next(), name);
        assertEquals(NdpOptions.MTU, options.type());
        assertEquals(1400, options.mtu());
        assertEquals(1, options.ignored());
        assertFalse(options.next());
        assertEquals(WireError.NONE, options.error());
    }

    @ParameterizedTest
    @CsvSource({"0500 0000 00000578", "0502 0000 00000578", "05", "05ff"})
    void malformedOnesEndTheWalk(String hex) {
        over("0501 0000 00000578" + hex);
        assertTrue(options.next());
        for (int i = 0; i < 3; i++) {
            assertFalse(options.next());
            assertEquals(WireError.BAD_OPTION_LENGTH, options.error());
            assertEquals(16, options.offset());
        }
    }

    @Test
    void theDefaultRouteMayHaveAnyLength() {
        for (String hex : List.of("1801 0008 00000001", "1802 0008 00000001 0000000000000000",
                "1803 0008 00000001 00000000000000000000000000000000")) {
            over(hex);
            assertTrue(options.next());
            assertEquals(0, options.prefixHi() | options.prefixLo() | options.prefixLength());
            assertEquals(NdpMessage.PREFERENCE_HIGH, options.preference());
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "01610000 00000000, a", "0161016200000000, a.b", "0161000162000000, a b", "01410000 00000000, a",
        "0161000120000000, a", "01610001ff000162 0000000000000000, a b", "3f610000 00000000, ''", "c00c0000 00000000, ''",
        "0161024100000000, ''", "0161016101610161, ''", "0000000000000161, ''"})
    void domainsAreReadUpToWhatIsMalformed(String labels, String names) {
        String data = labels.replace(" ", "");
        over(String.format("1f%02x0000 00000001", 1 + data.length() / 16) + data);
        assertTrue(options.next());
        assertEquals(names.isEmpty() ? List.of() : List.of(names.split(" ")), options.domains());
    }

    @Test
    void namesLongerThanDnsHasEndTheList() {
        String label = "3f" + "61".repeat(63);
        over("1f22 0000 00000001" + label.repeat(4) + "00" + "00".repeat(7));
        assertTrue(options.next());
        assertEquals(List.of(), options.domains());
        String longest = label.repeat(3) + "3d" + "61".repeat(61) + "00";
        over("1f21 0000 00000001" + longest + "00");
        assertTrue(options.next(), options.error().toString());
        assertEquals(List.of(253), options.domains().stream().map(String::length).toList());
    }

    /// 63 and 253 are the most (RFC 1035 §2.3.4), 64 and 254 too many.
    @Test
    void longLabelsAndNamesEndTheList() {
        over("1f0a 0000 00000001" + "40" + "61".repeat(64) + "00".repeat(7));
        assertTrue(options.next());
        assertEquals(List.of(), options.domains());
        over("1f21 0000 00000001" + ("3f" + "61".repeat(63)).repeat(3) + "3e" + "61".repeat(62) + "00");
        assertTrue(options.next());
        assertEquals(List.of(), options.domains());
    }

    @Test
    void writersRefuseWhatDoesNotFit() {
        MemorySegment m = MemorySegment.ofArray(new byte[3000]);
        assertThrows(IllegalArgumentException.class, () -> NdpOptionWriter.rdnss(m, 0, 1, List.of()));
        assertThrows(IllegalArgumentException.class,
                () -> NdpOptionWriter.rdnss(m, 0, 1, Collections.nCopies(128, IpAddress.ANY_V6)));
        assertEquals(2040, NdpOptionWriter.rdnss(m, 0, 1, Collections.nCopies(127, IpAddress.ANY_V6)));
        for (String name : List.of("", ".", "a..b", "a.", "a b", "ä", "a".repeat(64), ("a".repeat(63) + ".").repeat(4) + "a")) {
            assertThrows(IllegalArgumentException.class, () -> NdpOptionWriter.dnssl(m, 0, 1, List.of(name)), name);
        }
        assertThrows(IllegalArgumentException.class, () -> NdpOptionWriter.dnssl(m, 0, 1, List.of()));
        assertThrows(IllegalArgumentException.class,
                () -> NdpOptionWriter.dnssl(m, 0, 1, Collections.nCopies(100, "a".repeat(40))));
        assertEquals(2040, NdpOptionWriter.redirectedHeader(m, 0, MemorySegment.ofArray(new byte[5000]), 3, 4000));
        assertEquals(8, NdpOptionWriter.redirectedHeader(m, 0, MemorySegment.ofArray(new byte[5000]), 3, 7));
    }
}
