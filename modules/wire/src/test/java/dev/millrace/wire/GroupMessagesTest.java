package dev.millrace.wire;

import static dev.millrace.wire.NetworkSamples.GLOBAL;
import static dev.millrace.wire.NetworkSamples.GROUP;
import static dev.millrace.wire.NetworkSamples.GROUP_6;
import static dev.millrace.wire.NetworkSamples.LOCAL_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What IGMP and MLD messages must be like.
class GroupMessagesTest {
    private final MemorySegment m = MemorySegment.ofArray(new byte[200]);

    private WireError mld(int length, int hopLimit, IpAddress source) {
        return MldMessage.check(m, 0, length, hopLimit, source.hi(), source.lo());
    }

    @ParameterizedTest
    @CsvSource({"8, 0, 1, 10000", "8, 100, 2, 10000", "12, 100, 3, 10000", "12, 0x80, 3, 12800", "12, 0xff, 3, 3174400"})
    void queriesTellTheirVersionAndTime(int length, String code, int version, int ms) {
        IgmpMessage.writeV3Query(m, 0, 0, 0, 2, 125, 0);
        BigEndian.put8(m, 1, Integer.decode(code));
        assertEquals(WireError.NONE, IgmpMessage.check(m, 0, length));
        assertEquals(version, IgmpMessage.queryVersion(m, 0, length));
        assertEquals(ms, IgmpMessage.maxResponseMs(m, 0, length));
    }

    @Test
    void igmpLengthsAndGroups() {
        IgmpMessage.writeV3Query(m, 0, 10, GROUP, 2, 125, 3);
        for (int n = 0; n < 24; n++) {
            assertEquals(n < 8 ? WireError.TRUNCATED : n == 8 ? WireError.NONE : WireError.BAD_LENGTH,
                    IgmpMessage.check(m.asSlice(0, n), 0, n), n + " bytes");
        }
        assertEquals(WireError.NONE, IgmpMessage.check(m.asSlice(0, 24), 0, 24));
        IgmpMessage.writeV2Query(m, 0, 10, 0x0a00_0001);
        assertEquals(WireError.BAD_TARGET, IgmpMessage.check(m, 0, 8));
        IgmpMessage.writeV2Report(m, 0, 0);
        assertEquals(WireError.BAD_TARGET, IgmpMessage.check(m, 0, 8));
        IgmpMessage.writeLeave(m, 0, 0xf000_0000);
        assertEquals(WireError.BAD_TARGET, IgmpMessage.check(m, 0, 8));
        BigEndian.put8(m, 0, 0x13);
        assertEquals(WireError.UNKNOWN_FORMAT, IgmpMessage.check(m, 0, 8));
    }

    @Test
    void igmpChecksums() {
        IgmpMessage.writeV2Report(m, 0, GROUP);
        IgmpMessage.setChecksum(m, 0, 8);
        assertTrue(IgmpMessage.checksumIsRight(m, 0, 8));
        BigEndian.put8(m, 7, 2);
        assertFalse(IgmpMessage.checksumIsRight(m, 0, 8));
    }

    @Test
    void recordsEndWithTheMessage() {
        long at = IgmpMessage.writeV3Report(m, 0, 2);
        at = IgmpMessage.writeRecord(m, at, GroupRecords.MODE_IS_INCLUDE, GROUP, 2) + 8;
        int end = (int) IgmpMessage.writeRecord(m, at, GroupRecords.MODE_IS_EXCLUDE, GROUP, 0);
        for (int n = 8; n < end; n++) {
            assertEquals(WireError.BAD_LENGTH, IgmpMessage.check(m.asSlice(0, n), 0, n), n + " bytes");
        }
        assertEquals(WireError.NONE, IgmpMessage.check(m.asSlice(0, end), 0, end));
        var records = new GroupRecords();
        records.overIgmp(m.asSlice(0, end - 1), 0, end - 1);
        assertTrue(records.next());
        for (int i = 0; i < 3; i++) {
            assertFalse(records.next());
            assertEquals(WireError.BAD_LENGTH, records.error());
        }
    }

    @Test
    void recordsOfUnknownTypesAndAuxiliaryDataAreSteppedOver() {
        long at = MldMessage.writeV2Report(m, 0, 2);
        at = MldMessage.writeRecord(m, at, 7, GROUP_6.hi(), GROUP_6.lo(), 1) + 16 + 12;
        BigEndian.put8(m, 9, 3);
        int end = (int) MldMessage.writeRecord(m, at, GroupRecords.MODE_IS_EXCLUDE, GROUP_6.hi(), GROUP_6.lo(), 0);
        assertEquals(WireError.NONE, mld(end, 1, LOCAL_1));
        assertEquals(WireError.BAD_LENGTH, mld(end - 1, 1, LOCAL_1));
        var records = new GroupRecords();
        records.overMld(m.asSlice(0, end), 0, end);
        assertTrue(records.next());
        assertEquals(GroupRecords.MODE_IS_EXCLUDE, records.type());
        assertEquals(GROUP_6, new IpAddress(records.groupHi(), records.groupLo()));
        assertFalse(records.next());
        assertEquals(WireError.NONE, records.error());
    }

    @Test
    void mldComesFromTheLink() {
        MldMessage.writeV1Query(m, 0, 5, 0, 0);
        assertEquals(WireError.NONE, mld(24, 1, LOCAL_1));
        assertEquals(WireError.BAD_HOP_LIMIT, mld(24, 255, LOCAL_1));
        assertEquals(WireError.BAD_SOURCE, mld(24, 1, GLOBAL));
        assertEquals(WireError.BAD_SOURCE, mld(24, 1, IpAddress.ANY_V6));
        MldMessage.writeV1Report(m, 0, GROUP_6.hi(), GROUP_6.lo());
        assertEquals(WireError.NONE, mld(24, 1, IpAddress.ANY_V6));
        assertEquals(WireError.BAD_SOURCE, mld(24, 1, GLOBAL));
    }

    @Test
    void mldLengthsAndGroups() {
        MldMessage.writeV2Query(m, 0, 1000, GROUP_6.hi(), GROUP_6.lo(), 2, 125, 2);
        for (int n = 0; n <= 60; n++) {
            assertEquals(n < 24 ? WireError.TRUNCATED : n == 24 || n == 60 ? WireError.NONE : WireError.BAD_LENGTH,
                    MldMessage.check(m.asSlice(0, n), 0, n, 1, LOCAL_1.hi(), LOCAL_1.lo()), n + " bytes");
        }
        BigEndian.put16(m, 4, 0xffff);
        assertEquals(0x1fff << 10, MldMessage.maxResponseMs(m, 0, 60));
        assertEquals(0xffff, MldMessage.maxResponseMs(m, 0, 24));
        MldMessage.writeV1Report(m, 0, GLOBAL.hi(), GLOBAL.lo());
        assertEquals(WireError.BAD_TARGET, mld(24, 1, LOCAL_1));
        MldMessage.writeV1Done(m, 0, 0, 0);
        assertEquals(WireError.BAD_TARGET, mld(24, 1, LOCAL_1));
        BigEndian.put8(m, 0, 133);
        assertEquals(WireError.UNKNOWN_FORMAT, mld(24, 1, LOCAL_1));
    }
}
