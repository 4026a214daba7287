package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.jdk.StackSockets;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisConnectionException;

/// A real Redis over a TUN device. Jedis takes a supplier of sockets; Lettuce takes the JVM's provider, which is told the stack's name.
@Timeout(180)
class RedisTest {
    private static final int COMMANDS = 100_000;

    @TempDir
    private Path folder;
    private TunLab lab;

    @BeforeEach
    void start() throws Exception {
        TunLab.needs("redis-server");
        lab = new TunLab("redis");
        lab.start(folder.resolve("redis.log"), 6379, "redis-server", "--bind", TunLab.KERNEL, "--port", "6379", "--save", "", "--appendonly",
                "no", "--protected-mode", "no", "--dir", folder.toString());
        System.setProperty("dev.millrace.jdk.stack", "redis");
    }

    @AfterEach
    void end() throws Exception {
        System.clearProperty("dev.millrace.jdk.stack");
        if (lab != null) {
            lab.close();
        }
    }

    private Socket connected() {
        try {
            Socket socket = StackSockets.of(lab.stack).socket();
            socket.connect(new InetSocketAddress(TunLab.KERNEL, 6379), 5000);
            return socket;
        } catch (IOException e) {
            throw new JedisConnectionException(e);
        }
    }

    @Test
    void jedis() {
        try (Jedis jedis = new Jedis(this::connected, DefaultJedisClientConfig.builder().build())) {
            Pipeline pipeline = jedis.pipelined();
            List<Response<Long>> counts = new ArrayList<>();
            for (int i = 0; i < COMMANDS; i++) {
                counts.add(pipeline.incr("n"));
            }
            pipeline.sync();
            assertEquals(COMMANDS, counts.getLast().get());
        }
    }

    @Test
    void lettuce() throws Exception {
        RedisClient client = RedisClient.create("redis://" + TunLab.KERNEL);
        try (StatefulRedisConnection<String, String> connection = client.connect();
             StatefulRedisPubSubConnection<String, String> listening = client.connectPubSub()) {
            connection.setAutoFlushCommands(false);
            List<RedisFuture<?>> all = new ArrayList<>();
            for (int i = 0; i < COMMANDS; i++) {
                all.add(connection.async().incr("n"));
            }
            connection.flushCommands();
            assertTrue(LettuceFutures.awaitAll(Duration.ofSeconds(60), all.toArray(RedisFuture[]::new)));
            connection.setAutoFlushCommands(true);
            assertEquals("" + COMMANDS, connection.sync().get("n"));

            var heard = new CompletableFuture<String>();
            listening.addListener(new RedisPubSubAdapter<>() {
                @Override
                public void message(String channel, String message) {
                    heard.complete(channel + ": " + message);
                }
            });
            listening.sync().subscribe("news");
            connection.sync().publish("news", "hello");
            assertEquals("news: hello", heard.get(60, TimeUnit.SECONDS));
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(10));
        }
    }
}
