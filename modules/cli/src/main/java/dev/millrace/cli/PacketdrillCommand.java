package dev.millrace.cli;

import dev.millrace.packetdrill.IpVariant;
import dev.millrace.packetdrill.Packetdrill;
import dev.millrace.packetdrill.ScriptFiles;
import dev.millrace.packetdrill.ScriptResult;
import dev.millrace.packetdrill.ScriptResult.Status;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace packetdrill`: scripts in the packetdrill language against the stack.
final class PacketdrillCommand {
    private final CommandSpec spec;
    private final Map<IpVariant, OptionSpec> variants = new EnumMap<>(IpVariant.class);
    private final OptionSpec profile;
    private final OptionSpec json;
    private final OptionSpec pcap;
    private final OptionSpec quiet;
    private final OptionSpec definitions;
    private final PositionalParamSpec paths;

    private PacketdrillCommand(CommandSpec spec) {
        this.spec = spec;
        variants.put(IpVariant.IPV4, Commands.flag(spec, "--ipv4", "run with IPv4"));
        variants.put(IpVariant.IPV6, Commands.flag(spec, "--ipv6", "run with IPv6"));
        variants.put(IpVariant.MAPPED, Commands.flag(spec, "--mapped", "run with IPv6 sockets and IPv4 on the wire; of the three several may be "
                + "given, and without any each script runs as it says itself, else with IPv4"));
        profile = Commands.option(spec, "--profile", String.class, "default|linux", "default", "how the stack behaves where RFCs leave it open");
        pcap = Commands.option(spec, "--pcap", Path.class, "DIR", null, "write the packets of each script to a pcapng file in this folder");
        json = Commands.flag(spec, "--json", "print JSON, one object a line");
        quiet = Commands.flag(spec, "-q, --quiet", "leave out what passed");
        definitions = OptionSpec.builder("-D").type(Map.class).auxiliaryTypes(String.class, String.class).paramLabel("NAME=VALUE")
                .description("what a word of scripts stands for").build();
        spec.addOption(definitions);
        paths = Commands.parameter(spec, "0..*", "1..*", "FILE|DIR", "scripts, and folders with scripts (*.pkt)");
    }

    static CommandSpec spec() {
        return Commands.command("Runs scripts in the packetdrill language against the stack, in virtual time. Prints for each whether it passed, "
                + "failed (with what was expected and what came), was skipped (with what is missing) or is not of the language. Exit code 0 "
                + "only if nothing failed.", spec -> new PacketdrillCommand(spec)::run);
    }

    private int run() throws IOException {
        List<Path> scripts = scripts();
        Path captures = pcap.getValue();
        if (captures != null) {
            Files.createDirectories(captures);
        }
        Packetdrill drill = Packetdrill.create().profile(profile.getValue()).captures(captures);
        Map<String, String> words = definitions.getValue();
        if (words != null) {
            for (Map.Entry<String, String> e : words.entrySet()) {
                drill = drill.define(e.getKey(), e.getValue());
            }
        }
        Map<Status, Integer> counts = new EnumMap<>(Status.class);
        for (Path script : scripts) {
            for (IpVariant variant : chosen()) {
                ScriptResult result = drill.variant(variant).run(script);
                counts.merge(result.status(), 1, Integer::sum);
                print(result);
            }
        }
        int bad = counts.getOrDefault(Status.FAILED, 0) + counts.getOrDefault(Status.ERROR, 0);
        summary(counts);
        return bad == 0 ? 0 : Main.FAILED;
    }

    /// The variants that were asked for; a `null` alone leaves it to the scripts.
    private List<IpVariant> chosen() {
        List<IpVariant> chosen = new ArrayList<>();
        variants.forEach((variant, flag) -> {
            if (Commands.is(flag)) {
                chosen.add(variant);
            }
        });
        if (chosen.isEmpty()) {
            chosen.add(null);
        }
        return chosen;
    }

    private List<Path> scripts() throws IOException {
        Set<Path> all = new LinkedHashSet<>();
        for (String path : paths.<List<String>>getValue()) {
            try {
                all.addAll(ScriptFiles.in(Path.of(path)));
            } catch (NoSuchFileException e) {
                throw new ParameterException(spec.commandLine(), path + ": no such file or folder", e);
            }
        }
        if (all.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "there is no script there: their names end in .pkt");
        }
        return List.copyOf(all);
    }

    private void print(ScriptResult r) {
        PrintWriter out = Commands.out(spec);
        if (Commands.is(quiet) && r.status() == Status.PASSED) {
            return;
        }
        if (Commands.is(json)) {
            out.println(Commands.text(json(r)));
            return;
        }
        String place = r.script() + (r.line() > 0 ? ":" + r.line() + ":" + r.column() : "");
        out.println(word(r.status()) + " " + place + " (" + r.variant() + ")" + (r.message().isEmpty() ? "" : ": " + r.message()));
        if (!r.expected().isEmpty()) {
            out.println("  expected: " + r.expected());
        }
        if (!r.actual().isEmpty()) {
            out.println("  actual:   " + r.actual());
        }
    }

    private static String word(Status status) {
        return switch (status) {
            case PASSED -> "pass ";
            case FAILED -> "FAIL ";
            case SKIPPED -> "skip ";
            case ERROR -> "ERROR";
        };
    }

    private static ObjectNode json(ScriptResult r) {
        ObjectNode node = Commands.json().createObjectNode().put("script", r.script()).put("variant", r.variant().toString())
                .put("result", switch (r.status()) {
                    case PASSED -> "pass";
                    case FAILED -> "fail";
                    case SKIPPED -> "skip";
                    case ERROR -> "error";
                }).put("virtual_s", r.took().toNanos() / 1e9);
        if (r.line() > 0) {
            node.put("line", r.line()).put("column", r.column());
        }
        put(node, "message", r.message());
        put(node, "expected", r.expected());
        put(node, "actual", r.actual());
        return node;
    }

    private static void put(ObjectNode node, String key, String text) {
        if (!text.isEmpty()) {
            node.put(key, text);
        }
    }

    private void summary(Map<Status, Integer> counts) {
        if (!Commands.is(json)) {
            Commands.out(spec).println(counts.getOrDefault(Status.PASSED, 0) + " passed, " + counts.getOrDefault(Status.FAILED, 0) + " failed, "
                    + counts.getOrDefault(Status.SKIPPED, 0) + " skipped, " + counts.getOrDefault(Status.ERROR, 0) + " not understood");
        }
    }
}
