package dev.millrace.internet.config;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.Nearest;
import dev.millrace.Units;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// One table of a file: takes values of the expected kind out of it. Errors name the full key.
final class Table {
    private final String path;
    private final Map<String, Object> values;

    private Table(String path, Map<String, Object> values) {
        this.path = path;
        this.values = values;
    }

    /// @param valid the keys that it may have
    static Table of(String path, Object value, Collection<String> valid) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new ConfigurationException(path, "is a table: write [" + path.replaceFirst("\\[.*", "") + "]");
        }
        var values = new LinkedHashMap<String, Object>();
        map.forEach((k, v) -> values.put((String) k, v));
        var table = new Table(path, values);
        for (String key : values.keySet()) {
            if (!valid.contains(key)) {
                throw new ConfigurationException(table.key(key), "unknown key; " + Nearest.advice(key, valid));
            }
        }
        return table;
    }

    /// The tables of an array of tables; none if it is not there.
    static List<Table> all(Map<String, Object> root, String name, Collection<String> valid) {
        Object value = root.get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            throw new ConfigurationException(name, "is an array of tables: write [[" + name + "]]");
        }
        var tables = new ArrayList<Table>();
        for (int i = 0; i < list.size(); i++) {
            tables.add(of(name + "[" + i + "]", list.get(i), valid));
        }
        return tables;
    }

    private String key(String name) {
        return path + "." + name;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    ConfigurationException error(String name, String message) {
        return new ConfigurationException(name.isEmpty() ? path : key(name), message);
    }

    /// A value that must be there.
    String required(String name) {
        if (!has(name)) {
            throw new ConfigurationException(path, "needs " + name);
        }
        return text(name, "");
    }

    String text(String name, String otherwise) {
        Object value = values.get(name);
        if (value != null && !(value instanceof String)) {
            throw error(name, "needs a single value, found " + (value instanceof List ? "an array" : "a table"));
        }
        return value == null ? otherwise : (String) value;
    }

    /// A value that something else makes sense of.
    <T> T converted(String name, String otherwise, Function<String, T> conversion) {
        String text = text(name, otherwise);
        return attempt(name, () -> conversion.apply(text));
    }

    /// Does something whose errors are about this key.
    <T> T attempt(String name, java.util.function.Supplier<T> action) {
        try {
            return action.get();
        } catch (ConfigurationException e) {
            throw e.key().startsWith(path) ? e : new ConfigurationException(e.code(), key(name), e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(ErrorCode.CONFIGURATION, name.isEmpty() ? path : key(name), e.getMessage(), e);
        }
    }

    Duration duration(String name, String otherwise) {
        return converted(name, otherwise, Units::duration);
    }

    int number(String name, int otherwise, int min, int max) {
        return converted(name, "" + otherwise, text -> {
            try {
                int n = Integer.parseInt(text);
                if (n >= min && n <= max) {
                    return n;
                }
            } catch (NumberFormatException e) {
                // The same is wrong with it.
            }
            throw new IllegalArgumentException("\"" + text + "\" is no number from " + min + " to " + max);
        });
    }

    long longNumber(String name, long otherwise) {
        return converted(name, "" + otherwise, text -> {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("\"" + text + "\" is not a whole number", e);
            }
        });
    }

    boolean flag(String name, boolean otherwise) {
        return converted(name, "" + otherwise, text -> {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException("\"" + text + "\" is neither true nor false");
            }
            return Boolean.parseBoolean(text);
        });
    }

    /// One of several words.
    <E extends Enum<E>> E word(String name, E otherwise, Class<E> type) {
        List<String> words = List.of(type.getEnumConstants()).stream().map(Table::word).toList();
        String text = text(name, word(otherwise));
        int i = words.indexOf(text);
        if (i < 0) {
            throw error(name, "\"" + text + "\"; " + Nearest.advice(text, words));
        }
        return type.getEnumConstants()[i];
    }

    static String word(Enum<?> e) {
        return e.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /// An array of texts; empty if it is not there.
    List<String> texts(String name) {
        Object value = values.get(name);
        if (value == null) {
            return List.of();
        }
        return texts(name, value);
    }

    private List<String> texts(String name, Object value) {
        if (!(value instanceof List<?> list)) {
            throw error(name, "needs an array" + (value instanceof String s ? ": write [\"" + s + "\"]" : ""));
        }
        var all = new ArrayList<String>();
        for (Object o : list) {
            if (!(o instanceof String s)) {
                throw error(name, "needs an array of texts");
            }
            all.add(s);
        }
        return all;
    }

    /// An array of two arrays of texts.
    List<List<String>> pair(String name) {
        if (!(values.get(name) instanceof List<?> list) || list.size() != 2) {
            throw error(name, "needs two arrays: write [[\"a\", \"b\"], [\"c\"]]");
        }
        return List.of(texts(name, list.get(0)), texts(name, list.get(1)));
    }

    /// An array of exactly two texts.
    List<String> two(String name) {
        List<String> all = texts(name);
        if (all.size() != 2) {
            throw error(name, "needs two names: write [\"a\", \"b\"]");
        }
        return all;
    }

    /// Those of its values that have these keys.
    Map<String, String> only(Collection<String> keys) {
        var some = new LinkedHashMap<String, String>();
        for (String k : keys) {
            if (has(k)) {
                some.put(k, text(k, ""));
            }
        }
        return some;
    }

    String path() {
        return path;
    }
}
