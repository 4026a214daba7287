package dev.millrace.packetdrill.code;

import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Position;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One statement of Python, read and calculated at once.
final class Statement {
    private static final Pattern TOKEN = Pattern.compile("\\s*(?:(?<number>0[xX][0-9a-fA-F]+|[0-9]+(?:\\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\\.[0-9]+)"
            + "|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<string>\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*')|(?<mark>==|!=|<=|>=|<<|>>|//|\\*\\*|[-+*/%&|^~<>=(),\\[\\]{}.:!]))");
    private static final int MAX_DEPTH = 64;

    private final String text;
    private final Position at;
    private final Names names;
    private final List<Token> tokens = new ArrayList<>();
    private int next;
    private int depth;
    /// What was looked at, for the message.
    private final Map<String, Double> used = new TreeMap<>();

    /// What a name stands for.
    interface Names {
        double value(String name, Position at) throws SkipException, ScriptSyntaxException;
    }

    private record Token(String kind, String text, int from) {
    }

    Statement(String text, Position at, Names names) throws ScriptSyntaxException {
        this.text = text;
        this.at = at;
        this.names = names;
        Matcher m = TOKEN.matcher(text);
        int offset = 0;
        while (m.region(offset, text.length()).lookingAt()) {
            String kind = m.group("number") != null ? "number" : m.group("name") != null ? "name" : m.group("string") != null ? "string" : "mark";
            tokens.add(new Token(kind, m.group(kind), m.start(kind)));
            offset = m.end();
        }
        if (!text.substring(offset).isBlank()) {
            int rest = offset + text.substring(offset).length() - text.substring(offset).stripLeading().length();
            throw new ScriptSyntaxException(place(rest), "\"" + text.charAt(rest) + "\" is not understood in code");
        }
        tokens.add(new Token("end", "", text.length()));
    }

    private Position place(int offset) {
        String before = text.substring(0, offset);
        int lines = (int) before.chars().filter(c -> c == '\n').count();
        return lines == 0 ? new Position(at.line(), at.column() + offset)
                : new Position(at.line() + lines, offset - before.lastIndexOf('\n'));
    }

    private Token peek() {
        return tokens.get(next);
    }

    private boolean takes(String what) {
        Token t = peek();
        boolean yes = !t.kind().equals("string") && t.text().equals(what);
        next += yes ? 1 : 0;
        return yes;
    }

    /// Whether the statement begins with this word, which is taken.
    boolean begins(String word) {
        return takes(word);
    }

    /// Whether it is a call, or something else that Python has and we have not.
    boolean isOther() {
        return tokens.getFirst().kind().equals("name") && tokens.size() > 2 && tokens.get(1).kind().equals("mark");
    }

    /// The name that is given a value, or `null` if the statement does something else.
    String assigned() {
        if (tokens.size() > 2 && peek().kind().equals("name") && tokens.get(1).text().equals("=")) {
            next = 2;
            return tokens.getFirst().text();
        }
        return null;
    }

    Map<String, Double> used() {
        return used;
    }

    Position here() {
        return place(peek().from());
    }

    /// The text of the condition that was just calculated.
    String taken(int from) {
        return text.substring(from, peek().from()).strip();
    }

    int offset() {
        return peek().from();
    }

    /// Complains unless nothing more comes, but for what follows a comma.
    void end(boolean message) throws ScriptSyntaxException {
        if (message && takes(",")) {
            return;
        }
        if (!peek().kind().equals("end")) {
            throw wrong("the end of the statement");
        }
    }

    private ScriptSyntaxException wrong(String wanted) {
        Token t = peek();
        return new ScriptSyntaxException(here(), wanted + " expected in the code, not " + (t.kind().equals("end") ? "its end" : "\"" + t.text() + "\""));
    }

    // ---- expressions, the weakest operators first

    double expression() throws SkipException, ScriptSyntaxException {
        if (++depth > MAX_DEPTH) {
            throw new ScriptSyntaxException(here(), "more than " + MAX_DEPTH + " parentheses in one another");
        }
        double v = conjunction();
        while (takes("or")) {
            double w = conjunction();
            v = v != 0 ? v : w;
        }
        depth--;
        return v;
    }

