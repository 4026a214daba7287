package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A module of tests that requires the extension alone: compiled without JUnit's launcher, which only searches need, and run on
/// the module path. And modules that run packet scripts, with JUnit and without.
class JunitConsumerTest {
    @TempDir
    Path temp;

    private static List<Path> junit(boolean withLauncher) {
        return Arrays.stream(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator)).map(Path::of).filter(p -> {
                    String name = p.getFileName().toString();
                    return (name.startsWith("junit-") || name.startsWith("opentest4j") || name.startsWith("apiguardian")
                            || name.startsWith("slf4j-api")) && (withLauncher || !name.contains("launcher"));
                }).toList();
    }

    private static void javac(String... args) {
        var out = new StringWriter();
        var writer = new java.io.PrintWriter(out, true);
        assertEquals(0, ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, args), out::toString);
    }

    @Test
    void testsInANamedModuleNeedTheExtensionAlone() throws Exception {
        List<Path> millrace = Artifacts.of("wire", "api", "stack", "proto-ip", "proto-udp", "proto-tcp", "dns", "jdk", "internet",
                "plot", "junit");
        List<Path> compilePath = new ArrayList<>(millrace);
        compilePath.addAll(junit(false));
        Path source = Path.of("src/test/consumer");
        Path tests = temp.resolve("acme");
        javac("-d", tests.toString(), "--module-path", Artifacts.path(compilePath), source.resolve("acme/module-info.java")
                .toString(), source.resolve("acme/acme/PaymentTest.java").toString());
        List<Path> runPath = new ArrayList<>(millrace);
        runPath.addAll(junit(true));
        Path runner = temp.resolve("run");
        javac("-d", runner.toString(), "-cp", Artifacts.path(runPath), source.resolve("run/RunTests.java").toString());
        runPath.add(tests);
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--module-path",
                Artifacts.path(runPath), "--add-modules", "acme,org.junit.platform.launcher,org.junit.jupiter.engine", "-cp",
                runner.toString(), "RunTests", "acme.PaymentTest").redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertTrue(output.contains("1 passed, 0 failed"), output);
    }

    private static String start(List<Path> modulePath, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--module-path",
                Artifacts.path(modulePath)));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return output;
    }

    private static List<Path> packetdrill() {
        return Artifacts.of("wire", "api", "stack", "proto-ip", "proto-udp", "proto-tcp", "packetdrill");
    }

    private Path script() throws Exception {
        Path folder = Files.createDirectories(temp.resolve("drill"));
        return Files.writeString(folder.resolve("closed.pkt"), "0 < S 0:0(0) win 1000\n+0 > R. 0:0(0) ack 1 win 0\n");
    }

    @Test
    void scriptsRunWithoutJunit() throws Exception {
        Path source = Path.of("src/test/consumer/scripts");
        Path program = temp.resolve("scripts");
        javac("-d", program.toString(), "--module-path", Artifacts.path(packetdrill()), source.resolve("module-info.java").toString(),
                source.resolve("scripts/Main.java").toString());
        List<Path> path = new ArrayList<>(packetdrill());
        path.add(program);
        String output = start(path, "-m", "scripts/scripts.Main", script().toString());
        assertTrue(output.contains("PASSED, JUnit is here: false"), output);
    }

    @Test
    void scriptsAreTestsInANamedModule() throws Exception {
        List<Path> path = new ArrayList<>(packetdrill());
        path.addAll(junit(true));
        Path source = Path.of("src/test/consumer");
        Path tests = temp.resolve("tests");
        String pattern = script().resolveSibling("*.pkt").toString();
        Path test = Files.writeString(temp.resolve("DrillTest.java"),
                Files.readString(source.resolve("drill/drill/DrillTest.java")).replace("drill/*.pkt", pattern));
        javac("-d", tests.toString(), "--module-path", Artifacts.path(path), source.resolve("drill/module-info.java").toString(), test.toString());
        Path runner = temp.resolve("run");
        javac("-d", runner.toString(), "-cp", Artifacts.path(path), source.resolve("run/RunTests.java").toString());
        path.add(tests);
        String output = start(path, "--add-modules", "drill,org.junit.platform.launcher,org.junit.jupiter.engine", "-cp", runner.toString(),
                "RunTests", "drill.DrillTest");
        assertTrue(output.contains("3 passed, 0 failed"), output);
    }
}
