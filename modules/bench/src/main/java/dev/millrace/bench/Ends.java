package dev.millrace.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/// The two threads of a benchmark: they run a warm-up and a measured stretch, and end whatever happens. The failure of
/// one, or that nothing moves any more, ends the benchmark with an exception.
final class Ends {
    private static final Duration TO_END = Duration.ofSeconds(3);
    private static final long STALL_NS = 5_000_000_000L;

    private final BenchOptions o;
    private final BenchOptions.Threads threads;
    private final LongSupplier packets;
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    /// Each written by one thread, and read by the thread that measures.
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong offered = new AtomicLong();
    private volatile boolean measuring;
    private volatile boolean over;

    Ends(BenchOptions options, BenchOptions.Threads threads, LongSupplier packets) {
        this.o = options;
        this.threads = threads;
        this.packets = packets;
    }

    /// What one end does.
    interface Step {
        void run() throws Exception;
    }

    /// What happened in the measured stretch.
    ///
    /// @param ns its length
    /// @param done what was done, in the work's unit
    /// @param offered what was tried, where that is not the same
    /// @param packets sent by stacks of ours, or 0
    /// @param allocated bytes of heap, by all threads
    /// @param cpuNs time of all processors in this process
    record Window(long ns, long done, long offered, long packets, long allocated, long cpuNs) {
        void addCosts(Map<String, Object> figures) {
            if (packets > 0) {
                figures.put("alloc_bytes_per_packet", allocated / (double) packets);
            }
            figures.put("cpu_cores", cpuNs / (double) ns);
        }

        private Window minus(Window before) {
            return new Window(ns - before.ns, done - before.done, offered - before.offered, packets - before.packets,
                    allocated - before.allocated, cpuNs - before.cpuNs);
        }
    }

    /// Whether the time is up; both ends look at it between two steps.
    boolean over() {
        return over;
    }

    /// Whether the stretch that counts is under way.
    boolean measuring() {
        return measuring;
    }

    /// Adds to what was done. One thread calls it.
    void done(long n) {
        done.setRelease(done.getPlain() + n);
    }

    /// Adds to what was tried. One thread calls it.
    void offered(long n) {
        offered.setRelease(offered.getPlain() + n);
    }

    /// Runs both ends, and returns once both have ended.
    ///
    /// @param resource what wakes them when closed; closed in any case, after the active end had time to finish
    /// @throws IOException if an end failed, does not end, or nothing moved
    Window measure(AutoCloseable resource, String activeName, Step active, String passiveName, Step passive)
            throws IOException {
        Thread second = start(passiveName, passive);
        Thread first = start(activeName, active);
        Window window;
        try {
            pause(o.warmupSeconds());
            measuring = failures.isEmpty();
            Window before = now();
            pause(o.seconds());
            // On a busy machine a short stretch may pass before either end had its turn: it goes on until one has.
            while (failures.isEmpty() && done.getAcquire() == before.done) {
                if (System.nanoTime() - before.ns > STALL_NS + o.seconds() * 1e9) {
                    throw new IOException("the benchmark failed: nothing was done in " + o.seconds() + " s and more");
                }
                pause(0.01);
            }
            measuring = false;
            window = now().minus(before);
        } finally {
            stop(resource, first, second);
        }
        check();
        return window;
    }

    /// As [#measure(AutoCloseable, String, Step, String, Step)], where the other end is in another process.
    Window measure(AutoCloseable resource, String activeName, Step active) throws IOException {
        return measure(resource, activeName, active, "peer", this::awaitOver);
    }

    /// Waits until the time is up.
    void awaitOver() throws InterruptedException {
        while (!over) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    /// Does round trips until the time is up, and records how long each takes.
    void pingPong(Latencies latencies, Step roundTrip) throws Exception {
        while (!over) {
            long from = System.nanoTime();
            roundTrip.run();
            long took = System.nanoTime() - from;
            if (measuring) {
                latencies.record(took);
            }
            done(1);
        }
    }

    private Window now() {
        var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var heap = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return new Window(System.nanoTime(), done.getAcquire(), offered.getAcquire(), packets.getAsLong(),
                heap.getTotalThreadAllocatedBytes(), os.getProcessCpuTime());
    }

    private Thread start(String name, Step step) {
        Runnable body = () -> {
            try {
                step.run();
                if (!over) {
                    fail(new IOException("the " + name + " came to an end too early"));
                }
            } catch (Throwable t) {
                fail(t);
            }
        };
        return threads == BenchOptions.Threads.VIRTUAL
                ? Thread.ofVirtual().name("bench-" + name).start(body)
                : Thread.ofPlatform().daemon().name("bench-" + name).start(body);
    }

    /// What happens once the time is up is the end of connections, no failure.
    private void fail(Throwable t) {
        if (!over) {
            failures.add(t);
        }
    }

    private void pause(double seconds) throws IOException {
        long until = System.nanoTime() + (long) (seconds * 1e9);
        long moved = System.nanoTime();
        long last = done.getAcquire();
        long left;
        while ((left = until - System.nanoTime()) > 0) {
            boolean failed = !failures.isEmpty();
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(left, 50_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            if (failed) {
                // Meanwhile the other end had time to say what happened to it: either may be the cause.
                return;
            }
            long n = done.getAcquire();
            if (n != last) {
                last = n;
                moved = System.nanoTime();
            } else if (System.nanoTime() - moved > STALL_NS) {
                throw new IOException("the benchmark failed: nothing moved for " + STALL_NS / 1_000_000_000 + " s");
            }
        }
    }

    private void check() throws IOException {
        if (!failures.isEmpty()) {
            var e = new IOException(failures.stream().map(Throwable::toString)
                    .collect(Collectors.joining("; ", "the benchmark failed: ", "")), failures.poll());
            failures.forEach(e::addSuppressed);
            throw e;
        }
    }

    private void stop(AutoCloseable resource, Thread first, Thread second) throws IOException {
        over = true;
        measuring = false;
        try {
            // The active end first, while the passive one still answers: so connections end in order.
            boolean inOrder = failures.isEmpty() && first.join(TO_END);
            resource.close();
            for (Thread t : new Thread[] {first, second}) {
                if (!(inOrder && t == first) && !t.join(TO_END)) {
                    throw new IOException("the benchmark failed: the thread " + t.getName() + " does not end");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
