package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Kafka's producer and consumer and a real broker, each on a host of its own. They take the JVM's provider of channels, and open them on
/// threads of their own, which are of the host that they were started on: [dev.millrace.jdk.StackSockets#callWithThreads].
@Timeout(300)
class KafkaTest {
    private static final int RECORDS = 20_000;

    @TempDir
    private Path folder;

    @Test
    void whatIsProducedIsConsumedAndACutNetworkIsATimeOut() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host shop = net.host("shop", "10.0.0.1");
            Host stock = net.host("stock", "10.0.0.3");
            try (var broker = new KafkaBroker(net.host("broker", "10.0.0.2"), folder);
                 Producer<String, String> producer = producer(shop, broker.address(), Map.of());
                 Consumer<String, String> consumer = consumer(stock, broker.address())) {
                for (int i = 0; i < RECORDS; i++) {
                    producer.send(new ProducerRecord<>("orders", "customer " + i % 10, "order " + i));
                }
                producer.flush();
                consumer.subscribe(List.of("orders"));
                List<String> consumed = new ArrayList<>();
                while (consumed.size() < RECORDS) {
                    for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                        consumed.add(record.value());
                    }
                }
                for (int i = 0; i < RECORDS; i++) {
                    assertEquals("order " + i, consumed.get(i));
                }

                try (var cut = net.partition(List.of("shop"), List.of("broker"));
                     Producer<String, String> impatient = producer(shop, broker.address(), Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, 500))) {
                    var failed = assertThrows(ExecutionException.class, () -> order(impatient, "is lost").get(60, TimeUnit.SECONDS));
                    assertInstanceOf(TimeoutException.class, failed.getCause());
                }
                order(producer, "arrives").get(120, TimeUnit.SECONDS);
            }
        }
    }

    private static Future<RecordMetadata> order(Producer<String, String> producer, String text) {
        return producer.send(new ProducerRecord<>("orders", text));
    }

    private static Producer<String, String> producer(Host host, String broker, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        return host.sockets().callWithThreads(() -> new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer()));
    }

    private static Consumer<String, String> consumer(Host host, String broker) {
        Map<String, Object> settings = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, broker, ConsumerConfig.GROUP_ID_CONFIG, "stock",
                ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer", ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return host.sockets().callWithThreads(() -> new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer()));
    }
}
