package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// Steps over the raw options of a TCP header, an IPv4 header or an IPv6 options header, known and unknown alike, so that
/// each can be looked at or kept as it came. An object to be used again and again; it allocates nothing.
///
/// ```
/// for (cursor.overTcp(m, at); cursor.next(); ) { ... cursor.kind(), cursor.dataOffset(), cursor.dataLength() ... }
/// ```
///
/// Padding is shown too (NOP, end of list, Pad1, PadN): the options one after the other are every byte up to the end of
/// the list. A malformed option ends the walk, and [#error] says so.
public final class OptionCursor {
    /// TCP and IPv4: end of option list. IPv6: Pad1.
    public static final int KIND_0 = 0;
    /// TCP and IPv4: no operation. IPv6: PadN.
    public static final int KIND_1 = 1;

    private MemorySegment memory = MemorySegment.NULL;
    private boolean ipv6;
    private long end;
    private long offset;
    private long following;
    private int kind;
    private WireError error = WireError.NONE;

    /// A cursor over nothing.
    public OptionCursor() {
    }

    /// Starts before the first option of the TCP header at `at`, which [TcpHeader#check] has found right.
    public void overTcp(MemorySegment m, long at) {
        start(m, false, at + TcpHeader.MIN_LENGTH, at + TcpHeader.headerLength(m, at));
    }

    /// Starts before the first option of the IPv4 header at `at`, which [Ipv4Header#check] has found right.
    public void overIpv4(MemorySegment m, long at) {
        start(m, false, at + Ipv4Header.MIN_LENGTH, at + Ipv4Header.headerLength(m, at));
    }

    /// Starts before the first option of the hop-by-hop or destination options header at `at` (RFC 8200 §4.2). If it is
    /// cut off there is no option, and [#error] is [WireError#TRUNCATED].
    ///
    /// @param available the bytes from `at` that may be looked at
    public void overIpv6(MemorySegment m, long at, int available) {
        boolean whole = available >= 8 && available >= 8 + 8 * u8(m, at + 1);
        start(m, true, at + 2, whole ? at + 8 + 8 * u8(m, at + 1) : at + 2);
        error = whole ? WireError.NONE : WireError.TRUNCATED;
    }

    private void start(MemorySegment m, boolean v6, long from, long to) {
        memory = m;
        ipv6 = v6;
        end = to;
        offset = from;
        following = from;
        kind = -1;
        error = WireError.NONE;
    }

    /// Steps to the next option. Returns `false` behind the last one, or if the next one is malformed.
    public boolean next() {
        if (following >= end) {
            return false;
        }
        offset = following;
        kind = u8(memory, offset);
        if (kind == KIND_0 || kind == KIND_1 && !ipv6) {
            following = kind == KIND_0 && !ipv6 ? end : offset + 1;
            return true;
        }
        int length = offset + 1 < end ? u8(memory, offset + 1) + (ipv6 ? 2 : 0) : 0;
        if (length < 2 || length > end - offset) {
            following = end;
            error = WireError.BAD_OPTION_LENGTH;
            return false;
        }
        following = offset + length;
        return true;
    }

    /// The kind (TCP) or type (IP) of the option, 0 to 255.
    public int kind() {
        return kind;
    }

    /// The offset of the option's first byte, or of that of the malformed one that ended the walk.
    public long offset() {
        return offset;
    }

    /// All bytes of the option: 1 for NOP, Pad1 and the end of the list, else kind, length and data.
    public int length() {
        return isSingleByte() ? 1 : (int) (following - offset);
    }

    /// The offset of the option's data.
    public long dataOffset() {
        return offset + (isSingleByte() ? 1 : 2);
    }

    /// The bytes of the option's data, 0 to 255.
    public int dataLength() {
        return isSingleByte() ? 0 : length() - 2;
    }

    private boolean isSingleByte() {
        return kind == KIND_0 || kind == KIND_1 && !ipv6;
    }

    /// What the IPv6 destination of an option that it does not know is to do, by the two highest bits of the type
    /// (RFC 8200 §4.2): 0 skip it, 1 discard the packet, 2 discard and report, 3 discard and report unless the packet was
    /// multicast.
    public int ipv6ActionIfUnknown() {
        return kind >>> 6;
    }

    /// Whether an IPv4 option goes into every fragment (RFC 791 §3.1, the copied flag).
    public boolean ipv4IsCopied() {
        return (kind & 0x80) != 0;
    }

    /// What ended the walk: [WireError#NONE] if every option up to the end was well formed.
    public WireError error() {
        return error;
    }

    /// Copies the option as it is and returns the offset behind the copy.
    public long copyTo(MemorySegment target, long at) {
        MemorySegment.copy(memory, offset, target, at, length());
        return at + length();
    }
}
