package dev.millrace.packetdrill.script;

/// A script is not of the language, or asks for what cannot be.
public final class ScriptSyntaxException extends Exception {
    private static final long serialVersionUID = 1;

    /// Where.
    private final transient Position at;

    /// An error at this place.
    public ScriptSyntaxException(Position at, String message) {
        super(message);
        this.at = at;
    }

    /// Where it is.
    public Position at() {
        return at;
    }
}
