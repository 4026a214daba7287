package dev.millrace.cli;

import dev.millrace.bench.Bench;
import dev.millrace.bench.BenchOptions;
import dev.millrace.bench.BenchResult;
import dev.millrace.bench.Work;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace bench WORK`: measures, over a stack of ours or over the kernel's sockets.
final class BenchCommand {
    private static final Map<Work, String> DESCRIPTIONS = Map.of(
            Work.STREAM, "One TCP connection, data in one direction: Gbit/s.",
            Work.RR, "One byte to and fro on one TCP connection: latency.",
            Work.CONNECT, "Connect and close, one after another: connections a second.",
            Work.UDP_RR, "64 bytes to and fro over UDP: latency.",
            Work.UDP_FLOOD, "64-byte datagrams as fast as they go: datagrams received a second.",
            Work.IDLE, "Established connections that do nothing: bytes of heap for each pair.");

    private BenchCommand() {
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().mixinStandardHelpOptions(true);
        spec.usageMessage().description("Measures what this machine does, on two threads.")
                .footer("", "Numbers mean something beside a baseline of the same minute: run the same with --link jdk.");
        for (Work work : Work.values()) {
            spec.addSubcommand(work.label(), work(work));
        }
        return spec;
    }

    private static CommandSpec work(Work work) {
        return Commands.command(DESCRIPTIONS.get(work), spec -> {
            var link = Commands.option(spec, "--link", String.class, "LINK", "loopback",
                    "loopback, vnic (two stacks, checksums on the wire), or jdk (java.net on the kernel's loopback)");
            var mtu = Commands.option(spec, "--mtu", Integer.class, "BYTES", null,
                    "MTU in bytes (default: 65536 on loopback, 1500 on vnic)");
            var seconds = Commands.option(spec, "--seconds", Double.class, "S", "3", "how long to measure");
            var warmup = Commands.option(spec, "--warm-up", Double.class, "S", "3", "how long to run before measuring");
            var chunk = Commands.option(spec, "--chunk", Integer.class, "BYTES", "262144", "bytes of one write or read");
            var pairs = Commands.option(spec, "--pairs", Integer.class, "N", "20000", "connections of idle");
            boolean latency = work == Work.RR || work == Work.UDP_RR || work == Work.CONNECT;
            var threads = Commands.option(spec, "--threads", BenchOptions.Threads.class, "KIND",
                    latency ? "best" : "platform",
                    "platform, virtual, or best: both, one after the other, and the better one counts");
            var runs = Commands.option(spec, "--runs", Integer.class, "N", "1", "how often; prints median and spread");
            var json = Commands.flag(spec, "--json", "print one JSON object on the last line");
            return () -> {
                String chosen = link.getValue();
                Integer given = mtu.getValue();
                int bytes = given != null ? given : chosen.equals("vnic") ? 1500 : 65536;
                try {
                    var options = new BenchOptions(work, chosen, bytes, (Double) seconds.getValue(),
                            (Double) warmup.getValue(), (Integer) chunk.getValue(), (Integer) pairs.getValue(),
                            threads.getValue());
                    run(Commands.out(spec), options, runs.getValue(), Boolean.TRUE.equals(json.getValue()));
                } catch (IllegalArgumentException e) {
                    throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                }
                return 0;
            };
        });
    }

    private static void run(PrintWriter out, BenchOptions options, int runs, boolean json) throws Exception {
        BenchResult[] results = new BenchResult[Math.max(1, runs)];
        for (int i = 0; i < results.length; i++) {
            results[i] = Bench.run(options);
            out.println(line(results[i].figures()));
        }
        Map<String, Object> figures = results[0].figures();
        if (results.length > 1) {
            figures = median(results);
            out.println("median: " + line(figures));
        }
        if (json) {
            ObjectNode node = Commands.json().createObjectNode();
            figures.forEach((key, value) -> node.putPOJO(key, value));
            out.println(Commands.text(node));
        }
    }

    /// The median of each number over all runs, with the least and the greatest of the first figure beside it.
    private static Map<String, Object> median(BenchResult[] results) {
        var middle = new java.util.LinkedHashMap<String, Object>();
        results[0].figures().forEach((key, value) -> {
            if (value instanceof Double) {
                double[] all = Arrays.stream(results)
                        .mapToDouble(r -> ((Number) r.figures().getOrDefault(key, 0.0)).doubleValue()).sorted().toArray();
                middle.put(key, all[all.length / 2]);
                if (!key.equals("seconds") && !key.equals("cpu_cores")) {
                    middle.put(key + "_min", all[0]);
                    middle.put(key + "_max", all[all.length - 1]);
                }
            } else {
                middle.put(key, value);
            }
        });
        middle.put("runs", results.length);
        return middle;
    }

    private static String line(Map<String, Object> figures) {
        var text = new StringBuilder();
        figures.forEach((key, value) -> {
            if (!text.isEmpty()) {
                text.append("  ");
            }
            text.append(key).append('=');
            text.append(value instanceof Double d ? String.format(Locale.ROOT, d < 100 ? "%.2f" : "%.0f", d) : value);
        });
        return text.toString();
    }
}
