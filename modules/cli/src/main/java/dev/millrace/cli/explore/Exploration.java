package dev.millrace.cli.explore;

import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.explore.SeedFailure.Kind;
import dev.millrace.junit.SeedExplorer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Searches the tests of a class, one after the other, and says what it finds.
final class Exploration {
    static final int PASSED = 0;
    static final int FAILED = 1;
    /// Some seed is not the same run twice.
    static final int DIFFERS = 3;
    /// As shells have it for SIGINT.
    static final int INTERRUPTED = 130;

    private static final long SAVE_NS = TimeUnit.SECONDS.toNanos(2);

    private final Settings settings;
    private final StateFile state;
    private final WorkerPool pool;
    private final Progress progress;
    private final ExploreReport report;
    private final PrintWriter out;
    private final Path scriptFile;
    private long savedNs = System.nanoTime();
    private boolean failed;
    private boolean differs;
    private boolean interrupted;
    private int searched;

    Exploration(Settings settings, StateFile state, WorkerPool pool, Progress progress, ExploreReport report, PrintWriter out,
            Path scriptFile) {
        this.settings = settings;
        this.state = state;
        this.pool = pool;
        this.progress = progress;
        this.report = report;
        this.out = out;
        this.scriptFile = scriptFile;
    }

    /// Returns the exit code.
    int run(List<SeedExplorer.Test> tests) throws IOException {
        try (var end = new EndOfRun()) {
            for (SeedExplorer.Test test : tests) {
                search(test, end);
                if (out.checkError()) {
                    throw new IOException("standard output is closed: there is nobody to tell");
                }
                if (end.isWanted()) {
                    interrupted = true;
                    break;
                }
            }
        } finally {
            state.write();
        }
        return differs ? DIFFERS : failed ? FAILED : interrupted ? INTERRUPTED : searched == 0 ? FAILED : PASSED;
    }

    private void search(SeedExplorer.Test test, EndOfRun end) throws IOException {
        StateFile.OfTest known = state.of(test.name());
        var search = new TestSearch(test, settings, pool, end, known.findings(), known.done(), progress, this::saveNowAndThen);
        TestSearch.Result result = search.run();
        List<Findings.Group> groups = known.findings().groups();
        interrupted |= result.interrupted();
        if (result.problem() != null) {
            report.problem(test, result.problem());
            if (groups.isEmpty()) {
                return;
            }
        }
        searched++;
        failed |= !groups.isEmpty();
        differs |= known.findings().has(Kind.DIFFERS);
        state.write();
        var why = new String[1];
        Shrunk shrunk = null;
        if (!groups.isEmpty() && settings.shrinkingRuns() > 0 && !end.isWanted()) {
            SeedFailure lowest = groups.getFirst().lowest();
            shrunk = lowest.kind() == Kind.FAILS ? search.shrink(lowest.seed(), w -> why[0] = w) : null;
        }
        if (shrunk != null && scriptFile != null) {
            Files.writeString(scriptFile, shrunk.script());
        }
        report.result(test, groups, result.interrupted(), shrunk, why[0]);
    }

    private synchronized void saveNowAndThen() {
        long now = System.nanoTime();
        if (now - savedNs > SAVE_NS) {
            savedNs = now;
            try {
                state.write();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
