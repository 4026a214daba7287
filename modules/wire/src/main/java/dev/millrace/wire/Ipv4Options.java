package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The options of an IPv4 header (RFC 791 §3.1), checked in place. A host acts on none (RFC 1122 §3.2.1.8: unknown ones are ignored; RFC 7126
/// says which may be), but source routes are refused (RFC 7126 §4.3, §4.4) and malformed ones are errors.
public final class Ipv4Options {
    /// There is nothing to object to.
    public static final int FINE = 0;
    /// A loose or strict source route.
    public static final int SOURCE_ROUTE = -1;

    private static final int END = 0;
    private static final int NO_OPERATION = 1;
    private static final int LOOSE_SOURCE_ROUTE = 131;
    private static final int STRICT_SOURCE_ROUTE = 137;

    private Ipv4Options() {
    }

    /// [#FINE], [#SOURCE_ROUTE], or the offset in the header of an option that is malformed.
    ///
    /// @param header the offset of the header's first byte
    /// @param headerLength its bytes, as [Ipv4Header#check] has found right
    public static int check(MemorySegment m, long header, int headerLength) {
        int i = Ipv4Header.MIN_LENGTH;
        while (i < headerLength) {
            int type = u8(m, header + i);
            if (type == END) {
                return FINE;
            }
            if (type == NO_OPERATION) {
                i++;
                continue;
            }
            int length = i + 1 < headerLength ? u8(m, header + i + 1) : 0;
            if (length < 2 || i + length > headerLength) {
                return i;
            }
            if (type == LOOSE_SOURCE_ROUTE || type == STRICT_SOURCE_ROUTE) {
                return SOURCE_ROUTE;
            }
            i += length;
        }
        return FINE;
    }
}
