package dev.millrace.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// Runs benchmarks. All loops end with the time given; a failure of either end ends the run with an exception.
public final class Bench {
    private Bench() {
    }

    /// Runs one benchmark. With `jdk` as link, sockets and channels are both measured and the better one counts.
    ///
    /// @throws IOException if either end fails
    /// @throws IllegalArgumentException if the link is unknown
    public static BenchResult run(BenchOptions options) throws IOException {
        List<BenchResult> results = new ArrayList<>();
        for (BenchOptions.Threads threads : kinds(options)) {
            if (options.link().equals("jdk")) {
                boolean udp = options.work() == Work.UDP_RR || options.work() == Work.UDP_FLOOD;
                results.add(runOn(options, threads, new KernelNetwork(true)));
                if (!udp) {
                    results.add(runOn(options, threads, new KernelNetwork(false)));
                }
            } else if (options.link().equals("loopback") || options.link().equals("vnic")) {
                results.add(runOn(options, threads, StackNetwork.open(options.link(), options.mtu())));
            } else {
                throw new IllegalArgumentException(
                        "link \"" + options.link() + "\" is none of loopback, vnic, jdk");
            }
        }
        return results.stream().max((a, b) -> Double.compare(a.score(), b.score())).orElseThrow();
    }

    private static List<BenchOptions.Threads> kinds(BenchOptions o) {
        return o.threads() == BenchOptions.Threads.BEST
                ? List.of(BenchOptions.Threads.PLATFORM, BenchOptions.Threads.VIRTUAL) : List.of(o.threads());
    }

    private static BenchResult runOn(BenchOptions o, BenchOptions.Threads threads, Network network) throws IOException {
        try (network) {
            var figures = new LinkedHashMap<String, Object>();
            figures.put("work", o.work().label());
            figures.put("link", o.link());
            figures.put("mtu", network instanceof KernelNetwork ? 65536 : o.mtu());
            figures.put("seconds", o.seconds());
            figures.putAll(new Run(o, threads, network).measure());
            figures.put("threads", threads.name().toLowerCase(java.util.Locale.ROOT));
            figures.put("sockets", network.variant());
            return new BenchResult(figures);
        }
    }

    /// One run: two ends, a warm-up, a measured stretch.
    private static final class Run {
        private final BenchOptions o;
        private final BenchOptions.Threads threads;
        private final Network network;
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private volatile boolean over;
        /// What the measured end has done; written by one thread.
        private volatile long done;

        Run(BenchOptions o, BenchOptions.Threads threads, Network network) {
            this.o = o;
            this.threads = threads;
            this.network = network;
        }

        Map<String, Object> measure() throws IOException {
            return switch (o.work()) {
                case STREAM -> stream();
                case RR -> roundTrips();
                case CONNECT -> connects();
                case UDP_RR -> datagramRoundTrips();
                case UDP_FLOOD -> flood();
                case IDLE -> idle();
            };
        }

        // ---- works

        private Map<String, Object> stream() throws IOException {
            try (Network.Server server = network.listen()) {
                Thread reader = start("reader", () -> {
                    try (Network.Connection c = server.accept()) {
                        ByteBuffer buffer = buffer(o.chunk());
                        long n = 0;
                        int k;
                        while ((k = c.read(buffer)) >= 0 && !over) {
                            done = n += k;
                            buffer.clear();
                        }
                    }
                });
                Thread writer = start("writer", () -> {
                    try (Network.Connection c = server.connect()) {
                        ByteBuffer buffer = buffer(o.chunk());
                        while (!over) {
                            buffer.clear();
                            c.write(buffer);
                        }
                    }
                });
                Window w = window(null);
                finish(server, writer, reader);
                var figures = new LinkedHashMap<String, Object>();
                figures.put("gbit_per_s", w.count * 8.0 / w.ns);
                w.addCosts(figures);
                return figures;
            }
        }

