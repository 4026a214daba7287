package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// MAC addresses: text, kinds, and what is made of and into them.
class MacAddressTest {
    @Property
    void textIsReadAsItWasWritten(@ForAll @LongRange(max = MacAddress.BROADCAST) long bits) {
        var address = new MacAddress(bits);
        assertEquals(address, MacAddress.parse(address.toString()));
        assertEquals(address, MacAddress.parse(address.toString().toUpperCase(java.util.Locale.ROOT).replace(':', '-')));
    }

    @Property
    void noTextThrowsAnythingElse(@ForAll String text) {
        try {
            assertEquals(text.toLowerCase(java.util.Locale.ROOT).replace('-', ':'), MacAddress.parse(text).toString());
        } catch (MacSyntaxException e) {
            assertTrue(e.index() <= 17 && e.getMessage().contains("02:00:5e:00:00:01"), e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"'', LENGTH, 0", "02:00:5e:00:00, LENGTH, 14", "02:00:5e:00:00:011, LENGTH, 17", "02005e000001, LENGTH, 12",
        "02:00:5e:00:00:0g, DIGIT, 16", "02:00:5e:00:00:0\u0661, DIGIT, 16", "02:00:5e-00:00:01, SEPARATOR, 8",
        "02-00-5e:00-00-01, SEPARATOR, 8", "02.00.5e.00.00.01, SEPARATOR, 2", "+2:00:5e:00:00:01, DIGIT, 0"})
    void whatIsWrongIsSaidAndWhere(String text, MacSyntaxException.Reason reason, int index) {
        var e = assertThrows(MacSyntaxException.class, () -> MacAddress.parse(text));
        assertEquals(reason, e.reason(), e.getMessage());
        assertEquals(index, e.index(), e.getMessage());
    }

    @Test
    void kinds() {
        assertTrue(new MacAddress(MacAddress.BROADCAST).isBroadcast() && MacAddress.isMulticast(MacAddress.BROADCAST));
        assertTrue(MacAddress.parse("33:33:00:00:00:01").isMulticast());
        assertFalse(MacAddress.parse("33:33:00:00:00:01").isBroadcast());
        assertFalse(MacAddress.parse("02:00:5e:00:00:01").isMulticast());
        assertTrue(MacAddress.parse("02:00:5e:00:00:01").isLocallyAdministered());
        assertFalse(MacAddress.parse("00:00:5e:00:00:01").isLocallyAdministered());
        assertThrows(IllegalArgumentException.class, () -> new MacAddress(1L << 48));
        assertThrows(IllegalArgumentException.class, () -> new MacAddress(-1));
    }

    @ParameterizedTest
    @CsvSource({"224.0.0.1, 01:00:5e:00:00:01", "239.255.255.255, 01:00:5e:7f:ff:ff", "224.128.0.5, 01:00:5e:00:00:05",
        "ff02::1, 33:33:00:00:00:01", "ff02::1:ff12:3456, 33:33:ff:12:34:56", "ff0e::89ab:cdef, 33:33:89:ab:cd:ef"})
    void groups(String group, String mac) {
        assertEquals(MacAddress.parse(mac), MacAddress.ofGroup(IpAddress.parse(group)));
        assertTrue(MacAddress.ofGroup(IpAddress.parse(group)).isMulticast());
    }

    @Test
    void onlyGroupsHaveAGroupsAddress() {
        assertThrows(IllegalArgumentException.class, () -> MacAddress.ofGroup(IpAddress.parse("10.0.0.1")));
        assertThrows(IllegalArgumentException.class, () -> MacAddress.ofGroup(IpAddress.parse("fe80::1")));
    }

    /// The example of RFC 4291 appendix A, and one as the kernel makes it.
    @Test
    void interfaceIdentifiers() {
        assertEquals(0x0200_5eff_fe10_0001L, MacAddress.parse("00:00:5e:10:00:01").interfaceIdentifier());
        assertEquals(0x3656_78ff_fe9a_bcdeL, MacAddress.parse("34:56:78:9a:bc:de").interfaceIdentifier());
        assertEquals(0x0000_5eff_fe10_0001L, MacAddress.interfaceIdentifier(0x0200_5e10_0001L));
    }

    @Example
    void stableAddressesAreLocalUnicastAndTellNamesAndSecretsApart() {
        byte[] secret = "a secret of ours".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] other = secret.clone();
        other[15] ^= 1;
        var seen = new HashSet<MacAddress>();
        for (int i = 0; i < 10_000; i++) {
            MacAddress address = MacAddress.stable(secret, "eth" + i);
            assertEquals(address, MacAddress.stable(secret.clone(), "eth" + i));
            assertTrue(address.isLocallyAdministered() && !address.isMulticast());
            assertTrue(seen.add(address) && seen.add(MacAddress.stable(other, "eth" + i)), "eth" + i);
        }
        assertNotEquals(MacAddress.stable(new byte[0], ""), MacAddress.stable(new byte[1], ""));
        assertNotEquals(MacAddress.stable(new byte[] {'a', 'b'}, "c"), MacAddress.stable(new byte[] {'a'}, "bc"));
    }
}
