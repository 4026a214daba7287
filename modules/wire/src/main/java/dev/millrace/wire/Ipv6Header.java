package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.i64;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put64;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The fixed IPv6 header (RFC 8200 §3), read and written in place. `at` is the offset of its first byte. The getters may
/// be used once [#check] has returned [WireError#NONE].
public final class Ipv6Header {
    /// The bytes of the fixed header.
    public static final int LENGTH = 40;

    private Ipv6Header() {
    }

    /// Whether `available` bytes from `at` begin with a header that is consistent with the number of bytes.
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < LENGTH) {
            return WireError.TRUNCATED;
        }
        if (u8(m, at) >>> 4 != 6) {
            return WireError.BAD_VERSION;
        }
        return LENGTH + payloadLength(m, at) > available ? WireError.BAD_LENGTH : WireError.NONE;
    }

    /// DSCP and ECN.
    public static int trafficClass(MemorySegment m, long at) {
        return u16(m, at) >>> 4 & 0xff;
    }

    /// The flow label, 20 bits.
    public static int flowLabel(MemorySegment m, long at) {
        return i32(m, at) & 0xfffff;
    }

    /// Bytes behind the fixed header, extension headers included.
    public static int payloadLength(MemorySegment m, long at) {
        return u16(m, at + 4);
    }

    /// The number of the header that follows.
    public static int nextHeader(MemorySegment m, long at) {
        return u8(m, at + 6);
    }

    /// The hop limit.
    public static int hopLimit(MemorySegment m, long at) {
        return u8(m, at + 7);
    }

    /// The first 8 bytes of the source address.
    public static long sourceHi(MemorySegment m, long at) {
        return i64(m, at + 8);
    }

    /// The last 8 bytes of the source address.
    public static long sourceLo(MemorySegment m, long at) {
        return i64(m, at + 16);
    }

    /// The first 8 bytes of the destination address.
    public static long destinationHi(MemorySegment m, long at) {
        return i64(m, at + 24);
    }

    /// The last 8 bytes of the destination address.
    public static long destinationLo(MemorySegment m, long at) {
        return i64(m, at + 32);
    }

    /// Writes a header.
    public static void write(MemorySegment m, long at, int trafficClass, int flowLabel, int payloadLength,
            int nextHeader, int hopLimit, long sourceHi, long sourceLo, long destinationHi, long destinationLo) {
        put32(m, at, 6 << 28 | (trafficClass & 0xff) << 20 | flowLabel & 0xfffff);
        put16(m, at + 4, payloadLength);
        put8(m, at + 6, nextHeader);
        put8(m, at + 7, hopLimit);
        put64(m, at + 8, sourceHi);
        put64(m, at + 16, sourceLo);
        put64(m, at + 24, destinationHi);
        put64(m, at + 32, destinationLo);
    }

    /// Sets the payload length, in bytes.
    public static void setPayloadLength(MemorySegment m, long at, int payloadLength) {
        put16(m, at + 4, payloadLength);
    }

    /// Sets the hop limit.
    public static void setHopLimit(MemorySegment m, long at, int hopLimit) {
        put8(m, at + 7, hopLimit);
    }
}
