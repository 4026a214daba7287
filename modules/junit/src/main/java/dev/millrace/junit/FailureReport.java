package dev.millrace.junit;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.Program;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What is to be known of a failed test: gathered before its Internet is closed, unless closing it is what failed.
final class FailureReport {
    private static final List<String> NO_LOSS = List.of("sent", "delivered", "delivered-to-routers");

    private final String test;
    private final String replay;
    private final String summary;
    private final String details;
    private final List<String> warnings;
    private final String faults;
    private final String timeline;

    /// @param test the class and the method
    /// @param script the file of the script that was replayed, or `null`
    /// @param hosts those that were open at the test's end
    FailureReport(String test, String script, Internet net, List<Host> hosts, VirtualInternet.Time time,
            List<? extends Program<?>> programs) {
        this.test = test;
        replay = Replay.arguments(test, net.seed(), script);
        Map<String, Long> counters = net.counters();
        Map<String, Long> drops = new TreeMap<>(counters);
        drops.keySet().removeAll(NO_LOSS);
        drops.values().removeIf(n -> n == 0);
        long lost = drops.values().stream().mapToLong(Long::longValue).sum();
        summary = "seed " + net.seed() + ", " + time.name().toLowerCase(java.util.Locale.ROOT) + " time "
                + net.now() + "; packets " + counters.getOrDefault("sent", 0L) + ", dropped " + lost
                + (lost == 0 ? "" : " " + drops.entrySet().stream().map(e -> e.getKey() + " " + e.getValue())
                        .collect(Collectors.joining(", ", "(", ")")));
        faults = faults(net);
        warnings = net.warnings();
        List<String> troubles = net.timeline();
        timeline = troubles.isEmpty() ? "" : "troubles:" + troubles.stream().map(t -> "\n    " + t).collect(Collectors.joining());
        List<String> concerned = programs.stream().map(p -> p.host().name()).distinct().toList();
        List<String> packets = net.recentPackets(concerned, 20);
        String last = packets.isEmpty() ? "" : "last packets" + (concerned.isEmpty() ? "" : " of " + String.join(", ", concerned)) + ":\n"
                + packets.stream().map(p -> "  " + p + "\n").collect(Collectors.joining());
        details = hosts(hosts) + faults + last + programs(programs) + warnings.stream().map(w -> "warning: " + w + "\n")
                .collect(Collectors.joining());
    }

    private static String hosts(List<Host> hosts) {
        return hosts.stream().map(FailureReport::host).collect(Collectors.joining("", "hosts:\n", ""));
    }

    private static String host(Host h) {
        Map<String, Long> tcp = h.stack().counters().getOrDefault("tcp", Map.of());
        String counted = tcp.entrySet().stream().filter(e -> e.getValue() != 0).map(e -> e.getKey() + " " + e.getValue())
                .collect(Collectors.joining(", "));
        return "  " + h.name() + " " + h.addresses() + (counted.isEmpty() ? "" : "\n    tcp: " + counted) + "\n";
    }

    private static String faults(Internet net) {
        return net.faults().isEmpty() ? "" : "faults that were not healed: " + net.faults() + "\n";
    }

    private static String programs(List<? extends Program<?>> programs) {
        return programs.isEmpty() ? "" : programs.stream().map(p -> "  " + p + "\n")
                .collect(Collectors.joining("", "programs that failed:\n", ""));
    }

    /// A few lines, for the exception.
    String message(String files) {
        return summary + warnings.stream().map(w -> "\n  warning: " + w).collect(Collectors.joining())
                + (timeline.isEmpty() ? "" : "\n  " + timeline) + (faults.isEmpty() ? "" : "\n  " + faults.strip()) + "\n  run again: " + replay + files;
    }

    /// All of it, for a file.
    String text() {
        return test + "\n" + summary + "\nrun again: " + replay + "\n" + (timeline.isEmpty() ? "" : timeline + "\n") + details;
    }
}