        private Map<String, Object> roundTrips() throws IOException {
            var latencies = new Latencies();
            try (Network.Server server = network.listen()) {
                Thread echo = start("echo", () -> {
                    try (Network.Connection c = server.accept()) {
                        ByteBuffer one = buffer(1);
                        while (c.read(one) > 0) {
                            one.flip();
                            c.write(one);
                            one.clear();
                        }
                    }
                });
                Thread client = start("client", () -> {
                    try (Network.Connection c = server.connect()) {
                        ByteBuffer one = buffer(1);
                        pingPong(latencies, () -> {
                            one.clear();
                            c.write(one);
                            one.clear();
                            if (c.read(one) != 1) {
                                throw new IOException("the echo has ended");
                            }
                        });
                    }
                });
                Window w = window(latencies);
                finish(server, client, echo);
                return latencyFigures(latencies, w);
            }
        }

        private Map<String, Object> datagramRoundTrips() throws IOException {
            var latencies = new Latencies();
            try (Network.Datagrams server = network.bind(); Network.Datagrams client = server.peer()) {
                Thread echo = start("echo", () -> {
                    ByteBuffer b = ByteBuffer.allocateDirect(64);
                    while (!over) {
                        b.clear();
                        server.receive(b);
                        b.flip();
                        server.send(b);
                    }
                });
                Thread pinger = start("client", () -> {
                    ByteBuffer b = ByteBuffer.allocateDirect(64);
                    pingPong(latencies, () -> {
                        b.clear();
                        client.send(b);
                        b.clear();
                        client.receive(b);
                    });
                });
                Window w = window(latencies);
                finish(both(server, client), pinger, echo);
                return latencyFigures(latencies, w);
            }
        }

        private void pingPong(Latencies latencies, Step step) throws IOException {
            long n = 0;
            while (!over) {
                long from = System.nanoTime();
                step.run();
                latencies.record(System.nanoTime() - from);
                done = ++n;
            }
        }

        private Map<String, Object> connects() throws IOException {
            // The client may be this far ahead of the acceptor: any backlog overflows if one side is a little faster, and
            // what is measured then is how long the client waits to send its SYN again.
            var ahead = new Semaphore(1000);
            try (Network.Server server = network.listen()) {
                Thread acceptor = start("acceptor", () -> {
                    while (!over) {
                        server.accept().close();
                        ahead.release();
                    }
                });
                Thread client = start("client", () -> {
                    long n = 0;
                    while (!over) {
                        if (!ahead.tryAcquire()) {
                            ahead.acquireUninterruptibly();
                        }
                        server.connect().close();
                        done = ++n;
                    }
                });
                Window w = window(null);
                over = true;
                ahead.release(1000);
                finish(server, client, acceptor);
                var figures = new LinkedHashMap<String, Object>();
                figures.put("per_s", w.count * 1e9 / w.ns);
                w.addCosts(figures);
                return figures;
            }
        }

        private Map<String, Object> flood() throws IOException {
            try (Network.Datagrams server = network.bind(); Network.Datagrams client = server.peer()) {
                long[] sent = new long[1];
                Thread receiver = start("receiver", () -> {
                    ByteBuffer b = ByteBuffer.allocateDirect(64);
                    long n = 0;
                    while (!over) {
                        b.clear();
                        server.receive(b);
                        done = ++n;
                    }
                });
                Thread sender = start("sender", () -> {
                    ByteBuffer b = ByteBuffer.allocateDirect(64);
                    while (!over) {
                        b.clear();
                        client.send(b);
                        sent[0]++;
                    }
                });
                Window w = window(null);
                finish(both(server, client), sender, receiver);
                var figures = new LinkedHashMap<String, Object>();
                figures.put("per_s", w.count * 1e9 / w.ns);
                figures.put("received_of_sent", sent[0] == 0 ? 0 : Math.min(1, (double) done / sent[0]));
                w.addCosts(figures);
                return figures;
            }
        }

