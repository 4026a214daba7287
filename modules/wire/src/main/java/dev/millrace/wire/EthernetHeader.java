package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.u16;

import java.lang.foreign.MemorySegment;

/// The Ethernet II header (RFC 894, RFC 2464), read and written in place. `at` is the offset of its first byte; a MAC
/// address is the low 48 bits of a `long`. What Ethernet carries beside IP (ARP, RFC 826) has a codec of its own.
public final class EthernetHeader {
    /// The bytes of the header.
    public static final int LENGTH = 14;
    /// The type of IPv4.
    public static final int TYPE_IPV4 = 0x0800;
    /// The type of ARP.
    public static final int TYPE_ARP = 0x0806;
    /// The type of a VLAN tag (IEEE 802.1Q), behind which 2 bytes of tag and the type proper follow.
    public static final int TYPE_VLAN = 0x8100;
    /// The type of IPv6.
    public static final int TYPE_IPV6 = 0x86dd;
    /// The least value that is a type; smaller ones are IEEE 802.3 lengths.
    public static final int MIN_TYPE = 0x0600;
    /// The broadcast address.
    public static final long BROADCAST = 0xffff_ffff_ffffL;

    private EthernetHeader() {
    }

    /// Whether `available` bytes from `at` hold a header of Ethernet II.
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < LENGTH) {
            return WireError.TRUNCATED;
        }
        return type(m, at) < MIN_TYPE ? WireError.UNKNOWN_FORMAT : WireError.NONE;
    }

    /// The destination address.
    public static long destination(MemorySegment m, long at) {
        return address(m, at);
    }

    /// The source address.
    public static long source(MemorySegment m, long at) {
        return address(m, at + 6);
    }

    private static long address(MemorySegment m, long at) {
        return (long) u16(m, at) << 32 | Integer.toUnsignedLong(i32(m, at + 2));
    }

    /// The type of what follows.
    public static int type(MemorySegment m, long at) {
        return u16(m, at + 12);
    }

    /// Writes a header.
    public static void write(MemorySegment m, long at, long destination, long source, int type) {
        put16(m, at, (int) (destination >>> 32));
        put32(m, at + 2, (int) destination);
        put16(m, at + 6, (int) (source >>> 32));
        put32(m, at + 8, (int) source);
        put16(m, at + 12, type);
    }

    /// Whether an address is one of several stations, broadcast included.
    public static boolean isMulticast(long address) {
        return (address & 1L << 40) != 0;
    }

    /// The usual text of an address, such as `02:00:5e:10:00:01`.
    public static String text(long address) {
        var text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int b = (int) (address >>> shift) & 0xff;
            text.append(Character.forDigit(b >>> 4, 16)).append(Character.forDigit(b & 0xf, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}
