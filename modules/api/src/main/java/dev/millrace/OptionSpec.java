package dev.millrace;

/// An option that a link driver or a protocol understands: what checks configurations, what `millrace links` shows and
/// what the documentation lists.
///
/// @param name the key, in lower case with hyphens
/// @param type how the value is written
/// @param defaultValue the value when nothing is given, as it would be written; an empty string if there is none
/// @param help one line
public record OptionSpec(String name, Type type, String defaultValue, String help) {
    /// How a value is written.
    public enum Type {
        /// Any text.
        TEXT("text"),
        /// `true` or `false`.
        FLAG("true|false"),
        /// A whole number.
        NUMBER("number"),
        /// A length of time with its unit, such as `40ms` or `2h`.
        DURATION("duration"),
        /// A number of bytes, with an optional unit, such as `64KiB`.
        BYTES("bytes"),
        /// Bits a second, such as `10Mbit/s`.
        RATE("rate");

        private final String form;

        Type(String form) {
            this.form = form;
        }

        /// The type in words.
        public String form() {
            return form;
        }
    }
}
