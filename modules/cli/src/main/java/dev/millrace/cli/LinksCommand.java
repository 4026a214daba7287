package dev.millrace.cli;

import dev.millrace.OptionSpec.Type;
import dev.millrace.spi.StackProvider;
import dev.millrace.spi.StackProvider.PluginInfo;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `millrace links`: the link drivers and protocols that are present.
final class LinksCommand {
    private static final Map<String, String> TITLES = Map.of("link", "Link drivers", "network", "Network protocols",
            "transport", "Transport protocols", "congestion-control", "Congestion controls",
            "address-source", "Sources of addresses");

    private LinksCommand() {
    }

    static CommandSpec spec() {
        return Commands.command("Lists the link drivers and protocols that were found, where they come from and what "
                + "options they understand.", spec -> {
                    var json = Commands.flag(spec, "--json", "print one JSON array");
                    return () -> {
                        List<PluginInfo> plugins = StackProvider.find().plugins();
                        if (Boolean.TRUE.equals(json.getValue())) {
                            Commands.out(spec).println(Commands.text(asJson(plugins)));
                        } else {
                            print(Commands.out(spec), plugins);
                        }
                        return 0;
                    };
                });
    }

    private static void print(PrintWriter out, List<PluginInfo> plugins) {
        String separator = "";
        for (String kind : List.of("link", "network", "transport", "congestion-control", "address-source")) {
            List<PluginInfo> some = plugins.stream().filter(p -> p.kind().equals(kind)).toList();
            out.print(separator);
            separator = System.lineSeparator();
            out.println(TITLES.get(kind) + (some.isEmpty() ? ": none" : ""));
            for (PluginInfo p : some) {
                out.printf("  %-12s %s  (%s)%n", p.name() + (kind.equals("link") ? ":" : ""), p.description(), p.module());
                for (var o : p.options()) {
                    out.printf("      %-24s %-11s default %-9s %s%n", o.name(), o.type().form(),
                            o.defaultValue().isEmpty() ? "-" : o.defaultValue(), o.help());
                }
            }
        }
    }

    private static ArrayNode asJson(List<PluginInfo> plugins) {
        ArrayNode all = Commands.json().createArrayNode();
        for (PluginInfo p : plugins) {
            ObjectNode one = all.addObject();
            one.put("kind", p.kind()).put("name", p.name()).put("module", p.module()).put("description", p.description());
            ArrayNode options = one.putArray("options");
            for (var o : p.options()) {
                options.addObject().put("name", o.name()).put("type", o.type() == Type.FLAG ? "flag" : o.type().form())
                        .put("default", o.defaultValue()).put("help", o.help());
            }
        }
        return all;
    }
}
