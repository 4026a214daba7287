package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A program that takes only the modules it needs: on the module path, on the class path, and in a jlink image.
class ConsumerTest {
    private static final String[] NEEDED = {"wire", "api", "stack", "proto-ip", "proto-udp", "link-loopback"};

    @TempDir
    static Path temp;
    private static Path classes;

    @BeforeAll
    static void compile() throws IOException {
        classes = temp.resolve("consumer");
        Path source = Path.of("src/test/consumer/consumer");
        run("javac", "-d", classes.toString(), "--module-path", Artifacts.path(Artifacts.of("wire", "api")),
                source.resolve("module-info.java").toString(), source.resolve("consumer/Main.java").toString());
    }

    private static void run(String tool, String... args) {
        var out = new StringWriter();
        var writer = new java.io.PrintWriter(out, true);
        int code = ToolProvider.findFirst(tool).orElseThrow().run(writer, writer, args);
        assertEquals(0, code, () -> tool + " failed:\n" + out);
    }

    private static String start(String java, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the program did not end");
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static void check(String output, boolean modules) {
        assertTrue(output.contains("udp: taken as needed"), output);
        assertTrue(output.contains("tcp: absent: this stack has no TCP: add dev.millrace:millrace-proto-tcp"), output);
        assertFalse(modules && !output.contains("tcp module: false"), output);
    }

    @Test
    void takesUdpAndLeavesTcpOnTheModulePath() throws Exception {
        List<Path> path = new ArrayList<>(Artifacts.of(NEEDED));
        path.add(classes);
        check(start(java(), "--module-path", Artifacts.path(path), "-m", "consumer/consumer.Main"), true);
    }

    @Test
    void takesUdpAndLeavesTcpOnTheClassPath() throws Exception {
        List<Path> path = new ArrayList<>(Artifacts.of(NEEDED));
        path.add(classes);
        check(start(java(), "-cp", Artifacts.path(path), "consumer.Main"), false);
    }

    @Test
    void runsFromAJlinkImageOfJustThoseModules() throws Exception {
        List<Path> path = new ArrayList<>(Artifacts.of(NEEDED));
        path.add(classes);
        Path image = temp.resolve("image");
        run("jlink", "--module-path", Artifacts.path(path), "--output", image.toString(), "--add-modules",
                "consumer,dev.millrace.stack,dev.millrace.ip,dev.millrace.udp,dev.millrace.link.loopback");
        String java = image.resolve("bin/java").toString();
        check(start(java, "-m", "consumer/consumer.Main"), true);
        String modules = start(java, "--list-modules");
        assertFalse(modules.contains("dev.millrace.tcp"), modules);
        assertTrue(Files.isDirectory(image), "the image is there");
    }
}
