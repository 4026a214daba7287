package dev.millrace.cli.explore;

import java.io.IOException;

/// The workers of a search, each made when it is first needed, and anew when one was lost.
final class WorkerPool implements AutoCloseable {
    private final String path;
    private final int jobs;
    private final long limitSeconds;
    private final SeedWorker[] workers;
    private boolean closed;

    /// @param path the class path of the tests
    /// @param jobs how many; 0 for one in this JVM
    WorkerPool(String path, int jobs, long limitSeconds) {
        this.path = path;
        this.jobs = jobs;
        this.limitSeconds = limitSeconds;
        workers = new SeedWorker[Math.max(1, jobs)];
    }

    /// @throws IOException if there can be none
    synchronized SeedWorker worker(int slot) throws IOException {
        if (closed) {
            throw new IOException("the search has ended");
        }
        if (workers[slot] == null) {
            workers[slot] = jobs == 0 ? new LocalWorker() : new WorkerProcess(path, jobs, limitSeconds);
        }
        return workers[slot];
    }

    synchronized void forget(int slot) {
        if (workers[slot] != null) {
            workers[slot].close();
            workers[slot] = null;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        for (int i = 0; i < workers.length; i++) {
            forget(i);
        }
    }
}
