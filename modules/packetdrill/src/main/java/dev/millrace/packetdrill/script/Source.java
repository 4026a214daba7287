package dev.millrace.packetdrill.script;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The text of a script, and which offset is on which line. Lines that `#ifdef` leaves out are blank, so that every other
/// character stays where it is.
final class Source {
    private static final Pattern DIRECTIVE = Pattern.compile("^\\s*#\\s*(ifdef|ifndef|else|endif|define|if)\\b\\s*(\\S*).*$");
    /// The branch of FreeBSD's scripts that expects what the RFCs say, not what a version of its stack does.
    private static final String STANDARD = "STANDARD";

    private final String text;
    private final int[] lineStarts;

    private Source(String text) {
        this.text = text;
        lineStarts = starts(text);
    }

    /// @param defined the names for which `#ifdef` holds
    static Source of(String text, Set<String> defined) throws ScriptSyntaxException {
        return new Source(withoutOtherBranches(text, defined));
    }

    String text() {
        return text;
    }

    Position at(int offset) {
        int i = Arrays.binarySearch(lineStarts, offset);
        int line = i >= 0 ? i : -i - 2;
        return new Position(line + 1, offset - lineStarts[line] + 1);
    }

    private static int[] starts(String text) {
        return java.util.stream.IntStream.concat(java.util.stream.IntStream.of(0),
                java.util.stream.IntStream.range(0, text.length()).filter(i -> text.charAt(i) == '\n').map(i -> i + 1)).toArray();
    }

    private static String withoutOtherBranches(String text, Set<String> defined) throws ScriptSyntaxException {
        if (text.indexOf('#') < 0) {
            return text;
        }
        var out = new StringBuilder(text.length());
        Deque<Branch> open = new ArrayDeque<>();
        int number = 0;
        for (String line : text.split("(?<=\n)")) {
            number++;
            Matcher m = DIRECTIVE.matcher(line.stripTrailing());
            boolean directive = m.matches();
            if (directive) {
                direct(open, m.group(1), m.group(2), defined, new Position(number, 1 + line.indexOf('#')));
            }
            out.append(directive || open.stream().anyMatch(b -> !b.holds) ? line.replaceAll("[^\n]", " ") : line);
        }
        if (!open.isEmpty()) {
            throw new ScriptSyntaxException(open.peek().at, "#" + open.peek().word + " without #endif");
        }
        return out.toString();
    }

    private static void direct(Deque<Branch> open, String word, String name, Set<String> defined, Position at)
            throws ScriptSyntaxException {
        switch (word) {
            case "ifdef", "ifndef" -> {
                if (name.isEmpty()) {
                    throw new ScriptSyntaxException(at, "#" + word + " without a name");
                }
                boolean known = name.equals(STANDARD) || defined.contains(name);
                open.push(new Branch(at, word, known == word.equals("ifdef")));
            }
            case "else" -> {
                Branch b = last(open, word, at);
                open.push(new Branch(b.at, b.word, !b.holds));
            }
            case "endif" -> last(open, word, at);
            default -> throw new ScriptSyntaxException(at, "#" + word + " is not understood, only #ifdef, #ifndef, #else and #endif");
        }
    }

    private static Branch last(Deque<Branch> open, String word, Position at) throws ScriptSyntaxException {
        if (open.isEmpty()) {
            throw new ScriptSyntaxException(at, "#" + word + " without #ifdef");
        }
        return open.pop();
    }

    private record Branch(Position at, String word, boolean holds) {
    }
}
