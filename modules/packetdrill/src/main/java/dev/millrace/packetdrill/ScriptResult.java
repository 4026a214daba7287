package dev.millrace.packetdrill;

import java.time.Duration;

/// What running a script has come to.
///
/// @param script its name
/// @param variant which version of IP it was run with
/// @param status what it has come to
/// @param line where in the script the reason for that is, from 1 on; 0 if it has no place
/// @param column in that line, from 1 on; 0 if it has no place
/// @param message the reason, in words; empty if it passed
/// @param expected if it failed, what the script expects, in its own words; else empty
/// @param actual if it failed, what the stack did instead, in the script's syntax; empty if it did nothing
/// @param took how much virtual time it took
public record ScriptResult(String script, IpVariant variant, Status status, int line, int column, String message, String expected,
        String actual, Duration took) {
    /// How it has ended.
    public enum Status {
        /// All was as expected.
        PASSED,
        /// The stack does not do what the script expects.
        FAILED,
        /// The script needs what is not there; it says nothing about the stack.
        SKIPPED,
        /// The script is not of the language.
        ERROR
    }

    /// Whether nothing went wrong: it passed or was skipped.
    public boolean isFine() {
        return status == Status.PASSED || status == Status.SKIPPED;
    }

    /// All of it for people, in a line or several.
    @Override
    public String toString() {
        String place = script + (line > 0 ? ":" + line + ":" + column : "");
        String text = place + ": " + switch (status) {
            case PASSED -> "passed";
            case FAILED -> "failed: " + message;
            case SKIPPED -> "skipped: " + message;
            case ERROR -> "error: " + message;
        } + " (" + variant + ")";
        if (!expected.isEmpty()) {
            text += "\n  expected: " + expected;
        }
        return actual.isEmpty() ? text : text + "\n  actual:   " + actual;
    }
}
