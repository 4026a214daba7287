package dev.millrace.config;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/// Takes values of the expected kind out of Jackson's tree; any other kind is an error about the key.
final class Values {
    private Values() {
    }

    static JsonNode table(String key, JsonNode node) {
        if (!node.isObject()) {
            throw new ConfigurationException(key, "is a table: write [" + key + "], found " + kind(node));
        }
        return node;
    }

    /// A single value as text; options take numbers and flags as they would be written.
    static String text(String key, JsonNode node) {
        if (!node.isValueNode()) {
            throw new ConfigurationException(key, "needs a single value, found " + kind(node));
        }
        return node.asString();
    }

    static boolean flag(String key, JsonNode node) {
        if (!node.isBoolean()) {
            throw new ConfigurationException(key, "needs true or false, found " + kind(node));
        }
        return node.booleanValue();
    }

    static List<String> texts(String key, JsonNode node) {
        if (!node.isArray()) {
            throw new ConfigurationException(key, "needs an array"
                    + (node.isValueNode() ? ": write [" + node + "]" : ", found " + kind(node)));
        }
        List<String> all = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            all.add(text(key + "[" + i + "]", node.get(i)));
        }
        return all;
    }

    static <T> T converted(String key, String value, Function<String, T> conversion) {
        try {
            return conversion.apply(value);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(ErrorCode.CONFIGURATION, key, e.getMessage(), e);
        }
    }

    private static String kind(JsonNode node) {
        return node.isArray() ? "an array" : node.isObject() ? "a table" : node.toString();
    }
}
