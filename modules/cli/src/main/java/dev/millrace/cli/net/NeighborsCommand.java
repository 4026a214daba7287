package dev.millrace.cli.net;

import dev.millrace.Nic;
import dev.millrace.PingRun;
import dev.millrace.Stack;
import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.StackOptions;
import dev.millrace.neighbors.Neighbors;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.Direction;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/// `millrace neighbors`: who is on an Ethernet, with the stations of each address.
public final class NeighborsCommand implements Callable<Integer> {
    private static final int NOBODY = 1;
    private static final int TROUBLE = 2;
    private static final int MAX_PROBED = 1024;
    private static final Duration A_MOMENT = Duration.ofMillis(100);
    private static final String FORMAT = "%-8s %-28s %-17s  %s";

    private final CommandSpec spec;
    private final StackOptions stack;
    private final PositionalParamSpec addresses;
    private final OptionSpec time;
    private final OptionSpec json;

    private NeighborsCommand(CommandSpec spec) {
        this.spec = spec;
        stack = new StackOptions(spec);
        addresses = Commands.parameter(spec, "0..*", "0..*", "ADDRESS", "addresses to ask for (default: only listen)");
        time = Commands.option(spec, "--for", String.class, "TIME", null,
                "how long to listen (default: 5s, or until all that were asked for are known, at most 3s)");
        json = Commands.flag(spec, "--json", "print one JSON object a neighbour");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Shows the stations on an Ethernet: those that the stack has asked for by ARP or "
                + "neighbour discovery and knows, and those that were heard doing so. Exit codes: 0 somebody is there, 1 nobody, "
                + "2 something is wrong.", NeighborsCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    /// One line of the table.
    record Row(String nic, IpAddress address, long station, String state, boolean router) {
        String line() {
            return String.format(Locale.ROOT, FORMAT, nic, address, station == 0 ? "-" : MacAddress.text(station),
                    state + (router ? ", router" : ""));
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<String> given = addresses.getValue();
        List<IpAddress> asked = given == null ? List.of() : given.stream().map(this::parse).toList();
        if (asked.size() > MAX_PROBED) {
            throw new ParameterException(spec.commandLine(), "at most " + MAX_PROBED + " addresses can be asked for");
        }
        Duration limit = EndOfRun.limit(spec, time.getValue());
        try (var end = new EndOfRun(); var opened = stack.open("neighbors");
                PacketSource packets = PacketSource.live(opened.stack(), 256)) {
            Stack s = opened.stack();
            Neighbors cache = s.service(Neighbors.class).orElseThrow(() -> new IOException(
                    "this stack knows no neighbours: add millrace-neighbors, and a link with Ethernet frames"));
            if (InterfacesCommand.ofStack(s).stream().allMatch(r -> r.mac().isEmpty())) {
                throw new IOException(s.nics().getFirst().linkName() + " carries no Ethernet frames, so there are no neighbours: "
                        + "use tap:, packet: or vxlan:");
            }
            end.whenWanted(packets::end);
            var heard = new HeardNeighbors();
            ask(s, asked);
            listen(packets, cache, heard, asked, limit);
            return print(rows(s, cache, heard, asked));
        }
    }

    private IpAddress parse(String text) {
        try {
            return IpAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /// An echo request to each: whatever they answer, on the way their stations are found.
    private static void ask(Stack s, List<IpAddress> asked) throws IOException {
        for (IpAddress a : asked) {
            PingRun run = s.ping(a.toInetAddress()).count(1).size(0).start(_ -> { });
            // It has left or waits for the neighbour; what comes back is of no interest.
            run.close();
        }
    }

    private static void listen(PacketSource packets, Neighbors cache, HeardNeighbors heard, List<IpAddress> asked, Duration limit)
            throws IOException, InterruptedException {
        long patience = limit != null ? limit.toNanos() : asked.isEmpty() ? 5_000_000_000L : 3_000_000_000L;
        long until = System.nanoTime() + patience;
        while (!packets.isOver() && System.nanoTime() - until < 0) {
            CapturedPacket p = packets.next(A_MOMENT);
            if (p != null && p.direction() == Direction.INBOUND) {
                heard.packet(SourceOptions.facts(p));
            }
            if (limit == null && !asked.isEmpty() && allKnown(cache, asked)) {
                return;
            }
        }
    }

    private static boolean allKnown(Neighbors cache, List<IpAddress> asked) {
        return asked.stream().allMatch(a -> cache.list().stream().anyMatch(n -> n.address().equals(a) && n.station() != 0));
    }

    private static List<Row> rows(Stack s, Neighbors cache, HeardNeighbors heard, List<IpAddress> asked) {
        var rows = new ArrayList<Row>();
        cache.list().forEach(n -> rows.add(new Row(n.nic(), n.address(), n.station(), n.state().name().toLowerCase(Locale.ROOT),
                n.isRouter())));
        String nic = s.nics().stream().map(Nic::name).findFirst().orElse("");
        heard.stations().forEach((address, station) -> {
            if (rows.stream().noneMatch(r -> r.address.equals(address))) {
                rows.add(new Row(nic, address, station, "heard", false));
            }
        });
        for (IpAddress a : asked) {
            if (rows.stream().noneMatch(r -> r.address.equals(a))) {
                rows.add(new Row(nic, a, 0, "does not answer", false));
            }
        }
        return rows;
    }

    private int print(List<Row> rows) {
        PrintWriter out = Commands.out(spec);
        if (Commands.is(json)) {
            rows.forEach(r -> out.println(Commands.text(Commands.json().createObjectNode().put("nic", r.nic)
                    .put("address", r.address.toString()).put("station", r.station == 0 ? "" : MacAddress.text(r.station))
                    .put("state", r.state).put("router", r.router))));
        } else {
            out.println(String.format(Locale.ROOT, FORMAT, "NIC", "ADDRESS", "STATION", "STATE"));
            rows.forEach(r -> out.println(r.line()));
        }
        out.flush();
        return rows.stream().anyMatch(r -> r.station != 0) ? 0 : NOBODY;
    }
}
