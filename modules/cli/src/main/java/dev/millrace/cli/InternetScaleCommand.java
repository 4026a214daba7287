package dev.millrace.cli;

import dev.millrace.bench.InternetScale;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// `millrace bench hosts`: what many hosts and connections cost in simulated time.
final class InternetScaleCommand {
    private InternetScaleCommand() {
    }

    static CommandSpec spec() {
        return Commands.command("Many hosts with many connections in simulated time, each of which asks and is answered once a "
                + "second: memory for each, real time for each packet.", spec -> {
                    var hosts = Commands.option(spec, "--hosts", Integer.class, "N", "1000", "hosts, of which half are servers");
                    var connections = Commands.option(spec, "--connections", Integer.class, "N", "10000",
                            "connections at the same time");
                    var rounds = Commands.option(spec, "--rounds", Integer.class, "N", "10", "how often each asks");
                    var json = Commands.flag(spec, "--json", "print one JSON object");
                    return () -> {
                        int n = hosts.getValue();
                        int c = connections.getValue();
                        int r = rounds.getValue();
                        if (n < 2 || n > 65535 || c < 1 || r < 1) {
                            throw new ParameterException(spec.commandLine(),
                                    "there must be 2 to 65535 hosts, and at least 1 connection and 1 round");
                        }
                        InternetScale.Result x = new InternetScale(n, c, r).run();
                        PrintWriter out = Commands.out(spec);
                        if (Commands.is(json)) {
                            out.println(Commands.text(Commands.json().createObjectNode().put("work", "hosts").put("hosts", n)
                                    .put("connections", c).put("rounds", r).put("host_bytes", x.hostBytes())
                                    .put("connection_bytes", x.connectionBytes()).put("total_heap_bytes", x.totalBytes())
                                    .put("peak_resident_bytes", x.peakResident()).put("host_open_us", x.openNs() / 1e3)
                                    .put("packets", x.packets()).put("packet_us", x.packetNs() / 1e3)
                                    .put("simulated_s", x.simulatedNs() / 1e9).put("real_s", x.realNs() / 1e9)));
                        } else {
                            out.printf(Locale.ROOT, "%d hosts, %d connections: %.1f KB a host, %.1f KB a connection, %.0f MB heap "
                                    + "in all, %.0f MB resident at most%n", n, c, x.hostBytes() / 1e3, x.connectionBytes() / 1e3,
                                    x.totalBytes() / 1e6, x.peakResident() / 1e6);
                            out.printf(Locale.ROOT, "%.0f us to open a host; %d packets, %.2f us each; %.1f s simulated in "
                                    + "%.1f s%n", x.openNs() / 1e3, x.packets(), x.packetNs() / 1e3, x.simulatedNs() / 1e9,
                                    x.realNs() / 1e9);
                        }
                        return 0;
                    };
                });
    }
}
