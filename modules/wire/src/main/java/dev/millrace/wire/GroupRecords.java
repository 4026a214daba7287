package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.i64;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Steps over the group records of a membership report of IGMPv3 (RFC 3376 §4.2.4) or MLDv2 (RFC 3810 §5.2.4), which
/// differ in the size of addresses only. An object to be used again and again; it allocates nothing. Records of unknown
/// types are stepped over (RFC 3376 §4.2.12).
///
/// ```
/// for (records.overIgmp(m, at, length); records.next(); ) { ... records.type(), records.groupHi(), records.groupLo() ... }
/// ```
public final class GroupRecords {
    /// The member wants the sources listed, and no others.
    public static final int MODE_IS_INCLUDE = 1;
    /// The member wants all sources but those listed.
    public static final int MODE_IS_EXCLUDE = 2;
    /// As [#MODE_IS_INCLUDE], from now on; without sources the member leaves.
    public static final int CHANGE_TO_INCLUDE = 3;
    /// As [#MODE_IS_EXCLUDE], from now on; without sources the member joins.
    public static final int CHANGE_TO_EXCLUDE = 4;
    /// The member wants the sources listed, too.
    public static final int ALLOW_NEW_SOURCES = 5;
    /// The member does not want the sources listed any more.
    public static final int BLOCK_OLD_SOURCES = 6;

    /// The bytes in front of the records, in both protocols.
    static final int REPORT_LENGTH = 8;

    private static final int V4 = 4;
    private static final int V6 = 16;

    private MemorySegment memory = MemorySegment.NULL;
    private int addressLength = V4;
    private int left;
    private long end;
    private long offset;
    private long following;
    private WireError error = WireError.NONE;

    /// A cursor over nothing.
    public GroupRecords() {
    }

    /// Starts before the first record of the IGMPv3 report at `at`.
    ///
    /// @param length the bytes of the message, at least 8
    public void overIgmp(MemorySegment m, long at, int length) {
        start(m, at, length, V4);
    }

    /// Starts before the first record of the MLDv2 report at `at`.
    ///
    /// @param length the bytes of the message, at least 8
    public void overMld(MemorySegment m, long at, int length) {
        start(m, at, length, V6);
    }

    private void start(MemorySegment m, long at, int length, int size) {
        memory = m;
        addressLength = size;
        left = u16(m, at + 6);
        end = at + length;
        offset = at + REPORT_LENGTH;
        following = offset;
        error = WireError.NONE;
    }

    /// Whether all records of a report lie within its `length` bytes.
    static WireError checkV4(MemorySegment m, long at, int length) {
        return check(m, at, length, V4);
    }

    /// As [#checkV4] for MLDv2.
    static WireError checkV6(MemorySegment m, long at, int length) {
        return check(m, at, length, V6);
    }

    private static WireError check(MemorySegment m, long at, int length, int addressLength) {
        long end = at + length;
        long record = at + REPORT_LENGTH;
        for (int left = u16(m, at + 6); left > 0; left--) {
            long size = size(m, record, end, addressLength);
            if (size > end - record) {
                return WireError.BAD_LENGTH;
            }
            record += size;
        }
        return WireError.NONE;
    }

    /// The bytes of a record with its sources and auxiliary data; more than there are if not even the numbers of them are.
    private static long size(MemorySegment m, long record, long end, int addressLength) {
        if (end - record < 4) {
            return Long.MAX_VALUE;
        }
        return 4 + addressLength + (long) u16(m, record + 2) * addressLength + u8(m, record + 1) * 4L;
    }

    /// Steps to the next record of a known type. Returns `false` behind the last one, or if one reaches beyond the message.
    public boolean next() {
        while (left > 0) {
            left--;
            offset = following;
            long size = size(memory, offset, end, addressLength);
            if (size > end - offset) {
                left = 0;
                error = WireError.BAD_LENGTH;
                return false;
            }
            following = offset + size;
            if (type() >= MODE_IS_INCLUDE && type() <= BLOCK_OLD_SOURCES) {
                return true;
            }
        }
        return false;
    }

    /// What ended the walk: [WireError#NONE] if all records are there.
    public WireError error() {
        return error;
    }

    /// The type of the record: one of this class's constants.
    public int type() {
        return u8(memory, offset);
    }

    /// The first 8 bytes of the group's address as [IpAddress] keeps it.
    public long groupHi() {
        return hi(offset + 4);
    }

    /// The last 8 bytes of the group's address as [IpAddress] keeps it.
    public long groupLo() {
        return lo(offset + 4);
    }

    /// The number of sources.
    public int sourceCount() {
        return u16(memory, offset + 2);
    }

    /// The first 8 bytes of a source's address as [IpAddress] keeps it.
    public long sourceHi(int index) {
        return hi(source(index));
    }

    /// The last 8 bytes of a source's address as [IpAddress] keeps it.
    public long sourceLo(int index) {
        return lo(source(index));
    }

    private long source(int index) {
        return offset + 4 + addressLength + (long) Objects.checkIndex(index, sourceCount()) * addressLength;
    }

    private long hi(long address) {
        return addressLength == V4 ? 0 : i64(memory, address);
    }

    private long lo(long address) {
        return addressLength == V4 ? IpAddress.lowBitsOfV4(i32(memory, address)) : i64(memory, address + 8);
    }
}
