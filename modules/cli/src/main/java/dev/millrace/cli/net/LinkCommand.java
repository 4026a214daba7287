package dev.millrace.cli.net;

import dev.millrace.ConfigurationException;
import dev.millrace.Nearest;
import dev.millrace.OptionSpec.Type;
import dev.millrace.OptionValues;
import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.Wire;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.spi.Providers;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace link`: joins two links, such as TUN devices, by a wire with delay, loss and a rate.
public final class LinkCommand implements Callable<Integer> {
    private static final int TROUBLE = 2;
    private static final int LINK_GONE = 1;
    private static final Duration A_MOMENT = Duration.ofMillis(100);

    private final CommandSpec spec;
    private final OptionSpec between;
    private final Map<String, OptionSpec> conditions = new LinkedHashMap<>();
    private final OptionSpec back;
    private final OptionSpec set;
    private final OptionSpec seed;
    private final OptionSpec time;
    private final OptionSpec json;

    private LinkCommand(CommandSpec spec) {
        this.spec = spec;
        between = Commands.option(spec, "--between", String.class, "A,B", null, "the links to join, such as tun:a,tun:b or packet:e1,packet:e2");
        for (dev.millrace.OptionSpec key : LinkConditions.keys()) {
            conditions.put(key.name(), key.type() == Type.FLAG ? Commands.flag(spec, "--" + key.name(), key.help())
                    : Commands.option(spec, "--" + key.name(), String.class, "VALUE", null,
                            key.help() + (key.defaultValue().isEmpty() ? "" : " (default: " + key.defaultValue() + ")")));
        }
        back = list(spec, "--back", "what is different from B to A, such as delay=80ms; may be repeated");
        set = list(spec, "--set", "an option of both links (see millrace links); may be repeated");
        seed = Commands.option(spec, "--seed", Long.class, "N", "1", "what loss and other chance follow from");
        time = Commands.option(spec, "--for", String.class, "TIME", null, "end by itself after this long, such as 30s");
        json = Commands.flag(spec, "--json", "print what was carried as one JSON object");
    }

    private static OptionSpec list(CommandSpec spec, String name, String description) {
        OptionSpec option = OptionSpec.builder(name).type(List.class).auxiliaryTypes(String.class).paramLabel("KEY=VALUE").arity("1")
                .description(description).build();
        spec.addOption(option);
        return option;
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Joins two links as by a wire with delay, loss, a rate and other conditions, in real time: what "
                + "programs of the kernel send into one device comes out of the other. Devices are opened without offloads, so that what is "
                + "lost is one packet.", LinkCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        String[] ends = ends();
        Duration limit = EndOfRun.limit(spec, time.getValue());
        Map<String, String> there = given();
        var other = new LinkedHashMap<>(there);
        other.putAll(pairs(back));
        LinkConditions forth = conditions("--", there);
        LinkConditions backwards = conditions("--back ", other);
        try (var end = new EndOfRun(); Wire wire = wire(ends)) {
            wire.link().setConditions(ends[0], forth).setConditions(ends[1], backwards);
            PrintWriter err = Commands.err(spec);
            end.say(err, "joined " + wire.link() + "; Ctrl-C ends");
            String gone = await(wire, end, limit);
            print(wire, ends);
            if (gone != null) {
                err.println(gone);
                err.flush();
                return LINK_GONE;
            }
            return 0;
        }
    }

    /// Returns why it ended by itself, or `null`.
    private static String await(Wire wire, EndOfRun end, Duration limit) throws InterruptedException {
        long until = limit == null ? 0 : System.nanoTime() + limit.toNanos();
        while (!end.isWanted() && (limit == null || System.nanoTime() - until < 0)) {
            String gone = wire.awaitEnd(A_MOMENT);
            if (gone != null) {
                return gone;
            }
        }
        return null;
    }

    private String[] ends() {
        String text = between.getValue();
        if (text == null) {
            throw new ParameterException(spec.commandLine(), "say which links to join: --between tun:a,tun:b");
        }
        String[] ends = text.split(",", -1);
        if (ends.length != 2 || !ends[0].contains(":") || !ends[1].contains(":") || ends[0].equals(ends[1])) {
            throw new ParameterException(spec.commandLine(), "--between: \"" + text + "\" is not two links, such as tun:a,tun:b");
        }
        return ends;
    }

    private Map<String, String> given() {
        var all = new LinkedHashMap<String, String>();
        conditions.forEach((name, option) -> {
            Object value = option.getValue();
            if (value instanceof String s) {
                all.put(name, s);
            } else if (Boolean.TRUE.equals(value)) {
                all.put(name, "true");
            }
        });
        return all;
    }

    private Map<String, String> pairs(OptionSpec option) {
        var all = new LinkedHashMap<String, String>();
        List<String> given = option.getValue() == null ? List.of() : option.getValue();
        for (String pair : given) {
            int at = pair.indexOf('=');
            if (at <= 0) {
                throw new ParameterException(spec.commandLine(), option.longestName() + ": \"" + pair + "\" is not KEY=VALUE");
            }
            all.put(pair.substring(0, at), pair.substring(at + 1));
        }
        return all;
    }

    private LinkConditions conditions(String prefix, Map<String, String> values) {
        try {
            return LinkConditions.of("", values);
        } catch (ConfigurationException e) {
            throw new ParameterException(spec.commandLine(), prefix + e.getMessage(), e);
        }
    }

    // ---- links

    private Wire wire(String[] ends) throws IOException {
        var opened = new ArrayList<Link>();
        try {
            for (String uri : ends) {
                opened.add(open(uri));
            }
            return Wire.between(ends[0], opened.get(0), ends[1], opened.get(1), seed.<Long>getValue());
        } catch (Throwable t) {
            opened.forEach(Link::close);
            if (t instanceof IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--between: " + e.getMessage(), e);
            }
            throw t;
        }
    }

    private Link open(String uri) throws IOException {
        List<LinkDriver> drivers = Providers.find(LinkDriver.class, LinkCommand.class, l -> ServiceLoader.load(LinkDriver.class, l),
                y -> ServiceLoader.load(y, LinkDriver.class));
        int colon = uri.indexOf(':');
        String scheme = uri.substring(0, colon);
        LinkDriver driver = drivers.stream().filter(d -> d.scheme().equals(scheme)).findFirst().orElseThrow(() ->
                new IllegalArgumentException("no driver for \"" + scheme + ":\"; "
                        + Nearest.advice(scheme, drivers.stream().map(LinkDriver::scheme).toList())));
        var options = new HashMap<>(pairs(set));
        if (driver.options().stream().anyMatch(o -> o.name().equals("offload"))) {
            options.putIfAbsent("offload", "false");
        }
        return driver.open(new LinkDriver.Request(uri, uri.substring(colon + 1), 0,
                OptionValues.check(uri, driver.options(), options)));
    }

    // ---- what was carried

    private void print(Wire wire, String[] ends) {
        PrintWriter out = Commands.out(spec);
        Map<String, Long> dropped = wire.dropped();
        if (Commands.is(json)) {
            ObjectNode all = Commands.json().createObjectNode();
            for (int i = 0; i < 2; i++) {
                ObjectNode one = all.putObject(ends[i] + ">" + ends[1 - i]);
                wire.link().counters(ends[i]).forEach(one::put);
            }
            ObjectNode links = all.putObject("dropped-by-links");
            dropped.forEach(links::put);
            out.println(Commands.text(all));
        } else {
            for (int i = 0; i < 2; i++) {
                Map<String, Long> c = wire.link().counters(ends[i]);
                var line = new StringBuilder(ends[i] + " > " + ends[1 - i] + ": " + c.get("packets") + " packets, " + c.get("bytes")
                        + " bytes, " + c.get("delivered") + " delivered, longest queue " + c.get("longest-queue"));
                c.forEach((name, n) -> {
                    if (name.startsWith("dropped-")) {
                        line.append(", ").append(n).append(' ').append(name.replace('-', ' '));
                    }
                });
                out.println(line);
            }
            dropped.forEach((what, n) -> out.println(what + ": " + n));
        }
        out.flush();
    }
}
