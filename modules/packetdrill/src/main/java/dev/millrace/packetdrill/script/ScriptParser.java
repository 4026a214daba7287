package dev.millrace.packetdrill.script;

import dev.millrace.packetdrill.script.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// A whole script: options, a command to begin with, events, a command to end with.
public final class ScriptParser {
    private static final Pattern OPTION = Pattern.compile("--[a-zA-Z][a-zA-Z0-9_-]*(?:=(?:\"[^\"\n]*\"|[^\\s\"])*)?");

    private final TokenReader in;
    private final PacketParser packets;
    private final CallParser calls;
    private final Map<String, String> definitions;
    /// The latest time that counts from the start.
    private long latestNs;

    private ScriptParser(Lexer lexer, Map<String, String> definitions) {
        in = new TokenReader(lexer);
        packets = new PacketParser(in);
        calls = new CallParser(in);
        this.definitions = definitions;
    }

    /// Reads a script.
    ///
    /// @param text all of it
    /// @param definitions what words stand for, besides what the script defines itself
    /// @throws ScriptSyntaxException if it is not of the language
    public static Script parse(String text, Map<String, String> definitions) throws ScriptSyntaxException {
        var all = new LinkedHashMap<>(definitions);
        return new ScriptParser(new Lexer(Source.of(text, definitions.keySet()), all), all).script();
    }

    /// Reads the options in front only, which may say that the rest is not for us.
    ///
    /// @throws ScriptSyntaxException if they are not of the language
    public static List<Script.Option> options(String text, Map<String, String> definitions) throws ScriptSyntaxException {
        var all = new LinkedHashMap<>(definitions);
        return new ScriptParser(new Lexer(Source.of(text, definitions.keySet()), all), all).options();
    }

    private Script script() throws ScriptSyntaxException {
        List<Script.Option> options = options();
        Action.Command init = in.peek().kind() == Kind.COMMAND ? command() : null;
        List<Event> events = new ArrayList<>();
        Action.Command cleanup = null;
        while (in.peek().kind() != Kind.END) {
            if (in.peek().kind() == Kind.COMMAND && !events.isEmpty()) {
                cleanup = command();
                if (in.peek().kind() != Kind.END) {
                    throw in.wanted("the end", "behind the last command, which has no time");
                }
            } else {
                events.add(event(events.isEmpty()));
            }
        }
        if (events.isEmpty()) {
            throw in.wanted("an event", "here");
        }
        return new Script(options, init, events, cleanup);
    }

    private List<Script.Option> options() throws ScriptSyntaxException {
        List<Script.Option> options = new ArrayList<>();
        while (true) {
            Token t = in.lexer.match(OPTION);
            if (t == null) {
                break;
            }
            options.add(option(t));
        }
        return options;
    }

    private Script.Option option(Token t) throws ScriptSyntaxException {
        int equals = t.text().indexOf('=');
        String name = equals < 0 ? t.text().substring(2) : t.text().substring(2, equals);
        String value = equals < 0 ? "" : t.text().substring(equals + 1);
        if (equals >= 0 && value.isEmpty()) {
            throw new ScriptSyntaxException(in.lexer.at(t.to()), "a value expected behind --" + name + "=");
        }
        if (name.equals("define") || name.equals("D")) {
            int inner = value.indexOf('=');
            if (inner <= 0) {
                throw new ScriptSyntaxException(in.lexer.at(t), "--define=NAME=VALUE expected, not --define=" + value);
            }
            definitions.put(value.substring(0, inner), value.substring(inner + 1));
        }
        return new Script.Option(in.lexer.at(t), name, value.replace("\"", ""));
    }

    private Action.Command command() throws ScriptSyntaxException {
        Position at = in.here();
        return new Action.Command(at, in.next().text());
    }

    private Event event(boolean first) throws ScriptSyntaxException {
        Position at = in.here();
        EventTime time = time(first);
        int from = in.peek().from();
        Action action = action(at, time);
        return new Event(at, time, action, in.lexer.textBehind(from));
    }

    private Action action(Position at, EventTime time) throws ScriptSyntaxException {
        Token t = in.peek();
        Action action = switch (t.kind()) {
            case COMMAND -> command();
            case CODE -> {
                Position codeAt = in.here();
                yield new Action.Code(codeAt, in.next().text());
            }
            case WORD -> calls.call();
            default -> {
                if (!t.is("<") && !t.is(">")) {
                    throw in.wanted("a packet, a system call, a `command` or %{ code }%", "behind a time");
                }
                yield packets.packet();
            }
        };
        if (time.isBlocking() && !(action instanceof Action.Call)) {
            throw new ScriptSyntaxException(at, "only a system call takes time");
        }
        boolean expected = action instanceof Action.Packet p && !p.inbound();
        if (!expected && (time.kind() == EventTime.Kind.ANY || time.isWindow())) {
            throw new ScriptSyntaxException(at, "only a packet that the stack sends may have a window of time");
        }
        return action;
    }

    // ---- times

    private EventTime time(boolean first) throws ScriptSyntaxException {
        Position at = in.here();
        if (in.takes("*")) {
            return new EventTime(EventTime.Kind.ANY, 0, 0, -1);
        }
        boolean relative = in.takes("+");
        if (!relative && in.peek().kind() != Kind.INTEGER && in.peek().kind() != Kind.FLOAT) {
            throw in.wanted("a time", "at the beginning of an event");
        }
        long from = in.seconds("of an event");
        long to = from;
        long returns = -1;
        if (in.takes("~")) {
            in.takes("+");
            to = in.seconds("at the end of a window");
            check(to >= from, at, "the window ends before it begins");
        } else if (in.peek().kind() == Kind.ELLIPSIS) {
            in.next();
            in.takes("+");
            returns = in.seconds("behind \"...\"");
            check(returns >= from, at, "the call returns before it begins");
        }
        check(!first || from == 0, at, "the first event is at 0");
        if (!relative) {
            check(from >= latestNs, at, "this time lies before that of an earlier event");
            latestNs = from;
        }
        return new EventTime(relative ? EventTime.Kind.RELATIVE : EventTime.Kind.ABSOLUTE, from, to, returns);
    }

    private static void check(boolean right, Position at, String message) throws ScriptSyntaxException {
        if (!right) {
            throw new ScriptSyntaxException(at, message);
        }
    }
}
