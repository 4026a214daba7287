package dev.millrace.packetdrill.call;

import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Expression;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/// `poll`: what descriptors are ready for, and whether that is what the script expects.
final class Poll {
    private static final int ALWAYS = Symbols.POLLERR | Symbols.POLLHUP | Symbols.POLLNVAL;

    private final List<Entry> entries = new ArrayList<>();

    /// One of the descriptors.
    ///
    /// @param descriptor or `null` if there is none of this number
    /// @param events asked for
    /// @param expected what the script expects, or -1
    private record Entry(long number, Descriptor descriptor, int events, long expected) {
        int ready() throws IOException {
            return descriptor == null ? Symbols.POLLNVAL : descriptor.ready() & (events | ALWAYS);
        }
    }

    Poll(Expression list, LongFunction<Descriptor> descriptors) throws ScriptSyntaxException, SkipException {
        for (Expression e : Arguments.array(list).elements()) {
            Expression.Struct s = Arguments.struct(e);
            long fd = Arguments.number(Arguments.member(s, "fd"));
            Expression expected = s.member("revents");
            entries.add(new Entry(fd, descriptors.apply(fd), (int) Arguments.number(Arguments.member(s, "events")),
                    expected == null || expected instanceof Expression.Ellipsis ? -1 : Arguments.number(expected)));
        }
    }

    /// How many are ready, or `null` if none is.
    Outcome attempt() throws IOException {
        int n = 0;
        for (Entry e : entries) {
            n += e.ready() != 0 ? 1 : 0;
        }
        return n == 0 ? null : Outcome.of(n);
    }

    /// What is different from what the script expects, in words, or `null`.
    String difference() throws IOException {
        for (Entry e : entries) {
            if (e.expected() >= 0 && e.ready() != e.expected()) {
                return "descriptor " + e.number() + " is ready for " + text(e.ready());
            }
        }
        return null;
    }

    /// Bits as a script has them.
    static String text(long bits) {
        List<String> names = new ArrayList<>();
        for (String name : List.of("POLLIN", "POLLPRI", "POLLOUT", "POLLERR", "POLLHUP", "POLLNVAL", "POLLRDHUP")) {
            if ((bits & Symbols.value(name)) != 0) {
                names.add(name);
            }
        }
        return names.isEmpty() ? "0" : String.join("|", names);
    }
}
