package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The script `millrace`, in a project of its own with JDKs and a Maven that only say how they were called.
class LauncherTest {
    private static final Path LAUNCHER = Path.of("../../millrace");

    /// Folders with spaces, since users have them.
    @TempDir(factory = SpacedFolder.class)
    Path temp;
    private Path project;
    private Path home;
    private Path jdk;
    private final Map<String, String> environment = new HashMap<>();

    static final class SpacedFolder implements org.junit.jupiter.api.io.TempDirFactory {
        @Override
        public Path createTempDirectory(org.junit.jupiter.api.extension.AnnotatedElementContext element,
                org.junit.jupiter.api.extension.ExtensionContext context) throws IOException {
            return Files.createTempDirectory("mill race ");
        }
    }

    private record Run(int code, String out, String err) {
    }

    @BeforeEach
    void project() throws IOException {
        assumeTrue(File.separatorChar == '/', "the launcher is a POSIX shell script");
        project = Files.createDirectories(temp.resolve("project"));
        home = Files.createDirectories(temp.resolve("home"));
        executable(project.resolve("millrace"), Files.readString(LAUNCHER));
        Files.writeString(project.resolve("pom.xml"), "<project/>");
        Files.createDirectories(project.resolve("modules/cli/src/main/java"));
        Files.writeString(project.resolve("modules/cli/pom.xml"), "<project/>");
        Files.writeString(source(), "class A {}");
        jdk = jdk("jdk 25", "25.0.1");
        environment.put("MILLRACE_JDK_DIRS", jdk.toString());
        mavenThat("mkdir -p modules/cli/target/lib && echo jar >modules/cli/target/lib/a.jar");
    }

    private Path source() {
        return project.resolve("modules/cli/src/main/java/A.java");
    }

    private static void executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /// A folder that looks like a JDK; its java prints its own path and its arguments, one a line.
    private Path jdk(String name, String version) throws IOException {
        Path folder = temp.resolve(name);
        executable(folder.resolve("bin/javac"), "#!/bin/sh\n");
        executable(folder.resolve("bin/java"), "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\n");
        Files.writeString(folder.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return folder;
    }

    private void mavenThat(String does) throws IOException {
        executable(temp.resolve("bin/mvn"), "#!/bin/sh\necho \"$JAVA_HOME\" >>\"" + calls() + "\"\n" + does + "\n");
    }

    private Path calls() {
        return temp.resolve("calls");
    }

    private int builds() throws IOException {
        return Files.exists(calls()) ? Files.readAllLines(calls()).size() : 0;
    }

    private Run run(Path folder, Path launcher, String... args) throws IOException, InterruptedException {
        return run(folder, launcher, temp.resolve("err"), args);
    }

    private Run run(Path folder, Path launcher, Path err, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(args));
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().keySet().removeIf(k -> k.startsWith("MILLRACE_") || k.equals("JAVA_HOME"));
        builder.environment().put("HOME", home.toString());
        builder.environment().put("PATH", temp.resolve("bin") + ":/usr/bin:/bin");
        builder.environment().putAll(environment);
        Process process = builder.redirectError(err.toFile()).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the launcher did not end");
        return new Run(process.exitValue(), out, Files.readString(err));
    }

    private Run run(String... args) throws IOException, InterruptedException {
        return run(temp, project.resolve("millrace"), args);
    }

    @Test
    void startsTheCommandOnTheModulePathWithArgumentsAsTheyWere() throws Exception {
        Run run = run("demo", "--config", "a b.toml", "", "$x");
        assertEquals(0, run.code(), run.err());
        String lib = project.toRealPath().resolve("modules/cli/target/lib").toString();
        assertEquals(List.of(jdk.resolve("bin/java").toString(), "--module-path", lib, "-XX:+UseSerialGC",
                "--enable-native-access=dev.millrace.linux", "-m", "dev.millrace.cli/dev.millrace.cli.Main", "demo", "--config", "a b.toml", "", "$x"), run.out().lines().toList());
        assertEquals("", run.err());
    }

    /// Two terminals, a first use in each: one builds, the other waits, and both run.
    @Test
    void ofSeveralAtOnceOneBuilds() throws Exception {
        mavenThat("[ -e building ] && echo overlap >>\"" + calls() + "\"; touch building; sleep 1; rm building; "
                + "mkdir -p modules/cli/target/lib && echo jar >modules/cli/target/lib/a.jar");
        var all = new ArrayList<java.util.concurrent.CompletableFuture<Run>>();
        for (int i = 0; i < 4; i++) {
            int n = i;
            all.add(java.util.concurrent.CompletableFuture.supplyAsync(() -> {
                try {
                    return run(temp, project.resolve("millrace"), temp.resolve("err" + n), "demo");
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }, r -> Thread.ofVirtual().start(r)));
        }
        for (var f : all) {
            Run run = f.get(60, TimeUnit.SECONDS);
            assertEquals(0, run.code(), run.err());
            assertTrue(run.out().contains("demo"), run.out());
        }
        assertEquals(1, builds());
        assertFalse(Files.exists(project.resolve("modules/cli/target/.building")));
    }

    @Test
    void aBuildThatWasKilledKeepsNobodyOut() throws Exception {
        Path lock = Files.createDirectories(project.resolve("modules/cli/target/.building"));
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Files.writeString(lock.resolve("pid"), gone.pid() + "\n");
        assertEquals(0, run("demo").code());
        assertEquals(1, builds());
        assertFalse(Files.exists(lock));
    }

    @Test
    void worksFromAnyFolderAndThroughSymbolicLinks() throws Exception {
        Path elsewhere = Files.createDirectories(temp.resolve("else where"));
        Files.createSymbolicLink(elsewhere.resolve("first"), Path.of("../project/millrace"));
        Files.createSymbolicLink(elsewhere.resolve("second"), elsewhere.resolve("first"));
        Run run = run(elsewhere, Path.of("./second"), "links");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains(project.toRealPath().resolve("modules/cli/target/lib").toString()), run.out());
    }

