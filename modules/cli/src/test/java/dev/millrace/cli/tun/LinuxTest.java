package dev.millrace.cli.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.Programs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Running programs of this machine, whatever they do.
@Timeout(120)
class LinuxTest {
    private static final Duration FOR_EVER = Duration.ofSeconds(60);

    @BeforeEach
    void needsAShell() {
        String missing = Programs.missing("sh", "sleep").orElse(null);
        assumeTrue(missing == null, missing);
    }

    private static Machine.Result run(Duration patience, String script) {
        return assertTimeoutPreemptively(FOR_EVER, () -> new Linux(patience).run(List.of("sh", "-c", script)));
    }

    private static void end(String pid) {
        ProcessHandle.of(Long.parseLong(pid.strip())).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void whoeverHoldsTheOutputOfAProgramThatHasEndedIsNotWaitedForForEver() {
        Machine.Result result = run(Duration.ofSeconds(2), "sleep 1000 & echo $!; echo wrong >&2; sleep 0.5; exit 3");
        end(result.out());
        assertEquals(3, result.exit());
        assertEquals("wrong", result.err());
    }

    @Test
    void programThatDoesNotEndIsEndedWithWhatItStarted() {
        Machine.Result result = run(Duration.ofSeconds(2), "sleep 1000 & echo $!; wait");
        assertEquals(1, result.exit());
        assertEquals("did not end within 2 s", result.err());
        try {
            assertTimeoutPreemptively(FOR_EVER, () -> awaitEnd(result.out().strip()), "what it started still runs");
        } finally {
            end(result.out());
        }
    }

    /// Whoever is killed dies a little later. A dead one may stay in the table for as long as nobody asks how it ended.
    private static void awaitEnd(String pid) throws InterruptedException {
        while (!new Linux(FOR_EVER).read(Path.of("/proc", pid, "stat")).orElse("(sleep) Z").contains(") Z")) {
            Thread.sleep(10);
        }
    }

    @Test
    void allThatALongReportSaysIsThere() {
        String expected = IntStream.rangeClosed(1, 50_000).mapToObj(n -> n + "\n").collect(Collectors.joining());
        Machine.Result result = run(FOR_EVER, "i=1; while [ $i -le 50000 ]; do echo $i; i=$((i+1)); done");
        assertEquals(0, result.exit(), result.err());
        assertEquals(expected, result.out());
    }
}
