package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.LeakCheck;
import java.util.Arrays;
import java.util.List;

/// The same calls in two worlds.
final class Parity {
    private Parity() {
    }

    interface Case {
        Object run(World w) throws Exception;
    }

    /// Several calls of one case, each with its own outcome.
    static List<String> each(World w, Case... all) {
        return Arrays.stream(all).map(c -> outcome(c, w)).toList();
    }

    /// What came out, or the JDK's class and the message of what was thrown.
    static String outcome(Case c, World w) {
        try {
            return "" + c.run(w);
        } catch (Throwable t) {
            Class<?> type = t.getClass();
            while (!type.getName().startsWith("java.")) {
                type = type.getSuperclass();
            }
            return type.getName() + ": " + t.getMessage();
        }
    }

    static void check(Case c) throws Exception {
        String expected;
        try (World kernel = World.kernel()) {
            expected = outcome(c, kernel);
        }
        try (var leaks = new LeakCheck(); World ours = World.stack()) {
            assertEquals(expected, outcome(c, ours));
        }
    }
}
