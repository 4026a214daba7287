package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Many threads at one socket whose SYN waits for the first of them (RFC 7413).
@Timeout(120)
class FastOpenThreadsTest {
    private static final InetSocketAddress SERVER = new InetSocketAddress(Lab.V4, 8080);
    private static final int ROUNDS = 200;
    private static final int WRITERS = 4;
    private static final int PIECE = 700;

    private LeakCheck leaks;
    private Stack stack;
    private TcpListener listener;

    @BeforeEach
    void open() throws IOException {
        leaks = new LeakCheck();
        stack = Stack.builder().name("lab").nic("lo", "loopback:", Lab.V4 + "/24").option("tcp", "fast-open", "both")
                .option("tcp", "time-wait", "20ms").option("tcp", "initial-rto", "50s").open();
        listener = stack.tcp().listen(SERVER, 0);
        // The first brings a cookie.
        connect().abort();
        listener.accept().abort();
    }

    @AfterEach
    void close() throws Exception {
        listener.close();
        Await.until(() -> stack.tcp().connectionCount() == 0, () -> "connections left: " + stack.counters().get("tcp-open"));
        stack.close();
        leaks.close();
    }

    private TcpSocket connect() throws IOException {
        return stack.tcp().connect(SERVER, Duration.ofSeconds(60));
    }

    private long opened() {
        return stack.counters().get("tcp").getOrDefault("fast-open-passive", 0L);
    }

    /// Each write is in one piece and there once, whoever was the first; one thread reads meanwhile.
    @Test
    void whatSeveralThreadsWriteComesOnceAndInPieces() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < ROUNDS; round++) {
                try (TcpSocket client = connect()) {
                    var start = new CyclicBarrier(WRITERS + 1);
                    List<Future<?>> all = new ArrayList<>();
                    for (int i = 0; i < WRITERS; i++) {
                        byte id = (byte) i;
                        all.add(threads.submit(() -> {
                            byte[] piece = new byte[PIECE];
                            java.util.Arrays.fill(piece, id);
                            start.await();
                            client.write(piece, 0, piece.length);
                            return null;
                        }));
                    }
                    Future<Integer> reader = threads.submit(() -> {
                        start.await();
                        return client.read(ByteBuffer.allocate(10));
                    });
                    try (TcpSocket server = listener.accept()) {
                        byte[] got = server.inputStream().readNBytes(WRITERS * PIECE);
                        var seen = new boolean[WRITERS];
                        for (int i = 0; i < got.length; i += PIECE) {
                            assertTrue(!seen[got[i]], "twice");
                            seen[got[i]] = true;
                            for (int k = i; k < i + PIECE; k++) {
                                assertEquals(got[i], got[k], "round " + round + ", byte " + k);
                            }
                        }
                        server.write(ByteBuffer.wrap(new byte[3]));
                        assertEquals(3, reader.get(60, TimeUnit.SECONDS));
                    }
                    for (Future<?> f : all) {
                        f.get(60, TimeUnit.SECONDS);
                    }
                }
            }
        }
        assertTrue(opened() >= ROUNDS * 9 / 10, opened() + " of " + ROUNDS + " were opened fast");
    }

    /// Whatever is called at the same time, nothing hangs and nothing is left.
    @Test
    void writingReadingClosingAndInterruptingAtOnce() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> server = threads.submit(() -> {
                try {
                    for (int i = 0; ; i++) {
                        TcpSocket s = listener.accept();
                        switch (i % 3) {
                            case 0 -> s.close();
                            case 1 -> s.abort();
                            default -> threads.submit(() -> {
                                try (s) {
                                    s.inputStream().transferTo(s.outputStream());
                                }
                                return null;
                            });
                        }
                    }
                } catch (IOException e) {
                    return null;
                }
            });
            var random = new Random(1);
            for (int round = 0; round < ROUNDS; round++) {
                TcpSocket client = connect();
                List<Callable<Object>> calls = List.of(() -> client.write(ByteBuffer.allocate(PIECE)), () -> client.read(ByteBuffer.allocate(9)),
                        () -> client.tryWrite(ByteBuffer.allocate(PIECE)), () -> client.info().fastOpen().outcome(), () -> {
                            client.shutdownOutput();
                            return null;
                        }, () -> {
                            client.close();
                            return null;
                        }, () -> {
                            client.abort();
                            return null;
                        }, () -> {
                            Thread.currentThread().interrupt();
                            return client.read(ByteBuffer.allocate(9));
                        });
                var start = new CyclicBarrier(3);
                List<Future<Object>> all = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    Callable<Object> call = calls.get(random.nextInt(calls.size()));
                    all.add(threads.submit(() -> {
                        start.await();
                        return call.call();
                    }));
                }
                Thread.yield();
                client.close();
                for (Future<Object> f : all) {
                    try {
                        f.get(60, TimeUnit.SECONDS);
                    } catch (java.util.concurrent.ExecutionException e) {
                        assertTrue(e.getCause() instanceof IOException, () -> e.getCause().toString());
                    }
                }
            }
            listener.close();
            server.get(60, TimeUnit.SECONDS);
        }
    }
}
