package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VirtualTimeTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final LeakCheck leaks = new LeakCheck();
    @TempDir
    Path dir;

    @AfterEach
    void close() {
        leaks.close();
    }

    private static void serveOnce(Host server, int port, int bytes) throws Exception {
        try (TcpListener listener = server.stack().tcp().listen(port); TcpSocket s = listener.accept()) {
            var chunk = ByteBuffer.allocate(1 << 14);
            for (int left = bytes; left > 0; left -= chunk.capacity()) {
                chunk.clear().limit(Math.min(left, chunk.capacity()));
                s.write(chunk);
            }
        }
    }

    private static long download(Host client, String from, int port) throws IOException {
        try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress(from, port), MINUTE)) {
            var buffer = ByteBuffer.allocate(1 << 14);
            long sum = 0;
            for (int n; (n = s.read(buffer.clear())) >= 0;) {
                sum += n;
            }
            return sum;
        }
    }

    @Test
    void aTransferTakesAsLongAsItsRoundTripsAndNoRealTimeU31() throws Exception {
        long begin = System.nanoTime();
        try (Internet net = Internet.virtualTime(1)) {
            Host server = net.host("server", "10.0.0.1");
            Host client = net.host("client", "10.0.0.2");
            net.link("client", "server", LinkConditions.perfect().delay(Duration.ofSeconds(10)));
            server.run(() -> serveOnce(server, 80, 1000));
            Program<Long> got = client.call(() -> download(client, "10.0.0.1", 80));
            assertEquals(1000, got.get());
            // SYN, SYN-ACK, ACK and data: the client has all after 40 s.
            assertEquals(Duration.ofSeconds(40), net.now());
        }
        assertTrue(System.nanoTime() - begin < 5_000_000_000L);
    }

    @Test
    void aHundredRunsOfASeedWithLossAndAPartitionGiveOneCapture() throws Exception {
        var digests = new HashSet<String>();
        var logs = new HashSet<String>();
        Path file = dir.resolve("run.pcapng");
        for (int run = 0; run < 100; run++) {
            var log = new StringBuilder();
            try (Internet net = Internet.virtualTime(7)) {
                net.capture(file);
                net.log(line -> log.append(line).append('\n'));
                Host server = net.host("server", "10.0.0.1");
                Host client = net.host("client", "10.0.0.2");
                net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(100)).loss(0.02));
                server.run(() -> serveOnce(server, 80, 3_000_000));
                Program<Long> got = client.call(() -> download(client, "10.0.0.1", 80));
                net.at(Duration.ofSeconds(10)).cut("client", "server", Duration.ofSeconds(20));
                assertEquals(3_000_000, got.get());
                assertTrue(net.now().compareTo(Duration.ofSeconds(30)) > 0);
                assertTrue(net.counters().get("loss") > 10, net.counters().toString());
                assertTrue(net.counters().get("partition") > 0, net.counters().toString());
            }
            digests.add(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
            logs.add(log.toString());
        }
        assertEquals(1, digests.size());
        assertEquals(1, logs.size());
    }

    @Test
    void anotherSeedIsAnotherRun() throws Exception {
        var logs = new HashSet<String>();
        for (int seed = 0; seed < 3; seed++) {
            var log = new StringBuilder();
            try (Internet net = Internet.virtualTime(seed)) {
                net.log(log::append);
                Host server = net.host("server", "10.0.0.1");
                Host client = net.host("client", "10.0.0.2");
                net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(10)).loss(0.05));
                server.run(() -> serveOnce(server, 80, 100_000));
                assertEquals(100_000, client.call(() -> download(client, "10.0.0.1", 80)).get());
            }
            logs.add(log.toString());
        }
        assertEquals(3, logs.size());
    }

    @Test
    void theSeedChoosesWhichOfTwoProgramsGoesOnFirst() throws Exception {
        var orders = new HashSet<String>();
        for (int seed = 0; seed < 20; seed++) {
            try (Internet net = Internet.virtualTime(seed)) {
                Host a = net.host("a", "10.0.0.1");
                var order = new StringBuilder();
                a.run(() -> order.append("x"));
                a.run(() -> order.append("y"));
                net.runFor(Duration.ofSeconds(1));
                orders.add(order.toString());
            }
        }
        assertEquals(java.util.Set.of("xy", "yx"), orders);
    }

    private static String chaoticRun(InternetBuilder builder, Script[] script) throws Exception {
        var log = new StringBuilder();
        try (Internet net = builder.open()) {
            net.log(line -> log.append(line).append('\n'));
            Host server = net.host("server", "10.0.0.1");
            Host client = net.host("client", "10.0.0.2");
            net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(10)).jitter(Duration.ofMillis(4))
                    .loss(0.03).duplication(0.02).corruption(0.02).reordering(0.02, Duration.ofMillis(9)));
            net.chaos(Chaos.of(2, 1, Duration.ofSeconds(2)));
            server.run(() -> serveOnce(server, 80, 200_000));
            client.run(() -> client.sleep(Duration.ofMillis(1)));
            assertEquals(200_000, client.call(() -> download(client, "10.0.0.1", 80)).get());
            script[0] = net.script();
        }
        return log.toString();
    }

    @Test
    void aScriptReplaysItsRunToTheLetterAndWithoutItAllGoesWell() throws Exception {
        var script = new Script[1];
        String log = chaoticRun(Internet.builder().virtualTime(9).record(true), script);
        assertTrue(script[0].size() > 50, script[0].toString());
        for (String kind : List.of("lose", "delay", "duplicate", "corrupt", "hold", "cut", "pick")) {
            assertTrue(script[0].toString().contains(kind + " "), kind);
        }
        Script parsed = Script.parse("# a remark\n\n" + script[0]);
        assertEquals(script[0], parsed);
        assertEquals(log, chaoticRun(Internet.builder().virtualTime(9).script(parsed), script));
        String plain = chaoticRun(Internet.builder().virtualTime(9).script(Script.empty()), script);
        assertFalse(plain.contains("loses") || plain.contains("dropped"), plain);
    }

    @Test
    void afterNothingIsLeftToHappenTheSimulationCanStillBeUsed() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            Program<Integer> p = a.call(() -> {
                try (TcpListener l = a.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                    return s.read(ByteBuffer.allocate(1));
                }
            });
            assertThrows(SimulationException.class, p::get);
            a.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), MINUTE).close();
            assertEquals(-1, p.get());
        }
    }

    @Test
    void healingByNameEndsTheFault() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            net.host("a", "10.0.0.1");
            net.host("b", "10.0.0.2");
            try (Fault f = net.cut("a", "b"); Fault g = net.isolate("b")) {
                assertEquals(List.of(f, g), net.faults());
                net.heal("a", "b");
                assertEquals(List.of(), net.faults());
            }
        }
    }

    @Test
    void scriptsThatAreNoneAreToldWithTheLine() {
        for (String wrong : List.of("lose", "lose a>b", "lose a>b x", "lose a>b -1", "explode a>b 1", "delay a>b 1", "cut a b 1s",
                "pick 1", "pick 1 99999999999")) {
            var e = assertThrows(IllegalArgumentException.class, () -> Script.parse("lose a>b 0\n" + wrong));
            assertTrue(e.getMessage().contains("\"" + wrong + "\""), e.getMessage());
        }
    }

    @Test
    void sleepersWakeInTheOrderOfTheirTimes() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            List<String> order = new ArrayList<>();
            for (int i = 5; i > 0; i--) {
                int n = i;
                a.run(() -> {
                    a.sleep(Duration.ofHours(n));
                    order.add(n + "@" + net.now().toHours());
                });
            }
            Instant begin = a.clock().instant();
            net.runFor(Duration.ofHours(6));
            assertEquals(List.of("1@1", "2@2", "3@3", "4@4", "5@5"), order);
            assertEquals(Duration.ofHours(6), Duration.between(begin, a.clock().instant()));
        }
    }

    @Test
    void theTestsOwnThreadMayUseSockets() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host server = net.host("server", "10.0.0.1");
            Host client = net.host("client", "10.0.0.2");
            net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(50)));
            server.run(() -> serveOnce(server, 80, 10));
            assertEquals(10, download(client, "10.0.0.1", 80));
            assertTrue(net.now().toMillis() >= 200, net.now().toString());
        }
    }

    @Test
    void timeoutsAreOfSimulatedTime() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            net.host("server", "10.0.0.1");
            Host client = net.host("client", "10.0.0.2");
            net.cut("client", "server");
            assertThrows(SocketTimeoutException.class, () -> client.stack().tcp()
                    .connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(30)));
            assertEquals(30, net.now().toSeconds());
        }
    }

    @Test
    void whoBlocksElsewhereIsNamedWithItsStackTrace() throws Exception {
        Internet net = Internet.builder().virtualTime(3).stallAfter(Duration.ofMillis(200)).open();
        Host a = net.host("a", "10.0.0.1");
        var never = new CompletableFuture<Void>();
        a.run(() -> blockForEver(never));
        SimulationException e = assertThrows(SimulationException.class, () -> net.runFor(Duration.ofSeconds(1)));
        assertTrue(e.getMessage().contains("\"a/1\" waits in CompletableFuture.get") && e.getMessage().contains("host.await"), e.getMessage());
        assertTrue(e.getMessage().contains("VirtualTimeTest.blockForEver"), e.getMessage());
        assertTrue(List.of(e.getCause().getStackTrace()).stream().anyMatch(f -> f.getMethodName().equals("blockForEver")));
        assertThrows(SimulationException.class, () -> net.runFor(Duration.ofSeconds(1)));
        net.close();
    }

    private static void blockForEver(CompletableFuture<Void> never) throws Exception {
        never.get();
    }

    @Test
    void whatCanNeverComeIsToldAtOnce() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            Program<Integer> p = a.call(() -> {
                try (TcpListener l = a.stack().tcp().listen(80)) {
                    return l.accept().hashCode();
                }
            });
            SimulationException e = assertThrows(SimulationException.class, p::get);
            assertTrue(e.getMessage().contains("nothing is left that could happen"), e.getMessage());
            assertTrue(e.getMessage().contains("\"a/1\" waits at"), e.getMessage());
        }
    }

    @Test
    void aSimulationThatNeverEndsIsStopped() throws Exception {
        try (Internet net = Internet.builder().virtualTime(3).limit(Duration.ofHours(1)).open()) {
            Host a = net.host("a", "10.0.0.1");
            Program<Void> p = a.run(() -> {
                while (true) {
                    a.sleep(Duration.ofSeconds(1));
                }
            });
            assertTrue(assertThrows(SimulationException.class, p::get).getMessage().contains("does not end"));
        }
    }

    @Test
    void programsWaitForOneAnother() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            Program<Integer> first = a.call(() -> {
                a.sleep(Duration.ofSeconds(3));
                return 42;
            });
            Program<Integer> second = a.call(() -> first.get() + 1);
            assertEquals(43, second.get());
            Program<Integer> late = a.call(() -> {
                a.sleep(Duration.ofSeconds(30));
                return 1;
            });
            assertThrows(TimeoutException.class, () -> late.get(Duration.ofSeconds(3)));
            assertFalse(late.isDone());
            assertEquals(1, late.get());
            Program<Void> bad = a.run(() -> {
                throw new IOException("oh");
            });
            Duration before = net.now();
            var told = assertThrows(SimulationException.class, () -> net.runFor(Duration.ofSeconds(1)));
            assertTrue(told.getMessage().contains("\"a/4\" failed PT33S after the beginning"), told.getMessage());
            assertInstanceOf(IOException.class, told.getCause());
            assertEquals(before, net.now());
            assertEquals(before, bad.endedAt());
            assertEquals(List.of(bad), net.failures());
            // It is told once.
            net.runFor(Duration.ofSeconds(1));
            assertInstanceOf(IOException.class, assertThrows(ExecutionException.class, bad::get).getCause());
            assertEquals(List.of(), net.failures());
        }
    }

    @Test
    void threadsOfProgramsAreProgramsToo() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            var done = new ArrayList<Long>();
            Program<Void> p = a.run(() -> {
                try (var executor = Executors.newThreadPerTaskExecutor(a.threads())) {
                    for (int i = 1; i <= 3; i++) {
                        int n = i;
                        executor.submit(() -> {
                            a.sleep(Duration.ofSeconds(n));
                            done.add(net.now().toSeconds());
                            return null;
                        });
                    }
                    a.sleep(Duration.ofSeconds(10));
                }
            });
            p.get();
            assertEquals(List.of(1L, 2L, 3L), done);
        }
    }

    @Test
    void threadsThatNobodyStartsHoldNothingUp() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            Thread never = a.threads().newThread(() -> {
            });
            net.runFor(Duration.ofSeconds(1));
            assertEquals(Thread.State.NEW, never.getState());
        }
    }

    @Test
    void anInterruptWakesAProgram() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            Program<Duration> p = a.call(() -> {
                try {
                    a.sleep(Duration.ofHours(1));
                } catch (InterruptedException e) {
                    return net.now();
                }
                return Duration.ZERO;
            });
            net.at(Duration.ofSeconds(5)).run(p::interrupt);
            assertEquals(Duration.ofSeconds(5), p.get());
        }
    }

    @Test
    void twoReadersOfOneSocketTakeTurns() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host server = net.host("server", "10.0.0.1");
            Host client = net.host("client", "10.0.0.2");
            server.run(() -> {
                try (TcpListener l = server.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                    for (int i = 0; i < 2; i++) {
                        server.sleep(Duration.ofSeconds(1));
                        s.write(ByteBuffer.wrap(new byte[] {1}));
                    }
                    server.sleep(Duration.ofSeconds(1));
                }
            });
            try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), MINUTE)) {
                Program<Integer> one = client.call(() -> s.read(ByteBuffer.allocate(1)));
                Program<Integer> other = client.call(() -> s.read(ByteBuffer.allocate(1)));
                assertEquals(1, one.get());
                assertEquals(1, other.get());
            }
        }
    }

    @Test
    void jdkStreamsWorkToo() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host server = net.host("server", "10.0.0.1");
            Host client = net.host("client", "10.0.0.2");
            byte[] text = "hello".getBytes();
            server.run(() -> {
                try (TcpListener l = server.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                    s.outputStream().write(text);
                }
            });
            Program<byte[]> p = client.call(() -> {
                try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), MINUTE);
                        InputStream in = s.inputStream()) {
                    return in.readAllBytes();
                }
            });
            assertArrayEquals(text, p.get());
        }
    }

    @Test
    void anotherThreadIsRefusedWhileTimePasses() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            Host a = net.host("a", "10.0.0.1");
            var refused = new CompletableFuture<Throwable>();
            a.run(() -> Thread.ofPlatform().start(() -> {
                try {
                    net.runFor(Duration.ofSeconds(1));
                    refused.complete(null);
                } catch (Throwable t) {
                    refused.complete(t);
                }
            }).join());
            net.runFor(Duration.ofSeconds(1));
            assertTrue(assertInstanceOf(SimulationException.class, refused.get()).getMessage().contains("host.run"));
        }
    }
}
