package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// Messages of IGMP, versions 1 to 3 (RFC 1112 appendix I, RFC 2236, RFC 3376), read and written in place. `at` is the
/// offset of the first byte; addresses are an `int`. The getters may be used once [#check] has returned
/// [WireError#NONE]; the records of a version 3 report are read by [GroupRecords].
///
/// All messages have TTL 1, and but for version 1 the option [#ROUTER_ALERT] in the IPv4 header. The writers leave the
/// checksum 0: [#setChecksum].
public final class IgmpMessage {
    /// The bytes of a message of version 1 or 2.
    public static final int LENGTH = 8;
    /// The bytes of a version 3 query without sources.
    public static final int V3_QUERY_LENGTH = 12;
    /// The type of a query, of any version.
    public static final int QUERY = 0x11;
    /// The type of a version 1 report.
    public static final int V1_REPORT = 0x12;
    /// The type of a version 2 report.
    public static final int V2_REPORT = 0x16;
    /// The type of a version 2 leave message.
    public static final int LEAVE = 0x17;
    /// The type of a version 3 report.
    public static final int V3_REPORT = 0x22;
    /// The IPv4 option that goes before these messages, four bytes (RFC 2113).
    public static final int ROUTER_ALERT = 0x9404_0000;
    /// The address that leave messages are sent to: 224.0.0.2.
    public static final int ALL_ROUTERS = 0xe000_0002;
    /// The address that version 3 reports are sent to: 224.0.0.22.
    public static final int V3_ROUTERS = 0xe000_0016;

    private static final int V1_MAX_RESPONSE_MS = 10_000;

    private IgmpMessage() {
    }

    /// Whether `length` bytes from `at` are a message that is consistent in itself. The checksum is a separate question:
    /// [#checksumIsRight].
    public static WireError check(MemorySegment m, long at, int length) {
        if (length < LENGTH) {
            return WireError.TRUNCATED;
        }
        return switch (type(m, at)) {
            case QUERY -> checkQuery(m, at, length);
            case V1_REPORT, V2_REPORT, LEAVE -> isMulticast(group(m, at)) ? WireError.NONE : WireError.BAD_TARGET;
            case V3_REPORT -> GroupRecords.checkV4(m, at, length);
            default -> WireError.UNKNOWN_FORMAT;
        };
    }

    private static WireError checkQuery(MemorySegment m, long at, int length) {
        if (group(m, at) != 0 && !isMulticast(group(m, at))) {
            return WireError.BAD_TARGET;
        }
        // RFC 3376 §7.1: 8 bytes are an old query, 12 or more a new one, and others none.
        if (length == LENGTH) {
            return WireError.NONE;
        }
        return length < V3_QUERY_LENGTH || length < V3_QUERY_LENGTH + 4 * sourceCount(m, at)
                ? WireError.BAD_LENGTH : WireError.NONE;
    }

    private static boolean isMulticast(int address) {
        return address >>> 28 == 0xe;
    }

    /// Whether the checksum is right.
    ///
    /// @param length the bytes of the message
    public static boolean checksumIsRight(MemorySegment m, long at, int length) {
        return Checksum.isRight(Checksum.sum(m, at, length));
    }

    /// Completes a message of `length` bytes.
    public static void setChecksum(MemorySegment m, long at, int length) {
        put16(m, at + 2, 0);
        put16(m, at + 2, Checksum.finish(Checksum.sum(m, at, length)));
    }

    /// The type.
    public static int type(MemorySegment m, long at) {
        return u8(m, at);
    }

    /// Any but a version 3 report: the group; 0 in a query about all.
    public static int group(MemorySegment m, long at) {
        return i32(m, at + 4);
    }

    /// The version of a query of `length` bytes, 1 to 3 (RFC 3376 §7.1).
    public static int queryVersion(MemorySegment m, long at, int length) {
        if (length >= V3_QUERY_LENGTH) {
            return 3;
        }
        return u8(m, at + 1) == 0 ? 1 : 2;
    }

