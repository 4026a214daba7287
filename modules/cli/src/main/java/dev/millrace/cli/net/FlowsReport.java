package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// Flows as a table and as JSON.
final class FlowsReport {
    private static final String FORMAT = "%-6s %-28s %-28s %9s %9s %10s %-12s %9s";

    private FlowsReport() {
    }

    /// The table's lines, at most `lines` with its heading and its last line.
    ///
    /// @param nowNs the time that rates are of, or [Long#MIN_VALUE] for the average of each flow's life
    static List<String> table(FlowTable table, int lines, long nowNs) {
        List<Flow> flows = table.byBytes();
        var text = new ArrayList<String>();
        text.add(String.format(Locale.ROOT, FORMAT, "PROTO", "FROM", "TO", "PACKETS", "BYTES", "RATE", "STATE",
                "RTT").stripTrailing());
        int shown = Math.min(flows.size(), Math.max(1, lines - 2));
        for (Flow f : flows.subList(0, shown)) {
            text.add(line(f, nowNs));
        }
        text.add(summary(table, flows.size() - shown));
        return text;
    }

    private static String summary(FlowTable table, int hidden) {
        return table.size() + (table.size() == 1 ? " flow, " : " flows, ") + table.packets() + " packets"
                + (table.others() > 0 ? " (" + table.others() + " of no flow)" : "")
                + (hidden > 0 ? ", " + hidden + " flows not shown" : "")
                + (table.forgotten() > 0 ? ", " + table.forgotten() + " forgotten for want of room" : "");
    }

    static String line(Flow f, long nowNs) {
        Flow.Key k = f.key();
        double rate = nowNs == Long.MIN_VALUE ? f.averageBytesPerSecond() : f.bytesPerSecond(nowNs);
        return String.format(Locale.ROOT, FORMAT, protocol(k.protocol()), end(k.from(), k.fromPort()), end(k.to(), k.toPort()),
                f.packets(), Quantity.bytes(f.bytes()), Quantity.rate(rate), state(f), f.rttNs() < 0 ? "-"
                        : PingReport.milliseconds(f.rttNs()) + " ms").stripTrailing();
    }

    private static String end(IpAddress a, int port) {
        return port < 0 ? a.toString() : a.isV4() ? a + ":" + port : "[" + a + "]:" + port;
    }

    static String protocol(int number) {
        return switch (number) {
            case IpProtocol.TCP -> "tcp";
            case IpProtocol.UDP -> "udp";
            case IpProtocol.ICMP -> "icmp";
            case IpProtocol.ICMPV6 -> "icmp6";
            case IpProtocol.IGMP -> "igmp";
            default -> "ip/" + number;
        };
    }

    private static String state(Flow f) {
        return f.state().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static ObjectNode json(Flow f) {
        Flow.Key k = f.key();
        ObjectNode node = Commands.json().createObjectNode().put("protocol", protocol(k.protocol()))
                .put("from", k.from().toString()).put("to", k.to().toString());
        if (k.fromPort() >= 0) {
            node.put("from_port", k.fromPort()).put("to_port", k.toPort());
        }
        node.put("packets", f.packets()).put("bytes", f.bytes()).put("packets_there", f.packetsThere())
                .put("bytes_there", f.bytesThere()).put("packets_back", f.packetsBack()).put("bytes_back", f.bytesBack())
                .put("bytes_per_second", f.averageBytesPerSecond()).put("state", state(f))
                .put("first", Instant.ofEpochSecond(0, f.firstNs()).toString())
                .put("last", Instant.ofEpochSecond(0, f.lastNs()).toString());
        return f.rttNs() < 0 ? node : node.put("rtt_ms", f.rttNs() / 1e6);
    }
}
