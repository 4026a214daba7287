package dev.millrace.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds where each key of a TOML text stands. Jackson reads the values, but builds its whole tree before the first token
/// and forgets the positions; this walks over the same text and notes positions only. It never fails: of a text that is no
/// TOML it finds what it can, since Jackson says what is wrong with it.
///
/// Keys are named as errors name them: `tcp.receive-buffer`, `nic[0].addresses[1]`.
final class KeyPlaces {
    /// Deeper than any configuration goes; what lies below has the place of what is around it.
    private static final int MAX_DEPTH = 32;

    /// A position in the text.
    ///
    /// @param line counted from 1, or 0 if unknown
    /// @param column counted from 1, or 0 if unknown
    record Place(int line, int column) {
        static final Place UNKNOWN = new Place(0, 0);
    }

    /// A key that is given a second time.
    ///
    /// @param key the full key
    /// @param first where it stands first
    /// @param again where it stands again
    record Duplicate(String key, Place first, Place again) {
    }

    private final String text;
    private final int[] lineStarts;
    private final Map<String, Place> places = new HashMap<>();
    /// Keys that have a value of their own, unlike those that are only a part of a dotted key.
    private final Map<String, Place> assigned = new HashMap<>();
    private final Map<String, Integer> arraysOfTables = new HashMap<>();
    private Duplicate duplicate;
    private String table = "";
    private int at;

    KeyPlaces(String text) {
        this.text = text;
        this.lineStarts = lineStarts(text);
        skipBlankLines();
        while (at < text.length()) {
            if (peek() == '[') {
                header();
            } else {
                keyAndValue(table, 0);
            }
            skipLine();
            skipBlankLines();
        }
    }

