package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.util.List;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// OkHttp on a host asks MockWebServer on another. Both take factories of sockets: no option of the JVM is needed.
@Timeout(120)
class OkHttpTest {
    @Test
    void asksAServerOnAnotherHost() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host bank = net.host("bank.example", "10.0.0.2");
            try (var server = new MockWebServer()) {
                server.setServerSocketFactory(bank.sockets().serverSocketFactory());
                server.enqueue(new MockResponse.Builder().body("100 francs").build());
                server.start(bank.address(), 8080);
                var okhttp = new OkHttpClient.Builder().socketFactory(client.sockets().socketFactory())
                        .dns(name -> List.of(net.host(name).orElseThrow().address())).build();
                try (Response answer = okhttp.newCall(new Request.Builder().url("http://bank.example:8080/balance").build()).execute()) {
                    assertEquals("100 francs", answer.body().string());
                }
                assertEquals("/balance", server.takeRequest().getTarget());
                okhttp.connectionPool().evictAll();
                okhttp.dispatcher().executorService().shutdown();
            }
        }
    }
}
