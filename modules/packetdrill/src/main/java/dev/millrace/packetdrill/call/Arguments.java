package dev.millrace.packetdrill.call;

import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Action;
import dev.millrace.packetdrill.script.Expression;
import dev.millrace.packetdrill.script.Position;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import dev.millrace.wire.IpAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/// The arguments of one call, read as what they have to be.
final class Arguments {
    /// The largest buffer that a script may name, in bytes.
    static final int MAX_BUFFER = 64 << 20;

    private final Action.Call call;

    Arguments(Action.Call call) {
        this.call = call;
    }

    Action.Call call() {
        return call;
    }

    Position at() {
        return call.at();
    }

    /// Complains unless there are so many arguments.
    void count(int least, int most) throws ScriptSyntaxException {
        int n = call.arguments().size();
        if (n < least || n > most) {
            throw new ScriptSyntaxException(call.at(), call.name() + " has " + (least == most ? "" + least : least + " to " + most)
                    + " arguments, not " + n);
        }
    }

    Expression get(int i) {
        return call.arguments().get(i);
    }

    boolean has(int i) {
        return i < call.arguments().size();
    }

    boolean isOpen(int i) {
        return !has(i) || get(i) instanceof Expression.Ellipsis;
    }

    long number(int i) throws ScriptSyntaxException, SkipException {
        return number(get(i));
    }

    int size(int i) throws ScriptSyntaxException, SkipException {
        return size(get(i));
    }

    static int size(Expression e) throws ScriptSyntaxException, SkipException {
        long n = number(e);
        if (n < 0 || n > MAX_BUFFER) {
            throw new ScriptSyntaxException(e.at(), "a length is 0 to " + MAX_BUFFER + ", not " + n);
        }
        return (int) n;
    }

    /// The number that an expression stands for.
    static long number(Expression e) throws ScriptSyntaxException, SkipException {
        return switch (e) {
            case Expression.Number n -> n.value();
            case Expression.Symbol s -> symbol(s);
            case Expression.Or or -> {
                long bits = 0;
                for (Expression part : or.parts()) {
                    bits |= number(part);
                }
                yield bits;
            }
            case Expression.Apply a when a.arguments().size() == 1 && (a.function().equals("htons") || a.function().equals("htonl")
                    || a.function().equals("ntohs") || a.function().equals("ntohl")) -> number(a.arguments().getFirst());
            default -> throw new ScriptSyntaxException(e.at(), "a number expected here");
        };
    }

    private static long symbol(Expression.Symbol s) throws SkipException {
        Long value = Symbols.value(s.name());
        if (value == null) {
            throw new SkipException(s.at(), s.name() + " stands for nothing that the stack has");
        }
        return value;
    }

    static Expression.Struct struct(Expression e) throws ScriptSyntaxException {
        if (e instanceof Expression.Struct s) {
            return s;
        }
        throw new ScriptSyntaxException(e.at(), "a structure {...} expected here");
    }

    static Expression.Array array(Expression e) throws ScriptSyntaxException {
        if (e instanceof Expression.Array a) {
            return a;
        }
        throw new ScriptSyntaxException(e.at(), "a list [...] expected here");
    }

    static Expression member(Expression.Struct s, String name) throws ScriptSyntaxException {
        Expression e = s.member(name);
        if (e == null) {
            throw new ScriptSyntaxException(s.at(), "the structure has no " + name);
        }
        return e;
    }

    /// The only element of `[v]`, or what stands there without brackets.
    Expression single(int i) throws ScriptSyntaxException {
        if (get(i) instanceof Expression.Array a) {
            if (a.elements().size() != 1) {
                throw new ScriptSyntaxException(a.at(), "one value expected in the brackets");
            }
            return a.elements().getFirst();
        }
        return get(i);
    }

    /// The lengths of `[{..., 10}, {..., 20}]`.
    static List<Integer> lengths(Expression e) throws ScriptSyntaxException, SkipException {
        List<Integer> lengths = new ArrayList<>();
        long sum = 0;
        for (Expression element : array(e).elements()) {
            Expression.Struct s = struct(element);
            if (s.members().size() != 2) {
                throw new ScriptSyntaxException(s.at(), "{..., length} expected here");
            }
            lengths.add(size(s.members().get(1).value()));
            sum += lengths.getLast();
        }
        if (sum > MAX_BUFFER) {
            throw new ScriptSyntaxException(e.at(), "the buffers have " + sum + " bytes in all; at most " + MAX_BUFFER + " are possible");
        }
        return lengths;
    }

    /// The address of a `sockaddr`; `otherwise` for `...`.
    InetSocketAddress address(int i, InetSocketAddress otherwise) throws ScriptSyntaxException, SkipException {
        return isOpen(i) || get(i) instanceof Expression.Symbol s && s.name().equals("NULL") ? otherwise : address(struct(get(i)));
    }

    static InetSocketAddress address(Expression.Struct s) throws ScriptSyntaxException, SkipException {
        long family = number(member(s, "sa_family"));
        boolean v6 = family == 10;
        if (!v6 && family != 2) {
            throw new SkipException(s.at(), "addresses of family " + family);
        }
        Expression port = s.member(v6 ? "sin6_port" : "sin_port");
        long number = number(port == null ? member(s, "sin_port") : port);
        if (number < 0 || number > 0xffff) {
            throw new ScriptSyntaxException(s.at(), "a port is 0 to 65535, not " + number);
        }
        Expression literal = s.member(v6 ? "sin6_addr" : "sin_addr");
        if (literal == null && v6) {
            // inet_pton writes it without naming a member.
            literal = s.members().stream().map(Expression.Member::value).filter(v -> v instanceof Expression.Apply a
                    && a.function().equals("inet_pton")).findFirst().orElse(null);
        }
        if (literal == null) {
            literal = member(s, "sin_addr");
        }
        return new InetSocketAddress(ip(literal).toInetAddress(), (int) number);
    }

    private static IpAddress ip(Expression e) throws ScriptSyntaxException, SkipException {
        if (e instanceof Expression.Apply a) {
            for (Expression argument : a.arguments()) {
                if (argument instanceof Expression.Text t) {
                    try {
                        return IpAddress.parse(t.value());
                    } catch (IllegalArgumentException wrong) {
                        throw new ScriptSyntaxException(t.at(), wrong.getMessage());
                    }
                }
            }
        }
        return IpAddress.v4((int) number(e));
    }
}
