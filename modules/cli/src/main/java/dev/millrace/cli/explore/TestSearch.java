package dev.millrace.cli.explore;

import dev.millrace.cli.EndOfRun;
import dev.millrace.junit.SeedExplorer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/// Searches the seeds of one test, by several workers at once. What it finds does not depend on which of them is faster: unless
/// it goes on after failures, all seeds below the failure that it tells have passed.
final class TestSearch {
    /// A chunk is so much work that workers seldom ask for more, and so little that none is left with much at the end.
    private static final long CHUNK_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int FIRST_CHUNK = 4;
    private static final int LARGEST_CHUNK = 1000;
    /// So many JVMs that end are no failures of seeds any more.
    private static final int MOST_LOST = 100;
    /// How long this waits for its own end if a worker was interrupted.
    private static final long TO_END_MS = 1000;

    private final SeedExplorer.Test test;
    private final Settings settings;
    private final WorkerPool pool;
    private final EndOfRun end;
    private final SeedQueue queue;
    private final Findings findings;
    /// What was done before and now; guarded by itself.
    private final SeedRanges done;
    private final Progress progress;
    private final Runnable saving;
    /// Those that run, by thread; guarded by itself.
    private final List<Running> running = new ArrayList<>();
    private volatile long lowest = Long.MAX_VALUE;
    private volatile String problem;
    private volatile IOException broken;
    private volatile boolean interrupted;
    private int lost;

    /// @param findings of this test, from earlier calls, too
    /// @param done what earlier calls have done
    /// @param saving called now and then when there is something new to be kept
    TestSearch(SeedExplorer.Test test, Settings settings, WorkerPool pool, EndOfRun end, Findings findings, SeedRanges done,
            Progress progress, Runnable saving) {
        this.test = test;
        this.settings = settings;
        this.pool = pool;
        this.end = end;
        this.findings = findings;
        this.done = done;
        this.progress = progress;
        this.saving = saving;
        queue = new SeedQueue(done.missing(settings.seeds()));
        if (!settings.goOn()) {
            findings.lowest().ifPresent(f -> notAbove(f.seed()));
        }
    }

    /// How it ended.
    ///
    /// @param problem why the test cannot be searched, or `null`
    /// @param interrupted whether seeds are left
    record Result(String problem, boolean interrupted) {
    }

    /// Searches until the seeds are done, or the first of them to fail is found.
    ///
    /// @throws IOException if there can be no workers
    Result run() throws IOException {
        progress.begin(test.name(), queue.count(), findings.count());
        end.whenWanted(this::stop);
        int threads = Math.max(1, settings.jobs());
        if (settings.jobs() == 0) {
            // On this thread, as the debugger's user expects.
            work(0);
        } else {
            workTogether(threads);
        }
        progress.end();
        if (broken != null) {
            throw broken;
        }
        if (!settings.goOn() && lowest != Long.MAX_VALUE) {
            findings.keepUpTo(lowest);
        }
        boolean toFind = settings.goOn() || lowest == Long.MAX_VALUE;
        boolean left = problem == null && toFind && !missing().isEmpty();
        return new Result(problem, left || interrupted);
    }

    private List<SeedRange> missing() {
        synchronized (done) {
            return done.missing(settings.seeds());
        }
    }

    private void workTogether(int threads) {
        var all = new ArrayList<Thread>();
        for (int i = 0; i < threads; i++) {
            int slot = i;
            all.add(Thread.ofPlatform().name("millrace-job-" + i).start(() -> work(slot)));
        }
        try {
            for (Thread t : all) {
                t.join();
            }
        } catch (InterruptedException e) {
            stop();
            Thread.currentThread().interrupt();
        }
    }

    private void work(int slot) {
        long size = FIRST_CHUNK;
        try {
            for (SeedRange chunk; (chunk = queue.take(share(size))) != null;) {
                long begun = System.nanoTime();
                var mine = new Running(chunk);
                runChunk(slot, mine);
                long ns = Math.max(1, System.nanoTime() - begun);
                size = Math.clamp((mine.tried() * CHUNK_NS) / ns, 1, LARGEST_CHUNK);
            }
        } catch (IOException | RuntimeException e) {
            if (!endIsNear()) {
                broken = e instanceof IOException io ? io : new IOException(e.toString(), e);
            }
            stop();
        }
    }

    /// Toward the end chunks become smaller, so that no worker has many while the others have none.
    private long share(long size) {
        return Math.max(1, Math.min(size, queue.count() / (2L * Math.max(1, settings.jobs()))));
    }

