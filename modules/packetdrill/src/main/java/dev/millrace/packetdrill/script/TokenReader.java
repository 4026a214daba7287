package dev.millrace.packetdrill.script;

import dev.millrace.packetdrill.script.Token.Kind;
import java.math.BigDecimal;

/// What the parsers of all parts need: to take what must come, and to say what came instead.
final class TokenReader {
    final Lexer lexer;

    TokenReader(Lexer lexer) {
        this.lexer = lexer;
    }

    Token peek() throws ScriptSyntaxException {
        return lexer.peek();
    }

    Token next() throws ScriptSyntaxException {
        return lexer.next();
    }

    Position here() throws ScriptSyntaxException {
        return lexer.at(lexer.peek());
    }

    boolean takes(String mark) throws ScriptSyntaxException {
        if (peek().is(mark)) {
            next();
            return true;
        }
        return false;
    }

    boolean takesWord(String word) throws ScriptSyntaxException {
        if (peek().isWord(word)) {
            next();
            return true;
        }
        return false;
    }

    void expect(String mark, String where) throws ScriptSyntaxException {
        if (!takes(mark)) {
            throw wanted("\"" + mark + "\"", where);
        }
    }

    /// That something else was wanted than what comes.
    ScriptSyntaxException wanted(String what, String where) throws ScriptSyntaxException {
        Token t = peek();
        return new ScriptSyntaxException(lexer.at(t), what + " expected " + where + ", not " + t.shown());
    }

    Token word(String what, String where) throws ScriptSyntaxException {
        if (peek().kind() != Kind.WORD) {
            throw wanted(what, where);
        }
        return next();
    }

    /// A whole number, with or without a sign, decimal or hexadecimal.
    long whole(String what, String where, long min, long max) throws ScriptSyntaxException {
        Token t = peek();
        if (!t.isWhole()) {
            throw wanted(what, where);
        }
        long value = value(t);
        if (value < min || value > max) {
            throw new ScriptSyntaxException(lexer.at(t), what + " " + where + " is " + min + " to " + max + ", not " + t.text());
        }
        next();
        return value;
    }

    int number(String what, String where, int max) throws ScriptSyntaxException {
        return (int) whole(what, where, 0, max);
    }

    /// A number of 32 bits without a sign.
    int word32(String what, String where) throws ScriptSyntaxException {
        return (int) whole(what, where, 0, 0xffff_ffffL);
    }

    long value(Token t) throws ScriptSyntaxException {
        try {
            return t.kind() == Kind.HEX ? Long.parseUnsignedLong(t.text().substring(2), 16) : Long.parseLong(t.text());
        } catch (NumberFormatException e) {
            throw new ScriptSyntaxException(lexer.at(t), "the number " + t.text() + " has more than 64 bits");
        }
    }

    /// A time in seconds, as nanoseconds.
    long seconds(String where) throws ScriptSyntaxException {
        Token t = peek();
        if (t.kind() != Kind.INTEGER && t.kind() != Kind.FLOAT) {
            throw wanted("a time", where);
        }
        var value = new BigDecimal(t.text());
        if (value.signum() < 0 || value.compareTo(BigDecimal.valueOf(1_000_000_000)) > 0) {
            throw new ScriptSyntaxException(lexer.at(t), "a time " + where + " is 0 to 1000000000 seconds, not " + t.text());
        }
        next();
        return value.movePointRight(9).longValue();
    }
}
