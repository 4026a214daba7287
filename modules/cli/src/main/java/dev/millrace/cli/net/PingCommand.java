package dev.millrace.cli.net;

import dev.millrace.Cidr;
import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingRun;
import dev.millrace.PingStatistics;
import dev.millrace.Stack;
import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.StackOptions;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/// `millrace ping`: asks a host whether it is there, as ping(8) does.
public final class PingCommand implements Callable<Integer> {
    private static final int NOBODY_ANSWERED = 1;
    private static final int TROUBLE = 2;

    private final CommandSpec spec;
    private final StackOptions stack;
    private final Destination.Version version;
    private final PositionalParamSpec destination;
    private final OptionSpec count;
    private final OptionSpec interval;
    private final OptionSpec size;
    private final OptionSpec timeout;
    private final OptionSpec ttl;
    private final OptionSpec pattern;
    private final OptionSpec dontFragment;
    private final OptionSpec source;
    private final OptionSpec unanswered;
    private final OptionSpec quiet;
    private final OptionSpec json;

    private PingCommand(CommandSpec spec) {
        this.spec = spec;
        stack = new StackOptions(spec);
        destination = Commands.parameter(spec, "0", "1", "DESTINATION", "an address, also of a group or broadcast, or a name");
        version = new Destination.Version(spec);
        count = Commands.option(spec, "-c, --count", Integer.class, "N", "0", "requests to send; 0: until interrupted");
        interval = Commands.option(spec, "-i, --interval", String.class, "TIME", "1s",
                "from one request to the next, at least 1ms");
        size = Commands.option(spec, "-s, --size", Integer.class, "BYTES", "56", "of data, to 65507 (IPv4) or 65527 (IPv6)");
        timeout = Commands.option(spec, "-W, --timeout", String.class, "TIME", "10s", "how long a reply is waited for");
        ttl = Commands.option(spec, "-t, --ttl", Integer.class, "HOPS", "0", "TTL or hop limit, 1 to 255; 0: the stack's own");
        pattern = Commands.option(spec, "-p, --pattern", String.class, "HEX", null, "bytes to fill the data with, such as ff00");
        dontFragment = Commands.flag(spec, "-D, --dont-fragment", "nobody may fragment the requests");
        source = Commands.option(spec, "-I, --source", String.class, "ADDRESS", null,
                "which of the stack's addresses to send from");
        unanswered = Commands.flag(spec, "-O, --unanswered", "say of each request that it was not answered");
        quiet = Commands.flag(spec, "-q, --quiet", "say nothing but the totals");
        json = Commands.flag(spec, "--json", "print one JSON object a line: what became of each request, and the totals last");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Sends echo requests and says what came back. Exit codes: 0 somebody answered, 1 "
                + "nobody did, 2 something else is wrong.", PingCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        Destination to = version.of(destination.getValue());
        PrintWriter out = Commands.out(spec);
        try (var end = new EndOfRun(); var opened = stack.open("ping")) {
            Ping ping = settings(opened.stack(), to);
            warmUp(opened.stack(), ping);
            if (!Commands.is(json)) {
                out.println(PingReport.header(to, ping));
                out.flush();
            }
            long begun = System.nanoTime();
            PingStatistics total;
            try (PingRun run = ping.start(event -> tell(end, out, event))) {
                end.whenWanted(run::close);
                total = run.await();
            }
            long ms = (System.nanoTime() - begun) / 1_000_000;
            out.println(Commands.is(json) ? Commands.text(PingReport.json(to, total, ms)) : PingReport.totals(to, total, ms));
            out.flush();
            return total.received() > 0 ? 0 : NOBODY_ANSWERED;
        }
    }

    /// A program that has just begun needs tens of milliseconds for its first request, which are no part of the way to a host:
    /// it asks itself before.
    private static void warmUp(Stack s, Ping ping) throws IOException {
        int version = IpAddress.of(ping.destination()).version();
        IpAddress own = s.nics().stream().flatMap(n -> n.addresses().stream()).map(Cidr::address)
                .filter(a -> a.version() == version).findFirst().orElse(null);
        if (own != null) {
            s.ping(own.toInetAddress()).count(3).size(ping.size()).interval(Duration.ofMillis(1))
                    .timeout(Duration.ofMillis(500)).run();
        }
    }

    private Ping settings(Stack s, Destination to) {
        try {
            Ping ping = s.ping(to.address()).count(count.getValue()).interval(time(interval)).size(size.getValue())
                    .timeout(time(timeout)).ttl(ttl.getValue()).dontFragment(Commands.is(dontFragment));
            if (pattern.getValue() != null) {
                ping = ping.pattern(HexFormat.of().parseHex(pattern.getValue()));
            }
            return source.getValue() == null ? ping : ping.source(InetAddress.ofLiteral(source.getValue()));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Duration time(OptionSpec option) {
        return Commands.duration(spec, option);
    }

    private void tell(EndOfRun end, PrintWriter out, PingEvent event) {
        if (Commands.is(quiet)) {
            return;
        }
        String line = Commands.is(json) ? Commands.text(PingReport.json(event))
                : PingReport.line(event, Commands.is(unanswered));
        if (!line.isEmpty()) {
            end.say(out, line);
        }
    }
}
