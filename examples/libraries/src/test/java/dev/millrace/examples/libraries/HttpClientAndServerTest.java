package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.testkit.LeakCheck;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The JDK's HTTP client and server between two hosts, unchanged. Neither takes a provider of channels, so the JVM has been started with
/// [dev.millrace.jdk.JvmSelectorProvider]; the server is on a host because it is bound to its address, the client because of its
/// `localAddress`. With `-Drequests=10000 -Dlarge=10000000` there is more.
@Timeout(600)
class HttpClientAndServerTest {
    private static final int REQUESTS = Integer.getInteger("requests", 1000);
    private static final int AT_ONCE = 200;
    /// The size of a body is that of its number among these, but for each 500th.
    private static final int[] SIZES = {0, 1, 100, 1460, 10_000, 100_000};
    private static final int LARGE = Integer.getInteger("large", 1_000_000);
    private static final byte[] BYTES = new byte[LARGE];

    static {
        new Random(1).nextBytes(BYTES);
    }

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyRequestsAtOnce(boolean tls) throws Exception {
        try (var leaks = new LeakCheck()) {
            try (Internet net = Internet.realTime()) {
                ask(net.host("client", "10.0.0.1"), net.host("server", "10.0.0.2"), tls);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void overALineThatIsLongAndLosesPackets(boolean tls) throws Exception {
        try (var leaks = new LeakCheck()) {
            try (Internet net = Internet.realTime()) {
                Host client = net.host("client", "10.0.0.1");
                Host server = net.host("server", "10.0.0.2");
                net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(20)).loss(0.01));
                ask(client, server, tls);
            }
        }
    }

    private static byte[] body(int number) {
        return Arrays.copyOf(BYTES, number % 500 == 499 ? LARGE : SIZES[number % SIZES.length]);
    }

    private void ask(Host clientHost, Host serverHost, boolean tls) throws Exception {
        InetSocketAddress address = new InetSocketAddress(serverHost.address(), 8080);
        SSLContext context = tls ? OwnCertificate.of(serverHost.address(), folder) : SSLContext.getDefault();
        HttpServer server = tls ? HttpsServer.create(address, 0) : HttpServer.create(address, 0);
        if (server instanceof HttpsServer https) {
            https.setHttpsConfigurator(new HttpsConfigurator(context));
        }
        try (var handlers = Executors.newVirtualThreadPerTaskExecutor();
             HttpClient client = HttpClient.newBuilder().localAddress(clientHost.address()).sslContext(context).build()) {
            server.setExecutor(handlers);
            // Echoes.
            server.createContext("/", exchange -> {
                byte[] body = exchange.getRequestBody().readAllBytes();
                exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            URI uri = URI.create((tls ? "https" : "http") + "://" + serverHost.address().getHostAddress() + ":8080/");
            var turns = new Semaphore(AT_ONCE);
            List<CompletableFuture<Void>> answers = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                turns.acquire();
                int number = i;
                HttpRequest request = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofByteArray(body(i))).build();
                answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()).whenComplete((_, _) -> turns.release())
                        .thenAccept(answer -> {
                            assertEquals(200, answer.statusCode());
                            assertArrayEquals(body(number), answer.body());
                        }));
            }
            for (CompletableFuture<Void> answer : answers) {
                answer.get(300, TimeUnit.SECONDS);
            }
        } finally {
            server.stop(0);
        }
    }
}
