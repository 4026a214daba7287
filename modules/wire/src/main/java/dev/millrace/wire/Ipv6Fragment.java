package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The fragment header of IPv6 (RFC 8200 §4.5), read and written in place. `at` is the offset of its first byte. What a
/// fragment's length and place must be is judged where the chain of headers is walked ([Ipv6Extensions#walk]).
public final class Ipv6Fragment {
    /// The bytes of the header.
    public static final int LENGTH = 8;

    private Ipv6Fragment() {
    }

    /// Whether there are bytes enough for a header.
    public static WireError check(MemorySegment m, long at, int available) {
        return available < LENGTH ? WireError.TRUNCATED : WireError.NONE;
    }

    /// The number of the header that the fragmentable part begins with.
    public static int nextHeader(MemorySegment m, long at) {
        return u8(m, at);
    }

    /// Where this fragment's payload belongs in the fragmentable part, in bytes; a multiple of 8.
    public static int fragmentOffset(MemorySegment m, long at) {
        return u16(m, at + 2) & 0xfff8;
    }

    /// Whether fragments follow this one.
    public static boolean moreFragments(MemorySegment m, long at) {
        return (u16(m, at + 2) & 1) != 0;
    }

    /// Whether the packet is whole in spite of its header, and to be taken alone (RFC 6946).
    public static boolean isAtomic(MemorySegment m, long at) {
        return (u16(m, at + 2) & 0xfff9) == 0;
    }

    /// The identification.
    public static int identification(MemorySegment m, long at) {
        return i32(m, at + 4);
    }

    /// Writes a header.
    ///
    /// @param fragmentOffset in bytes, a multiple of 8
    public static void write(MemorySegment m, long at, int nextHeader, int fragmentOffset, boolean moreFragments,
            int identification) {
        put8(m, at, nextHeader);
        put8(m, at + 1, 0);
        put16(m, at + 2, fragmentOffset & 0xfff8 | (moreFragments ? 1 : 0));
        put32(m, at + 4, identification);
    }
}
