package dev.millrace.cli.net;

import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingStatistics;
import dev.millrace.cli.Commands;
import dev.millrace.spi.IcmpError;
import dev.millrace.wire.IpAddress;
import java.net.InetAddress;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// What became of a ping, as lines for people and as JSON.
final class PingReport {
    private PingReport() {
    }

    static String header(Destination to, Ping ping) {
        boolean v4 = to.version() == 4;
        return v4 ? String.format(Locale.ROOT, "PING %s (%s) %d(%d) bytes of data.", to.text(), to.literal(), ping.size(),
                ping.size() + 28) : String.format(Locale.ROOT, "PING %s (%s) %d data bytes", to.text(), to.literal(),
                        ping.size());
    }

    /// The line for an event; empty if nothing is said of it.
    static String line(PingEvent event, boolean unanswered) {
        return switch (event) {
            case PingEvent.Reply r -> String.format(Locale.ROOT, "%d bytes from %s: icmp_seq=%d ttl=%d time=%s ms%s%s", r.bytes(),
                    text(r.from()), r.sequence(), r.ttl(), milliseconds(r.roundTripNs()),
                    r.duplicate() ? " (DUP!)" : "", r.intact() ? "" : " (wrong data)");
            case PingEvent.Failed f -> String.format(Locale.ROOT, "From %s icmp_seq=%d %s", text(f.from()),
                    f.sequence(), text(f.kind(), f.mtu(), IpAddress.of(f.from()).isV4()));
            case PingEvent.Unanswered u -> unanswered ? "no answer for icmp_seq=" + u.sequence() : "";
            case PingEvent.NotSent n -> "millrace: icmp_seq=" + n.sequence() + " could not be sent: " + reason(n);
        };
    }

    private static String reason(PingEvent.NotSent n) {
        return n.mtu() == 0 ? n.reason().getMessage() : "message too long, the path's MTU is " + n.mtu();
    }

    /// An address as it is best read.
    static String text(InetAddress a) {
        return IpAddress.of(a).toString();
    }

    /// What an ICMP error says.
    static String text(IcmpError.Kind kind, int mtu, boolean v4) {
        return switch (kind) {
            case NETWORK_UNREACHABLE -> v4 ? "Destination Net Unreachable" : "Destination unreachable: No route";
            case HOST_UNREACHABLE -> v4 ? "Destination Host Unreachable" : "Destination unreachable: Address unreachable";
            case PROTOCOL_UNREACHABLE -> v4 ? "Destination Protocol Unreachable" : "Parameter problem: unknown next header";
            case PORT_UNREACHABLE -> v4 ? "Destination Port Unreachable" : "Destination unreachable: Port unreachable";
            case PROHIBITED -> v4 ? "Packet filtered" : "Destination unreachable: Administratively prohibited";
            case PACKET_TOO_BIG -> v4 ? "Frag needed and DF set (mtu = " + mtu + ")" : "Packet too big: mtu=" + mtu;
            case TIME_EXCEEDED -> v4 ? "Time to live exceeded" : "Time exceeded: Hop limit";
            case PARAMETER_PROBLEM -> "Parameter problem";
        };
    }

    /// Three significant digits below 100 ms, as ping(8) has them.
    static String milliseconds(long ns) {
        double ms = ns / 1e6;
        return String.format(Locale.ROOT, ms < 1 ? "%.3f" : ms < 10 ? "%.2f" : ms < 100 ? "%.1f" : "%.0f", ms);
    }

    static String totals(Destination to, PingStatistics s, long elapsedMs) {
        var text = new StringBuilder("\n--- ").append(to.text()).append(" ping statistics ---\n");
        text.append(s.sent()).append(" packets transmitted, ").append(s.received()).append(" received, ");
        if (s.duplicates() > 0) {
            text.append('+').append(s.duplicates()).append(" duplicates, ");
        }
        if (s.errors() > 0) {
            text.append('+').append(s.errors()).append(" errors, ");
        }
        text.append(String.format(Locale.ROOT, "%s%% packet loss, time %dms", percent(s.loss()), elapsedMs));
        if (s.received() > 0) {
            text.append(String.format(Locale.ROOT, "%nrtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms", s.minNs() / 1e6,
                    s.averageNs() / 1e6, s.maxNs() / 1e6, s.deviationNs() / 1e6));
        }
        return text.toString();
    }

    private static String percent(double part) {
        String text = String.format(Locale.ROOT, "%.4f", 100 * part);
        return text.replaceAll("\\.?0+$", "");
    }

    static ObjectNode json(PingEvent event) {
        ObjectNode node = Commands.json().createObjectNode().put("icmp_seq", event.sequence());
        return switch (event) {
            case PingEvent.Reply r -> node.put("event", "reply").put("from", text(r.from())).put("bytes", r.bytes())
                    .put("ttl", r.ttl()).put("ms", r.roundTripNs() / 1e6).put("duplicate", r.duplicate())
                    .put("intact", r.intact());
            case PingEvent.Failed f -> node.put("event", "error").put("from", text(f.from()))
                    .put("error", f.kind().name().toLowerCase(Locale.ROOT).replace('_', '-')).put("mtu", f.mtu());
            case PingEvent.Unanswered _ -> node.put("event", "unanswered");
            case PingEvent.NotSent n -> node.put("event", "not-sent").put("reason", reason(n)).put("mtu", n.mtu());
        };
    }

    static ObjectNode json(Destination to, PingStatistics s, long elapsedMs) {
        return Commands.json().createObjectNode().put("event", "statistics").put("destination", to.literal())
                .put("sent", s.sent()).put("received", s.received()).put("duplicates", s.duplicates()).put("errors", s.errors())
                .put("loss", s.loss()).put("elapsed_ms", elapsedMs).put("min_ms", s.minNs() / 1e6)
                .put("avg_ms", s.averageNs() / 1e6).put("max_ms", s.maxNs() / 1e6).put("mdev_ms", s.deviationNs() / 1e6);
    }
}
