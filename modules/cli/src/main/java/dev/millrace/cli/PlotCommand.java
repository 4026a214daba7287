package dev.millrace.cli;

import dev.millrace.plot.Plot;
import dev.millrace.plot.Plot.Summary;
import dev.millrace.plot.Plot.Traffic;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace plot`: the TCP connections of a capture as pictures.
final class PlotCommand {
    private PlotCommand() {
    }

    static CommandSpec spec() {
        return Commands.command("Draws the TCP connections of a capture (pcap, pcapng): time-sequence graph with "
                + "retransmissions, SACKs and losses, throughput, round-trip times, bytes in flight and window. Writes one HTML "
                + "page that needs nothing else, or an SVG picture of one connection.", spec -> {
                    PositionalParamSpec file = PositionalParamSpec.builder().index("0").arity("1").type(Path.class)
                            .paramLabel("FILE").description("the capture").build();
                    spec.addPositional(file);
                    var output = Commands.option(spec, "-o, --output", Path.class, "FILE", null, "where to; .svg makes a picture of "
                            + "one connection; - is standard output. By default the capture's name with .html");
                    var choice = Commands.option(spec, "--connection", String.class, "N|ADDR:PORT", null,
                            "draw this connection only: its number, or one of its ends");
                    var max = Commands.option(spec, "--max", Integer.class, "N", "" + Plot.DEFAULT_CONNECTIONS,
                            "draw so many connections at most, the largest");
                    var list = Commands.flag(spec, "--list", "list the connections and write nothing");
                    var json = Commands.flag(spec, "--json", "list them as JSON, one object a line, and write nothing");
                    return () -> {
                        Path capture = file.getValue();
                        Plot plot;
                        try {
                            plot = Plot.read(capture);
                        } catch (NoSuchFileException e) {
                            throw new ParameterException(spec.commandLine(), capture + ": no such file", e);
                        }
                        PrintWriter out = Commands.out(spec);
                        List<Integer> chosen = chosen(spec, plot, choice.getValue(), max.getValue());
                        if (Boolean.TRUE.equals(json.getValue()) || Boolean.TRUE.equals(list.getValue())) {
                            for (Summary s : plot.connections()) {
                                out.println(Boolean.TRUE.equals(json.getValue()) ? Commands.text(json(s)) : line(s));
                            }
                            return 0;
                        }
                        write(spec, plot, chosen, capture, output.getValue());
                        return 0;
                    };
                });
    }

    private static List<Integer> chosen(CommandSpec spec, Plot plot, String choice, int max) {
        if (choice == null) {
            return plot.largest(max);
        }
        List<Integer> matching = plot.connections().stream().filter(s -> choice.equals("" + s.number())
                || is(choice, s.client()) || is(choice, s.server())).map(Summary::number).limit(max).toList();
        if (matching.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "there is no connection " + choice + "; --list shows the "
                    + plot.connections().size() + " there are");
        }
        return matching;
    }

    private static void write(CommandSpec spec, Plot plot, List<Integer> chosen, Path capture, Path output)
            throws IOException {
        Path target = output != null ? output
                : capture.resolveSibling(capture.getFileName().toString().replaceFirst("\\.(pcapng|pcap|cap)$", "") + ".html");
        boolean svg = target.toString().endsWith(".svg");
        if (svg && chosen.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "the capture has no TCP connection to draw");
        }
        String text = svg ? plot.svg(chosen.getFirst()) : plot.html(chosen);
        if (target.toString().equals("-")) {
            Commands.out(spec).print(text);
            Commands.out(spec).flush();
        } else {
            Files.writeString(target, text);
            Commands.out(spec).println(target + ": " + (svg ? "connection " + chosen.getFirst()
                    : chosen.size() + " of " + plot.connections().size() + " connections") + ", " + plot.packets() + " packets");
        }
    }

    /// Whether somebody means this end: by its address or its name, with its port.
    private static boolean is(String choice, InetSocketAddress end) {
        return choice.equals(text(end)) || choice.equals(end.getHostString() + ":" + end.getPort());
    }

    private static String text(InetSocketAddress a) {
        String host = a.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + a.getPort();
    }

    private static String line(Summary s) {
        Traffic main = s.received().bytes() > s.sent().bytes() ? s.received() : s.sent();
        return String.format(Locale.ROOT, "%4d  %s -> %s  %.3f s  sent %d B, received %d B, %d retransmissions, RTT %.1f ms",
                s.number(), Plot.text(s.client()), Plot.text(s.server()), s.durationNs() / 1e9, s.sent().bytes(), s.received().bytes(),
                s.sent().retransmissions() + s.received().retransmissions(), main.medianRttNs() / 1e6);
    }

    private static ObjectNode json(Summary s) {
        ObjectNode node = Commands.json().createObjectNode().put("connection", s.number()).put("client", text(s.client()))
                .put("server", text(s.server())).put("start_s", s.startNs() / 1e9).put("duration_s", s.durationNs() / 1e9);
        name(node, "client_name", s.client());
        name(node, "server_name", s.server());
        node.set("sent", json(s.sent()));
        node.set("received", json(s.received()));
        return node;
    }

    private static void name(ObjectNode node, String key, InetSocketAddress end) {
        if (!end.getHostString().equals(end.getAddress().getHostAddress())) {
            node.put(key, end.getHostString());
        }
    }

    private static ObjectNode json(Traffic t) {
        return Commands.json().createObjectNode().put("bytes", t.bytes()).put("segments", t.segments())
                .put("retransmissions", t.retransmissions()).put("sack_blocks", t.sackBlocks())
                .put("duplicate_acks", t.duplicateAcks()).put("lost", t.lost()).put("missed_bytes", t.missedBytes()).put("rtt_min_ms", t.minRttNs() / 1e6)
                .put("rtt_median_ms", t.medianRttNs() / 1e6).put("rtt_max_ms", t.maxRttNs() / 1e6);
    }
}
