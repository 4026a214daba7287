package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The programs in `examples/` compile against what is there.
class ExamplesTest {
    @TempDir
    Path temp;

    @Test
    void compile() throws IOException {
        List<String> args = new ArrayList<>(List.of("-d", temp.toString(), "-cp", Artifacts.path(Artifacts.all())));
        int sources = 0;
        try (Stream<Path> files = Files.walk(Path.of("../../examples"))) {
            for (Path p : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                args.add(p.toString());
                sources++;
            }
        }
        assertTrue(sources >= 4);
        var out = new StringWriter();
        var writer = new PrintWriter(out, true);
        assertEquals(0, ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, args.toArray(String[]::new)), out::toString);
    }
}
