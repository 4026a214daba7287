package dev.millrace.cli;

import dev.millrace.bench.BenchResult;
import dev.millrace.bench.PathScenario;
import dev.millrace.bench.PathsBench;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace bench paths`: what TCP makes of long, lossy and shared paths, in simulated time.
final class PathsCommand {
    private static final String ROW = "%-34s %-15s %10s %7s %9s %9s %7s %6s  %s%n";

    private PathsCommand() {
    }

    static CommandSpec spec() {
        return Commands.command("What TCP makes of long, lossy and shared paths in simulated time, beside what the papers of CUBIC, Reno "
                + "and BBR predict. The first third of the time does not count. Queue: the smoothed round trip less the path's. Lost: packets "
                + "that the bottleneck dropped, by chance, for want of room or while nothing passed; again/lost: segments sent again for each "
                + "of them.", spec -> {
                    var only = Commands.option(spec, "--only", String.class, "TEXT", "",
                            "paths whose name or flows contain this");
                    var seed = Commands.option(spec, "--seed", Long.class, "N", "1", "of the losses: one seed, one result");
                    var json = Commands.flag(spec, "--json", "print one JSON object a line");
                    return () -> {
                        String wanted = only.<String>getValue();
                        List<PathScenario> chosen = PathScenario.all().stream()
                                .filter(s -> s.name().contains(wanted) || String.join(" + ", s.flows()).contains(wanted)).toList();
                        if (chosen.isEmpty()) {
                            throw new ParameterException(spec.commandLine(), "no path is called \"" + wanted + "\"; there are: "
                                    + String.join("; ", PathScenario.all().stream().map(PathScenario::name).distinct().toList()));
                        }
                        run(Commands.out(spec), chosen, seed.<Long>getValue(), Commands.is(json));
                        return 0;
                    };
                });
    }

    private static void run(PrintWriter out, List<PathScenario> chosen, long seed, boolean json) throws Exception {
        if (!json) {
            out.printf(ROW, "path", "flows", "Mbit/s", "of", "queue ms", "lost", "again/", "RTOs", "");
            out.printf(ROW, "", "", "", "theory", "", "", "lost", "", "");
            out.flush();
        }
        for (PathScenario scenario : chosen) {
            BenchResult result = PathsBench.run(scenario, seed);
            if (json) {
                ObjectNode node = Commands.json().createObjectNode();
                result.figures().forEach((k, v) -> node.putPOJO(k, v));
                out.println(Commands.text(node));
            } else {
                print(out, result.figures());
            }
            out.flush();
        }
    }

    private static void print(PrintWriter out, Map<String, Object> f) {
        var more = new StringBuilder();
        if (f.containsKey("jain")) {
            more.append(f.get("each_mbit_per_s")).append(", Jain ").append(number(f, "jain", "%.3f"));
        }
        if (f.containsKey("first_after_blackout_ms")) {
            more.append("goes on after ").append(number(f, "first_after_blackout_ms", "%.0f")).append(" ms, RTO ")
                    .append(number(f, "rto_then_ms", "%.0f")).append(" ms");
        }
        out.printf(ROW, f.get("path"), f.get("flows"), number(f, "mbit_per_s", "%.2f"), number(f, "of_predicted", "%.2f"),
                number(f, "queue_ms", "%.1f"), f.get("lost"), number(f, "retransmitted_of_lost", "%.2f"), f.get("timeouts"), more);
    }

    private static String number(Map<String, Object> figures, String name, String format) {
        return figures.get(name) instanceof Double d ? String.format(Locale.ROOT, format, d) : "";
    }
}
