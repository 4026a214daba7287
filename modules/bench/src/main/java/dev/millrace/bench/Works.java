package dev.millrace.bench;

import dev.millrace.bench.Ends.Window;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/// What each [Work] does, over whatever sockets a [Network] has.
final class Works {
    /// The connections by which a client may be ahead of the acceptor. Any backlog overflows if one side is a little
    /// faster, and what is measured then is how long the client waits to send its SYN again.
    private static final int AHEAD = 1000;
    private static final int DATAGRAM = 64;

    private final BenchOptions o;
    private final Network network;
    private final Ends ends;

    Works(BenchOptions options, BenchOptions.Threads threads, Network network) {
        this.o = options;
        this.network = network;
        this.ends = new Ends(options, threads, network::packets);
    }

    /// Figures by name, in the order in which they are shown.
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

    private Map<String, Object> stream() throws IOException {
        Network.Server server = network.listen();
        Window w = ends.measure(server, "writer", () -> {
            try (Network.Connection c = server.connect()) {
                ByteBuffer buffer = network.buffer(o.chunk());
                while (!ends.over()) {
                    buffer.clear();
                    c.write(buffer);
                }
            }
        }, "reader", () -> {
            try (Network.Connection c = server.accept()) {
                ByteBuffer buffer = network.buffer(o.chunk());
                int n;
                while ((n = c.read(buffer)) >= 0 && !ends.over()) {
                    ends.done(n);
                    buffer.clear();
                }
            }
        });
        var figures = new LinkedHashMap<String, Object>();
        figures.put("gbit_per_s", w.done() * 8.0 / w.ns());
        w.addCosts(figures);
        return figures;
    }

    private Map<String, Object> roundTrips() throws IOException {
        var latencies = new Latencies();
        Network.Server server = network.listen();
        Window w = ends.measure(server, "client", () -> {
            try (Network.Connection c = server.connect()) {
                ByteBuffer one = network.buffer(1);
                ends.pingPong(latencies, () -> {
                    one.clear();
                    c.write(one);
                    one.clear();
                    if (c.read(one) != 1) {
                        throw new IOException("the echo has ended");
                    }
                });
            }
        }, "echo", () -> {
            try (Network.Connection c = server.accept()) {
                ByteBuffer one = network.buffer(1);
                while (c.read(one) > 0) {
                    one.flip();
                    c.write(one);
                    one.clear();
                }
            }
        });
        return latencyFigures(latencies, w);
    }

    private Map<String, Object> datagramRoundTrips() throws IOException {
        var latencies = new Latencies();
        try (Network.Datagrams server = network.bind(); Network.Datagrams client = server.peer()) {
            Window w = ends.measure(both(client, server), "client", () -> {
                ByteBuffer b = ByteBuffer.allocateDirect(DATAGRAM);
                ends.pingPong(latencies, () -> {
                    b.clear();
                    client.send(b);
                    b.clear();
                    client.receive(b);
                });
            }, "echo", () -> {
                ByteBuffer b = ByteBuffer.allocateDirect(DATAGRAM);
                while (!ends.over()) {
                    b.clear();
                    server.receive(b);
                    b.flip();
                    server.send(b);
                }
            });
            return latencyFigures(latencies, w);
        }
    }

    private static AutoCloseable both(AutoCloseable a, AutoCloseable b) {
        return () -> {
            a.close();
            b.close();
        };
    }

    static Map<String, Object> latencyFigures(Latencies latencies, Window w) {
        var figures = new LinkedHashMap<String, Object>();
        figures.put("p50_us", latencies.percentile(0.5) / 1000);
        figures.put("p99_us", latencies.percentile(0.99) / 1000);
        figures.put("per_s", w.done() * 1e9 / w.ns());
        w.addCosts(figures);
        return figures;
    }

    private Map<String, Object> connects() throws IOException {
        var ahead = new Semaphore(AHEAD);
        Network.Server server = network.listen();
        Window w = ends.measure(server, "client", () -> {
            while (!ends.over()) {
                ahead.acquire();
                server.connect().close();
                ends.done(1);
            }
        }, "acceptor", () -> {
            try {
                while (!ends.over()) {
                    server.accept().close();
                    ahead.release();
                }
            } finally {
                ahead.release(AHEAD);
            }
        });
        var figures = new LinkedHashMap<String, Object>();
        figures.put("per_s", w.done() * 1e9 / w.ns());
        w.addCosts(figures);
        return figures;
    }

    private Map<String, Object> flood() throws IOException {
        try (Network.Datagrams server = network.bind(); Network.Datagrams client = server.peer()) {
            Window w = ends.measure(both(client, server), "sender", () -> {
                ByteBuffer b = ByteBuffer.allocateDirect(DATAGRAM);
                while (!ends.over()) {
                    b.clear();
                    client.send(b);
                    ends.offered(1);
                }
            }, "receiver", () -> {
                ByteBuffer b = ByteBuffer.allocateDirect(DATAGRAM);
                while (!ends.over()) {
                    b.clear();
                    server.receive(b);
                    ends.done(1);
                }
            });
            var figures = new LinkedHashMap<String, Object>();
            figures.put("per_s", w.done() * 1e9 / w.ns());
            // More may be received than was sent meanwhile: what was under way when the stretch began.
            figures.put("received_of_sent", Math.min(1, w.done() / (double) Math.max(1, w.offered())));
            w.addCosts(figures);
            return figures;
        }
    }

    private Map<String, Object> idle() throws IOException {
        int first = 200;
        List<Network.Connection> kept = new ArrayList<>(2 * (o.pairs() + first));
        try (Network.Server server = network.listen()) {
            // What comes with the first connections, classes and tables, is not the pairs'.
            establish(server, kept, first);
            long before = usedHeap();
            establish(server, kept, o.pairs());
            long after = usedHeap();
            var figures = new LinkedHashMap<String, Object>();
            figures.put("pairs", o.pairs());
            figures.put("bytes_per_pair", (after - before) / (double) o.pairs());
            return figures;
        } finally {
            for (Network.Connection c : kept) {
                c.close();
            }
        }
    }

    private static void establish(Network.Server server, List<Network.Connection> kept, int n) throws IOException {
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
}
