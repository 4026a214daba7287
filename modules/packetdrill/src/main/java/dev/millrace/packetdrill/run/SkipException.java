package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.script.Position;

/// The script needs what the stack, or who runs the script, has not: it says nothing about the stack.
public final class SkipException extends Exception {
    private static final long serialVersionUID = 1;

    /// Where.
    private final transient Position at;

    /// Says what is missing.
    ///
    /// @param at where the script needs it, or `null`
    public SkipException(Position at, String reason) {
        super(reason);
        this.at = at;
    }

    /// Where the script needs it, or `null`.
    public Position at() {
        return at;
    }
}
