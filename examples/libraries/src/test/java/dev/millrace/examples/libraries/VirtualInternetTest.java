package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.internet.Fault;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.junit.Link;
import dev.millrace.junit.SimHost;
import dev.millrace.junit.VirtualInternet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Libraries that know nothing of it on an Internet for each test, which run at the same time, with a server on port 8080 each. A test's
/// hosts have addresses that no other test has, so they alone say which Internet is meant. Libraries bring threads of their own: time is
/// the wall clock's.
@VirtualInternet(time = VirtualInternet.Time.REAL)
@Link(from = "shop", to = "bank", delay = "5ms")
@Timeout(120)
class VirtualInternetTest {
    /// That they do run at the same time.
    private static final CyclicBarrier BOTH_LISTEN = new CyclicBarrier(2);

    @SimHost
    private Host shop;
    @SimHost
    private Host bank;

    private static void waitForTheOther() throws Exception {
        BOTH_LISTEN.await(60, TimeUnit.SECONDS);
    }

    private String url() {
        return "http://" + bank.address().getHostAddress() + ":8080/balance";
    }

    /// Neither takes anything that would say where it is: the JVM was started with a provider of channels.
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void theJdksClientAndServer(Internet net) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(bank.address(), 8080), 0);
        server.createContext("/balance", exchange -> {
            byte[] balance = "100 francs".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, balance.length);
            exchange.getResponseBody().write(balance);
            exchange.close();
        });
        server.start();
        waitForTheOther();
        try (HttpClient client = HttpClient.newBuilder().localAddress(shop.address()).build()) {
            HttpRequest question = HttpRequest.newBuilder(URI.create(url())).build();
            assertEquals("100 francs", client.send(question, BodyHandlers.ofString()).body());
            try (Fault cut = net.partition(List.of("shop"), List.of("bank"))) {
                HttpRequest impatient = HttpRequest.newBuilder(URI.create(url())).timeout(Duration.ofMillis(300)).build();
                assertThrows(HttpTimeoutException.class, () -> client.send(impatient, BodyHandlers.ofString()));
            }
            assertEquals("100 francs", client.send(question, BodyHandlers.ofString()).body());
        } finally {
            server.stop(0);
        }
    }

    /// Both take factories of sockets.
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void okHttpAndMockWebServer(Internet net) throws Exception {
        try (var server = new MockWebServer()) {
            server.setServerSocketFactory(bank.sockets().serverSocketFactory());
            server.start(bank.address(), 8080);
            server.enqueue(new MockResponse.Builder().body("7 francs").build());
            waitForTheOther();
            var client = new OkHttpClient.Builder().socketFactory(shop.sockets().socketFactory()).callTimeout(Duration.ofSeconds(60)).build();
            try (Response answer = client.newCall(new Request.Builder().url(url()).build()).execute()) {
                assertEquals("7 francs", answer.body().string());
            }
            try (Fault cut = net.partition(List.of("shop"), List.of("bank"))) {
                OkHttpClient impatient = client.newBuilder().callTimeout(Duration.ofMillis(300)).build();
                assertThrows(IOException.class, () -> impatient.newCall(new Request.Builder().url(url()).build()).execute());
            }
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }
}
