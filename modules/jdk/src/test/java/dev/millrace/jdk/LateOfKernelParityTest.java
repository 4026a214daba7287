package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What chooses late and has chosen the kernel does what the kernel's do that did not choose: all the cases that stacks are compared by.
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LateOfKernelParityTest {
    private final Map<String, Parity> cases = new LinkedHashMap<>();

    LateOfKernelParityTest() {
        for (Parity p : Parity.all()) {
            for (String name : p.names()) {
                cases.put(p.getClass().getSimpleName() + ": " + name, p);
            }
        }
    }

    Set<String> names() {
        return cases.keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void isAsTheKernels(String both) throws Exception {
        Parity parity = cases.get(both);
        String name = both.substring(both.indexOf(": ") + 2);
        String expected;
        try (World kernel = World.kernel()) {
            expected = parity.outcome(name, kernel);
        }
        try (World ours = World.lateOfKernel()) {
            assertEquals(expected, parity.outcome(name, ours));
        }
    }
}
