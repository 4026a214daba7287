package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put64;
import static dev.millrace.wire.BigEndian.u16;

import java.lang.foreign.MemorySegment;

/// The UDP header (RFC 768), read and written in place. `at` is the offset of its first byte.
public final class UdpHeader {
    /// The bytes of the header.
    public static final int LENGTH = 8;
    /// Where the checksum stands, from the header's first byte.
    public static final int CHECKSUM_OFFSET = 6;

    private UdpHeader() {
    }

    /// Whether `available` bytes from `at` begin with a header whose length field is possible.
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < LENGTH) {
            return WireError.TRUNCATED;
        }
        int length = length(m, at);
        return length < LENGTH || length > available ? WireError.BAD_LENGTH : WireError.NONE;
    }

    /// The source port.
    public static int sourcePort(MemorySegment m, long at) {
        return u16(m, at);
    }

    /// The destination port.
    public static int destinationPort(MemorySegment m, long at) {
        return u16(m, at + 2);
    }

    /// Bytes of header and payload.
    public static int length(MemorySegment m, long at) {
        return u16(m, at + 4);
    }

    /// The checksum; 0 means that there is none.
    public static int checksum(MemorySegment m, long at) {
        return u16(m, at + 6);
    }

    /// Writes a header with checksum 0.
    public static void write(MemorySegment m, long at, int sourcePort, int destinationPort, int length) {
        put64(m, at, (long) (sourcePort & 0xffff) << 48 | (long) (destinationPort & 0xffff) << 32
                | (length & 0xffffL) << 16);
    }

    /// Sets the checksum field; a computed 0 goes out as 0xffff (RFC 768).
    public static void setChecksum(MemorySegment m, long at, int computed) {
        put16(m, at + CHECKSUM_OFFSET, computed == 0 ? 0xffff : computed);
    }
}
