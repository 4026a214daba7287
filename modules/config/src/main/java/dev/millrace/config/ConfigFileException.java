package dev.millrace.config;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;

/// A configuration file is wrong. The message is one line, `FILE:LINE: KEY: what is wrong and what to write instead`.
public final class ConfigFileException extends ConfigurationException {
    private static final long serialVersionUID = 1;

    private final String file;
    private final int line;
    private final String key;

    ConfigFileException(String file, int line, String key, String message, ErrorCode code, Throwable cause) {
        super(code, "", file + (line > 0 ? ":" + line : "") + ": " + (key.isEmpty() ? "" : key + ": ") + message, cause);
        this.file = file;
        this.line = line;
        this.key = key;
    }

    /// The file, as it was given.
    public String file() {
        return file;
    }

    /// The line, counted from 1, or 0 if the error is about something that is missing.
    public int line() {
        return line;
    }

    @Override
    public String key() {
        return key;
    }
}