    private double conjunction() throws SkipException, ScriptSyntaxException {
        double v = negation();
        while (takes("and")) {
            double w = negation();
            v = v != 0 ? w : v;
        }
        return v;
    }

    private double negation() throws SkipException, ScriptSyntaxException {
        return takes("not") ? negation() == 0 ? 1 : 0 : comparison();
    }

    /// `a <= b <= c` means both.
    private double comparison() throws SkipException, ScriptSyntaxException {
        double left = bits();
        boolean compared = false;
        boolean all = true;
        while (true) {
            String operator = peek().text();
            if (!peek().kind().equals("mark") || !List.of("==", "!=", "<", "<=", ">", ">=").contains(operator)) {
                return compared ? all ? 1 : 0 : left;
            }
            next++;
            double right = bits();
            all &= switch (operator) {
                case "==" -> left == right;
                case "!=" -> left != right;
                case "<" -> left < right;
                case "<=" -> left <= right;
                case ">" -> left > right;
                default -> left >= right;
            };
            compared = true;
            left = right;
        }
    }

    private double bits() throws SkipException, ScriptSyntaxException {
        double v = sum();
        while (true) {
            if (takes("|")) {
                v = (long) v | (long) sum();
            } else if (takes("&")) {
                v = (long) v & (long) sum();
            } else if (takes("^")) {
                v = (long) v ^ (long) sum();
            } else if (takes("<<")) {
                v = (long) v << (long) sum();
            } else if (takes(">>")) {
                v = (long) v >> (long) sum();
            } else {
                return v;
            }
        }
    }

    private double sum() throws SkipException, ScriptSyntaxException {
        double v = product();
        while (true) {
            if (takes("+")) {
                v += product();
            } else if (takes("-")) {
                v -= product();
            } else {
                return v;
            }
        }
    }

    private double product() throws SkipException, ScriptSyntaxException {
        double v = factor();
        while (true) {
            if (takes("*")) {
                v *= factor();
            } else if (takes("//")) {
                v = Math.floor(v / factor());
            } else if (takes("/")) {
                v /= factor();
            } else if (takes("%")) {
                double w = factor();
                v = v - w * Math.floor(v / w);
            } else {
                return v;
            }
        }
    }

    private double factor() throws SkipException, ScriptSyntaxException {
        if (takes("-")) {
            return -factor();
        }
        if (takes("+")) {
            return factor();
        }
        if (takes("~")) {
            return ~(long) factor();
        }
        if (takes("(")) {
            double v = expression();
            if (!takes(")")) {
                throw wrong("\")\"");
            }
            return v;
        }
        Token t = peek();
        Position place = here();
        switch (t.kind()) {
            case "number" -> {
                next++;
                return t.text().startsWith("0x") || t.text().startsWith("0X") ? Long.parseLong(t.text().substring(2), 16)
                        : Double.parseDouble(t.text());
            }
            case "name" -> {
                next++;
                if (peek().text().equals("(") && !peek().kind().equals("string")) {
                    return function(t.text(), place);
                }
                if (peek().text().equals(".") || peek().text().equals("[")) {
                    throw new SkipException(place, "Python that is not understood: " + t.text() + peek().text());
                }
                double v = names.value(t.text(), place);
                used.put(t.text(), v);
                return v;
            }
            case "string" -> throw new SkipException(place, "strings of Python");
            default -> {
                if (t.text().equals("[") || t.text().equals("{")) {
                    throw new SkipException(place, "lists and dictionaries of Python");
                }
                throw wrong("a value");
            }
        }
    }

    private double function(String name, Position place) throws SkipException, ScriptSyntaxException {
        next++;
        List<Double> values = new ArrayList<>();
        if (!takes(")")) {
            do {
                values.add(expression());
            } while (takes(","));
            if (!takes(")")) {
                throw wrong("\")\"");
            }
        }
        if (values.isEmpty()) {
            throw new ScriptSyntaxException(place, name + "() needs a value");
        }
        double first = values.getFirst();
        return switch (name) {
            case "abs" -> Math.abs(first);
            case "int" -> first < 0 ? Math.ceil(first) : Math.floor(first);
            case "float" -> first;
            case "round" -> Math.rint(first);
            case "min" -> values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
            case "max" -> values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
            default -> throw new SkipException(place, "the function " + name + " of Python");
        };
    }
}
