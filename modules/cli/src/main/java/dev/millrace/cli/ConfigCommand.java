package dev.millrace.cli;

import dev.millrace.NicConfig;
import dev.millrace.OptionSpec;
import dev.millrace.RouteConfig;
import dev.millrace.StackConfig;
import dev.millrace.config.StackConfigFile;
import dev.millrace.spi.StackProvider;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// `millrace config`: checks and shows configuration files, and lists the keys.
final class ConfigCommand {
    private ConfigCommand() {
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().mixinStandardHelpOptions(true);
        spec.usageMessage().description("Checks configuration files, shows what they mean, lists the valid keys.");
        spec.addSubcommand("check", withFile("Checks a file as far as opening the stack that it describes, and closing it again.",
                (out, file) -> {
                    StackConfigFile config = StackConfigFile.load(file);
                    config.check();
                    out.println(file + ": good, " + config.config().nics().size() + " NIC(s), "
                            + config.config().routes().size() + " route(s)");
                }));
        spec.addSubcommand("show", withFile("Shows what the file means.", (out, file) ->
                show(out, StackConfigFile.load(file).config())));
        spec.addSubcommand("keys", Commands.command("Lists all keys with types and defaults, as Markdown tables.",
                s -> () -> {
                    keys(Commands.out(s));
                    return 0;
                }));
        return spec;
    }

    private interface Action {
        void run(PrintWriter out, Path file) throws Exception;
    }

    private static CommandSpec withFile(String description, Action action) {
        return Commands.command(description, spec -> {
            var file = PositionalParamSpec.builder().index("0").arity("1").required(true).type(Path.class).paramLabel("FILE")
                    .description("a TOML file").build();
            spec.addPositional(file);
            return () -> {
                action.run(Commands.out(spec), file.getValue());
                return 0;
            };
        });
    }

    private static void show(PrintWriter out, StackConfig config) {
        out.println("stack " + config.name());
        for (NicConfig nic : config.nics()) {
            out.printf("nic %s: %s, MTU %s, addresses %s%s%n", nic.name(), nic.link(),
                    nic.mtu() == 0 ? "of the link" : nic.mtu(), nic.addresses(),
                    nic.options().isEmpty() ? "" : ", " + nic.options());
        }
        for (RouteConfig route : config.routes()) {
            out.printf("route to %s%s%s%n", route.to() == null ? "default" : route.to(),
                    route.via() == null ? "" : " via " + route.via(), route.nic().isEmpty() ? "" : " on " + route.nic());
        }
        config.options().forEach((table, values) -> values.forEach(
                (key, value) -> out.println(table + "." + key + " = " + value)));
    }

    private static void keys(PrintWriter out) {
        StackProvider provider = StackProvider.find();
        table(out, "[stack]", provider.options());
        for (var plugin : provider.plugins()) {
            if (plugin.kind().equals("link")) {
                table(out, "[[nic]] with link = \"" + plugin.name() + ":…\"", plugin.options());
            }
        }
        table(out, "[[nic]] on Ethernet", provider.ethernetOptions());
        for (var plugin : provider.plugins()) {
            if (!plugin.kind().equals("link")) {
                table(out, "[" + plugin.name() + "]", plugin.options());
            }
        }
    }

    private static void table(PrintWriter out, String title, List<OptionSpec> options) {
        if (options.isEmpty()) {
            return;
        }
        out.println("### `" + title + "`");
        out.println();
        out.println("| key | type | default | meaning |");
        out.println("|---|---|---|---|");
        for (OptionSpec o : options) {
            out.printf("| `%s` | %s | %s | %s |%n", o.name(), o.type().form().replace("|", " or "),
                    o.defaultValue().isEmpty() ? "" : "`" + o.defaultValue() + "`", o.help());
        }
        out.println();
    }
}
