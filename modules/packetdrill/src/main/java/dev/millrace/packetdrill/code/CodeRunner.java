package dev.millrace.packetdrill.code;

import dev.millrace.TcpInfo;
import dev.millrace.packetdrill.run.MismatchException;
import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Action;
import dev.millrace.packetdrill.script.Position;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Runs the code of a script, one piece after the other, with the names of earlier ones.
///
/// What is not understood of Python skips the script; what is not Python either is an error.
public final class CodeRunner {
    private static final Set<String> KEYWORDS = Set.of("if", "for", "while", "def", "class", "import", "from", "try", "with", "return",
            "lambda", "global", "del", "raise", "elif", "else", "except", "finally");

    /// The characters of `%{`.
    private static final int OPENING = 2;

    private final Map<String, Double> variables = new HashMap<>();

    /// One that knows no names.
    public CodeRunner() {
    }

    /// Runs a piece.
    ///
    /// @param info of the connection under test, or `null` if there is none
    /// @throws MismatchException if what it asserts does not hold
    public void run(Action.Code code, TcpInfo info) throws MismatchException, SkipException, ScriptSyntaxException {
        for (Piece piece : pieces(code)) {
            one(piece.text(), piece.at(), info);
        }
    }

    /// A statement, and where it begins.
    private record Piece(String text, Position at) {
    }

    /// The statements of a piece of code: lines, cut at semicolons as well; parentheses go on over several lines.
    private static List<Piece> pieces(Action.Code code) {
        String text = code.text();
        List<Piece> pieces = new ArrayList<>();
        var statement = new StringBuilder();
        int from = -1;
        int parentheses = 0;
        char quote = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? '\n' : text.charAt(i);
            if (c == '#' && quote == 0) {
                int end = text.indexOf('\n', i);
                i = end < 0 ? text.length() : end;
                c = '\n';
            }
            boolean ends = i >= text.length() || quote == 0 && parentheses <= 0 && (c == '\n' || c == ';');
            if (ends && from >= 0) {
                pieces.add(new Piece(statement.toString().stripTrailing(), place(code, from)));
                statement.setLength(0);
                from = -1;
            } else if (!ends && (from >= 0 || !Character.isWhitespace(c))) {
                from = from < 0 ? i : from;
                statement.append(c);
                if (c == '\\' && quote != 0 && i + 1 < text.length()) {
                    statement.append(text.charAt(++i));
                    continue;
                }
                quote = quote == 0 && (c == '"' || c == '\'') ? c : c == quote ? 0 : quote;
                parentheses += quote != 0 ? 0 : c == '(' ? 1 : c == ')' ? -1 : 0;
            }
        }
        return pieces;
    }

    private static Position place(Action.Code code, int offset) {
        String before = code.text().substring(0, offset);
        int lines = (int) before.chars().filter(c -> c == '\n').count();
        return lines == 0 ? new Position(code.at().line(), code.at().column() + OPENING + offset)
                : new Position(code.at().line() + lines, offset - before.lastIndexOf('\n'));
    }

    private void one(String text, Position at, TcpInfo info) throws MismatchException, SkipException, ScriptSyntaxException {
        if (text.equals("pass") || text.startsWith("print")) {
            return;
        }
        if (KEYWORDS.contains(text.split("[^a-z]", 2)[0])) {
            throw new SkipException(at, "Python that is not understood: " + text.lines().findFirst().orElse(""));
        }
        var s = new Statement(text, at, (name, place) -> value(name, place, info));
        if (s.begins("assert")) {
            int from = s.offset();
            double holds = s.expression();
            String condition = s.taken(from);
            s.end(true);
            if (holds == 0) {
                String values = s.used().entrySet().stream().filter(e -> InfoVariables.isField(e.getKey()) || variables.containsKey(e.getKey()))
                        .map(e -> e.getKey() + " = " + number(e.getValue())).collect(Collectors.joining(", "));
                throw new MismatchException(at, "the assertion does not hold", "assert " + condition, values);
            }
            return;
        }
        String name = s.assigned();
        if (name == null && s.isOther()) {
            throw new SkipException(at, "Python that is not understood: " + text.lines().findFirst().orElse(""));
        }
        if (name == null) {
            throw new ScriptSyntaxException(at, "assert, print or an assignment expected in code, not \"" + text + "\"");
        }
        double value = s.expression();
        s.end(false);
        variables.put(name, value);
    }

    private double value(String name, Position at, TcpInfo info) throws SkipException, ScriptSyntaxException {
        Double variable = variables.get(name);
        if (variable != null) {
            return variable;
        }
        Long value = InfoVariables.value(name, info);
        if (value != null) {
            return value;
        }
        if (InfoVariables.isField(name)) {
            throw new ScriptSyntaxException(at, name + ": there is no connection yet");
        }
        if (InfoVariables.MISSING_PREFIXES.stream().anyMatch(name::startsWith)) {
            throw new SkipException(at, "the stack does not tell " + name);
        }
        throw new ScriptSyntaxException(at, "the name " + name + " is not defined");
    }

    private static String number(double v) {
        return v == Math.rint(v) && Math.abs(v) < 1e15 ? "" + (long) v : "" + v;
    }
}
