package dev.millrace.cli.explore;

import dev.millrace.internet.RunLog;
import dev.millrace.internet.Script;
import dev.millrace.internet.SeedDifference;
import dev.millrace.internet.SeedSearch;
import dev.millrace.internet.Trial;
import dev.millrace.junit.SeedExplorer;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Runs seeds of tests in this JVM.
final class SeedRuns {
    private final SeedExplorer explorer = new SeedExplorer();
    private SeedExplorer.Test lastTest;
    private Trial trial;

    /// Who wants to know how it goes.
    interface Listener {
        /// A seed begins. Returns whether it is wanted: if not, the chunk ends.
        boolean begins(long seed) throws IOException;

        void failed(SeedFailure failure) throws IOException;

        /// Of the shrinking.
        void eventsLeft(long events) throws IOException;
    }

    private Trial trial(SeedExplorer.Test test) {
        if (!test.equals(lastTest)) {
            lastTest = test;
            trial = explorer.trial(test);
        }
        return trial;
    }

    /// Runs a chunk.
    ///
    /// @throws IllegalStateException if the test is skipped, or has no simulated Internet
    void run(SeedExplorer.Test test, SeedRange range, boolean check, boolean goOn, Listener listener) throws IOException {
        Trial t = trial(test);
        try {
            t.forMany(() -> {
                try {
                    for (long seed = range.first(); listener.begins(seed); seed++) {
                        SeedFailure failure = check ? check(t, seed) : once(t, seed);
                        if (failure != null) {
                            listener.failed(failure);
                        }
                        if (failure != null && !goOn || seed == range.last()) {
                            break;
                        }
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return null;
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static SeedFailure once(Trial trial, long seed) {
        Throwable failure = trial.run(seed, null, false).failure();
        return failure == null ? null : SeedFailure.of(seed, failure);
    }

    /// A difference goes first: what fails with one run and not with the other is one.
    private static SeedFailure check(Trial trial, long seed) {
        var first = new RunLog();
        Throwable failure = log(trial, seed, first);
        var second = new RunLog();
        log(trial, seed, second);
        return SeedDifference.between(seed, first.lines(), second.lines()).map(SeedFailure::of)
                .orElseGet(() -> failure == null ? null : SeedFailure.of(seed, failure));
    }

    private static Throwable log(Trial trial, long seed, RunLog log) {
        Trial.Outcome outcome = trial.run(seed, log::add);
        log.end(outcome.script(), outcome.failure());
        return outcome.failure();
    }

    /// Shrinks a failure.
    ///
    /// @throws IllegalArgumentException if it does not fail when it is run again
    Shrunk shrink(SeedExplorer.Test test, long seed, int runs, Listener listener) throws IOException {
        Trial t = trial(test);
        Trial told = new Trial() {
            @Override
            public Outcome run(long s, Script script, boolean record) {
                try {
                    listener.begins(s);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return t.run(s, script, record);
            }

            @Override
            public <T> T forMany(java.util.function.Supplier<T> work) {
                return t.forMany(work);
            }
        };
        try {
            return Shrunk.of(SeedSearch.of(told).shrinkingRuns(runs).progress(_ -> {
            }, n -> {
                try {
                    listener.eventsLeft(n);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }).shrink(seed));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
