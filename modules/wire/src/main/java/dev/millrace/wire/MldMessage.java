package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i64;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put64;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// Messages of MLD, versions 1 and 2 (RFC 2710, RFC 3810), which are ICMPv6 messages: read and written in place. `at` is the
/// offset of the ICMPv6 header. The getters may be used once [#check] has returned [WireError#NONE]; the records of a
/// version 2 report are read by [GroupRecords].
///
/// All messages have hop limit [#HOP_LIMIT] and the hop-by-hop header of [#writeRouterAlert] before them. The writers leave
/// the checksum 0: [IcmpHeader#computeV6].
public final class MldMessage {
    /// The bytes of a message of version 1.
    public static final int LENGTH = 24;
    /// The bytes of a version 2 query without sources.
    public static final int V2_QUERY_LENGTH = 28;
    /// The type of a query, of either version.
    public static final int QUERY = 130;
    /// The type of a version 1 report.
    public static final int V1_REPORT = 131;
    /// The type of a version 1 done message.
    public static final int V1_DONE = 132;
    /// The type of a version 2 report.
    public static final int V2_REPORT = 143;
    /// The hop limit of all these messages.
    public static final int HOP_LIMIT = 1;
    /// The bytes of the hop-by-hop header with the router alert option.
    public static final int ROUTER_ALERT_LENGTH = 8;
    /// The first 8 bytes of the address that version 2 reports are sent to, ff02::16; done messages go to ff02::2.
    public static final long ROUTERS_HI = 0xff02L << 48;
    /// The last 8 bytes of the address that version 2 reports are sent to.
    public static final long V2_ROUTERS_LO = 0x16;

    private static final int GROUP = 8;

    private MldMessage() {
    }

    /// Whether an ICMPv6 type is one of these messages.
    public static boolean isMld(int type) {
        return type >= QUERY && type <= V1_DONE || type == V2_REPORT;
    }

    /// Whether `length` bytes from `at` are a message that is consistent in itself, and that a neighbour has sent
    /// (RFC 3810 §5.1.14, §5.2.13). The checksum is a separate question, and whether there is a router alert, too.
    ///
    /// @param hopLimit the IPv6 header's
    public static WireError check(MemorySegment m, long at, int length, int hopLimit, long sourceHi, long sourceLo) {
        if (length < IcmpHeader.LENGTH) {
            return WireError.TRUNCATED;
        }
        int type = IcmpHeader.type(m, at);
        if (!isMld(type)) {
            return WireError.UNKNOWN_FORMAT;
        }
        if (hopLimit != HOP_LIMIT) {
            return WireError.BAD_HOP_LIMIT;
        }
        // A host that has no address yet reports from the unspecified one (RFC 3590).
        if (!Ipv6AddressKind.isLinkLocal(sourceHi)
                && (type == QUERY || !Ipv6AddressKind.isUnspecified(sourceHi, sourceLo))) {
            return WireError.BAD_SOURCE;
        }
        if (type == V2_REPORT) {
            return GroupRecords.checkV6(m, at, length);
        }
        if (length < LENGTH) {
            return WireError.TRUNCATED;
        }
        boolean aboutAll = type == QUERY && Ipv6AddressKind.isUnspecified(groupHi(m, at), groupLo(m, at));
        if (!aboutAll && !Ipv6AddressKind.isMulticast(groupHi(m, at))) {
            return WireError.BAD_TARGET;
        }
        return type == QUERY ? checkQueryLength(m, at, length) : WireError.NONE;
    }

    /// RFC 3810 §8.1: 24 bytes are an old query, 28 or more a new one, and others none.
    private static WireError checkQueryLength(MemorySegment m, long at, int length) {
        return length == LENGTH || length >= V2_QUERY_LENGTH && length >= V2_QUERY_LENGTH + 16 * sourceCount(m, at)
                ? WireError.NONE : WireError.BAD_LENGTH;
    }

    /// The version of a query of `length` bytes, 1 or 2.
    public static int queryVersion(int length) {
        return length >= V2_QUERY_LENGTH ? 2 : 1;
    }

    /// Query of `length` bytes: within how many milliseconds members are to answer, less than 2²³.
    public static int maxResponseMs(MemorySegment m, long at, int length) {
        int code = u16(m, at + 4);
        // RFC 3810 §5.1.3.
        return queryVersion(length) == 1 || code < 0x8000 ? code : (code & 0xfff | 0x1000) << (code >>> 12 & 7) + 3;
    }

    /// Any but a version 2 report: the first 8 bytes of the group's address; `::` in a query about all.
    public static long groupHi(MemorySegment m, long at) {
        return i64(m, at + GROUP);
    }

