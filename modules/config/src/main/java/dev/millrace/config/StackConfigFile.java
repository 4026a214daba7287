package dev.millrace.config;

import dev.millrace.CaptureRequest;
import dev.millrace.ConfigurationException;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.spi.StackProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

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
    private final TomlFile toml;
    private final StackConfig config;
    private final Optional<CaptureRequest> capture;

    private StackConfigFile(TomlFile toml) {
        this.toml = toml;
        try {
            var tables = new ConfigTables(toml.root());
            this.config = tables.config();
            this.capture = tables.capture();
        } catch (ConfigurationException e) {
            throw toml.located(e);
        }
    }

    /// Reads a file.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws ConfigFileException if it is not TOML, or does not describe a stack
    public static StackConfigFile load(Path path) throws IOException {
        return new StackConfigFile(TomlFile.load(path));
    }

    /// Reads a text.
    ///
    /// @param text the TOML
    /// @param name what to call it in errors
    /// @throws ConfigFileException if it is not TOML, or does not describe a stack
    public static StackConfigFile parse(String text, String name) {
        return new StackConfigFile(TomlFile.parse(text, name));
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
            throw toml.located(e);
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
            throw toml.located(e);
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
}
