package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The JDK's HTTP client and server between two hosts, unchanged. Neither takes a provider of channels, so the JVM has been started with
/// [dev.millrace.jdk.JvmSelectorProvider]; the server is on a host because it is bound to its address, the client because of its
/// `localAddress`.
@Timeout(300)
class HttpClientAndServerTest {
    private static final int REQUESTS = Integer.getInteger("requests", 1000);
    private static final int AT_ONCE = 200;
    /// The size of a body is that of its number among these.
    private static final int[] SIZES = {0, 1, 100, 1460, 10_000, 100_000};

    @Test
    void manyRequestsAtOnce() throws Exception {
        try (Internet net = Internet.realTime()) {
            ask(net);
        }
    }

    @Test
    void overALineThatIsLongAndLosesPackets() throws Exception {
        try (Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(20)).loss(0.01));
            ask(client, server);
        }
    }

    private static void ask(Internet net) throws Exception {
        ask(net.host("client", "10.0.0.1"), net.host("server", "10.0.0.2"));
    }

    private static void ask(Host clientHost, Host serverHost) throws Exception {
        byte[] bytes = new byte[SIZES[SIZES.length - 1]];
        new Random(1).nextBytes(bytes);
        HttpServer server = HttpServer.create(new InetSocketAddress(serverHost.address(), 8080), 0);
        try (var handlers = Executors.newVirtualThreadPerTaskExecutor();
             HttpClient client = HttpClient.newBuilder().localAddress(clientHost.address()).build()) {
            server.setExecutor(handlers);
            // Echoes.
            server.createContext("/", exchange -> {
                byte[] body = exchange.getRequestBody().readAllBytes();
                exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            URI uri = URI.create("http://" + serverHost.address().getHostAddress() + ":8080/");
            var turns = new Semaphore(AT_ONCE);
            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                turns.acquire();
                byte[] body = Arrays.copyOf(bytes, SIZES[i % SIZES.length]);
                HttpRequest request = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
                answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()).whenComplete((_, _) -> turns.release()));
            }
            for (int i = 0; i < REQUESTS; i++) {
                HttpResponse<byte[]> answer = answers.get(i).get(120, TimeUnit.SECONDS);
                assertEquals(200, answer.statusCode());
                assertArrayEquals(Arrays.copyOf(bytes, SIZES[i % SIZES.length]), answer.body());
            }
        } finally {
            server.stop(0);
        }
    }
}
