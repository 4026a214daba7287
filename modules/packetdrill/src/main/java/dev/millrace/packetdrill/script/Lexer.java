package dev.millrace.packetdrill.script;

import dev.millrace.packetdrill.script.Token.Kind;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts a script into tokens as they are asked for, since some places are read by other rules: options in front, the flags of a
/// segment, remarks behind a call.
final class Lexer {
    private static final Pattern IPV4 = Pattern.compile("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+");
    /// Two colons at least: `1:1001(1000)` are sequence numbers.
    private static final Pattern IPV6 = Pattern.compile("(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)"
            + "(?:[0-9a-fA-F:]*:[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+|[0-9a-fA-F:]+)");
    private static final Pattern HEX = Pattern.compile("0[xX][0-9a-fA-F]+");
    private static final Pattern FLOAT = Pattern.compile("-?[0-9]*\\.[0-9]+");
    private static final Pattern INTEGER = Pattern.compile("-?[0-9]+");
    private static final Pattern WORD = Pattern.compile("[a-zA-Z0-9_]+");
    private static final String MARKS = "()[]{}<>,:=|*+-~./;!&";
    /// What a definition may lead to: another word, and so on.
    private static final int MAX_DEFINITIONS = 16;

    private final Source source;
    private final String text;
    private final Map<String, String> definitions;
    private int offset;
    /// The offset behind the last token that was taken.
    private int taken;
    private Token ahead;

    Lexer(Source source, Map<String, String> definitions) {
        this.source = source;
        this.text = source.text();
        this.definitions = definitions;
    }

    /// The next token, which stays the next one.
    Token peek() throws ScriptSyntaxException {
        if (ahead == null) {
            skipBlanks();
            ahead = scan();
        }
        return ahead;
    }

    Token next() throws ScriptSyntaxException {
        Token t = peek();
        ahead = null;
        offset = t.to();
        taken = offset;
        return t;
    }

    Position at(Token t) {
        return source.at(t.from());
    }

    Position at(int from) {
        return source.at(from);
    }

    /// The characters up to the next blank, from where the next token begins.
    Token run() throws ScriptSyntaxException {
        ahead = null;
        skipBlanks();
        int from = offset;
        while (offset < text.length() && !Character.isWhitespace(text.charAt(offset))) {
            offset++;
        }
        taken = offset;
        return new Token(from == offset ? Kind.END : Kind.WORD, text.substring(from, offset), from, offset);
    }

    /// Reads `pattern` if it is what comes next behind blanks.
    ///
    /// @return its match, or `null`
    Token match(Pattern pattern) throws ScriptSyntaxException {
        ahead = null;
        skipBlanks();
        String found = longest(pattern);
        if (found == null) {
            return null;
        }
        int from = offset;
        offset += found.length();
        taken = offset;
        return new Token(Kind.WORD, found, from, offset);
    }

    /// What stands in the parentheses that come next, which may have others in them.
    Token remark() throws ScriptSyntaxException {
        Token open = next();
        int depth = 1;
        for (int i = open.to(); i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth == 0) {
                offset = i + 1;
                taken = offset;
                return new Token(Kind.WORD, text.substring(open.to(), i), open.from(), offset);
            }
        }
        throw new ScriptSyntaxException(at(open), "this parenthesis is never closed");
    }

    /// Some text from this offset on.
    String text(int from) {
        return text.substring(from, Math.min(text.length(), from + 64));
    }

    /// The text from this offset to the last token that was taken, on one line.
    String textBehind(int from) {
        return text.substring(from, Math.max(from, taken)).strip().replaceAll("\\s+", " ");
    }

    private void skipBlanks() throws ScriptSyntaxException {
        while (offset < text.length()) {
            if (Character.isWhitespace(text.charAt(offset))) {
                offset++;
            } else if (text.startsWith("//", offset)) {
                int end = text.indexOf('\n', offset);
                offset = end < 0 ? text.length() : end;
            } else if (text.startsWith("/*", offset)) {
                int end = text.indexOf("*/", offset + 2);
                if (end < 0) {
                    throw new ScriptSyntaxException(source.at(offset), "this comment is never closed");
                }
                offset = end + 2;
            } else {
                return;
            }
        }
    }

    private Token scan() throws ScriptSyntaxException {
        if (offset == text.length()) {
            return new Token(Kind.END, "", offset, offset);
        }
        return switch (text.charAt(offset)) {
            case '"' -> string();
            case '`' -> quoted(Kind.COMMAND, 1, "`");
            case '%' -> {
                if (!text.startsWith("%{", offset)) {
                    throw new ScriptSyntaxException(source.at(offset), "\"%\" stands only in %{ code }%");
                }
                yield quoted(Kind.CODE, 2, "}%");
            }
            default -> text.startsWith("...", offset) ? token(Kind.ELLIPSIS, "...") : plain();
        };
    }

    private Token plain() throws ScriptSyntaxException {
        String address = longest(IPV6);
        if (address != null) {
            return token(Kind.IPV6, address);
        }
        address = longest(IPV4);
        if (address != null) {
            return token(Kind.IPV4, address);
        }
        Kind kind = null;
        String best = "";
        // The longest wins, and of equally long ones the first.
        for (Kind k : new Kind[] {Kind.HEX, Kind.FLOAT, Kind.INTEGER, Kind.WORD}) {
            String found = longest(k == Kind.HEX ? HEX : k == Kind.FLOAT ? FLOAT : k == Kind.INTEGER ? INTEGER : WORD);
            if (found != null && found.length() > best.length()) {
                kind = k;
                best = found;
            }
        }
        if (kind != null) {
            return kind == Kind.WORD ? defined(token(kind, best)) : token(kind, best);
        }
        String mark = text.substring(offset, offset + 1);
        if (!MARKS.contains(mark)) {
            throw new ScriptSyntaxException(source.at(offset), "the character \"" + mark + "\" means nothing here");
        }
        return token(Kind.MARK, mark);
    }

    private String longest(Pattern pattern) {
        Matcher m = pattern.matcher(text).region(offset, text.length());
        return m.lookingAt() ? m.group() : null;
    }

    private Token token(Kind kind, String found) {
        return new Token(kind, found, offset, offset + found.length());
    }

    /// What a word stands for, at the word's place.
    private Token defined(Token word) throws ScriptSyntaxException {
        Token t = word;
        for (int i = 0; t.kind() == Kind.WORD && definitions.containsKey(t.text()); i++) {
            String value = definitions.get(t.text());
            var inner = new Lexer(Source.of(value, java.util.Set.of()), Map.of());
            Token first = inner.next();
            if (first.kind() == Kind.END || inner.peek().kind() != Kind.END || i == MAX_DEFINITIONS) {
                throw new ScriptSyntaxException(at(word), word.text() + " is defined as \"" + value + "\", which is not one word, number, "
                        + "string or command");
            }
            t = new Token(first.kind(), first.text(), word.from(), word.to());
        }
        return t;
    }

    private Token string() throws ScriptSyntaxException {
        for (int i = offset + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                return new Token(Kind.STRING, text.substring(offset + 1, i), offset, i + 1);
            }
        }
        throw new ScriptSyntaxException(source.at(offset), "this string is never closed");
    }

    private Token quoted(Kind kind, int open, String close) throws ScriptSyntaxException {
        int end = text.indexOf(close, offset + open);
        if (end < 0) {
            throw new ScriptSyntaxException(source.at(offset), "this " + (kind == Kind.CODE ? "code" : "command") + " is never closed");
        }
        return new Token(kind, text.substring(offset + open, end), offset, end + close.length());
    }
}