    private static int[] lineStarts(String text) {
        int[] starts = new int[16];
        int count = 1;
        for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, count * 2);
            }
            starts[count++] = i + 1;
        }
        return Arrays.copyOf(starts, count);
    }

    /// The place of a key such as `nic[0].addresses[1]`, or of the nearest thing around it.
    Place of(String key) {
        String k = key;
        while (!k.isEmpty()) {
            Place place = places.get(k);
            if (place != null) {
                return place;
            }
            int cut = Math.max(k.lastIndexOf('.'), k.endsWith("]") ? k.lastIndexOf('[') : -1);
            k = cut < 0 ? "" : k.substring(0, cut);
        }
        return Place.UNKNOWN;
    }

    /// The first key that is given twice, or `null`.
    Duplicate duplicate() {
        return duplicate;
    }

    // ---- headers, keys, values

    /// `[a.b]` or `[[a.b]]`; a part that names an array of tables means the last table of it.
    private void header() {
        int start = at;
        boolean array = text.startsWith("[[", at);
        at += array ? 2 : 1;
        List<String> parts = keyParts();
        String path = "";
        for (int i = 0; i < parts.size(); i++) {
            path = join(path, parts.get(i));
            note(path, start);
            Integer tables = arraysOfTables.get(path);
            if (array && i == parts.size() - 1) {
                arraysOfTables.merge(path, 1, Integer::sum);
                path = path + "[" + (tables == null ? 0 : tables) + "]";
            } else if (tables != null) {
                path = path + "[" + (tables - 1) + "]";
            }
            note(path, start);
        }
        table = path;
    }

    /// `a.b = value`, at the top, in a table or in an inline table.
    private void keyAndValue(String prefix, int depth) {
        int start = at;
        List<String> parts = keyParts();
        skipBlanks();
        if (parts.isEmpty() || peek() != '=') {
            return;
        }
        at++;
        String path = prefix;
        for (String part : parts) {
            path = join(path, part);
            note(path, start);
        }
        Place first = assigned.putIfAbsent(path, place(start));
        if (first != null && duplicate == null) {
            duplicate = new Duplicate(path, first, place(start));
        }
        value(path, depth);
    }

    private void value(String path, int depth) {
        skipBlanks();
        switch (peek()) {
            case '"', '\'' -> string();
            case '[' -> array(path, depth);
            case '{' -> inlineTable(path, depth);
            default -> bareValue();
        }
    }

    private void array(String path, int depth) {
        at++;
        for (int i = 0; enterElement(']', depth); i++) {
            String element = path + "[" + i + "]";
            note(element, at);
            int before = at;
            value(element, depth + 1);
            at += at == before ? 1 : 0;
        }
    }

    private void inlineTable(String path, int depth) {
        at++;
        while (enterElement('}', depth)) {
            int before = at;
            keyAndValue(path, depth + 1);
            at += at == before ? 1 : 0;
        }
    }

    /// Goes to the next element; false once the closing character has been passed, or the text ends.
    private boolean enterElement(char closing, int depth) {
        if (depth >= MAX_DEPTH) {
            at = text.length();
        }
        skipBlankLines();
        while (peek() == ',') {
            at++;
            skipBlankLines();
        }
        if (at < text.length() && peek() != closing) {
            return true;
        }
        at = Math.min(text.length(), at + 1);
        return false;
    }

    private void bareValue() {
        while (at < text.length() && ",]}#\n".indexOf(peek()) < 0) {
            at++;
        }
    }

    /// The parts of a dotted key, quotes and escapes resolved.
    private List<String> keyParts() {
        List<String> parts = new ArrayList<>();
        while (parts.size() < MAX_DEPTH) {
            skipBlanks();
            if (peek() == '"' || peek() == '\'') {
                parts.add(string());
            } else {
                int start = at;
                while (at < text.length() && ".=[]{}\"'#, \t\r\n".indexOf(peek()) < 0) {
                    at++;
                }
                if (at == start) {
                    return parts;
                }
                parts.add(text.substring(start, at));
            }
            skipBlanks();
            if (peek() != '.') {
                return parts;
            }
            at++;
        }
        return parts;
    }

    /// Passes over a string of any of the four kinds and returns what it says.
    private String string() {
        char quote = peek();
        String three = String.valueOf(quote).repeat(3);
        boolean long_ = text.startsWith(three, at);
        at += long_ ? 3 : 1;
        var said = new StringBuilder();
        while (at < text.length()) {
            char c = peek();
            if (long_ ? text.startsWith(three, at) : c == quote) {
                at += long_ ? 3 : 1;
                while (long_ && peek() == quote) {
                    at++; // up to two quotes may stand directly before the closing three
                }
                return said.toString();
            }
            if (!long_ && c == '\n') {
                return said.toString();
            }
            if (quote == '"' && c == '\\') {
                escape(said);
            } else {
                said.append(c);
                at++;
            }
        }
        return said.toString();
    }

    private void escape(StringBuilder said) {
        at++;
        char c = peek();
        int digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
        at = Math.min(text.length(), at + 1);
        if (digits == 0) {
            said.append(switch (c) {
                case 'b' -> '\b';
                case 't' -> '\t';
                case 'n' -> '\n';
                case 'f' -> '\f';
                case 'r' -> '\r';
                default -> c;
            });
            return;
        }
        int point = 0;
        for (int i = 0; i < digits && Character.digit(peek(), 16) >= 0; i++) {
            point = point << 4 | Character.digit(peek(), 16);
            at++;
        }
        said.appendCodePoint(Character.isValidCodePoint(point) ? point : '?');
    }

    // ---- moving on

    /// The next character; NUL at the end, which no TOML contains.
    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private void skipBlanks() {
        while (peek() == ' ' || peek() == '\t') {
            at++;
        }
    }

    private void skipLine() {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end + 1;
    }

    private void skipBlankLines() {
        while (at < text.length()) {
            if (peek() == '#') {
                skipLine();
            } else if (" \t\r\n".indexOf(peek()) >= 0) {
                at++;
            } else {
                return;
            }
        }
    }

    private void note(String path, int offset) {
        places.putIfAbsent(path, place(offset));
    }

    private Place place(int offset) {
        int found = Arrays.binarySearch(lineStarts, offset);
        int line = found >= 0 ? found : -found - 2;
        return new Place(line + 1, offset - lineStarts[line] + 1);
    }

    private static String join(String path, String part) {
        return path.isEmpty() ? part : path + "." + part;
    }
}
