package dev.millrace.plot;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// The TCP connections of a capture (pcap or pcapng), as pictures: for each direction that carries data a time-sequence
/// graph, throughput, round-trip times, and bytes in flight. Immutable.
///
/// ```java
/// Plot.read(Path.of("session.pcapng")).writeHtml(Path.of("session.html"));
/// ```
public final class Plot {
    /// How many connections a page shows if nothing else is said.
    public static final int DEFAULT_CONNECTIONS = 10;

    private final String name;
    private final Trace trace;

    /// A connection of the capture.
    ///
    /// @param number its number, from 1, in the order of their first segments
    /// @param client who opened it, as far as the capture tells; its host string is the name that the capture has for it, if any
    /// @param server the other end, likewise
    /// @param startNs when it began, in nanoseconds since the first packet of the capture
    /// @param durationNs how long it lasted, in nanoseconds
    /// @param sent what the client sent
    /// @param received what the server sent
    public record Summary(int number, InetSocketAddress client, InetSocketAddress server, long startNs, long durationNs,
            Traffic sent, Traffic received) {
    }

    /// What one end of a connection sent.
    ///
    /// @param bytes of payload, retransmissions included
    /// @param segments with payload
    /// @param retransmissions segments of which a part was sent before
    /// @param sackBlocks that came back
    /// @param duplicateAcks that came back
    /// @param lost segments that the capture itself knows to have been lost
    /// @param missedBytes bytes that were sent, since later ones were, but that the capture does not have
    /// @param minRttNs the least round-trip time, in nanoseconds; 0 if there was no sample
    /// @param medianRttNs the median round-trip time
    /// @param maxRttNs the greatest round-trip time
    public record Traffic(long bytes, int segments, int retransmissions, int sackBlocks, int duplicateAcks, int lost,
            long missedBytes, long minRttNs, long medianRttNs, long maxRttNs) {
    }

    private Plot(String name, Trace trace) {
        this.name = name;
        this.trace = trace;
    }

    /// Reads a capture.
    ///
    /// @throws dev.millrace.wire.pcap.CaptureFormatException if it is none
    /// @throws IOException if it cannot be read
    public static Plot read(Path capture) throws IOException {
        Path file = capture.getFileName();
        return new Plot(file == null ? "capture" : file.toString(), Trace.read(capture));
    }

    /// The connections, in the order in which they began.
    public List<Summary> connections() {
        var all = new ArrayList<Summary>();
        for (int i = 0; i < trace.connections.size(); i++) {
            Connection c = trace.connections.get(i);
            all.add(new Summary(i + 1, c.forth.from, c.forth.to, c.firstNs, c.lastNs - c.firstNs, traffic(c.forth),
                    traffic(c.back)));
        }
        return all;
    }

    private static Traffic traffic(Flow f) {
        return new Traffic(f.bytes, f.segments, f.retransmissions.size(), f.sacks.size(), f.duplicateAcks.size(),
                f.lost.size(), f.missedBytes, f.roundTrips.quantile(0), f.roundTrips.quantile(500), f.roundTrips.quantile(1000));
    }

    /// How many packets the capture has.
    public long packets() {
        return trace.packets;
    }

    /// How many of them are no TCP segments.
    public long otherPackets() {
        return trace.otherPackets;
    }

    /// The numbers of the connections with the most bytes, most first.
    public List<Integer> largest(int atMost) {
        return connections().stream()
                .sorted(Comparator.comparingLong((Summary s) -> -(s.sent().bytes() + s.received().bytes()))
                        .thenComparing(Summary::number))
                .limit(atMost).map(Summary::number).toList();
    }

    /// Writes a page with the largest connections.
    ///
    /// @throws IOException if it cannot be written
    public void writeHtml(Path file) throws IOException {
        Files.writeString(file, html(largest(DEFAULT_CONNECTIONS)));
    }

    /// A page that needs nothing else: a table of all connections, and the graphs of these.
    public String html(List<Integer> numbers) {
        return new Page(name, this, trace).html(numbers);
    }

    /// The graphs of one connection, in one SVG picture: of the direction that carries more.
    ///
    /// @throws IllegalArgumentException if there is no such connection
    public String svg(int number) {
        if (number < 1 || number > trace.connections.size()) {
            throw new IllegalArgumentException("there is no connection " + number + "; there are " + trace.connections.size());
        }
        Connection c = trace.connections.get(number - 1);
        Flow f = c.back.bytes > c.forth.bytes ? c.back : c.forth;
        return picture(c, f, true);
    }

    static String picture(Connection c, Flow f, boolean alone) {
        var body = new StringBuilder();
        int y = 8;
        if (alone) {
            body.append("<text class=\"title\" x=\"70\" y=\"20\">").append(direction(f)).append("</text>\n");
            y = 32;
        }
        for (Panel p : FlowGraphs.of(c, f)) {
            body.append(p.svg(y));
            y += p.totalHeight() + 10;
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + Panel.WIDTH + " " + y + "\" width=\"" + Panel.WIDTH
                + "\" height=\"" + y + "\" font-family=\"system-ui, sans-serif\">\n<style>" + Style.GRAPHS + "</style>\n"
                + (alone ? "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" : "") + body + "</svg>\n";
    }

    /// The end of a connection as pages write it: `bank (10.0.0.2):443` if the capture has a name for it, else its address and port.
    public static String text(InetSocketAddress end) {
        String address = end.getAddress().getHostAddress();
        // With a literal, or without a name, this is the address: nobody is asked.
        String name = end.getHostString();
        return (!name.equals(address) ? name + " (" + address + ")" : address.contains(":") ? "[" + address + "]" : address)
                + ":" + end.getPort();
    }

    static String direction(Flow f) {
        return Panel.escape(text(f.from) + " → " + text(f.to));
    }

    static String bytes(long n) {
        return n >= 10_000_000 ? String.format(Locale.ROOT, "%.1f MB", n / 1e6)
                : n >= 10_000 ? String.format(Locale.ROOT, "%.1f kB", n / 1e3) : n + " B";
    }

    static String time(long ns) {
        return ns >= 1_000_000_000 ? String.format(Locale.ROOT, "%.3f s", ns / 1e9)
                : ns >= 1_000_000 ? String.format(Locale.ROOT, "%.1f ms", ns / 1e6)
                : String.format(Locale.ROOT, "%.1f µs", ns / 1e3);
    }
}
