package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.wire.pcap.CapturedPacket;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// `millrace flows`: who talks to whom on a link or in a capture file.
public final class FlowsCommand implements Callable<Integer> {
    private static final int TROUBLE = 2;
    private static final Duration A_MOMENT = Duration.ofMillis(200);
    private static final long EVERY_NS = 1_000_000_000L;
    private static final int SNAP = 256;
    /// Home, and what is below cleared.
    private static final String CLEAR = "\u001b[H\u001b[J";

    private final CommandSpec spec;
    private final SourceOptions source;
    private final OptionSpec time;
    private final OptionSpec most;
    private final OptionSpec lines;
    private final OptionSpec json;

    private FlowsCommand(CommandSpec spec) {
        this.spec = spec;
        source = new SourceOptions(spec);
        time = Commands.option(spec, "--for", String.class, "TIME", null, "end by itself after this long, such as 30s");
        most = Commands.option(spec, "--max-flows", Integer.class, "N", "10000",
                "flows to remember; the one that was silent longest is forgotten for a new one");
        lines = Commands.option(spec, "--lines", Integer.class, "N", "24", "lines of the table");
        json = Commands.flag(spec, "--json", "print one JSON object a flow at the end");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Shows who talks to whom on a link or in a capture file: packets, bytes, rate, TCP's "
                + "state and the round-trip time of each flow. On a terminal the table is renewed each second.",
                        FlowsCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Predicate<PacketFacts> filter = source.filter();
        Duration limit = EndOfRun.limit(spec, time.getValue());
        var table = new FlowTable(Commands.number(spec, most, 1, 1_000_000));
        int height = Commands.number(spec, lines, 3, 1_000_000);
        PrintWriter out = Commands.out(spec);
        boolean live = !source.isFile() && !Commands.is(json) && System.console() != null && System.console().isTerminal();
        try (var end = new EndOfRun(); var opened = source.open("flows", SNAP)) {
            end.whenWanted(opened.source()::end);
            if (!source.isFile() && !live) {
                Commands.err(spec).println("listening; Ctrl-C ends");
                Commands.err(spec).flush();
            }
            watch(opened.source(), filter, table, limit, live ? now -> show(out, FlowsReport.table(table, height, now)) : null);
            if (Commands.is(json)) {
                table.byBytes().forEach(f -> out.println(Commands.text(FlowsReport.json(f))));
            } else {
                List<String> last = FlowsReport.table(table, Integer.MAX_VALUE, Long.MIN_VALUE);
                if (live) {
                    out.print(CLEAR);
                }
                last.forEach(out::println);
            }
            out.flush();
            if (opened.source().missed() > 0) {
                Commands.err(spec).println(opened.source().missed() + " packets missed");
            }
            return 0;
        }
    }

    private static void show(PrintWriter out, List<String> lines) {
        out.print(CLEAR);
        lines.forEach(out::println);
        out.flush();
    }

    /// @param shown called each second with the time of the packets, or `null`
    private void watch(PacketSource packets, Predicate<PacketFacts> filter, FlowTable table, Duration limit,
            LongConsumer shown) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        long shownNs = begun;
        long newestNs = Long.MIN_VALUE;
        long newestAt = begun;
        while (!packets.isOver() && (limit == null || System.nanoTime() - begun < limit.toNanos())) {
            CapturedPacket p = packets.next(A_MOMENT);
            if (p != null) {
                PacketFacts facts = SourceOptions.facts(p);
                if (filter.test(facts)) {
                    long at = p.epochNanos() == CapturedPacket.NO_TIME ? 0 : p.epochNanos();
                    newestNs = Math.max(newestNs, at);
                    newestAt = System.nanoTime();
                    table.packet(facts, p.bytes(), at);
                }
            }
            long now = System.nanoTime();
            if (shown != null && now - shownNs >= EVERY_NS) {
                shownNs = now;
                shown.accept(newestNs == Long.MIN_VALUE ? 0 : newestNs + (now - newestAt));
            }
        }
    }
}
