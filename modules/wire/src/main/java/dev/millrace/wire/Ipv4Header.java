package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The IPv4 header (RFC 791 §3.1), read and written in place. `at` is the offset of its first byte. The getters may be
/// used once [#check] has returned [WireError#NONE].
public final class Ipv4Header {
    /// The bytes of a header without options.
    public static final int MIN_LENGTH = 20;
    /// The bytes of the longest header.
    public static final int MAX_LENGTH = 60;
    /// The don't-fragment bit of the flags and fragment offset word.
    public static final int DONT_FRAGMENT = 0x4000;
    /// The more-fragments bit of the flags and fragment offset word.
    public static final int MORE_FRAGMENTS = 0x2000;

    private Ipv4Header() {
    }

    /// Whether `available` bytes from `at` begin with a header that is consistent in itself and with the number of
    /// bytes. The checksum is a separate question: [#checksumIsRight].
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < MIN_LENGTH) {
            return WireError.TRUNCATED;
        }
        if (u8(m, at) >>> 4 != 4) {
            return WireError.BAD_VERSION;
        }
        int headerLength = headerLength(m, at);
        if (headerLength < MIN_LENGTH || headerLength > available) {
            return WireError.BAD_HEADER_LENGTH;
        }
        int totalLength = totalLength(m, at);
        return totalLength < headerLength || totalLength > available ? WireError.BAD_LENGTH : WireError.NONE;
    }

    /// Whether the header checksum is right.
    public static boolean checksumIsRight(MemorySegment m, long at) {
        return Checksum.isRight(Checksum.sum(m, at, headerLength(m, at)));
    }

    /// Bytes of the header, options included.
    public static int headerLength(MemorySegment m, long at) {
        return (u8(m, at) & 0xf) * 4;
    }

    /// DSCP and ECN.
    public static int trafficClass(MemorySegment m, long at) {
        return u8(m, at + 1);
    }

    /// Bytes of header and payload.
    public static int totalLength(MemorySegment m, long at) {
        return u16(m, at + 2);
    }

    /// The identification.
    public static int identification(MemorySegment m, long at) {
        return u16(m, at + 4);
    }

    /// Whether the packet must not be fragmented.
    public static boolean dontFragment(MemorySegment m, long at) {
        return (u16(m, at + 6) & DONT_FRAGMENT) != 0;
    }

    /// Whether fragments follow this one.
    public static boolean moreFragments(MemorySegment m, long at) {
        return (u16(m, at + 6) & MORE_FRAGMENTS) != 0;
    }

    /// Where this fragment's payload belongs, in bytes.
    public static int fragmentOffset(MemorySegment m, long at) {
        return (u16(m, at + 6) & 0x1fff) * 8;
    }

    /// Whether this is a part of a larger packet.
    public static boolean isFragment(MemorySegment m, long at) {
        return (u16(m, at + 6) & 0x3fff) != 0;
    }

    /// The time to live.
    public static int ttl(MemorySegment m, long at) {
        return u8(m, at + 8);
    }

    /// The transport protocol's number.
    public static int protocol(MemorySegment m, long at) {
        return u8(m, at + 9);
    }

    /// The header checksum.
    public static int checksum(MemorySegment m, long at) {
        return u16(m, at + 10);
    }

    /// The source address.
    public static int source(MemorySegment m, long at) {
        return i32(m, at + 12);
    }

    /// The destination address.
    public static int destination(MemorySegment m, long at) {
        return i32(m, at + 16);
    }

    /// Writes a header without options, checksum included.
    ///
    /// @param totalLength bytes of header and payload
    /// @param flagsAndOffset [#DONT_FRAGMENT], [#MORE_FRAGMENTS] and the fragment offset in units of 8 bytes
    public static void write(MemorySegment m, long at, int trafficClass, int totalLength, int identification,
            int flagsAndOffset, int ttl, int protocol, int source, int destination) {
        put16(m, at, 0x4500 | trafficClass & 0xff);
        put16(m, at + 2, totalLength);
        put16(m, at + 4, identification);
        put16(m, at + 6, flagsAndOffset);
        put16(m, at + 8, ttl << 8 | protocol & 0xff);
        long total = (0x4500L | trafficClass & 0xff) + (totalLength & 0xffff) + (identification & 0xffff)
                + (flagsAndOffset & 0xffff) + (ttl << 8 & 0xffff | protocol & 0xff)
                + (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
        put16(m, at + 10, Checksum.finish(total));
        put32(m, at + 12, source);
        put32(m, at + 16, destination);
    }

    /// Sets total length and identification of a header that a packet inherits from the larger one that it was cut from,
    /// and repairs the checksum (RFC 1624).
    public static void setLengthAndIdentification(MemorySegment m, long at, int totalLength, int identification) {
        int sum = Checksum.update(checksum(m, at), u16(m, at + 2), totalLength);
        sum = Checksum.update(sum, u16(m, at + 4), identification & 0xffff);
        put16(m, at + 2, totalLength);
        put16(m, at + 4, identification);
        put16(m, at + 10, sum);
    }

    /// Sets the time to live and repairs the checksum (RFC 1624).
    public static void setTtl(MemorySegment m, long at, int ttl) {
        int before = u16(m, at + 8);
        put8(m, at + 8, ttl);
        put16(m, at + 10, Checksum.update(checksum(m, at), before, u16(m, at + 8)));
    }
}
