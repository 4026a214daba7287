package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put48;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u48;

import java.lang.foreign.MemorySegment;

/// The Ethernet II header (RFC 894, RFC 2464), read and written in place. `at` is the offset of its first byte; a MAC
/// address is the low 48 bits of a `long` ([MacAddress]). Tags between the addresses and the type: [VlanTag].
public final class EthernetHeader {
    /// The bytes of a header without tags.
    public static final int LENGTH = 14;
    /// Where the type stands, or the first tag, from the header's first byte.
    public static final int TYPE_OFFSET = 12;
    /// The fewest bytes of a frame, header included and check sequence not (IEEE 802.3 §3.2.8).
    public static final int MIN_FRAME = 60;

    private EthernetHeader() {
    }

    /// Whether `available` bytes from `at` hold a header of Ethernet II; a frame of IEEE 802.3, with a length in place of
    /// the type, is [WireError#UNKNOWN_FORMAT].
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < LENGTH) {
            return WireError.TRUNCATED;
        }
        return EtherType.isLength(type(m, at)) ? WireError.UNKNOWN_FORMAT : WireError.NONE;
    }

    /// The destination address.
    public static long destination(MemorySegment m, long at) {
        return u48(m, at);
    }

    /// The source address.
    public static long source(MemorySegment m, long at) {
        return u48(m, at + 6);
    }

    /// The type of what follows ([EtherType]): that of the first tag if there are some, and a length in a frame of IEEE
    /// 802.3.
    public static int type(MemorySegment m, long at) {
        return u16(m, at + TYPE_OFFSET);
    }

    /// Writes a header.
    public static void write(MemorySegment m, long at, long destination, long source, int type) {
        put48(m, at, destination);
        put48(m, at + 6, source);
        put16(m, at + TYPE_OFFSET, type);
    }

    /// Writes a header with one tag of IEEE 802.1Q, [#LENGTH] + [VlanTag#LENGTH] bytes.
    ///
    /// @param control the tag's control information ([VlanTag#control])
    public static void writeTagged(MemorySegment m, long at, long destination, long source, int control, int type) {
        put48(m, at, destination);
        put48(m, at + 6, source);
        VlanTag.write(m, at + TYPE_OFFSET, EtherType.VLAN, control);
        put16(m, at + TYPE_OFFSET + VlanTag.LENGTH, type);
    }

    /// Fills a frame that is too short with zeros (RFC 894: padding is no part of the packet and must be octets of zero) and
    /// returns its length then, [#MIN_FRAME] at least. What stood in the memory before does not leave with it.
    ///
    /// @param at the offset of the header's first byte; up to [#MIN_FRAME] bytes from there are written
    /// @param length the bytes of header and payload
    public static int pad(MemorySegment m, long at, int length) {
        if (length >= MIN_FRAME) {
            return length;
        }
        m.asSlice(at + length, MIN_FRAME - length).fill((byte) 0);
        return MIN_FRAME;
    }
}