        private Map<String, Object> idle() throws IOException {
            try (Network.Server server = network.listen()) {
                List<Network.Connection> kept = new ArrayList<>(2 * o.pairs() + 200);
                establish(server, kept, 100);
                long before = usedHeap();
                establish(server, kept, o.pairs());
                long after = usedHeap();
                for (Network.Connection c : kept) {
                    c.close();
                }
                var figures = new LinkedHashMap<String, Object>();
                figures.put("pairs", o.pairs());
                figures.put("bytes_per_pair", (after - before) / (double) o.pairs());
                return figures;
            }
        }

        private void establish(Network.Server server, List<Network.Connection> kept, int n) throws IOException {
            for (int i = 0; i < n; i++) {
                kept.add(server.connect());
                kept.add(server.accept());
            }
        }

        private static long usedHeap() {
            var memory = ManagementFactory.getMemoryMXBean();
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 4; i++) {
                memory.gc();
                least = Math.min(least, memory.getHeapMemoryUsage().getUsed());
            }
            return least;
        }

        // ---- the frame

        private interface Step {
            void run() throws IOException;
        }

        private ByteBuffer buffer(int size) {
            return network instanceof KernelNetwork k && k.needsArrays()
                    ? ByteBuffer.allocate(size) : ByteBuffer.allocateDirect(size);
        }

        private Thread start(String name, Step step) {
            Runnable body = () -> {
                try {
                    step.run();
                } catch (IOException | RuntimeException e) {
                    if (!over) {
                        failure.compareAndSet(null, e);
                    }
                }
            };
            return threads == BenchOptions.Threads.VIRTUAL
                    ? Thread.ofVirtual().name("bench-" + name).start(body)
                    : Thread.ofPlatform().daemon().name("bench-" + name).start(body);
        }

        /// What happened in the measured stretch.
        private static final class Window {
            long ns;
            long count;
            long packets;
            long allocated;
            long cpuNs;

            void addCosts(Map<String, Object> figures) {
                if (packets > 0) {
                    figures.put("alloc_bytes_per_packet", allocated / (double) packets);
                }
                figures.put("cpu_cores", cpuNs / (double) ns);
            }
        }

        private Window window(Latencies latencies) throws IOException {
            pause(o.warmupSeconds());
            var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            var heap = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            if (latencies != null) {
                // Racing with the client loses at most a few samples of the warm-up.
                latencies.clear();
            }
            var w = new Window();
            long packets = network.packets();
            long allocated = heap.getTotalThreadAllocatedBytes();
            long cpu = os.getProcessCpuTime();
            long count = done;
            long from = System.nanoTime();
            pause(o.seconds());
            w.ns = System.nanoTime() - from;
            w.count = done - count;
            w.cpuNs = os.getProcessCpuTime() - cpu;
            w.allocated = heap.getTotalThreadAllocatedBytes() - allocated;
            w.packets = packets < 0 ? -1 : network.packets() - packets;
            check();
            return w;
        }

        private void pause(double seconds) throws IOException {
            long until = System.nanoTime() + (long) (seconds * 1e9);
            long left;
            while ((left = until - System.nanoTime()) > 0) {
                try {
                    TimeUnit.NANOSECONDS.sleep(Math.min(left, 50_000_000));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted", e);
                }
                check();
            }
        }

        private void check() throws IOException {
            Throwable t = failure.get();
            if (t != null) {
                over = true;
                throw new IOException("the benchmark failed: " + t, t);
            }
        }

        private void finish(AutoCloseable last, Thread first, Thread second) throws IOException {
            over = true;
            try {
                first.join(2000);
                last.close();
                first.join(2000);
                second.join(2000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
            check();
        }

        private static AutoCloseable both(AutoCloseable a, AutoCloseable b) {
            return () -> {
                a.close();
                b.close();
            };
        }

        private Map<String, Object> latencyFigures(Latencies latencies, Window w) {
            var figures = new LinkedHashMap<String, Object>();
            figures.put("p50_us", latencies.percentile(0.5) / 1000);
            figures.put("p99_us", latencies.percentile(0.99) / 1000);
            figures.put("per_s", w.count * 1e9 / w.ns);
            w.addCosts(figures);
            return figures;
        }
    }
}
