package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The launcher says at once when there is no JDK to run on.
class LauncherTest {
    @Test
    void withoutAJdk25TheFirstLineSaysWhatIsMissingAndWhereItWasLookedFor() throws Exception {
        Path launcher = Path.of("../../millrace");
        assumeTrue(Files.isExecutable(launcher) && Files.exists(Path.of("/bin/sh")), "needs a POSIX shell");
        var builder = new ProcessBuilder(launcher.toString(), "demo").redirectErrorStream(true);
        builder.environment().put("MILLRACE_JDK_DIRS", "/nonexistent");
        Process p = builder.start();
        String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, p.waitFor());
        String first = out.lines().findFirst().orElse("");
        assertTrue(first.startsWith("millrace: no JDK 25 or later was found; looked at JAVA_HOME"), out);
        assertTrue(first.contains("/usr/lib/jvm"), out);
    }
}
