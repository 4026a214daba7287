package dev.millrace;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The values given for a set of declared options, checked against their declarations, with defaults filled in.
public final class OptionValues {
    private final String prefix;
    private final Map<String, String> values;
    /// The names of those that were given.
    private final Set<String> given;

    private OptionValues(String prefix, Map<String, String> values, Set<String> given) {
        this.prefix = prefix;
        this.values = values;
        this.given = given;
    }

    /// Checks given values against declarations.
    ///
    /// @param prefix what to put before a key in messages, such as `tcp` or `nic[0]`
    /// @param specs the declared options
    /// @param given option name to value as written
    /// @throws ConfigurationException if a key is unknown (the nearest valid one is named) or a value does not fit
    public static OptionValues check(String prefix, List<OptionSpec> specs, Map<String, String> given) {
        var values = new LinkedHashMap<String, String>();
        for (OptionSpec spec : specs) {
            values.put(spec.name(), spec.defaultValue());
        }
        for (Map.Entry<String, String> e : given.entrySet()) {
            OptionSpec spec = specs.stream().filter(s -> s.name().equals(e.getKey())).findFirst().orElse(null);
            if (spec == null) {
                throw new ConfigurationException(key(prefix, e.getKey()),
                        "unknown key; " + Nearest.advice(e.getKey(), specs.stream().map(OptionSpec::name).toList()));
            }
            checkValue(key(prefix, e.getKey()), spec, e.getValue());
            values.put(e.getKey(), e.getValue());
        }
        return new OptionValues(prefix, values, Set.copyOf(given.keySet()));
    }

    /// The same values with other defaults: what was not given is as `defaults` says, if it says something. For an option
    /// that stands for the values of many.
    ///
    /// @param defaults name to value as it would be written; each must fit its declaration
    /// @throws IllegalStateException if an option was never declared
    public OptionValues withDefaults(Map<String, String> defaults) {
        var all = new LinkedHashMap<>(values);
        defaults.forEach((name, value) -> {
            text(name);
            if (!given.contains(name)) {
                all.put(name, value);
            }
        });
        return new OptionValues(prefix, all, given);
    }

    private static void checkValue(String key, OptionSpec spec, String value) {
        try {
            switch (spec.type()) {
                case TEXT -> { }
                case FLAG -> {
                    if (!value.equals("true") && !value.equals("false")) {
                        throw new IllegalArgumentException("\"" + value + "\" is neither true nor false");
                    }
                }
                case NUMBER -> parseNumber(value);
                case DURATION -> Units.duration(value);
                case BYTES -> Units.bytes(value);
                case RATE -> Units.bitsPerSecond(value);
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(ErrorCode.CONFIGURATION, key, e.getMessage(), e);
        }
    }

    private static long parseNumber(String value) {
        try {
            return Long.parseLong(value.trim());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + value + "\" is not a whole number", e);
        }
    }

    private static String key(String prefix, String name) {
        return prefix.isEmpty() ? name : prefix + "." + name;
    }

    /// The value as text.
    public String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("option " + name + " was never declared");
        }
        return value;
    }

    /// Whether there is a value that is not an empty string.
    public boolean has(String name) {
        return !text(name).isEmpty();
    }

    /// The value of a flag.
    public boolean flag(String name) {
        return Boolean.parseBoolean(text(name));
    }

    /// The value of an option that has few: one of the constants of `type`, which are written in lower case with hyphens.
    ///
    /// @throws ConfigurationException if it is none of them
    public <E extends Enum<E>> E choice(String name, Class<E> type) {
        String value = text(name);
        List<E> all = List.of(type.getEnumConstants());
        return all.stream().filter(constant -> word(constant).equals(value)).findFirst().orElseThrow(() -> error(name, "\"" + value
                + "\" is none of " + all.stream().map(OptionValues::word).collect(Collectors.joining(", "))));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// The value of a number.
    ///
    /// @throws ConfigurationException if it lies outside `min..max`
    public long number(String name, long min, long max) {
        return within(name, parseNumber(text(name)), min, max);
    }

    /// The value of a size, in bytes.
    ///
    /// @throws ConfigurationException if it lies outside `min..max`
    public long bytes(String name, long min, long max) {
        return within(name, Units.bytes(text(name)), min, max);
    }

    /// The value of a duration, in nanoseconds.
    ///
    /// @throws ConfigurationException if it lies outside `min..max`
    public long nanos(String name, Duration min, Duration max) {
        Duration value = Units.duration(text(name));
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw error(name, text(name) + " is not between " + min + " and " + max);
        }
        return value.toNanos();
    }

    private long within(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw error(name, value + " is not between " + min + " and " + max);
        }
        return value;
    }

    /// An error about the option of this name, to be thrown by whoever understands its value better.
    public ConfigurationException error(String name, String message) {
        return new ConfigurationException(key(prefix, name), message);
    }
}
