package dev.millrace.packetdrill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.Requirement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Our own scripts pass with all three variants of IP that they are meant for.
class ScriptsTest {
    static final Path FOLDER = Path.of("src/test/scripts");

    static List<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(f -> f.toString().endsWith(".pkt")).sorted().toList();
        }
    }

    @Requirement("RFC9293:MUST-2")
    @TestFactory
    Stream<DynamicTest> pass() throws IOException {
        return scripts().stream().flatMap(file -> Arrays.stream(IpVariant.values()).map(variant -> DynamicTest.dynamicTest(
                FOLDER.relativize(file) + " " + variant, () -> pass(file, variant))));
    }

    private static void pass(Path file, IpVariant variant) throws IOException {
        ScriptResult r;
        try (var _ = new LeakCheck()) {
            r = Packetdrill.create().variant(variant).run(file);
        }
        boolean other = r.status() == ScriptResult.Status.SKIPPED && (r.message().endsWith("only") || r.message().startsWith("ICMP for IPv"));
        assertEquals(ScriptResult.Status.PASSED, other ? ScriptResult.Status.PASSED : r.status(), r::toString);
    }
}
