package dev.millrace.neighbors;

import dev.millrace.ManualStack;
import dev.millrace.spi.GroupMembership;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.GroupRecords;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// A test of what a station says of its groups.
abstract class GroupsTest extends SegmentTest {
    final ManualStack station(String address) throws IOException {
        return segment.station("host", Map.of("nic", Map.of("link-local", "off")), address);
    }

    static GroupMembership groups(ManualStack stack) {
        return stack.service(GroupMembership.class).orElseThrow();
    }

    static NicPort port(ManualStack stack) {
        return (NicPort) stack.nics().getFirst();
    }

    /// Adds what records say, one line each: `join …`, `leave …` or `is …`.
    static void read(GroupRecords records, List<String> said) {
        while (records.next()) {
            String what = switch (records.type()) {
                case GroupRecords.CHANGE_TO_EXCLUDE -> "join ";
                case GroupRecords.CHANGE_TO_INCLUDE -> "leave ";
                case GroupRecords.MODE_IS_EXCLUDE -> "is ";
                default -> "? ";
            };
            said.add(what + new IpAddress(records.groupHi(), records.groupLo()));
        }
    }
}
