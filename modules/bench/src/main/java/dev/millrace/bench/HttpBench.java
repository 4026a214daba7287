package dev.millrace.bench;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.Stack;
import dev.millrace.jdk.JvmSelectorProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.spi.SelectorProvider;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// The JDK's own HTTP server and client, which know nothing of stacks: requests with keep-alive, over the loopback of a stack of ours or
/// of the kernel. Which of the two a JVM decides once, so that one process measures one of them.
public final class HttpBench {
    private static final String ADDRESS = "10.7.0.2";

    private final boolean kernel;
    private final int atOnce;
    private final int bytes;
    private final double seconds;
    private final double warmupSeconds;

    /// @param kernel whether over the kernel's loopback
    /// @param atOnce requests under way at any time, each on a connection of its own
    /// @param bytes of the body of an answer
    public HttpBench(boolean kernel, int atOnce, int bytes, double seconds, double warmupSeconds) {
        if (atOnce < 1 || bytes < 0 || !(seconds > 0) || !(warmupSeconds >= 0)) {
            throw new IllegalArgumentException("requests at once and seconds must be more than 0, bytes and the warm-up 0 or more");
        }
        this.kernel = kernel;
        this.atOnce = atOnce;
        this.bytes = bytes;
        this.seconds = seconds;
        this.warmupSeconds = warmupSeconds;
    }

    /// Measures.
    ///
    /// @throws IOException if a request fails
    /// @throws IllegalStateException if the JVM has decided otherwise already
    public BenchResult run() throws IOException, InterruptedException {
        // Else headers and bodies, which the server writes apart, wait for each other's acknowledgement (Nagle's algorithm).
        System.setProperty("sun.net.httpserver.nodelay", "true");
        if (kernel) {
            return measure("127.0.0.1", "kernel");
        }
        System.setProperty("java.nio.channels.spi.SelectorProvider", JvmSelectorProvider.class.getName());
        if (!(SelectorProvider.provider() instanceof JvmSelectorProvider)) {
            throw new IllegalStateException("this JVM has used the kernel's channels already");
        }
        try (Stack _ = Stack.builder().name("bench").nic("nic", "loopback:", ADDRESS + "/24").option("stack", "memory", "2GiB").open()) {
            return measure(ADDRESS, "millrace");
        }
    }

    private BenchResult measure(String address, String variant) throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(address), 0), atOnce);
        try (var handlers = Executors.newVirtualThreadPerTaskExecutor();
             HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            byte[] body = new byte[bytes];
            server.setExecutor(handlers);
            server.createContext("/", exchange -> {
                exchange.getRequestBody().readAllBytes();
                exchange.sendResponseHeaders(200, bytes == 0 ? -1 : bytes);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            URI uri = URI.create("http://" + address + ":" + server.getAddress().getPort() + "/");
            ask(client, uri, warmupSeconds);
            Latencies latencies = ask(client, uri, seconds);
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("work", "http");
            figures.put("sockets", variant);
            figures.put("at_once", atOnce);
            figures.put("bytes", bytes);
            figures.put("per_s", latencies.count() / seconds);
            figures.put("p50_us", latencies.percentile(0.5) / 1000);
            figures.put("p99_us", latencies.percentile(0.99) / 1000);
            return new BenchResult(figures);
        } finally {
            server.stop(0);
        }
    }

    /// As many threads as requests at once, for what a program sees that waits for its answer.
    private Latencies ask(HttpClient client, URI uri, double howLong) throws IOException, InterruptedException {
        var latencies = new Latencies();
        var failure = new AtomicReference<Throwable>();
        long end = System.nanoTime() + (long) (howLong * 1e9);
        try (var askers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < atOnce; i++) {
                askers.submit(() -> ask(client, uri, end, latencies, failure));
            }
            askers.shutdown();
            if (!askers.awaitTermination((long) howLong + 60, TimeUnit.SECONDS)) {
                throw new IOException("requests that were begun a minute ago have no answer");
            }
        }
        if (failure.get() != null) {
            throw new IOException("a request failed: " + failure.get(), failure.get());
        }
        return latencies;
    }

    private static void ask(HttpClient client, URI uri, long end, Latencies latencies, AtomicReference<Throwable> failure) {
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        try {
            long now = System.nanoTime();
            while (now - end < 0 && failure.get() == null) {
                HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (answer.statusCode() != 200) {
                    throw new IOException("status " + answer.statusCode());
                }
                long before = now;
                now = System.nanoTime();
                synchronized (latencies) {
                    latencies.record(now - before);
                }
            }
        } catch (Throwable t) {
            failure.compareAndSet(null, t);
        }
    }
}
