package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.jdk.Parity;
import dev.millrace.jdk.World;
import dev.millrace.testkit.LeakCheck;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The parity cases of millrace-jdk whose two ends may be on different hosts.
final class DistantParity {
    /// Classes, and cases as they are told, that may not, with the reason.
    private static final Map<String, String> EXCLUDED = Map.of("PipeParityTest", "both ends of a pipe are in one program");

    /// What the kernel does does not depend on our path.
    private static final Map<Case, String> EXPECTED = new ConcurrentHashMap<>();

    private DistantParity() {
    }

    /// One of them.
    record Case(Parity of, String name) {
        @Override
        public String toString() {
            return of.getClass().getSimpleName() + ": " + name;
        }

        private String expected() throws Exception {
            String known = EXPECTED.get(this);
            if (known == null) {
                known = of.kernels(name);
                EXPECTED.put(this, known);
            }
            return known;
        }
    }

    private static final List<Case> CASES = Parity.all().stream().flatMap(p -> p.names().stream().map(n -> new Case(p, n)))
            .filter(c -> !EXCLUDED.containsKey(c.toString()) && !EXCLUDED.containsKey(c.of().getClass().getSimpleName())).toList();

    static List<Case> cases() {
        return CASES;
    }

    interface Opening {
        World open() throws Exception;
    }

    /// Runs a case in a world, which is to end as on the kernel's loopback and leave nothing behind.
    static void check(Case c, Opening opening) throws Exception {
        // What is expected may have to be found out first.
        c.expected();
        try (var leaks = new LeakCheck()) {
            compare(c, opening);
        }
    }

    /// The same, and others may have something of their own under way.
    static void compare(Case c, Opening opening) throws Exception {
        String expected = c.expected();
        try (World world = opening.open()) {
            assertEquals(expected, c.of().outcome(c.name(), world), c::toString);
        }
    }
}
