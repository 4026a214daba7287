package dev.millrace.packetdrill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.packetdrill.ScriptResult.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The interpreter is not blind: each of our scripts with one expected number changed must fail, whichever number it is.
class MutationTest {
    @TestFactory
    Stream<DynamicTest> fails() throws IOException {
        return ScriptsTest.scripts().stream().map(file -> DynamicTest.dynamicTest(ScriptsTest.FOLDER.relativize(file).toString(),
                () -> fails(file)));
    }

    private static void fails(Path file) throws IOException {
        List<Mutations.Mutant> mutants = Mutations.of(Packetdrill.read(file));
        assertFalse(mutants.isEmpty(), "the script expects no number");
        for (Mutations.Mutant m : mutants) {
            ScriptResult r = Packetdrill.create().run(file.toString(), m.text());
            assertEquals(Status.FAILED, r.status(), () -> file + ":" + m.line() + " should fail with\n  " + m.changed() + "\nbut\n  " + r);
        }
    }
}