    /// Any but a version 2 report: the last 8 bytes of the group's address.
    public static long groupLo(MemorySegment m, long at) {
        return i64(m, at + GROUP + 8);
    }

    /// Version 2 query: whether routers that hear it leave their timers as they are (S).
    public static boolean suppressesRouters(MemorySegment m, long at) {
        return (u8(m, at + 24) & 8) != 0;
    }

    /// Version 2 query: the querier's robustness variable, or 0 if it does not say.
    public static int robustness(MemorySegment m, long at) {
        return u8(m, at + 24) & 7;
    }

    /// Version 2 query: seconds between two general queries.
    public static int queryIntervalSeconds(MemorySegment m, long at) {
        int code = u8(m, at + 25);
        return code < 128 ? code : (code & 0xf | 0x10) << (code >>> 4 & 7) + 3;
    }

    /// Version 2 query: the number of sources that are asked about.
    public static int sourceCount(MemorySegment m, long at) {
        return u16(m, at + 26);
    }

    /// Version 2 query: the first 8 bytes of a source's address; `index` is less than [#sourceCount].
    public static long sourceHi(MemorySegment m, long at, int index) {
        return i64(m, at + V2_QUERY_LENGTH + 16L * index);
    }

    /// Version 2 query: the last 8 bytes of a source's address.
    public static long sourceLo(MemorySegment m, long at, int index) {
        return i64(m, at + V2_QUERY_LENGTH + 16L * index + 8);
    }

    /// Version 2 report: the number of records.
    public static int recordCount(MemorySegment m, long at) {
        return u16(m, at + 6);
    }

    private static long writeV1(MemorySegment m, long at, int type, int maxResponse, long groupHi, long groupLo) {
        IcmpHeader.write(m, at, type, 0, maxResponse << 16);
        put64(m, at + GROUP, groupHi);
        put64(m, at + GROUP + 8, groupLo);
        return at + LENGTH;
    }

    /// Writes a report of version 1, which goes to the group, and returns the offset behind.
    public static long writeV1Report(MemorySegment m, long at, long groupHi, long groupLo) {
        return writeV1(m, at, V1_REPORT, 0, groupHi, groupLo);
    }

    /// Writes a done message of version 1 and returns the offset behind.
    public static long writeV1Done(MemorySegment m, long at, long groupHi, long groupLo) {
        return writeV1(m, at, V1_DONE, 0, groupHi, groupLo);
    }

    /// Writes a query of version 1 and returns the offset behind.
    ///
    /// @param maxResponseMs 0 to 65535
    public static long writeV1Query(MemorySegment m, long at, int maxResponseMs, long groupHi, long groupLo) {
        return writeV1(m, at, QUERY, maxResponseMs, groupHi, groupLo);
    }

    /// Writes the head of a query of version 2 and returns the offset behind, where the sources belong.
    ///
    /// @param maxResponseMs 0 to 32767
    /// @param intervalSeconds 0 to 127
    public static long writeV2Query(MemorySegment m, long at, int maxResponseMs, long groupHi, long groupLo, int robustness,
            int intervalSeconds, int sourceCount) {
        writeV1(m, at, QUERY, maxResponseMs & 0x7fff, groupHi, groupLo);
        put8(m, at + 24, robustness & 7);
        put8(m, at + 25, intervalSeconds & 0x7f);
        put16(m, at + 26, sourceCount);
        return at + V2_QUERY_LENGTH;
    }

    /// Writes the head of a report of version 2 and returns the offset of the first record.
    public static long writeV2Report(MemorySegment m, long at, int recordCount) {
        IcmpHeader.write(m, at, V2_REPORT, 0, recordCount & 0xffff);
        return at + GroupRecords.REPORT_LENGTH;
    }

    /// Writes the head of a record and returns the offset behind, where `sourceCount` addresses belong, and then the next
    /// record.
    ///
    /// @param recordType one of the constants of [GroupRecords]
    public static long writeRecord(MemorySegment m, long at, int recordType, long groupHi, long groupLo, int sourceCount) {
        put8(m, at, recordType);
        put8(m, at + 1, 0);
        put16(m, at + 2, sourceCount);
        put64(m, at + 4, groupHi);
        put64(m, at + 12, groupLo);
        return at + 20;
    }

    /// Writes a hop-by-hop header that bids routers to look at the packet (RFC 2711), padding included, and returns the
    /// offset behind.
    public static long writeRouterAlert(MemorySegment m, long at, int nextHeader) {
        put8(m, at, nextHeader);
        put8(m, at + 1, 0);
        put32(m, at + 2, 0x0502_0000);
        put16(m, at + 6, 0x0100);
        return at + ROUTER_ALERT_LENGTH;
    }
}
