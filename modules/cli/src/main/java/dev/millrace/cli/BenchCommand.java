package dev.millrace.cli;

import dev.millrace.Units;
import dev.millrace.bench.Bench;
import dev.millrace.bench.BenchOptions;
import dev.millrace.bench.BenchResult;
import dev.millrace.bench.HttpBench;
import dev.millrace.bench.KernelServices;
import dev.millrace.bench.NettyEchoBench;
import dev.millrace.bench.PeerOptions;
import dev.millrace.bench.SelectorBench;
import dev.millrace.bench.Work;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace bench WORK`: measures, over a stack of ours or over the kernel's sockets.
final class BenchCommand {
    private static final Map<Work, String> DESCRIPTIONS = Map.of(
            Work.STREAM, "One TCP connection, data in one direction: Gbit/s.",
            Work.RR, "One byte to and fro on one TCP connection: latency.",
            Work.CONNECT, "Connect and close, one after another: connections a second.",
            Work.UDP_RR, "64 bytes to and fro over UDP: latency.",
            Work.UDP_FLOOD, "64-byte datagrams as fast as they go: datagrams received a second.",
            Work.IDLE, "Established connections that do nothing: bytes of heap for each pair.");

    private BenchCommand() {
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().mixinStandardHelpOptions(true);
        spec.usageMessage().description("Measures what this machine does, on two threads.")
                .footer("", "Numbers mean something beside a baseline of the same minute: run the same with --link jdk.");
        for (Work work : Work.values()) {
            spec.addSubcommand(work.label(), work(work));
        }
        spec.addSubcommand("peer", peer());
        spec.addSubcommand("http", http());
        spec.addSubcommand("netty-echo", nettyEcho());
        spec.addSubcommand("selector", selector());
        spec.addSubcommand("internet", InternetBenchCommand.spec());
        spec.addSubcommand("hosts", InternetScaleCommand.spec());
        spec.addSubcommand("paths", PathsCommand.spec());
        return spec;
    }

    private static CommandSpec work(Work work) {
        return Commands.command(DESCRIPTIONS.get(work), spec -> {
            var link = Commands.option(spec, "--link", String.class, "LINK", "loopback",
                    "loopback, vnic (two stacks, checksums on the wire), jdk (java.net on the kernel's loopback), or with --peer a URI such as "
                            + "packet:e1");
            var mtu = Commands.option(spec, "--mtu", Integer.class, "BYTES", null,
                    "MTU in bytes (default: 65536 on loopback, 1500 on vnic)");
            var seconds = Commands.option(spec, "--seconds", Double.class, "S", "3", "how long to measure");
            var warmup = Commands.option(spec, "--warm-up", Double.class, "S", "3", "how long to run before measuring");
            var chunk = Commands.option(spec, "--chunk", Integer.class, "BYTES", "262144", "bytes of one write or read");
            var pairs = Commands.option(spec, "--pairs", Integer.class, "N", "20000", "connections of idle");
            boolean latency = work == Work.RR || work == Work.UDP_RR || work == Work.CONNECT;
            var threads = Commands.option(spec, "--threads", PeerOptions.Drive.class, "KIND",
                    latency ? "best" : "platform", "platform, virtual, callback (rr with --peer: on the link's own thread), "
                            + "or best: all, one after the other, and the best one counts");
            var peer = work == Work.IDLE || work == Work.UDP_FLOOD ? null : new PeerFlags(spec, work, link);
            var runs = Commands.option(spec, "--runs", Integer.class, "N", "1", "how often; prints median and spread");
            var json = Commands.flag(spec, "--json", "print one JSON object on the last line");
            return () -> {
                String chosen = link.getValue();
                Integer given = mtu.getValue();
                int bytes = given != null ? given : chosen.equals("vnic") ? 1500 : 65536;
                try {
                    boolean asJson = Commands.is(json);
                    if (peer != null && peer.given()) {
                        peer.run(runs.getValue(), asJson, (Double) seconds.getValue(), (Double) warmup.getValue(),
                                (Integer) chunk.getValue(), threads.getValue(), chosen);
                        return 0;
                    }
                    var options = new BenchOptions(work, chosen, bytes, (Double) seconds.getValue(),
                            (Double) warmup.getValue(), (Integer) chunk.getValue(), (Integer) pairs.getValue(),
                            kind(threads.getValue()));
                    run(Commands.out(spec), () -> Bench.run(options), runs.getValue(), asJson);
                } catch (IllegalArgumentException e) {
                    throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                }
                return 0;
            };
        });
    }

    private static CommandSpec http() {
        return Commands.command("The JDK's HTTP client asks the JDK's HTTP server, with keep-alive: requests a second, and how long each takes.",
                spec -> {
                    var atOnce = Commands.option(spec, "--at-once", Integer.class, "N", "50", "requests under way, each on a connection");
                    var bytes = Commands.option(spec, "--bytes", Integer.class, "BYTES", "1000", "of the body of an answer");
                    return repeated(spec, "20", (kernel, seconds, warmup) -> new HttpBench(kernel, atOnce.getValue(), bytes.getValue(), seconds,
                            warmup)::run);
                });
    }

    private static CommandSpec nettyEcho() {
        return Commands.command("Netty's NIO server sends back what Netty's clients send, over a stack's loopback and over the kernel's, by turns: "
                + "messages a second, how long each takes, and the ratio of both.", spec -> {
                    var connections = Commands.option(spec, "--connections", Integer.class, "N", "50", "with a message under way on each");
                    var bytes = Commands.option(spec, "--bytes", Integer.class, "BYTES", "1000", "of a message");
                    var seconds = Commands.option(spec, "--seconds", Double.class, "S", "3", "how long to measure each of both");
                    var warmup = Commands.option(spec, "--warm-up", Double.class, "S", "20", "how long each of both runs before");
                    var runs = Commands.option(spec, "--runs", Integer.class, "N", "1", "how many pairs; prints median and spread");
                    var json = Commands.flag(spec, "--json", "print one JSON object on the last line");
                    return () -> {
                        try (var bench = new NettyEchoBench(connections.<Integer>getValue(), bytes.<Integer>getValue(),
                                seconds.<Double>getValue(), warmup.<Double>getValue())) {
                            run(Commands.out(spec), bench::pair, runs.getValue(), Commands.is(json));
                        } catch (IllegalArgumentException e) {
                            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                        }
                        return 0;
                    };
                });
    }

    private static CommandSpec selector() {
        return Commands.command("One byte to and fro on some of many connections, served by one selector and one thread: what an event costs.",
                spec -> {
                    var connections = Commands.option(spec, "--connections", Integer.class, "N", "10000", "on the selector");
                    var active = Commands.option(spec, "--active", Integer.class, "N", "100", "of them in use");
                    return repeated(spec, "3", (kernel, seconds, warmup) -> new SelectorBench(kernel, connections.getValue(), active.getValue(),
                            seconds, warmup)::run);
                });
    }

    private interface OverEither {
        Callable<BenchResult> with(boolean kernel, double seconds, double warmup);
    }

    /// The flags of benchmarks that run over a stack's loopback or the kernel's.
    ///
    /// @param warmUp seconds, if nothing else is said: for as long as much is compiled, who else compiles decides
    private static Callable<Integer> repeated(CommandSpec spec, String warmUp, OverEither bench) {
        var link = Commands.option(spec, "--link", String.class, "LINK", "loopback", "loopback (of a stack of ours), or jdk (the kernel's)");
        var seconds = Commands.option(spec, "--seconds", Double.class, "S", "3", "how long to measure");
        var warmup = Commands.option(spec, "--warm-up", Double.class, "S", warmUp, "how long to run before measuring");
        var runs = Commands.option(spec, "--runs", Integer.class, "N", "1", "how often; prints median and spread");
        var json = Commands.flag(spec, "--json", "print one JSON object on the last line");
        return () -> {
            String chosen = link.getValue();
            try {
                if (!chosen.equals("loopback") && !chosen.equals("jdk")) {
                    throw new IllegalArgumentException("the link is loopback or jdk");
                }
                run(Commands.out(spec), bench.with(chosen.equals("jdk"), seconds.getValue(), warmup.getValue()), runs.getValue(),
                        Commands.is(json));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
            return 0;
        };
    }

    private static BenchOptions.Threads kind(PeerOptions.Drive drive) {
        if (drive == PeerOptions.Drive.CALLBACK) {
            throw new IllegalArgumentException("callbacks are for rr with --peer");
        }
        return BenchOptions.Threads.valueOf(drive.name());
    }

    /// `millrace bench peer`: the other end, on the kernel's sockets.
    private static CommandSpec peer() {
        return Commands.command("Serves what benchmarks with --peer talk to, on the kernel's sockets: TCP 5001 sink, 5002 "
                + "source, 5003 echo, 5004 accept-read-close, UDP 5003 echo.", spec -> {
                    var address = Commands.option(spec, "--address", InetAddress.class, "A", "0.0.0.0", "where to listen");
                    var time = Commands.option(spec, "--for", String.class, "DURATION", null,
                            "end after that long, such as 60s (default: when interrupted)");
                    return () -> {
                        InetAddress where = address.getValue();
                        Duration length = time.getValue() == null ? null : Units.duration(time.getValue());
                        try (KernelServices _ = new KernelServices(where)) {
                            Commands.out(spec).println("bench peer on " + where.getHostAddress()
                                    + ": TCP 5001 sink, 5002 source, 5003 echo, 5004 accept-read-close; UDP 5003 echo");
                            Thread.sleep(length == null ? Duration.ofDays(3650) : length);
                        }
                        return 0;
                    };
                });
    }

    /// What a benchmark against another process needs to know.
    private static final class PeerFlags {
        private final CommandSpec spec;
        private final Work work;
        private final StackOptions stack;
        private final OptionSpec peer;
        private final OptionSpec direction;

        PeerFlags(CommandSpec spec, Work work, OptionSpec link) {
            this.spec = spec;
            this.work = work;
            stack = new StackOptions(spec, link);
            peer = Commands.option(spec, "--peer", InetAddress.class, "A", null, "measure against \"millrace bench peer\" or "
                    + "\"millrace services\" there: with --tun or --link packet:e1 and the like from a stack of ours, with --link jdk from the "
                    + "kernel's sockets");
            direction = work != Work.STREAM ? null : Commands.option(spec, "--direction", PeerOptions.Direction.class,
                    "in|out", "out", "where the data goes, with --peer: from the peer, or to it");
        }

        boolean given() {
            return peer.getValue() != null || stack.given();
        }

        void run(int runs, boolean json, double seconds, double warmup, int chunk, PeerOptions.Drive drive, String link)
                throws Exception {
            if (peer.getValue() == null) {
                throw new IllegalArgumentException("a stack on a device needs --peer, the address of a \"millrace bench peer\"");
            }
            if (!stack.given() && !link.equals("jdk")) {
                throw new IllegalArgumentException("--peer needs --tun NAME or --link URI, such as packet:e1, or --link jdk for the kernel's sockets");
            }
            var options = new PeerOptions(work, direction == null ? PeerOptions.Direction.OUT : direction.getValue(),
                    peer.getValue(), seconds, warmup, chunk, drive);
            if (!stack.given()) {
                BenchCommand.run(Commands.out(spec), () -> Bench.run(options, null), runs, json);
                return;
            }
            try (StackOptions.Opened opened = stack.open("bench")) {
                BenchCommand.run(Commands.out(spec), () -> Bench.run(options, opened.stack()), runs, json);
            }
        }
    }

    private static void run(PrintWriter out, Callable<BenchResult> bench, int runs, boolean json) throws Exception {
        BenchResult[] results = new BenchResult[Math.max(1, runs)];
        for (int i = 0; i < results.length; i++) {
            results[i] = bench.call();
            out.println(line(results[i].figures()));
        }
        Map<String, Object> figures = results[0].figures();
        if (results.length > 1) {
            figures = median(results);
            out.println("median: " + line(figures));
        }
        if (json) {
            ObjectNode node = Commands.json().createObjectNode();
            figures.forEach((key, value) -> node.putPOJO(key, value));
            out.println(Commands.text(node));
        }
    }

    /// The median of each number over all runs, with the least and the greatest of the first figure beside it.
    private static Map<String, Object> median(BenchResult[] results) {
        var middle = new java.util.LinkedHashMap<String, Object>();
        results[0].figures().forEach((key, value) -> {
            if (value instanceof Double) {
                double[] all = Arrays.stream(results)
                        .mapToDouble(r -> ((Number) r.figures().getOrDefault(key, 0.0)).doubleValue()).sorted().toArray();
                middle.put(key, all[all.length / 2]);
                if (!key.equals("seconds") && !key.equals("cpu_cores")) {
                    middle.put(key + "_min", all[0]);
                    middle.put(key + "_max", all[all.length - 1]);
                }
            } else {
                middle.put(key, value);
            }
        });
        middle.put("runs", results.length);
        return middle;
    }

    private static String line(Map<String, Object> figures) {
        var text = new StringBuilder();
        figures.forEach((key, value) -> {
            if (!text.isEmpty()) {
                text.append("  ");
            }
            text.append(key).append('=');
            text.append(value instanceof Double d ? String.format(Locale.ROOT, d < 100 ? "%.2f" : "%.0f", d) : value);
        });
        return text.toString();
    }
}
