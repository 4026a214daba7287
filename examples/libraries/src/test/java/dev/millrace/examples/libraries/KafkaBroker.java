package dev.millrace.examples.libraries;

import dev.millrace.internet.Host;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/// A Kafka broker that is its own controller, on a host, in this JVM.
final class KafkaBroker implements AutoCloseable {
    private static final int PORT = 9092;

    private final KafkaRaftServer server;
    private final String address;

    /// Starts it.
    ///
    /// @param folder for its settings and data
    KafkaBroker(Host host, Path folder) throws Exception {
        String ip = host.address().getHostAddress();
        address = ip + ":" + PORT;
        var settings = new Properties();
        settings.setProperty("process.roles", "broker,controller");
        settings.setProperty("node.id", "1");
        settings.setProperty("listeners", "PLAINTEXT://" + address + ",CONTROLLER://" + ip + ":" + (PORT + 1));
        settings.setProperty("controller.listener.names", "CONTROLLER");
        settings.setProperty("controller.quorum.voters", "1@" + ip + ":" + (PORT + 1));
        settings.setProperty("log.dirs", folder.resolve("data").toString());
        settings.setProperty("offsets.topic.replication.factor", "1");
        settings.setProperty("offsets.topic.num.partitions", "1");
        settings.setProperty("group.initial.rebalance.delay.ms", "0");
        // The least: by default it takes 128 MB.
        settings.setProperty("log.cleaner.dedupe.buffer.size", "1048577");
        Path file = folder.resolve("server.properties");
        try (Writer out = Files.newBufferedWriter(file)) {
            settings.store(out, null);
        }
        var said = new ByteArrayOutputStream();
        int code = StorageTool.execute(new String[] {"format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()},
                new PrintStream(said, true, StandardCharsets.UTF_8));
        if (code != 0) {
            throw new IllegalStateException("kafka-storage format ended with " + code + ": " + said.toString(StandardCharsets.UTF_8));
        }
        server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
        host.sockets().callWithThreads(() -> {
            server.startup();
            return null;
        });
    }

    /// What clients are told of it.
    String address() {
        return address;
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
