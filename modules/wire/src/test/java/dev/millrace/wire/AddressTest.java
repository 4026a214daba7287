package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Addresses: text, bytes, classes, prefixes.
class AddressTest {
    @ParameterizedTest
    @CsvSource({"2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1", "2001:DB8::1, 2001:db8::1", "0:0:0:0:0:0:0:0, ::",
        "0:0:0:0:0:0:0:1, ::1", "2001:0:0:1:0:0:0:1, 2001:0:0:1::1", "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "fe80:0:0:0:0:0:0:0, fe80::", "192.0.2.1, 192.0.2.1", "255.255.255.255, 255.255.255.255", "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "1:0:0:4:5:0:0:8, 1::4:5:0:0:8"})
    void textIsThatOfRfc5952(String given, String expected) {
        assertEquals(expected, IpAddress.parse(given).toString());
        assertEquals(IpAddress.parse(given), IpAddress.parse(expected));
    }

    @RepeatedTest(200)
    void bytesRoundTripAndPrefixesEqualTheNaiveComparison(RepetitionInfo info) throws Exception {
        var random = new Random(info.getCurrentRepetition());
        byte[] a = new byte[random.nextBoolean() ? 4 : 16];
        random.nextBytes(a);
        if (a.length == 16) {
            a[0] = 0x20;
        }
        byte[] b = a.clone();
        int bit = random.nextInt(8 * a.length);
        b[bit / 8] ^= (byte) (0x80 >> bit % 8);
        IpAddress x = IpAddress.of(a);
        IpAddress y = IpAddress.of(b);
        assertTrue(Arrays.equals(a, x.toBytes()));
        assertEquals(InetAddress.getByAddress(a), x.toInetAddress());
        assertEquals(x, IpAddress.of(x.toInetAddress()));
        for (int prefix = 0; prefix <= 8 * a.length; prefix++) {
            assertEquals(prefix <= bit, x.matches(y, prefix), "prefix " + prefix + ", differing bit " + bit);
            assertTrue(x.network(prefix).matches(x, prefix));
        }
    }

    @Test
    void versionsNeverMatchEachOther() {
        assertFalse(IpAddress.parse("::1").matches(IpAddress.ANY_V4, 0));
        assertFalse(IpAddress.parse("10.0.0.1").matches(IpAddress.ANY_V6, 0));
    }

    @Test
    void classes() {
        assertTrue(IpAddress.parse("224.0.0.1").isMulticast() && IpAddress.parse("ff02::1").isMulticast());
        assertTrue(IpAddress.parse("127.9.9.9").isLoopback() && IpAddress.parse("::1").isLoopback());
        assertTrue(IpAddress.parse("169.254.1.1").isLinkLocal() && IpAddress.parse("fe80::1").isLinkLocal());
        assertTrue(IpAddress.ANY_V4.isUnspecified() && IpAddress.ANY_V6.isUnspecified());
        assertTrue(IpAddress.BROADCAST.isLimitedBroadcast());
        assertFalse(IpAddress.parse("fec0::1").isLinkLocal() || IpAddress.parse("223.255.255.255").isMulticast());
        assertThrows(IllegalArgumentException.class, () -> IpAddress.parse("example.org"));
        assertThrows(IllegalArgumentException.class, () -> IpAddress.of(new byte[5]));
    }
}
