package dev.millrace.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Builds commands by picocli's programmatic API: its annotations would need the module to be open to reflection.
public final class Commands {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Commands() {
    }

    /// A command that runs what `body` makes of its specification.
    public static CommandSpec command(String description, Function<CommandSpec, Callable<Integer>> body) {
        var holder = new Body();
        CommandSpec spec = CommandSpec.wrapWithoutInspection(holder);
        spec.mixinStandardHelpOptions(true);
        spec.usageMessage().description(description);
        holder.action = body.apply(spec);
        return spec;
    }

    /// What picocli calls; it wants the object before the specification is there.
    private static final class Body implements Callable<Integer> {
        private Callable<Integer> action;

        @Override
        public Integer call() throws Exception {
            return action.call();
        }
    }

    /// An option with a value.
    ///
    /// @param name its name, or several with commas between them
    public static <T> OptionSpec option(CommandSpec spec, String name, Class<T> type, String label, String defaultValue,
            String description) {
        OptionSpec.Builder builder = OptionSpec.builder(name.split(", ")).type(type).paramLabel(label).arity("1").description(description);
        if (defaultValue != null) {
            builder.defaultValue(defaultValue).showDefaultValue(Help.Visibility.ALWAYS);
        }
        OptionSpec option = builder.build();
        spec.addOption(option);
        return option;
    }

    /// An option without a value.
    public static OptionSpec flag(CommandSpec spec, String name, String description) {
        OptionSpec option = OptionSpec.builder(name).type(boolean.class).arity("0").defaultValue("false")
                .description(description).build();
        spec.addOption(option);
        return option;
    }

    /// Where results go.
    public static PrintWriter out(CommandSpec spec) {
        return spec.commandLine().getOut();
    }

    /// Where progress and complaints go.
    public static PrintWriter err(CommandSpec spec) {
        return spec.commandLine().getErr();
    }

    /// What makes JSON nodes.
    public static JsonMapper json() {
        return JSON;
    }

    /// JSON on one line.
    public static String text(JsonNode node) {
        return JSON.writeValueAsString(node);
    }
}
