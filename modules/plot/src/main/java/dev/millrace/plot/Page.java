package dev.millrace.plot;

import dev.millrace.plot.Plot.Summary;
import dev.millrace.plot.Plot.Traffic;
import java.util.List;
import java.util.Locale;

/// The page: a table of connections, and the graphs of some.
final class Page {
    private static final int MAX_ROWS = 1000;

    private final String name;
    private final Plot plot;
    private final Trace trace;

    Page(String name, Plot plot, Trace trace) {
        this.name = name;
        this.plot = plot;
        this.trace = trace;
    }

    String html(List<Integer> numbers) {
        var s = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                + "content=\"width=device-width\"><title>" + Panel.escape(name) + "</title><style>" + Style.PAGE
                + "</style></head><body>\n<h1>TCP connections of " + Panel.escape(name) + "</h1>\n");
        List<Summary> all = plot.connections();
        s.append(String.format(Locale.ROOT, "<p>%,d packets, %,d %s", trace.packets, all.size(),
                all.size() == 1 ? "connection" : "connections"));
        if (trace.otherPackets > 0) {
            s.append(String.format(Locale.ROOT, "; %,d packets are no TCP", trace.otherPackets));
        }
        s.append(trace.isCut ? "; the capture goes on, but is too long to be shown whole" : "").append(".</p>\n");
        if (!all.isEmpty()) {
            table(s, all, numbers);
        }
        if (numbers.size() < all.size()) {
            s.append("<p class=\"note\">Of ").append(all.size()).append(" connections the ").append(numbers.size())
                    .append(" below are drawn: choose others with <code>--connection</code>, or more with <code>--max</code>."
                            + "</p>\n");
        }
        for (int number : numbers) {
            section(s, all.get(number - 1), trace.connections.get(number - 1));
        }
        return s.append("</body></html>\n").toString();
    }

    private static void table(StringBuilder s, List<Summary> all, List<Integer> numbers) {
        s.append("<div class=\"wide\"><table><thead><tr><th>#</th><th>connection</th><th>start</th><th>duration</th>"
                + "<th>sent</th><th>received</th><th>retransmitted</th><th>RTT median</th><th>throughput</th></tr></thead><tbody>\n");
        for (Summary c : all.subList(0, Math.min(all.size(), MAX_ROWS))) {
            boolean drawn = numbers.contains(c.number());
            String ends = Panel.escape(Plot.text(c.client()) + " → " + Plot.text(c.server()));
            Traffic main = c.received().bytes() > c.sent().bytes() ? c.received() : c.sent();
            s.append("<tr><td>").append(c.number()).append("</td><td>")
                    .append(drawn ? "<a href=\"#c" + c.number() + "\">" + ends + "</a>" : ends).append("</td><td>")
                    .append(Plot.time(c.startNs())).append("</td><td>").append(Plot.time(c.durationNs())).append("</td><td>")
                    .append(Plot.bytes(c.sent().bytes())).append("</td><td>").append(Plot.bytes(c.received().bytes()))
                    .append("</td><td>").append(c.sent().retransmissions() + c.received().retransmissions())
                    .append("</td><td>").append(main.medianRttNs() == 0 ? "–" : Plot.time(main.medianRttNs()))
                    .append("</td><td>").append(rate(main.bytes(), c.durationNs())).append("</td></tr>\n");
        }
        s.append("</tbody></table></div>\n");
        if (all.size() > MAX_ROWS) {
            s.append("<p class=\"note\">").append(all.size() - MAX_ROWS).append(" more are not listed.</p>\n");
        }
    }

    private static String rate(long bytes, long ns) {
        if (ns <= 0 || bytes == 0) {
            return "–";
        }
        double bits = bytes * 8e9 / ns;
        return bits >= 1e9 ? String.format(Locale.ROOT, "%.2f Gbit/s", bits / 1e9)
                : bits >= 1e6 ? String.format(Locale.ROOT, "%.2f Mbit/s", bits / 1e6)
                : String.format(Locale.ROOT, "%.1f kbit/s", bits / 1e3);
    }

    private static void section(StringBuilder s, Summary c, Connection connection) {
        s.append("<h2 id=\"c").append(c.number()).append("\">").append(c.number()).append(". ")
                .append(Panel.escape(connection.toString())).append("</h2>\n");
        boolean any = false;
        for (Flow f : List.of(connection.forth, connection.back)) {
            if (f.carriesData()) {
                any = true;
                Traffic t = f == connection.forth ? c.sent() : c.received();
                s.append("<h3>").append(Plot.direction(f)).append("</h3>\n<p>").append(facts(t, c.durationNs()))
                        .append("</p>\n").append(Plot.picture(connection, f, false).replace("<svg ", "<svg class=\"themed\" "));
            }
        }
        if (!any) {
            s.append("<p>No data in either direction").append(connection.forth.resets.isEmpty()
                    && connection.back.resets.isEmpty() ? "" : "; it was reset").append(".</p>\n");
        }
    }

    private static String facts(Traffic t, long durationNs) {
        var s = new StringBuilder(Plot.bytes(t.bytes()) + " in " + t.segments() + " segments, "
                + rate(t.bytes(), durationNs) + "; " + t.retransmissions() + " retransmissions, " + t.sackBlocks()
                + " SACK blocks, " + t.duplicateAcks() + " duplicate ACKs");
        if (t.lost() > 0) {
            s.append(", ").append(t.lost()).append(" known to be lost");
        }
        if (t.missedBytes() > 0) {
            s.append("; ").append(Plot.bytes(t.missedBytes())).append(" that were sent are not in the capture");
        }
        if (t.medianRttNs() > 0) {
            s.append("; RTT ").append(Plot.time(t.minRttNs())).append(" min, ").append(Plot.time(t.medianRttNs()))
                    .append(" median, ").append(Plot.time(t.maxRttNs())).append(" max");
        }
        return s.append('.').toString();
    }
}
