package dev.millrace.packetdrill.script;

import dev.millrace.packetdrill.script.Expression.Member;
import dev.millrace.packetdrill.script.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/// System calls: `name(arguments) = result ERRNO (text)`.
final class CallParser {
    /// How deep lists and structures may be.
    private static final int MAX_DEPTH = 32;

    private final TokenReader in;
    private int depth;

    CallParser(TokenReader in) {
        this.in = in;
    }

    Action.Call call() throws ScriptSyntaxException {
        Position at = in.here();
        String name = in.word("a system call", "here").text();
        in.expect("(", "behind " + name);
        List<Expression> arguments = new ArrayList<>();
        if (!in.takes(")")) {
            do {
                arguments.add(expression());
            } while (in.takes(","));
            in.expect(")", "behind the arguments of " + name);
        }
        in.expect("=", "behind " + name + "(...)");
        Position resultAt = in.here();
        long result = in.whole("what the call returns", "behind \"=\"", Long.MIN_VALUE, Long.MAX_VALUE);
        String errno = "";
        if (in.peek().kind() == Kind.WORD) {
            Position errnoAt = in.here();
            errno = in.next().text();
            if (!errno.startsWith("E")) {
                throw new ScriptSyntaxException(errnoAt, "the name of an error such as EAGAIN expected here, not \"" + errno + "\"");
            }
            if (result != -1) {
                throw new ScriptSyntaxException(errnoAt, "a call that returns " + result + " has no error");
            }
        }
        while (in.peek().is("(")) {
            in.lexer.remark();
        }
        return new Action.Call(at, name, arguments, result, resultAt, errno);
    }

    Expression expression() throws ScriptSyntaxException {
        Position at = in.here();
        Expression first = primary();
        if (!in.peek().is("|")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (in.takes("|")) {
            parts.add(primary());
        }
        return new Expression.Or(at, parts);
    }

    private Expression primary() throws ScriptSyntaxException {
        Token t = in.peek();
        Position at = in.here();
        return switch (t.kind()) {
            case ELLIPSIS -> {
                in.next();
                yield new Expression.Ellipsis(at);
            }
            case INTEGER, HEX -> {
                in.next();
                yield new Expression.Number(at, in.value(t));
            }
            case FLOAT -> {
                in.next();
                yield new Expression.Fraction(at, Double.parseDouble(t.text()));
            }
            case STRING -> string(at);
            case WORD -> {
                in.next();
                yield in.peek().is("(") ? apply(at, t.text()) : new Expression.Symbol(at, t.text());
            }
            case MARK -> nested(t, at);
            default -> throw in.wanted("an argument", "here");
        };
    }

    private Expression nested(Token t, Position at) throws ScriptSyntaxException {
        if (!t.is("[") && !t.is("{")) {
            throw in.wanted("an argument", "here");
        }
        if (++depth > MAX_DEPTH) {
            throw new ScriptSyntaxException(at, "more than " + MAX_DEPTH + " brackets in one another");
        }
        in.next();
        Expression e = t.is("[") ? array(at) : struct(at);
        depth--;
        return e;
    }

    private Expression string(Position at) throws ScriptSyntaxException {
        var text = new StringBuilder();
        while (in.peek().kind() == Kind.STRING) {
            text.append(in.next().text());
        }
        boolean prefix = in.peek().kind() == Kind.ELLIPSIS;
        if (prefix) {
            in.next();
        }
        return new Expression.Text(at, text.toString(), prefix);
    }

    private Expression array(Position at) throws ScriptSyntaxException {
        List<Expression> elements = new ArrayList<>();
        if (!in.takes("]")) {
            do {
                elements.add(expression());
            } while (in.takes(","));
            in.expect("]", "at the end of a list");
        }
        return new Expression.Array(at, elements);
    }

    private Expression struct(Position at) throws ScriptSyntaxException {
        List<Member> members = new ArrayList<>();
        if (!in.takes("}")) {
            do {
                members.add(member());
            } while (in.takes(","));
            in.expect("}", "at the end of a structure");
        }
        return new Expression.Struct(at, members);
    }

    private Member member() throws ScriptSyntaxException {
        Position at = in.here();
        Expression e = expression();
        if (!in.takes("=")) {
            return new Member(at, "", null, e);
        }
        return switch (e) {
            case Expression.Symbol s -> new Member(at, s.name(), null, expression());
            case Expression.Apply a when a.arguments().size() == 1 ->
                    new Member(at, a.function(), a.arguments().getFirst(), expression());
            default -> throw new ScriptSyntaxException(at, "the name of a member expected in front of \"=\"");
        };
    }

    private Expression apply(Position at, String function) throws ScriptSyntaxException {
        in.expect("(", "behind " + function);
        List<Expression> arguments = new ArrayList<>();
        if (!in.takes(")")) {
            do {
                if (in.takes("&")) {
                    // The address of a member: inet_pton(AF_INET6, "::1", &sin6_addr).
                    arguments.add(new Expression.Symbol(in.here(), in.word("a member", "behind \"&\"").text()));
                } else {
                    arguments.add(expression());
                }
            } while (in.takes(","));
            in.expect(")", "behind the arguments of " + function);
        }
        return new Expression.Apply(at, function, arguments);
    }
}
