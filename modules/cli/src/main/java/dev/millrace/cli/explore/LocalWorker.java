package dev.millrace.cli.explore;

import dev.millrace.junit.SeedExplorer;
import java.io.IOException;

/// Runs seeds in this JVM: for debuggers, which do not follow into others.
final class LocalWorker implements SeedWorker {
    private final SeedRuns runs = new SeedRuns();
    private volatile boolean stopped;

    private SeedRuns.Listener until(SeedRuns.Listener listener) {
        return new SeedRuns.Listener() {
            @Override
            public boolean begins(long seed) throws IOException {
                return !stopped && listener.begins(seed);
            }

            @Override
            public void failed(SeedFailure failure) throws IOException {
                listener.failed(failure);
            }

            @Override
            public void eventsLeft(long events) throws IOException {
                listener.eventsLeft(events);
            }
        };
    }

    @Override
    public Ended run(SeedExplorer.Test test, SeedRange chunk, boolean check, boolean goOn, SeedRuns.Listener listener)
            throws IOException {
        try {
            runs.run(test, chunk, check, goOn, until(listener));
            return new Ended(null, stopped);
        } catch (IllegalStateException e) {
            return new Ended(e.getMessage(), false);
        }
    }

    @Override
    public Shrunk shrink(SeedExplorer.Test test, long seed, int shrinkingRuns, SeedRuns.Listener listener) throws IOException {
        return runs.shrink(test, seed, shrinkingRuns, until(listener));
    }

    @Override
    public void stop() {
        stopped = true;
    }

    @Override
    public void close() {
        stop();
    }
}