    /// Query of `length` bytes: within how many milliseconds members are to answer.
    public static int maxResponseMs(MemorySegment m, long at, int length) {
        int code = u8(m, at + 1);
        return switch (queryVersion(m, at, length)) {
            case 1 -> V1_MAX_RESPONSE_MS;
            case 2 -> code * 100;
            default -> decode(code) * 100;
        };
    }

    /// A number of 8 bits, large ones with an exponent (RFC 3376 §4.1.1).
    private static int decode(int code) {
        return code < 128 ? code : (code & 0xf | 0x10) << (code >>> 4 & 7) + 3;
    }

    /// Version 3 query: whether routers that hear it leave their timers as they are (S).
    public static boolean suppressesRouters(MemorySegment m, long at) {
        return (u8(m, at + 8) & 8) != 0;
    }

    /// Version 3 query: the querier's robustness variable, or 0 if it does not say.
    public static int robustness(MemorySegment m, long at) {
        return u8(m, at + 8) & 7;
    }

    /// Version 3 query: seconds between two general queries.
    public static int queryIntervalSeconds(MemorySegment m, long at) {
        return decode(u8(m, at + 9));
    }

    /// Version 3 query: the number of sources that are asked about.
    public static int sourceCount(MemorySegment m, long at) {
        return u16(m, at + 10);
    }

    /// Version 3 query: a source's address; `index` is less than [#sourceCount].
    public static int source(MemorySegment m, long at, int index) {
        return i32(m, at + V3_QUERY_LENGTH + 4L * index);
    }

    /// Version 3 report: the number of records.
    public static int recordCount(MemorySegment m, long at) {
        return u16(m, at + 6);
    }

    private static long writeShort(MemorySegment m, long at, int type, int code, int group) {
        put8(m, at, type);
        put8(m, at + 1, code);
        put16(m, at + 2, 0);
        put32(m, at + 4, group);
        return at + LENGTH;
    }

    /// Writes a report of version 2, which goes to the group, and returns the offset behind.
    public static long writeV2Report(MemorySegment m, long at, int group) {
        return writeShort(m, at, V2_REPORT, 0, group);
    }

    /// Writes a leave message of version 2, which goes to [#ALL_ROUTERS], and returns the offset behind.
    public static long writeLeave(MemorySegment m, long at, int group) {
        return writeShort(m, at, LEAVE, 0, group);
    }

    /// Writes a query of version 2 and returns the offset behind.
    ///
    /// @param maxResponseTenths tenths of a second, 1 to 255
    /// @param group 0 asks about all
    public static long writeV2Query(MemorySegment m, long at, int maxResponseTenths, int group) {
        return writeShort(m, at, QUERY, maxResponseTenths, group);
    }

    /// Writes the head of a query of version 3 and returns the offset behind, where the sources belong.
    ///
    /// @param maxResponseTenths tenths of a second, 0 to 127
    /// @param intervalSeconds 0 to 127
    public static long writeV3Query(MemorySegment m, long at, int maxResponseTenths, int group, int robustness,
            int intervalSeconds, int sourceCount) {
        writeShort(m, at, QUERY, maxResponseTenths & 0x7f, group);
        put8(m, at + 8, robustness & 7);
        put8(m, at + 9, intervalSeconds & 0x7f);
        put16(m, at + 10, sourceCount);
        return at + V3_QUERY_LENGTH;
    }

    /// Writes the head of a report of version 3, which goes to [#V3_ROUTERS], and returns the offset of the first record.
    public static long writeV3Report(MemorySegment m, long at, int recordCount) {
        return writeShort(m, at, V3_REPORT, 0, recordCount & 0xffff);
    }

    /// Writes the head of a record and returns the offset behind, where `sourceCount` addresses belong, and then the next
    /// record.
    ///
    /// @param recordType one of the constants of [GroupRecords]
    public static long writeRecord(MemorySegment m, long at, int recordType, int group, int sourceCount) {
        put8(m, at, recordType);
        put8(m, at + 1, 0);
        put16(m, at + 2, sourceCount);
        put32(m, at + 4, group);
        return at + 8;
    }
}
