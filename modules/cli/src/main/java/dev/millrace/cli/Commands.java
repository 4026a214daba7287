package dev.millrace.cli;

import dev.millrace.Units;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
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
        OptionSpec.Builder builder =
                OptionSpec.builder(name.split(", ")).type(type).paramLabel(label).arity("1").description(description);
        if (defaultValue != null) {
            builder.defaultValue(defaultValue).showDefaultValue(Help.Visibility.ALWAYS);
        }
        OptionSpec option = builder.build();
        spec.addOption(option);
        return option;
    }

    /// An option without a value.
    ///
    /// @param name its name, or several with commas between them
    public static OptionSpec flag(CommandSpec spec, String name, String description) {
        OptionSpec option = OptionSpec.builder(name.split(", ")).type(boolean.class).arity("0").defaultValue("false")
                .description(description).build();
        spec.addOption(option);
        return option;
    }

    /// Adds what stands behind the options.
    ///
    /// @param arity how many, such as `1` or `0..*`; if it is more than one, the value is a list
    public static PositionalParamSpec parameter(CommandSpec spec, String index, String arity, String label, String description) {
        PositionalParamSpec.Builder builder = PositionalParamSpec.builder().index(index).arity(arity)
                .required(!arity.startsWith("0")).paramLabel(label)
                .description(description);
        if (arity.endsWith("*")) {
            builder.type(List.class).auxiliaryTypes(String.class);
        } else {
            builder.type(String.class);
        }
        PositionalParamSpec parameter = builder.build();
        spec.addPositional(parameter);
        return parameter;
    }

    /// Whether a flag is set.
    public static boolean is(OptionSpec flag) {
        return Boolean.TRUE.equals(flag.getValue());
    }

    /// The duration that an option says: a number of seconds, or a number with a unit.
    ///
    /// @throws ParameterException if it says none
    public static Duration duration(CommandSpec spec, OptionSpec option) {
        String text = option.getValue();
        try {
            return text.matches("[0-9]{0,9}(\\.[0-9]{1,9})?") && !text.isEmpty()
                    ? Duration.ofNanos(new BigDecimal(text).movePointRight(9).longValue()) : Units.duration(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option.longestName() + ": " + e.getMessage(), e);
        }
    }

    /// The number that an option says.
    ///
    /// @throws ParameterException if it is out of range
    public static int number(CommandSpec spec, OptionSpec option, int least, int most) {
        int value = option.<Integer>getValue();
        if (value < least || value > most) {
            throw new ParameterException(spec.commandLine(),
                    option.longestName() + " must be " + least + " to " + most + ", not " + value);
        }
        return value;
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
