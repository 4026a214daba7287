package dev.millrace.wire;

import java.lang.foreign.MemorySegment;

/// What a line says of a message of IGMP or MLD, behind its addresses.
final class GroupLine {
    private static final int MAX_SHOWN = 8;

    private GroupLine() {
    }

    /// @param available the bytes that may be looked at
    static String igmp(MemorySegment m, long at, int available) {
        WireError error = IgmpMessage.check(m, at, available);
        if (error != WireError.NONE) {
            return "invalid: " + error.text();
        }
        IpAddress group = IpAddress.v4(IgmpMessage.group(m, at));
        return switch (IgmpMessage.type(m, at)) {
            case IgmpMessage.QUERY -> query(IgmpMessage.queryVersion(m, at, available), group,
                    IgmpMessage.maxResponseMs(m, at, available),
                    available >= IgmpMessage.V3_QUERY_LENGTH ? IgmpMessage.sourceCount(m, at) : 0);
            case IgmpMessage.V1_REPORT -> "report v1 " + group;
            case IgmpMessage.V2_REPORT -> "report v2 " + group;
            case IgmpMessage.LEAVE -> "leave " + group;
            default -> {
                var records = new GroupRecords();
                records.overIgmp(m, at, available);
                yield "report v3 " + records(records);
            }
        };
    }

    /// @param available the bytes that may be looked at; the message is one of MLD
    static String mld(MemorySegment m, long at, int available) {
        if (available < (IcmpHeader.type(m, at) == MldMessage.V2_REPORT ? IcmpHeader.LENGTH : MldMessage.LENGTH)) {
            return "truncated";
        }
        if (IcmpHeader.type(m, at) == MldMessage.V2_REPORT) {
            var records = new GroupRecords();
            records.overMld(m, at, available);
            return "report v2 " + records(records);
        }
        IpAddress group = new IpAddress(MldMessage.groupHi(m, at), MldMessage.groupLo(m, at));
        return switch (IcmpHeader.type(m, at)) {
            case MldMessage.QUERY -> query(MldMessage.queryVersion(available), group,
                    MldMessage.maxResponseMs(m, at, available),
                    available >= MldMessage.V2_QUERY_LENGTH ? MldMessage.sourceCount(m, at) : 0);
            case MldMessage.V1_REPORT -> "report v1 " + group;
            default -> "done " + group;
        };
    }

    private static String query(int version, IpAddress group, int maxResponseMs, int sources) {
        return "query v" + version + (group.isUnspecified() ? "" : " " + group) + " max-response-ms:" + maxResponseMs
                + (sources == 0 ? "" : " sources:" + sources);
    }

    private static String records(GroupRecords records) {
        var text = new StringBuilder("{");
        int shown = 0;
        while (records.next()) {
            if (shown > 0) {
                text.append("; ");
            }
            if (shown++ == MAX_SHOWN) {
                text.append("...");
                break;
            }
            text.append(type(records.type())).append(' ').append(new IpAddress(records.groupHi(), records.groupLo()));
            for (int i = 0; i < Math.min(MAX_SHOWN, records.sourceCount()); i++) {
                text.append(i == 0 ? " from " : ",").append(new IpAddress(records.sourceHi(i), records.sourceLo(i)));
            }
            text.append(records.sourceCount() > MAX_SHOWN ? ",..." : "");
        }
        return text.append(records.error() == WireError.NONE ? "}" : " malformed}").toString();
    }

    private static String type(int type) {
        return switch (type) {
            case GroupRecords.MODE_IS_INCLUDE -> "include";
            case GroupRecords.MODE_IS_EXCLUDE -> "exclude";
            case GroupRecords.CHANGE_TO_INCLUDE -> "to-include";
            case GroupRecords.CHANGE_TO_EXCLUDE -> "to-exclude";
            case GroupRecords.ALLOW_NEW_SOURCES -> "allow";
            default -> "block";
        };
    }
}
