package dev.millrace.cli.services;

import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.StackOptions;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace services`: a sink, a source, an echo and an accept-read-close on a stack, until it is stopped.
public final class ServicesCommand {
    private ServicesCommand() {
    }

    /// The command.
    public static CommandSpec spec() {
        return Commands.command("Offers the services that measurements and outside clients use: TCP 5001 throws away what it "
                + "reads, 5002 writes, 5003 echoes, 5004 reads once and closes; UDP 5003 echoes.", spec -> {
                    var stack = new StackOptions(spec);
                    var length = Commands.option(spec, "--for", String.class, "DURATION", null,
                            "end by itself after this long, such as 30s (default: when interrupted)");
                    var connections = Commands.option(spec, "--connections", Integer.class, "N", "512",
                            "connections of each TCP service at once");
                    var threads = Commands.option(spec, "--threads", ThreadKind.class, "KIND", "virtual",
                            "virtual or platform");
                    var json = Commands.flag(spec, "--json", "print the counts as one JSON object on the last line");
                    return () -> {
                        Duration limit = EndOfRun.limit(spec, length.getValue());
                        int most = connections.getValue();
                        if (most < 1) {
                            throw new ParameterException(spec.commandLine(), "--connections must be at least 1, not " + most);
                        }
                        try (var end = new EndOfRun(); var opened = stack.open("services")) {
                            var services = new Services(opened.stack(), most, threads.getValue());
                            PrintWriter out = Commands.out(spec);
                            out.println(services.line());
                            out.flush();
                            end.await(limit);
                            if (Boolean.TRUE.equals(json.getValue())) {
                                out.println(Commands.text(json(services.figures())));
                            } else {
                                print(out, services.figures());
                            }
                            out.flush();
                        }
                        return 0;
                    };
                });
    }

    private static void print(PrintWriter out, Map<String, Figures> all) {
        all.forEach((name, f) -> out.printf("%-22s %12s received %15d  sent %15d  failed %d%n", name,
                name.startsWith("tcp") ? f.connections.sum() + " accepted" : "", f.received.sum(), f.sent.sum(),
                f.failed.sum()));
    }

    private static ObjectNode json(Map<String, Figures> all) {
        ObjectNode node = Commands.json().createObjectNode();
        all.forEach((name, f) -> {
            ObjectNode one = node.putObject(name);
            if (name.startsWith("tcp")) {
                one.put("connections", f.connections.sum());
            }
            one.put("received_bytes", f.received.sum()).put("sent_bytes", f.sent.sum()).put("failed", f.failed.sum());
        });
        return node;
    }
}
