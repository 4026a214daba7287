package dev.millrace.cli.http;

import dev.millrace.Cidr;
import dev.millrace.Nic;
import dev.millrace.Stack;
import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.StackOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// `millrace serve`: an HTTP server on a stack, until it is stopped.
public final class ServeCommand {
    /// How long requests under way may take to end when the command is to.
    private static final Duration TO_DRAIN = Duration.ofSeconds(1);

    private ServeCommand() {
    }

    /// The command.
    public static CommandSpec spec() {
        return Commands.command("Serves HTTP/1.1 from a stack: / says hello, /todos is a small REST service, and with --root "
                + "everything else is a folder's files.", spec -> {
                    var stack = new StackOptions(spec);
                    var port = Commands.option(spec, "--port", Integer.class, "N", "80", "the port");
                    var root = Commands.option(spec, "--root", Path.class, "DIR", null, "serve the files of this folder");
                    var length = Commands.option(spec, "--for", String.class, "DURATION", null,
                            "end by itself after this long, such as 30s (default: when interrupted)");
                    var connections = Commands.option(spec, "--connections", Integer.class, "N", "1024",
                            "connections at once");
                    var quiet = Commands.flag(spec, "--quiet", "no line for each request");
                    return () -> {
                        Duration limit = EndOfRun.limit(spec, length.getValue());
                        int number = port.getValue();
                        int most = connections.getValue();
                        if (number < 0 || number > 65535 || most < 1) {
                            throw new ParameterException(spec.commandLine(),
                                    "--port is 0 to 65535 and --connections at least 1");
                        }
                        Path folder = root.getValue();
                        var site = new Site(folder == null ? null : new FileResource(folder));
                        PrintWriter out = Commands.out(spec);
                        Consumer<String> log = Boolean.TRUE.equals(quiet.getValue()) ? _ -> {
                        } : line -> {
                            synchronized (out) {
                                out.println(line);
                            }
                        };
                        var limits = new HttpServer.Limits(most, HttpServer.Limits.STANDARD.idle());
                        try (var end = new EndOfRun(); var opened = stack.open("serve");
                                var server = new HttpServer(opened.stack(), number, site, limits, log)) {
                            out.println("listening on " + urls(opened.stack(), server.address().getPort()));
                            out.flush();
                            end.await(limit);
                            server.drain(TO_DRAIN);
                            out.println("served " + server.requests() + " requests; " + server.connections()
                                    + " connections are still open");
                            out.flush();
                        }
                        return 0;
                    };
                });
    }

    private static String urls(Stack stack, int port) {
        return stack.nics().stream().map(Nic::addresses).flatMap(java.util.List::stream).map(Cidr::inetAddress)
                .map(a -> "http://" + (a instanceof java.net.Inet6Address ? "[" + a.getHostAddress() + "]"
                        : a.getHostAddress()) + ":" + port + "/").collect(Collectors.joining(" and "));
    }
}