    private void runChunk(int slot, Running mine) throws IOException {
        mine.worker = pool.worker(slot);
        synchronized (running) {
            running.add(mine);
        }
        if (end.isWanted() || problem != null) {
            queue.close();
        }
        SeedWorker.Ended ended;
        try {
            ended = mine.worker.run(test, mine.chunk, settings.check(), settings.goOn(), mine);
        } finally {
            synchronized (running) {
                running.remove(mine);
            }
            synchronized (done) {
                mine.finished().forEach(done::add);
            }
        }
        if (ended.problem() != null) {
            problem = ended.problem();
            queue.close();
            return;
        }
        if (ended.lost()) {
            pool.forget(slot);
            // Those behind the seed that ended it have not been tried.
            mine.rest().ifPresent(queue::giveBack);
            giveUpIfLost(mine);
        } else {
            mine.endsWell();
            synchronized (done) {
                mine.finished().forEach(done::add);
            }
        }
        saving.run();
    }

    private void giveUpIfLost(Running mine) {
        synchronized (running) {
            if (mine.failed && ++lost >= MOST_LOST) {
                problem = MOST_LOST + " JVMs have died or hung; the other seeds were not tried";
                queue.close();
            }
        }
    }

    private void notAbove(long seed) {
        synchronized (running) {
            if (seed < lowest) {
                lowest = seed;
                queue.limit(seed);
                running.stream().filter(r -> r.seed > seed).forEach(r -> r.worker.stop());
            }
        }
    }

    /// Ends it, from any thread.
    private void stop() {
        interrupted |= end.isWanted();
        queue.close();
        synchronized (running) {
            running.forEach(r -> r.worker.stop());
        }
    }

    /// Whether this is to end, now or in a moment.
    private boolean endIsNear() {
        try {
            for (long waited = 0; !end.isWanted() && waited < TO_END_MS; waited += 20) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return end.isWanted();
    }

    /// Shrinks the failure of a seed; `null` and a word to `told` if that is not possible.
    Shrunk shrink(long seed, java.util.function.Consumer<String> told) throws IOException {
        progress.begin(test.name() + ": shrinking", 0, 0);
        try {
            SeedWorker worker = pool.worker(0);
            end.whenWanted(worker::stop);
            return worker.shrink(test, seed, settings.shrinkingRuns(), new SeedRuns.Listener() {
                @Override
                public boolean begins(long s) {
                    return true;
                }

                @Override
                public void failed(SeedFailure failure) {
                    // That it hangs without some event is no news of the failure.
                }

                @Override
                public void eventsLeft(long events) {
                    progress.eventsLeft(events);
                }
            });
        } catch (IllegalArgumentException e) {
            pool.forget(0);
            told.accept(e.getMessage());
            return null;
        } finally {
            progress.end();
        }
    }

    /// A chunk that a worker runs. Its own thread alone writes.
    private final class Running implements SeedRuns.Listener {
        private final SeedRange chunk;
        private SeedWorker worker;
        private volatile long seed;
        private volatile boolean begun;
        private boolean failed;
        private boolean whole;
        private boolean stoppedAtFailure;

        Running(SeedRange chunk) {
            this.chunk = chunk;
            seed = chunk.first();
        }

        @Override
        public boolean begins(long next) {
            if (begun) {
                progress.seedDone();
            }
            seed = next;
            begun = true;
            failed = false;
            return next <= lowest && problem == null;
        }

        @Override
        public void failed(SeedFailure failure) {
            if (isInterrupt(failure)) {
                interrupted = true;
                begun = false;
                stop();
                return;
            }
            failed = true;
            findings.add(failure);
            progress.failed();
            if (!settings.goOn()) {
                stoppedAtFailure = true;
                notAbove(failure.seed());
            }
        }

        @Override
        public void eventsLeft(long events) {
            // Of shrinking only.
        }

        /// A terminal's Ctrl-C goes to all processes, and the workers may be the first to end.
        private boolean isInterrupt(SeedFailure failure) {
            if (failure.kind() != SeedFailure.Kind.DIES || !(worker instanceof WorkerProcess p)) {
                return false;
            }
            return p.wasSignalled() && endIsNear();
        }

        void endsWell() {
            whole = !stoppedAtFailure;
            if (begun) {
                progress.seedDone();
            }
        }

        long tried() {
            return begun ? seed - chunk.first() + 1 : 1;
        }

        /// What has been tried to the end.
        List<SeedRange> finished() {
            if (whole) {
                return List.of(chunk);
            }
            if (!begun) {
                return List.of();
            }
            long last = failed ? seed : seed - 1;
            return last < chunk.first() || seed == Long.MIN_VALUE ? List.of() : List.of(new SeedRange(chunk.first(), last));
        }

        /// What has not been tried.
        java.util.Optional<SeedRange> rest() {
            long first = !begun ? chunk.first() : failed ? seed + 1 : seed;
            return begun && failed && seed == Long.MAX_VALUE || first > chunk.last() ? java.util.Optional.empty()
                    : java.util.Optional.of(new SeedRange(first, chunk.last()));
        }
    }
}
