package dev.millrace.config;

import dev.millrace.CaptureRequest;
import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.config.KeyPlaces.Duplicate;
import dev.millrace.config.KeyPlaces.Place;
import dev.millrace.spi.StackProvider;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/// A stack described by a TOML file.
///
/// ```toml
/// [[nic]]
/// name = "lo"
/// link = "loopback:"
/// addresses = ["192.168.1.1/24", "fd00::1/64"]
/// ```
///
/// `docs/configuration.md` lists all keys. Every error is a [ConfigFileException] that names the line, those included
/// that only show when the stack is opened. Immutable: a file read once may open any number of stacks.
public final class StackConfigFile {
    private final String file;
    private final KeyPlaces places;
    private final StackConfig config;
    private final Optional<CaptureRequest> capture;

    private StackConfigFile(String file, String text) {
        this.file = file;
        this.places = new KeyPlaces(text);
        JsonNode root = read(text);
        try {
            var tables = new ConfigTables(root);
            this.config = tables.config();
            this.capture = tables.capture();
        } catch (ConfigurationException e) {
            throw located(e);
        }
    }

    /// Reads a file.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws ConfigFileException if it is not TOML, or does not describe a stack
    public static StackConfigFile load(Path path) throws IOException {
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
    /// @param text the TOML
    /// @param name what to call it in errors
    /// @throws ConfigFileException if it is not TOML, or does not describe a stack
    public static StackConfigFile parse(String text, String name) {
        return new StackConfigFile(name, text);
    }

    /// What the file says of the stack.
    public StackConfig config() {
        return config;
    }

    /// The capture that the file asks for.
    public Optional<CaptureRequest> capture() {
        return capture;
    }

    /// Opens the stack, with the capture that the file asks for.
    ///
    /// @throws ConfigFileException if the configuration is wrong; nothing stays open
    /// @throws IOException if a link or the capture's target cannot be opened; nothing stays open
    public Stack open() throws IOException {
        return opened(() -> Stack.open(config));
    }

    /// Opens the stack for stepping, with the capture that the file asks for.
    ///
    /// @param seed what all chance in the stack is drawn from
    /// @throws ConfigFileException if the configuration is wrong; nothing stays open
    /// @throws IOException if a link or the capture's target cannot be opened; nothing stays open
    public ManualStack openManual(long seed) throws IOException {
        return opened(() -> StackProvider.find().openManual(config, seed));
    }

    /// Finds out whether the stack could be assembled, without a thread, and without the capture that the file asks for.
    /// Links are opened and closed again.
    ///
    /// @throws ConfigFileException if the configuration is wrong
    /// @throws IOException if a link cannot be opened
    public void check() throws IOException {
        try {
            StackProvider.find().openManual(config, 0).close();
        } catch (ConfigurationException e) {
            throw located(e);
        }
    }

    private interface Opening<S> {
        S open() throws IOException;
    }

    private <S extends Stack> S opened(Opening<S> opening) throws IOException {
        S stack;
        try {
            stack = opening.open();
        } catch (ConfigurationException e) {
            throw located(e);
        }
        if (capture.isPresent()) {
            try {
                stack.capture(capture.get());
            } catch (IOException | RuntimeException e) {
                stack.close();
                throw e;
            }
        }
        return stack;
    }

    private ConfigFileException located(ConfigurationException e) {
        String message = e.getMessage();
        if (!e.key().isEmpty() && message.startsWith(e.key() + ": ")) {
            message = message.substring(e.key().length() + 2);
        }
        return new ConfigFileException(file, places.of(e.key()), e.key(), message, e.code(), e);
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
            return new ConfigFileException(file, twice.again(), twice.key(),
                    "is given twice, first on line " + twice.first().line(), ErrorCode.CONFIGURATION, e);
        }
        TokenStreamLocation location = e.getLocation();
        Place place = location == null || location.getLineNr() < 1 ? Place.UNKNOWN
                : new Place(location.getLineNr(), Math.max(1, location.getColumnNr()));
        String at = place.column() > 0 ? " (column " + place.column() + ")" : "";
        return new ConfigFileException(file, place, "", "is not TOML" + at + ": " + firstLine(why),
                ErrorCode.CONFIGURATION, e);
    }

    /// An error is one line, and a hostile file does not make it long.
    private static String firstLine(String message) {
        String line = message == null ? "" : message.lines().findFirst().orElse("");
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }
}
