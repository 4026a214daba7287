package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// The two zeros of ones' complement (RFC 1624 §3), the one place where an incremental update and the full sum differ.
class ZeroChecksumTest {
    @Test
    void dataThatBecomesAllZeroHasTheOtherZero() {
        int before = Checksum.finish(0x0800);
        assertEquals(0xffff, Checksum.finish(0));
        assertEquals(0, Checksum.update(before, 0x0800, 0));
        assertTrue(Checksum.isRight(0xffff));
        assertFalse(Checksum.isRight(0));
    }

    /// RFC 1624 §4: the example in which RFC 1141's formula fails.
    @Test
    void theExampleOfRfc1624() {
        assertEquals(0, Checksum.update(0xdd2f, 0x5555, 0x3285));
    }

    @Test
    void allOnesIsAcceptedWhereverZeroIs() {
        byte[] b = {0x12, 0x34, 0, 0, (byte) 0xed, (byte) 0xcb};
        MemorySegment m = MemorySegment.ofArray(b);
        assertEquals(0, Checksum.finish(Checksum.sum(m, 0, 6)));
        assertTrue(Checksum.isRight(Checksum.sum(m, 0, 6)));
        BigEndian.put16(m, 2, 0xffff);
        assertTrue(Checksum.isRight(Checksum.sum(m, 0, 6)));
    }
}
