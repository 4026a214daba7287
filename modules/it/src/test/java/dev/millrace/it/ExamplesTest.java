package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The programs in `examples/` compile, run and are described; those of U30 among them.
class ExamplesTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

    @TempDir
    Path classes;

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("examples"))) {
            // Plug-ins, Raft and libraries are modules of their own, built and used by other tests; consumers are projects of their own, which
            // .ci/run builds.
            return files.filter(f -> f.toString().endsWith(".java") && !f.toString().contains("/plugins/")
                    && !f.toString().contains("/raft/") && !f.toString().contains("/libraries/")
                    && !f.toString().contains("/consumers/")).sorted().toList();
        }
    }

    private void compile(Path source) {
        var said = new StringWriter();
        int code = ToolProvider.findFirst("javac").orElseThrow().run(new PrintWriter(said, true), new PrintWriter(said, true),
                "-Xlint:all,-path", "-Werror", "-proc:none", "-d", classes.toString(), "-cp",
                Artifacts.path(Artifacts.all()), source.toString());
        assertEquals(0, code, said.toString());
    }

    private static String mainClass(Path source) {
        return source.getFileName().toString().replace(".java", "");
    }

    @ParameterizedTest
    @MethodSource("examples")
    void compilesWithoutWarningsAndRuns(Path source) throws Exception {
        compile(source);
        List<Path> path = new ArrayList<>(Artifacts.all());
        path.add(classes);
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-Djava.io.tmpdir=" + classes, "-cp", Artifacts.path(path), mainClass(source))
                .directory(ROOT.toFile()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the example did not end: " + said);
        assertEquals(0, process.exitValue(), said);
        assertTrue(said.lines().anyMatch(l -> !l.contains("SLF4J")), "an example prints something: " + said);
        assertTrue(!said.contains("Exception"), said);
    }

    @ParameterizedTest
    @MethodSource("examples")
    void saysHowToRunIt(Path source) throws IOException {
        String command = "./millrace java " + ROOT.relativize(source);
        assertTrue(Files.readString(source).contains("/// Run: " + command) || Files.readString(source)
                .contains("Run: " + command), "the first comment of " + source + " says " + command);
        assertTrue(Files.readString(ROOT.resolve("examples/README.md")).contains(command), "examples/README.md says " + command);
    }

    /// The ten lines of the README, in a method of a class that imports what they name.
    @Test
    void readmesTenLinesCompile() throws IOException {
        var block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(ROOT.resolve("README.md")));
        assertTrue(block.find(), "the README has a Java example");
        Path source = classes.resolve("Readme.java");
        Files.writeString(source, """
                import dev.millrace.*;
                import java.io.IOException;
                import java.net.InetSocketAddress;
                import java.time.Duration;
                class Readme {
                    static void example() throws IOException {
                """ + block.group(1) + "}}\n");
        compile(source);
    }
}
