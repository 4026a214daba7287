package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.wire.IpAddress;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// The hops of a trace as lines and as JSON.
final class TraceReport {
    private TraceReport() {
    }

    static String header(Destination to, int maxHops, TraceProbe probe) {
        return String.format(Locale.ROOT, "trace to %s (%s), %d hops at most, %s", to.text(), to.literal(), maxHops,
                probe.kind());
    }

    /// ` 2  10.1.0.1  0.412 ms  0.380 ms  *`: an address is said again only when another one answers.
    static String line(int hop, Tracer.Answer[] answers) {
        var text = new StringBuilder(String.format(Locale.ROOT, "%2d", hop));
        IpAddress last = null;
        for (Tracer.Answer a : answers) {
            if (a == null) {
                text.append("  *");
                continue;
            }
            if (!a.from().equals(last)) {
                last = a.from();
                text.append("  ").append(last);
            }
            text.append(String.format(Locale.ROOT, "  %.3f ms", a.ns() / 1e6));
            if (!a.mark().isEmpty()) {
                text.append(' ').append(a.mark());
            }
        }
        return text.toString();
    }

    static ObjectNode json(int hop, Tracer.Answer[] answers) {
        ObjectNode node = Commands.json().createObjectNode().put("hop", hop);
        var list = node.putArray("probes");
        for (Tracer.Answer a : answers) {
            if (a == null) {
                list.addNull();
            } else {
                list.addObject().put("from", a.from().toString()).put("ms", a.ns() / 1e6).put("mark", a.mark())
                        .put("arrived", a.arrived());
            }
        }
        return node;
    }
}
