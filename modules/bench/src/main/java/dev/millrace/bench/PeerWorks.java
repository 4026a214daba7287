package dev.millrace.bench;

import dev.millrace.bench.Ends.Window;
import dev.millrace.bench.PeerOptions.Direction;
import dev.millrace.bench.PeerOptions.Drive;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/// The works whose other end is the services of another process.
final class PeerWorks {
    private static final int DATAGRAM = 64;
    private static final AutoCloseable NOTHING = () -> {
    };

    private final PeerOptions o;
    private final Dialer dialer;
    private final Ends ends;

    PeerWorks(PeerOptions options, Dialer dialer) {
        o = options;
        this.dialer = dialer;
        ends = new Ends(options.asBenchOptions(), options.asBenchOptions().threads(), dialer::packets);
    }

    /// Figures by name, in the order in which they are shown.
    Map<String, Object> measure() throws IOException {
        return switch (o.work()) {
            case STREAM -> stream();
            case RR -> o.drive() == Drive.CALLBACK ? callbacks() : roundTrips();
            case UDP_RR -> datagramRoundTrips();
            case CONNECT -> connects();
            case UDP_FLOOD, IDLE -> throw new IllegalArgumentException(o.work().label());
        };
    }

    private InetSocketAddress service(int port) {
        return new InetSocketAddress(o.peer(), port);
    }

    private Map<String, Object> stream() throws IOException {
        boolean in = o.direction() == Direction.IN;
        Network.Connection c = dialer.connect(service(in ? PeerOptions.SOURCE : PeerOptions.SINK));
        Window w = ends.measure(c, in ? "reader" : "writer", () -> {
            ByteBuffer buffer = dialer.buffer(o.chunk());
            while (!ends.over()) {
                buffer.clear();
                if (!in) {
                    c.write(buffer);
                    ends.done(buffer.position());
                } else {
                    int n = c.read(buffer);
                    if (n < 0) {
                        throw new IOException("the peer has ended the stream");
                    }
                    ends.done(n);
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
        Network.Connection c = dialer.connect(service(PeerOptions.ECHO));
        Window w = ends.measure(c, "client", () -> {
            ByteBuffer one = dialer.buffer(1);
            ends.pingPong(latencies, () -> {
                one.clear();
                c.write(one);
                one.clear();
                if (c.read(one) != 1) {
                    throw new IOException("the echo has ended");
                }
            });
        });
        return Works.latencyFigures(latencies, w);
    }

    /// Everything after the first byte happens on the thread that reads the device: no other is woken.
    private Map<String, Object> callbacks() throws IOException {
        var latencies = new Latencies();
        var open = new AtomicReference<>(NOTHING);
        long[] sent = {System.nanoTime()};
        Window w = ends.measure(() -> open.get().close(), "client", () -> {
            open.set(dialer.pingPong(service(PeerOptions.ECHO), () -> {
                long now = System.nanoTime();
                if (ends.measuring()) {
                    latencies.record(now - sent[0]);
                }
                ends.done(1);
                sent[0] = now;
            }));
            ends.awaitOver();
        });
        return Works.latencyFigures(latencies, w);
    }

    private Map<String, Object> datagramRoundTrips() throws IOException {
        var latencies = new Latencies();
        Network.Datagrams d = dialer.datagrams(service(PeerOptions.ECHO));
        Window w = ends.measure(d, "client", () -> {
            ByteBuffer b = ByteBuffer.allocateDirect(DATAGRAM);
            ends.pingPong(latencies, () -> {
                b.clear();
                d.send(b);
                b.clear();
                d.receive(b);
            });
        });
        return Works.latencyFigures(latencies, w);
    }

    /// Ours is the side that closes first, and has the TIME-WAIT: the kernel's needs `tcp_tw_reuse` for long runs.
    private Map<String, Object> connects() throws IOException {
        Window w = ends.measure(NOTHING, "client", () -> {
            while (!ends.over()) {
                dialer.connect(service(PeerOptions.ACCEPT)).close();
                ends.done(1);
            }
        });
        var figures = new LinkedHashMap<String, Object>();
        figures.put("per_s", w.done() * 1e9 / w.ns());
        w.addCosts(figures);
        return figures;
    }
}
