package dev.millrace.cli.explore;

import dev.millrace.junit.SeedExplorer;
import java.io.IOException;

/// Runs seeds for a search, one chunk at a time.
interface SeedWorker extends AutoCloseable {
    /// How a chunk ended.
    ///
    /// @param problem why the test cannot be run; else `null`
    /// @param lost whether the worker is gone, and another one must go on behind the seed that ran
    record Ended(String problem, boolean lost) {
    }

    /// Runs a chunk. A worker that dies or hangs has told the failure.
    ///
    /// @throws IOException if the worker cannot begin at all
    Ended run(SeedExplorer.Test test, SeedRange chunk, boolean check, boolean goOn, SeedRuns.Listener listener) throws IOException;

    /// Shrinks a failure.
    ///
    /// @throws IllegalArgumentException if it does not fail when it is run again, or the worker was lost
    Shrunk shrink(SeedExplorer.Test test, long seed, int runs, SeedRuns.Listener listener) throws IOException;

    /// Ends what it does, from any thread.
    void stop();

    @Override
    void close();
}
