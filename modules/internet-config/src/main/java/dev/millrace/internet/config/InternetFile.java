package dev.millrace.internet.config;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.Nearest;
import dev.millrace.config.ConfigFileException;
import dev.millrace.config.TomlFile;
import dev.millrace.internet.Internet;
import dev.millrace.internet.InternetBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/// A simulated Internet described by a TOML file.
///
/// ```toml
/// [internet]
/// seed = 42
/// [[host]]
/// name = "shop"
/// addresses = ["198.18.0.10"]
/// [[host]]
/// name = "bank"
/// addresses = ["198.18.0.20"]
/// [[link]]
/// between = ["shop", "bank"]
/// delay = "40ms"
/// loss = "1%"
/// [[event]]
/// at = "5s"
/// cut = ["shop", "bank"]
/// lasting = "20s"
/// ```
///
/// `docs/internet-file.md` lists all keys. Every error is a [ConfigFileException] that names the line. Immutable: a file read
/// once may open any number of Internets.
public final class InternetFile {
    private final TomlFile toml;
    private final Map<String, Object> root;

    private InternetFile(TomlFile toml) {
        this.toml = toml;
        root = toml.tables();
        for (String table : root.keySet()) {
            if (!Keys.TABLES.containsKey(table)) {
                throw toml.located(new ConfigurationException(table, "unknown table; "
                        + Nearest.advice(table, Keys.TABLES.keySet())));
            }
        }
    }

    /// Reads a file.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws ConfigFileException if it is not TOML, or has tables that mean nothing
    public static InternetFile load(Path path) throws IOException {
        return new InternetFile(TomlFile.load(path));
    }

    /// Reads a text.
    ///
    /// @param name what to call it in errors
    /// @throws ConfigFileException if it is not TOML, or has tables that mean nothing
    public static InternetFile parse(String text, String name) {
        return new InternetFile(TomlFile.parse(text, name));
    }

    /// Opens what the file describes.
    ///
    /// @throws ConfigFileException if something in it is wrong; nothing stays open
    /// @throws IOException if a host's stack cannot be opened; nothing stays open
    public Internet open() throws IOException {
        return open(_ -> {
        });
    }

    /// Opens what the file describes, but for what `changes` says otherwise, such as the seed.
    ///
    /// @throws ConfigFileException if something in it is wrong; nothing stays open
    /// @throws IOException if a host's stack cannot be opened; nothing stays open
    public Internet open(Consumer<InternetBuilder> changes) throws IOException {
        Topology topology;
        Internet net;
        try {
            topology = new Topology(root);
            InternetBuilder builder = topology.builder();
            changes.accept(builder);
            net = builder.open();
        } catch (ConfigurationException e) {
            throw toml.located(e);
        }
        try {
            topology.build(net);
            return net;
        } catch (ConfigurationException e) {
            net.close();
            throw toml.located(e);
        } catch (IllegalArgumentException e) {
            net.close();
            throw toml.located(new ConfigurationException(ErrorCode.CONFIGURATION, "", e.getMessage(), e));
        } catch (Throwable t) {
            net.close();
            throw t;
        }
    }

    /// The tables and their keys, with a line on each: for documents.
    public static Map<String, Map<String, String>> keys() {
        return Keys.TABLES;
    }
}
