package dev.millrace.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Unaligned access in network byte order: what all header classes share, for fields that have no class.
///
/// All methods throw [IndexOutOfBoundsException] if the field does not lie in the segment. Any thread may call them.
public final class BigEndian {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private BigEndian() {
    }

    /// A byte, 0 to 255.
    public static int u8(MemorySegment m, long at) {
        return m.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    /// Two bytes, 0 to 65535.
    public static int u16(MemorySegment m, long at) {
        return m.get(SHORT, at) & 0xffff;
    }

    /// Four bytes.
    public static int i32(MemorySegment m, long at) {
        return m.get(INT, at);
    }

    /// Eight bytes.
    public static long i64(MemorySegment m, long at) {
        return m.get(LONG, at);
    }

    /// Six bytes, such as a MAC address, in the low 48 bits.
    public static long u48(MemorySegment m, long at) {
        return (long) u16(m, at) << 32 | Integer.toUnsignedLong(i32(m, at + 2));
    }

    /// Stores the lowest byte of a value.
    public static void put8(MemorySegment m, long at, int value) {
        m.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    /// Stores the lowest two bytes of a value.
    public static void put16(MemorySegment m, long at, int value) {
        m.set(SHORT, at, (short) value);
    }

    /// Stores four bytes.
    public static void put32(MemorySegment m, long at, int value) {
        m.set(INT, at, value);
    }

    /// Stores the lowest six bytes of a value.
    public static void put48(MemorySegment m, long at, long value) {
        put16(m, at, (int) (value >>> 32));
        put32(m, at + 2, (int) value);
    }

    /// Stores eight bytes.
    public static void put64(MemorySegment m, long at, long value) {
        m.set(LONG, at, value);
    }
}
