package dev.millrace.packetdrill.script;

/// The smallest piece of a script.
///
/// @param kind what it is
/// @param text its characters; without the quotes of a string, a command or code
/// @param from the offset of its first character
/// @param to the offset behind its last one
record Token(Kind kind, String text, int from, int to) {
    enum Kind {
        INTEGER("a number"), HEX("a number"), FLOAT("a number"), WORD("a word"), STRING("a string"), COMMAND("a `command`"),
        CODE("%{ code }%"), IPV4("an address"), IPV6("an address"), ELLIPSIS("..."), MARK("a mark"), END("the end of the script");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    boolean is(String mark) {
        return kind == Kind.MARK && text.equals(mark);
    }

    boolean isWord(String word) {
        return kind == Kind.WORD && text.equals(word);
    }

    boolean isWhole() {
        return kind == Kind.INTEGER || kind == Kind.HEX;
    }

    /// For messages.
    String shown() {
        return switch (kind) {
            case END -> kind.words;
            case STRING -> '"' + text + '"';
            case COMMAND -> '`' + shorten() + '`';
            case CODE -> "%{" + shorten() + "}%";
            default -> "\"" + text + "\"";
        };
    }

    private String shorten() {
        return text.length() > 24 ? text.substring(0, 24) + "…" : text;
    }
}
