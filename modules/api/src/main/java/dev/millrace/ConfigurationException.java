package dev.millrace;

/// The configuration is wrong. The message says where (file, line and key, as far as they are known), what was found and
/// what to write instead. Nothing was opened, or all that was opened has been closed again.
public class ConfigurationException extends IllegalArgumentException implements ErrorCode.Coded {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final String key;

    /// A wrong value or an unknown key.
    ///
    /// @param key the full key, such as `nic[0].mtu`, or an empty string if there is none
    /// @param message the sentence to show, without the key
    public ConfigurationException(String key, String message) {
        this(ErrorCode.CONFIGURATION, key, message, null);
    }

    /// Any configuration error.
    ///
    /// @param code [ErrorCode#CONFIGURATION] or [ErrorCode#MISSING_PLUGIN]
    /// @param key the full key, such as `nic[0].mtu`, or an empty string if there is none
    /// @param message the sentence to show, without the key
    /// @param cause what led to it, or `null`
    public ConfigurationException(ErrorCode code, String key, String message, Throwable cause) {
        super(key.isEmpty() ? message : key + ": " + message, cause);
        this.code = code;
        this.key = key;
    }

    @Override
    public ErrorCode code() {
        return code;
    }

    /// The full key that is wrong, such as `nic[0].mtu`, or an empty string.
    public String key() {
        return key;
    }
}
