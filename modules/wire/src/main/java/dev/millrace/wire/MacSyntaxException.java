package dev.millrace.wire;

/// A text is no MAC address; the message says why, and what one looks like.
public final class MacSyntaxException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /// What is wrong with the text.
    public enum Reason {
        /// It has not the 17 characters of six bytes and five separators.
        LENGTH,
        /// A character is no hexadecimal digit.
        DIGIT,
        /// A separator is neither `:` nor `-`, or not the one that was used before.
        SEPARATOR
    }

    private final Reason reason;
    private final int index;

    MacSyntaxException(String text, Reason reason, int index, String detail) {
        super("\"" + text + "\" is no MAC address: " + detail + "; it should look like 02:00:5e:00:00:01");
        this.reason = reason;
        this.index = index;
    }

    /// What is wrong.
    public Reason reason() {
        return reason;
    }

    /// Where in the text, in characters from 0; its length if it ends too early.
    public int index() {
        return index;
    }
}
