package dev.millrace.internet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Unaligned access in network byte order to the header fields that boxes rewrite.
final class Bytes {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Bytes() {
    }

    static int u8(MemorySegment m, long at) {
        return m.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static int u16(MemorySegment m, long at) {
        return m.get(SHORT, at) & 0xffff;
    }

    static int i32(MemorySegment m, long at) {
        return m.get(INT, at);
    }

    static void put16(MemorySegment m, long at, int value) {
        m.set(SHORT, at, (short) value);
    }

    static void put32(MemorySegment m, long at, int value) {
        m.set(INT, at, value);
    }

    static void put64(MemorySegment m, long at, long value) {
        m.set(LONG, at, value);
    }
}
