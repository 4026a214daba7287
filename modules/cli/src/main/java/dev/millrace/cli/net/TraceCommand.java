package dev.millrace.cli.net;

import dev.millrace.UdpSocket;
import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.StackOptions;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// `millrace trace`: which routers are on the way to a host, as traceroute(8) finds them.
public final class TraceCommand implements Callable<Integer> {
    private static final int NOT_REACHED = 1;
    private static final int TROUBLE = 2;
    private static final int UDP_PORT = 33434;
    private static final int TCP_PORT = 80;

    private final CommandSpec spec;
    private final StackOptions stack;
    private final Destination.Version version;
    private final PositionalParamSpec destination;
    private final OptionSpec icmp;
    private final OptionSpec tcp;
    private final OptionSpec port;
    private final OptionSpec firstHop;
    private final OptionSpec maxHops;
    private final OptionSpec probes;
    private final OptionSpec wait;
    private final OptionSpec size;
    private final OptionSpec json;

    private TraceCommand(CommandSpec spec) {
        this.spec = spec;
        stack = new StackOptions(spec);
        destination = Commands.parameter(spec, "0", "1", "DESTINATION", "an address or a name");
        version = new Destination.Version(spec);
        icmp = Commands.flag(spec, "-I, --icmp", "send echo requests instead of UDP");
        tcp = Commands.flag(spec, "-T, --tcp", "send SYNs of TCP instead of UDP");
        port = Commands.option(spec, "-p, --port", Integer.class, "N", null,
                "the port of the first UDP probe (default 33434), or of all TCP probes (default 80)");
        firstHop = Commands.option(spec, "-f, --first-hop", Integer.class, "N", "1", "the hop to begin with");
        maxHops = Commands.option(spec, "-m, --max-hops", Integer.class, "N", "30", "the hop to end with, to 64");
        probes = Commands.option(spec, "-q, --probes", Integer.class, "N", "3", "probes of each hop, 1 to 10");
        wait = Commands.option(spec, "-w, --wait", String.class, "TIME", "2s", "how long answers are waited for");
        size = Commands.option(spec, "-s, --size", Integer.class, "BYTES", "60",
                "of a UDP or ICMP probe with the IP header, to 1500");
        json = Commands.flag(spec, "--json", "print one JSON object a hop");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Finds the routers on the way to a host. Exit codes: 0 the host was reached, 1 it "
                + "was not, 2 something else is wrong. Behind a time: !N network, !H host, !P protocol unreachable, "
                + "!X prohibited, !F too big.", TraceCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Destination to = version.of(destination.getValue());
        int first = Commands.number(spec, firstHop, 1, 64);
        int last = Commands.number(spec, maxHops, first, 64);
        int each = Commands.number(spec, probes, 1, 10);
        Duration patience = Commands.duration(spec, wait);
        PrintWriter out = Commands.out(spec);
        try (var end = new EndOfRun(); var opened = stack.open("trace");
                UdpSocket place = opened.stack().udp().connect(new InetSocketAddress(to.address(), UDP_PORT))) {
            TraceProbe probe = probe(to, place);
            try (var tracer = new Tracer(opened.stack(), probe)) {
                end.whenWanted(tracer::end);
                if (!Commands.is(json)) {
                    out.println(TraceReport.header(to, last, probe));
                    out.flush();
                }
                for (int hop = first; hop <= last && !tracer.isEnded(); hop++) {
                    Tracer.Answer[] answers = tracer.hop(hop, each, patience);
                    out.println(Commands.is(json) ? Commands.text(TraceReport.json(hop, answers)) : TraceReport.line(hop,
                            answers));
                    out.flush();
                    if (Arrays.stream(answers).filter(Objects::nonNull).anyMatch(Tracer.Answer::isEnd)) {
                        return Arrays.stream(answers).filter(Objects::nonNull).anyMatch(Tracer.Answer::arrived) ? 0 : NOT_REACHED;
                    }
                }
            }
        }
        return NOT_REACHED;
    }

    /// @param place a socket that has the port that UDP probes come from, so that nobody else gets it
    private TraceProbe probe(Destination to, UdpSocket place) {
        boolean asTcp = Commands.is(tcp);
        TraceProbe.Kind kind = asTcp ? TraceProbe.Kind.TCP : Commands.is(icmp) ? TraceProbe.Kind.ICMP : TraceProbe.Kind.UDP;
        int target = port.getValue() != null ? Commands.number(spec, port, 1, 65535) : asTcp ? TCP_PORT : UDP_PORT;
        int identifier = kind == TraceProbe.Kind.UDP ? place.localAddress().getPort()
                : ThreadLocalRandom.current().nextInt(32768, 60000);
        return new TraceProbe(kind, IpAddress.of(place.localAddress().getAddress()), IpAddress.of(to.address()), target,
                identifier,
                Commands.number(spec, size, 0, 1500));
    }
}
