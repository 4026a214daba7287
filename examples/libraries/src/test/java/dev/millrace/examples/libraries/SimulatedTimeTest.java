package dev.millrace.examples.libraries;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisConnectionException;

/// Libraries in simulated time: those that wait on the thread of their caller work; one that has threads of its own is told so.
@Timeout(60)
class SimulatedTimeTest {
    /// As much of a server as a ping needs, which takes its time.
    private static void answer(Host server) throws Exception {
        try (ServerSocket listening = server.sockets().serverSocketFactory().createServerSocket(6379); Socket s = listening.accept();
                var lines = new BufferedReader(new InputStreamReader(s.getInputStream(), UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("PING")) {
                    server.sleep(Duration.ofHours(1));
                    s.getOutputStream().write("+PONG\r\n".getBytes(UTF_8));
                } else if (line.equals("HELLO")) {
                    s.getOutputStream().write("*2\r\n$5\r\nproto\r\n:2\r\n".getBytes(UTF_8));
                }
            }
        }
    }

    private static Socket connected(Host client) {
        try {
            return client.sockets().socketFactory().createSocket("redis.example", 6379);
        } catch (IOException e) {
            throw new JedisConnectionException(e);
        }
    }

    @Test
    void aClientThatWaitsOnItsCallersThreadTakesSimulatedTime() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            Host client = net.host("client", "198.18.0.1");
            Host server = net.host("redis.example", "198.18.0.2");
            server.run(() -> answer(server));
            var program = client.call(() -> {
                var patient = DefaultJedisClientConfig.builder().socketTimeoutMillis(0).clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
                        .protocol(RedisProtocol.RESP2).build();
                try (Jedis jedis = new Jedis(() -> connected(client), patient)) {
                    return jedis.ping();
                }
            });
            assertEquals("PONG", program.get());
            assertTrue(net.now().compareTo(Duration.ofHours(1)) >= 0, net.now() + " have passed");
        }
    }

    @Test
    void aClientWithThreadsOfItsOwnIsNamed() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            Host client = net.host("client", "198.18.0.1");
            net.host("server", "198.18.0.2");
            var program = client.call(() -> {
                try (HttpClient http = HttpClient.newHttpClient()) {
                    return http.send(HttpRequest.newBuilder(URI.create("http://198.18.0.2:8080/")).build(),
                            HttpResponse.BodyHandlers.ofString()).body();
                }
            });
            Throwable t = assertThrows(ExecutionException.class, program::get);
            while (t.getCause() != null) {
                t = t.getCause();
            }
            assertTrue(t.getMessage().startsWith("thread \"HttpClient-"), t.toString());
            assertTrue(t.getMessage().contains("a library with threads of its own needs real time: Internet.realTime()"), t.toString());
        }
    }
}
