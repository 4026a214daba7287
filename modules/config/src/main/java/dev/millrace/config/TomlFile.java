package dev.millrace.config;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.config.KeyPlaces.Duplicate;
import dev.millrace.config.KeyPlaces.Place;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/// A TOML text as tables, and where each key stands in it: for modules that have files of their own kind. What the tables
/// mean is theirs to say; their errors get file and line from [#located]. Immutable.
public final class TomlFile {
    private final String name;
    private final KeyPlaces places;
    private final JsonNode root;

    private TomlFile(String text, String name) {
        this.name = name;
        places = new KeyPlaces(text);
        root = read(text);
    }

    /// Reads a file.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws ConfigFileException if it is not TOML
    public static TomlFile load(Path path) throws IOException {
        try {
            return parse(Files.readString(path), path.toString());
        } catch (NoSuchFileException e) {
            throw new IOException(path + ": no such file", e);
        } catch (CharacterCodingException e) {
            throw new ConfigFileException(path.toString(), Place.UNKNOWN, "", "is not UTF-8 text",
                    ErrorCode.CONFIGURATION, e);
        }
    }

    /// Reads a text.
    ///
    /// @param name what to call it in errors
    /// @throws ConfigFileException if it is not TOML
    public static TomlFile parse(String text, String name) {
        return new TomlFile(text, name);
    }

    JsonNode root() {
        return root;
    }

    /// The tables: maps in the order of the text, lists, and single values as they would be written, as text.
    public Map<String, Object> tables() {
        return map(root);
    }

    private static Map<String, Object> map(JsonNode node) {
        var map = new LinkedHashMap<String, Object>();
        node.properties().forEach(e -> map.put(e.getKey(), value(e.getValue())));
        return Collections.unmodifiableMap(map);
    }

    private static Object value(JsonNode node) {
        if (node.isObject()) {
            return map(node);
        }
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(n -> list.add(value(n)));
            return Collections.unmodifiableList(list);
        }
        return node.asString();
    }

    /// An error about a key of this text, with the file and the line.
    public ConfigFileException located(ConfigurationException e) {
        String message = e.getMessage();
        if (!e.key().isEmpty() && message.startsWith(e.key() + ": ")) {
            message = message.substring(e.key().length() + 2);
        }
        return new ConfigFileException(name, places.of(e.key()), e.key(), message, e.code(), e);
    }

    private JsonNode read(String text) {
        try {
            return new TomlMapper().readTree(text);
        } catch (JacksonException e) {
            throw notToml(e);
        }
    }

    private ConfigFileException notToml(JacksonException e) {
        String why = e.getOriginalMessage();
        Duplicate twice = places.duplicate();
        if (twice != null && why != null && why.startsWith("Duplicate key")) {
            // Jackson's position is behind the second value, often on the line after it.
            return new ConfigFileException(name, twice.again(), twice.key(),
                    "is given twice, first on line " + twice.first().line(), ErrorCode.CONFIGURATION, e);
        }
        TokenStreamLocation location = e.getLocation();
        Place place = location == null || location.getLineNr() < 1 ? Place.UNKNOWN
                : new Place(location.getLineNr(), Math.max(1, location.getColumnNr()));
        String at = place.column() > 0 ? " (column " + place.column() + ")" : "";
        return new ConfigFileException(name, place, "", "is not TOML" + at + ": " + firstLine(why),
                ErrorCode.CONFIGURATION, e);
    }

    /// An error is one line, and a hostile file does not make it long.
    private static String firstLine(String message) {
        String line = message == null ? "" : message.lines().findFirst().orElse("");
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }
}
