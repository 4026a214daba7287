package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.script.Position;

/// The stack does not do what the script expects.
public final class MismatchException extends Exception {
    private static final long serialVersionUID = 1;

    /// Where.
    private final transient Position at;
    /// What was expected, in the script's words.
    private final String expected;
    /// What came instead.
    private final String actual;

    /// Says what is different.
    ///
    /// @param at where the script says what it expects
    /// @param message what is wrong
    /// @param expected in the script's words
    /// @param actual what came instead, in its syntax; empty if nothing did
    public MismatchException(Position at, String message, String expected, String actual) {
        super(message);
        this.at = at;
        this.expected = expected;
        this.actual = actual;
    }

    /// Where the script says what it expects.
    public Position at() {
        return at;
    }

    /// What was expected, in the script's words.
    public String expected() {
        return expected;
    }

    /// What came instead, or an empty string.
    public String actual() {
        return actual;
    }
}
