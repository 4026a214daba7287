package dev.millrace.cli.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.cli.Commands;
import dev.millrace.testkit.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `explore` as a process that others end.
class ExploreProcessTest {
    private static final long PATIENCE_S = 60;

    @TempDir
    Path folder;

    private Process process;
    private List<ProcessHandle> workers = List.of();
    /// For the workers: MILLRACE_JAVA_OPTS.
    private String ofWorkers = "";

    private void start(String test, String... options) throws Exception {
        var all = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--class-path", System.getProperty("java.class.path"), "--module-path",
                System.getProperty("jdk.module.path"), "--module", "dev.millrace.cli/dev.millrace.cli.Main", "explore", "--class-path",
                Path.of(Samples.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString()));
        all.addAll(List.of(options));
        all.add(Samples.class.getName() + "#" + test);
        var builder = new ProcessBuilder(all).redirectError(folder.resolve("err.txt").toFile());
        builder.environment().put("MILLRACE_JAVA_OPTS", ofWorkers);
        process = builder.start();
    }

    private void awaitWorkers(int number) throws Exception {
        Await.until(() -> process.children().count() == number, () -> process.children().count() + " workers");
        workers = process.children().toList();
    }

    private void awaitEndOfWorkers() throws Exception {
        Await.until(() -> workers.stream().noneMatch(ProcessHandle::isAlive), () -> "workers live");
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
        workers.forEach(ProcessHandle::destroyForcibly);
    }

    private String err() throws IOException {
        return Files.readString(folder.resolve("err.txt"));
    }

    @Test
    void asSomebodyEndsItSoEndItsWorkersAndWhatIsDoneIsKept() throws Exception {
        Path state = folder.resolve("state.json");
        start("slow", "--seeds", "1..1000000", "--jobs", "2", "--resume", state.toString());
        awaitWorkers(2);
        Await.until(() -> Files.exists(state), () -> "no state was written");
        // Process.destroy would close its output, too.
        process.toHandle().destroy();
        assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS));
        assertEquals(130, process.exitValue(), err());
        awaitEndOfWorkers();
        assertEquals("Samples#slow: seeds 1 to 1000000 are not all done; none has failed so far\n",
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        // Whichever of the chunks were done.
        assertTrue(Commands.json().readTree(Files.readString(state)).get("tests").get("Samples#slow").get("done").size() > 0,
                Files.readString(state));
    }

    @Test
    void aWorkerThatIsInterruptedWithItIsNoFailure() throws Exception {
        start("slow", "--seeds", "1..1000000", "--jobs", "2");
        awaitWorkers(2);
        Thread.sleep(500);
        // As a terminal does: to all of the group at once, here to the workers first. Not SIGINT, which whoever runs these tests in the
        // background of a shell has them ignore.
        for (ProcessHandle w : workers) {
            new ProcessBuilder("kill", "-TERM", "" + w.pid()).start().waitFor();
        }
        new ProcessBuilder("kill", "-TERM", "" + process.pid()).start().waitFor();
        assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS));
        assertEquals(130, process.exitValue(), err());
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(out.contains("none has failed so far"), out + err());
    }

    @Test
    void noWorkerIsLeftWhenItIsKilled() throws Exception {
        start("slow", "--seeds", "1..1000000", "--jobs", "2");
        awaitWorkers(2);
        Thread.sleep(300);
        process.destroyForcibly();
        awaitEndOfWorkers();
        // Also of those that are in a test which does not end.
        start("hangs", "--seeds", "12..12", "--jobs", "1", "--seed-limit", "1h");
        awaitWorkers(1);
        Thread.sleep(3000);
        process.destroyForcibly();
        awaitEndOfWorkers();
    }

    @Test
    void itEndsWhenNobodyReadsWhatItSays() throws Exception {
        start("passes", "--seeds", "1..50", "--jobs", "1");
        process.getInputStream().close();
        assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS));
        assertEquals(1, process.exitValue());
        assertTrue(err().contains("standard output is closed"), err());
    }

    /// With a heap of its own: that of a worker is a share of the machine's memory, which others may need.
    @Test
    void lackOfMemoryIsAFailureOfItsSeedAlone() throws Exception {
        ofWorkers = "-Xmx96m";
        start("memory", "-k", "--seeds", "1..30", "--jobs", "2");
        assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS));
        assertEquals(1, process.exitValue(), err());
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(out.contains("1 of seeds 1 to 30 fails, for one cause"), out);
        assertTrue(out.contains("seed 5 fails: java.lang.OutOfMemoryError: Java heap space"), out);
    }

    @Test
    void aJvmThatCannotBeginIsToldAtOnce() throws Exception {
        ofWorkers = "-XX:NoSuchOption=1";
        start("passes", "--seeds", "1..5", "--jobs", "2");
        assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS));
        assertEquals(1, process.exitValue());
        assertTrue(err().contains("a JVM for the tests did not begin: exit code 1"), err());
        assertTrue(err().contains("NoSuchOption"), err());
    }
}
