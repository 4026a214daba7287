package dev.millrace.internet;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What chance let happen in a run, as text: packets lost, delayed, doubled or damaged, hosts cut off, programs that went on
/// before others. What is not in a script does not happen when it is replayed, so that taking lines away makes a simpler run.
///
/// ```
/// lose shop>bank 3
/// delay bank>shop 17 2500000ns
/// cut shop bank 5000000000ns 20000000000ns
/// pick 12 1
/// ```
public final class Script {
    /// Names of hosts may have a # within.
    private static final Pattern COMMENT = Pattern.compile("(^|\\s)#.*");
    private static final Script EMPTY = new Script(List.of());

    private final List<ScriptEvent> events;

    Script(List<ScriptEvent> events) {
        this.events = List.copyOf(events);
    }

    /// The script in which nothing happens.
    public static Script empty() {
        return EMPTY;
    }

    /// Reads a script: one event a line; empty lines and what follows a `#` at the beginning of a word do not
    /// count.
    ///
    /// @throws IllegalArgumentException if a line is none; the message quotes it
    public static Script parse(String text) {
        return new Script(text.lines().map(l -> COMMENT.matcher(l).replaceFirst("").trim()).filter(l -> !l.isEmpty())
                .map(ScriptEvent::parse).toList());
    }

    List<ScriptEvent> events() {
        return events;
    }

    /// How many events it has.
    public int size() {
        return events.size();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Script s && events.equals(s.events);
    }

    @Override
    public int hashCode() {
        return events.hashCode();
    }

    /// One event a line.
    @Override
    public String toString() {
        return events.stream().map(e -> e + "\n").collect(Collectors.joining());
    }
}
