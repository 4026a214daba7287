package dev.millrace.config;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;

/// A configuration file is wrong. The message is one line, `FILE:LINE: KEY: what is wrong and what to write instead`.
public final class ConfigFileException extends ConfigurationException {
    private static final long serialVersionUID = 1;

    private final String file;
    private final int line;
    private final int column;
    private final String key;

    ConfigFileException(String file, KeyPlaces.Place place, String key, String message, ErrorCode code,
            Throwable cause) {
        super(code, "",
                file + (place.line() > 0 ? ":" + place.line() : "") + ": " + (key.isEmpty() ? "" : key + ": ") + message,
                cause);
        this.file = file;
        this.line = place.line();
        this.column = place.column();
        this.key = key;
    }

    /// The file, as it was given.
    public String file() {
        return file;
    }

    /// The line, counted from 1, or 0 if the error is about something that is missing from the whole file. Something that
    /// is missing from a table has the line of the table's header.
    public int line() {
        return line;
    }

    /// The column at which the key begins (or at which the text stopped being TOML), counted from 1, or 0 if `line()` is 0.
    public int column() {
        return column;
    }

    @Override
    public String key() {
        return key;
    }
}
