package dev.millrace.bench;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Frame;
import dev.millrace.internet.FrameTrace;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleConsumer;

/// One TCP stream between two hosts of a simulated [Internet], whose packets a hand-written loop moves on one thread.
///
/// @param client the client's address
/// @param server the server's address
/// @param port the server's port, 1 to 65535
/// @param mtu of both hosts, in bytes
/// @param duration how long to measure
/// @param trace a pcapng file for the packets, or `null`
/// @param snapLength the bytes of each packet to keep there; 0 means all
public record InternetBench(InetAddress client, InetAddress server, int port, int mtu, Duration duration, Path trace,
        int snapLength) {
    private static final int CHUNK = 65535;
    private static final Duration TICK = Duration.ofMillis(250);

    /// Measures.
    ///
    /// @param progress told every 250 ms what the receiver got since the beginning, in 10^6 bits a second
    /// @return the same at the end
    /// @throws IOException if either end fails
    public double run(DoubleConsumer progress) throws IOException {
        try (Internet net = Internet.builder().manual().maxInFlight(Internet.DEFAULT_MAX_IN_FLIGHT).open();
                FrameTrace recorder = trace == null ? null : new FrameTrace(Files.newOutputStream(trace), snapLength,
                        FrameTrace.DEFAULT_BUFFER);
                Host serving = host(net, "server", server); Host asking = host(net, "client", client);
                TcpListener listener = serving.stack().tcp().listen(port)) {
            Thread.ofPlatform().daemon().name("bench-router").start(() -> route(net, recorder));
            return measure(asking, listener, progress);
        }
    }

    private Host host(Internet net, String name, InetAddress address) throws IOException {
        return net.host(name, mtu, List.of(address.getHostAddress()), stack -> stack.option("stack", "memory", "1GiB"));
    }

    private static void route(Internet net, FrameTrace recorder) {
        try {
            Frame frame;
            while ((frame = net.take()) != null) {
                if (recorder != null) {
                    recorder.record(frame);
                }
                net.deliver(frame);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private double measure(Host asking, TcpListener listener, DoubleConsumer progress) throws IOException {
        var received = new AtomicLong();
        var failure = new AtomicReference<IOException>();
        Thread reader = Thread.ofPlatform().daemon().name("bench-reader").start(() -> {
            try (TcpSocket s = listener.accept()) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
                int n;
                while ((n = s.read(buffer)) >= 0) {
                    received.setRelease(received.getPlain() + n);
                    buffer.clear();
                }
            } catch (IOException e) {
                failure.compareAndSet(null, e);
            }
        });
        try (TcpSocket s = asking.stack().tcp().connect(new InetSocketAddress(server, port), Duration.ofSeconds(5))) {
            long begun = System.nanoTime();
            long end = begun + duration.toNanos();
            Thread writer = Thread.ofPlatform().daemon().name("bench-writer").start(() -> write(s, end, failure));
            double rate = 0;
            while (System.nanoTime() < end && reader.isAlive()) {
                writer.join(TICK);
                rate = received.getAcquire() * 8e3 / (System.nanoTime() - begun);
                progress.accept(rate);
            }
            if (failure.get() != null) {
                throw failure.get();
            }
            s.abort();
            return rate;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void write(TcpSocket socket, long endNs, AtomicReference<IOException> failure) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
        try {
            while (System.nanoTime() < endNs) {
                buffer.clear();
                socket.write(buffer);
            }
        } catch (IOException e) {
            if (System.nanoTime() < endNs) {
                failure.compareAndSet(null, e);
            }
        }
    }
}