    @Test
    void jvmOptionsMayBeGivenAndWin() throws Exception {
        environment.put("MILLRACE_JAVA_OPTS", "-Xmx1g -XX:+UseZGC");
        List<String> lines = run("demo").out().lines().toList();
        assertTrue(lines.indexOf("-XX:+UseZGC") > lines.indexOf("-XX:+UseSerialGC"), lines.toString());
        assertTrue(lines.contains("-Xmx1g"), lines.toString());
    }

    @Test
    void javaRunsAProgramWithAllModules() throws Exception {
        List<String> lines = run("java", "examples/x/X.java", "arg").out().lines().toList();
        assertEquals(List.of("--add-modules", "ALL-MODULE-PATH", "--enable-native-access=dev.millrace.linux",
                "examples/x/X.java", "arg"), lines.subList(3, lines.size()));
    }

    @Test
    void firstLineSaysThatAJdkIsMissingAndWhereItWasLookedFor() throws Exception {
        Path old = jdk("jdk 17", "17.0.9");
        environment.put("MILLRACE_JDK_DIRS", old + ":/nowhere");
        Run run = run("demo");
        assertEquals(1, run.code());
        assertEquals("millrace: no JDK 25 or later was found; looked in MILLRACE_JDK_DIRS (" + old + ":/nowhere) only",
                run.err().lines().findFirst().orElseThrow());
        assertEquals("", run.out());
        assertEquals(0, builds());
    }

    @Test
    void javaHomeComesFirstAndAnOlderOneIsPassedOver() throws Exception {
        environment.remove("MILLRACE_JDK_DIRS");
        environment.put("JAVA_HOME", jdk.toString());
        assertEquals(jdk.resolve("bin/java").toString(), run("demo").out().lines().findFirst().orElseThrow());
        environment.put("JAVA_HOME", jdk("old", "21.0.2").toString());
        environment.put("PATH", jdk("on the path", "26").resolve("bin") + ":" + temp.resolve("bin") + ":/usr/bin:/bin");
        assertEquals(temp.resolve("on the path").toRealPath().resolve("bin/java").toString(),
                run("demo").out().lines().findFirst().orElseThrow());
    }

    @Test
    void runtimeWithoutACompilerIsPassedOver() throws Exception {
        environment.put("MILLRACE_JDK_DIRS", jdk("jre", "26") + ":" + jdk("new", "26.0.1"));
        Files.delete(temp.resolve("jre/bin/javac"));
        assertEquals(temp.resolve("new/bin/java").toString(), run("demo").out().lines().findFirst().orElseThrow());
    }

    @Test
    void buildsOnFirstUseAndWhenASourceIsNewerOrGone() throws Exception {
        assertEquals(0, run("demo").code());
        assertEquals(0, run("demo").code());
        assertEquals(List.of(jdk.toString()), Files.readAllLines(calls()), "Maven runs once, on the JDK that was found");
        var later = FileTime.from(Instant.now().plusSeconds(5));
        Path other = Files.writeString(source().resolveSibling("B.java"), "class B {}");
        Files.setLastModifiedTime(other, later);
        assertEquals(0, run("demo").code());
        assertEquals(2, builds());
        Files.setLastModifiedTime(other, FileTime.from(Instant.now().minusSeconds(60)));
        Files.setLastModifiedTime(source().getParent(), FileTime.from(Instant.now().minusSeconds(60)));
        run("demo");
        assertEquals(2, builds());
        Files.delete(other);
        Files.setLastModifiedTime(source().getParent(), later);
        run("demo");
        assertEquals(3, builds());
    }

    @Test
    void jarsOfEarlierBuildsDoNotStay() throws Exception {
        Path gone = project.resolve("modules/cli/target/lib/gone.jar");
        Files.createDirectories(gone.getParent());
        Files.writeString(gone, "jar");
        assertEquals(0, run("demo").code());
        assertFalse(Files.exists(gone));
        assertTrue(Files.exists(gone.resolveSibling("a.jar")));
    }

    @Test
    void failedBuildShowsWhyAndRunsNothing() throws Exception {
        mavenThat("echo '[ERROR] it is broken'; exit 1");
        Run run = run("demo");
        assertEquals(1, run.code());
        assertEquals("", run.out());
        assertTrue(run.err().contains("[ERROR] it is broken"), run.err());
        assertTrue(run.err().contains("the build failed"), run.err());
        run("demo");
        assertEquals(2, builds(), "a failed build is tried again");
    }

    @Test
    void missingMavenIsNamedWithItsLeastVersion() throws Exception {
        Path tools = Files.createDirectories(temp.resolve("tools"));
        for (String tool : List.of("sed", "head", "find", "dirname", "readlink", "mktemp", "rm", "mv", "cat")) {
            Path real = Files.exists(Path.of("/usr/bin", tool)) ? Path.of("/usr/bin", tool) : Path.of("/bin", tool);
            executable(tools.resolve(tool), "#!/bin/sh\nexec " + real + " \"$@\"\n");
        }
        environment.put("PATH", tools.toString());
        Run run = run("demo");
        assertEquals(1, run.code());
        assertEquals("millrace: mvn is not on the PATH; Maven 3.6.3 or later builds Millrace", run.err().strip());
    }
}
