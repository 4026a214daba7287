package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.wire.pcap.CapturedPacket;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// `millrace dump`: shows the packets of a link or of a capture file.
public final class DumpCommand implements Callable<Integer> {
    private static final int TROUBLE = 2;
    private static final Duration A_MOMENT = Duration.ofMillis(200);

    private final CommandSpec spec;
    private final SourceOptions source;
    private final OptionSpec count;
    private final OptionSpec snap;
    private final OptionSpec time;
    private final OptionSpec verbose;
    private final OptionSpec hex;
    private final OptionSpec write;
    private final OptionSpec print;
    private final OptionSpec json;

    private DumpCommand(CommandSpec spec) {
        this.spec = spec;
        source = new SourceOptions(spec);
        count = Commands.option(spec, "-c, --count", Integer.class, "N", "0", "packets to show; 0: all until interrupted");
        snap = Commands.option(spec, "-s, --snap-length", Integer.class, "BYTES", "0", "to keep of each packet; 0: all");
        time = Commands.option(spec, "--for", String.class, "TIME", null, "end by itself after this long, such as 30s");
        verbose = Commands.flag(spec, "-v, --verbose", "show the headers, a line each");
        hex = Commands.flag(spec, "-x, --hex", "show the bytes");
        write = Commands.option(spec, "-w, --write", Path.class, "FILE", null, "write a pcapng file instead of lines");
        print = Commands.flag(spec, "--print", "with --write, print lines as well");
        json = Commands.flag(spec, "--json", "print one JSON object a packet");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Shows the packets that pass a link, or those of a capture file. Without --address "
                + "the link is listened to, and nothing is answered.", DumpCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    /// What was done.
    private record Totals(long shown, long seen, long missed) {
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Predicate<PacketFacts> filter = source.filter();
        Duration limit = EndOfRun.limit(spec, time.getValue());
        int most = Commands.number(spec, count, 0, Integer.MAX_VALUE);
        int keep = Commands.number(spec, snap, 0, 1 << 20);
        PrintWriter err = Commands.err(spec);
        Path file = write.getValue();
        try (var end = new EndOfRun(); var opened = source.open("dump", keep);
                CaptureWriter writer = file == null ? null : new CaptureWriter(file)) {
            end.whenWanted(opened.source()::end);
            if (!source.isFile()) {
                err.println("listening; Ctrl-C ends");
                err.flush();
            }
            Totals t = run(opened.source(), filter, writer, most, limit);
            err.println(t.shown + (t.shown == 1 ? " packet " : " packets ") + (file == null ? "shown" : "written to " + file)
                    + (t.seen > t.shown ? " of " + t.seen : "") + (t.missed > 0 ? ", " + t.missed + " missed" : ""));
            err.flush();
            return 0;
        }
    }

    private Totals run(PacketSource packets, Predicate<PacketFacts> filter, CaptureWriter writer, int most, Duration limit)
            throws IOException, InterruptedException {
        PrintWriter out = Commands.out(spec);
        var lines = new DumpLines(ZoneId.systemDefault(), Commands.is(verbose), Commands.is(hex));
        boolean printed = writer == null || Commands.is(print);
        long until = limit == null ? Long.MAX_VALUE : System.nanoTime() + limit.toNanos();
        long seen = 0;
        long shown = 0;
        while (!packets.isOver() && (most == 0 || shown < most) && (limit == null || System.nanoTime() - until < 0)) {
            CapturedPacket p = packets.next(A_MOMENT);
            if (p == null) {
                if (writer != null) {
                    writer.flush();
                }
                continue;
            }
            seen++;
            PacketFacts facts = SourceOptions.facts(p);
            if (!filter.test(facts)) {
                continue;
            }
            shown++;
            if (writer != null) {
                writer.write(p);
            }
            if (printed) {
                out.println(Commands.is(json) ? Commands.text(DumpLines.json(p, facts)) : lines.text(p, facts));
                if (out.checkError()) {
                    // Nobody reads any more, as behind head(1).
                    break;
                }
            }
        }
        return new Totals(shown, seen, packets.missed());
    }
}
