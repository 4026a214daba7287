package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Numbers of IP: identifications, impossible sources.
class IpNumbersTest {
    @Test
    void identificationsOfATripleDoNotRepeatForAWholeRound() {
        var ids = new Ipv4Identification();
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 65536; i++) {
            assertTrue(seen.add(ids.next(0x1234_5678_9abcL, 1)), "repeated after " + i);
        }
        assertNotEquals(ids.next(1, 1), ids.next(0x7777, 1) - 1, "another triple counts from elsewhere");
    }

    @Test
    void impossibleSources() {
        for (int a : new int[] {0, 0x00ffffff, 0xe0000001, 0xf0000000, -1, 0x7f000001}) {
            assertTrue(Ipv4Martians.isImpossibleSource(a, false), Integer.toHexString(a));
        }
        assertFalse(Ipv4Martians.isImpossibleSource(0x7f000001, true));
        assertFalse(Ipv4Martians.isImpossibleSource(0x0a000001, false));
    }
}
