package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Sample programs with planted bugs, which a search must find and shrink.
class SeedSearchTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void close() {
        leaks.close();
    }

    /// A counter on a server: `g` reads it, `s` and a number sets it.
    private static final class Counter {
        private int value;

        void serve(Host host) throws IOException {
            try (TcpListener l = host.stack().tcp().listen(80)) {
                while (true) {
                    TcpSocket s = l.accept();
                    host.run(() -> serve(s));
                }
            } catch (SocketException e) {
                // The end.
            }
        }

        private void serve(TcpSocket socket) throws IOException {
            try (socket; var in = new DataInputStream(socket.inputStream());
                    var out = new DataOutputStream(socket.outputStream())) {
                for (int command; (command = in.read()) >= 0;) {
                    if (command == 's') {
                        value = in.readInt();
                    }
                    out.writeInt(value);
                }
            }
        }

        /// Reads, adds one, writes: between the two another may do the same.
        static void increment(Host client) throws Exception {
            client.sleep(Duration.ofMillis(client.random().nextInt(2000)));
            try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), MINUTE);
                    var in = new DataInputStream(s.inputStream()); var out = new DataOutputStream(s.outputStream())) {
                out.write('g');
                int value = in.readInt();
                out.write(new byte[] {'s', 0, 0, 0, (byte) (value + 1)});
                in.readInt();
            }
        }
    }

    private static void lostUpdate(Internet net) throws Exception {
        var counter = new Counter();
        Host server = net.host("server", "10.0.0.1");
        net.link("server", "one", conditions(net.host("one", "10.0.0.2")));
        net.link("server", "two", conditions(net.host("two", "10.0.0.3")));
        server.run(() -> counter.serve(server));
        List<Program<Void>> clients = new ArrayList<>();
        for (String name : List.of("one", "two")) {
            Host client = net.host(name).orElseThrow();
            clients.add(client.run(() -> Counter.increment(client)));
        }
        for (Program<Void> p : clients) {
            p.get();
        }
        assertEquals(2, counter.value);
    }

    private static LinkConditions conditions(Host h) {
        return LinkConditions.perfect().delay(Duration.ofMillis(5)).jitter(Duration.ofMillis(5)).loss(0.02);
    }

    @Test
    void findsALostUpdate() {
        Optional<SeedSearch.Finding> found = SeedSearch.of(Trial.of(_ -> {
        }, SeedSearchTest::lostUpdate)).seeds(1, 1000).search();
        check(found, SeedSearchTest::lostUpdate);
    }

    /// Gives up after 5 s without an answer, and does it again, although the first may have come through.
    private static void paidTwice(Internet net) throws Exception {
        var paid = new int[1];
        Host bank = net.host("bank", "10.0.0.1");
        Host shop = net.host("shop", "10.0.0.2");
        for (int i = 3; i < 8; i++) {
            net.host("other" + i, "10.0.0." + i);
        }
        net.link("shop", "bank", LinkConditions.perfect().delay(Duration.ofMillis(20)).jitter(Duration.ofMillis(20)).loss(0.01));
        net.chaos(Chaos.of(6, 2, Duration.ofSeconds(20)));
        bank.run(() -> {
            try (TcpListener l = bank.stack().tcp().listen(80)) {
                while (true) {
                    try (TcpSocket s = l.accept()) {
                        if (s.inputStream().read() >= 0) {
                            paid[0]++;
                            s.outputStream().write(1);
                        }
                    } catch (SocketException e) {
                        if (!l.isOpen()) {
                            return;
                        }
                    }
                }
            } catch (SocketException e) {
                // The end.
            }
        });
        Program<Void> p = shop.run(() -> {
            for (int payment = 0; payment < 10; payment++) {
                shop.sleep(Duration.ofSeconds(2));
                pay(shop);
            }
        });
        p.get();
        assertEquals(10, paid[0]);
    }

    private static void pay(Host shop) throws Exception {
        while (true) {
            try (TcpSocket s = shop.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), MINUTE)) {
                s.setReadTimeout(Duration.ofSeconds(5));
                s.outputStream().write(1);
                if (s.inputStream().read() == 1) {
                    return;
                }
            } catch (IOException e) {
                shop.sleep(Duration.ofSeconds(1));
            }
        }
    }

    @Test
    void findsATimeoutThatPaysTwice() {
        check(SeedSearch.of(Trial.of(_ -> {
        }, SeedSearchTest::paidTwice)).seeds(1, 1000).search(), SeedSearchTest::paidTwice);
    }

    private static void check(Optional<SeedSearch.Finding> found, Trial.Scenario scenario) {
        assertTrue(found.isPresent());
        SeedSearch.Finding f = found.get();
        assertTrue(f.script().size() <= 10, f.script().toString());
        assertTrue(f.minimal());
        assertEquals(f.script(), Script.parse(f.script().toString()));
        assertInstanceOf(AssertionError.class, f.failure());
        // The script is enough, and needed: with it the program fails, without its events it does not.
        Trial trial = Trial.of(_ -> {
        }, scenario);
        assertInstanceOf(AssertionError.class, trial.run(f.seed(), f.script(), false).failure());
        assertNull(trial.run(f.seed(), Script.empty(), false).failure());
    }

    @Test
    void aSeedThatDoesNotFailCannotBeShrunk() {
        assertThrows(IllegalArgumentException.class, () -> SeedSearch.of(Trial.of(_ -> {
        }, _ -> {
        })).shrink(1));
        assertEquals(Optional.empty(), SeedSearch.of(Trial.of(_ -> {
        }, _ -> {
        })).seeds(1, 20).search());
    }

    // ---- scripts

    private static final String SCRIPT = """
            cut one server 1000000ns 2000000ns
            pick 3 1
            lose web#1>server 2
            delay one>server 0 5000000ns
            """;

    @Test
    void aScriptThatIsReplayedAndRecordedIsTheSame() throws Exception {
        String script = """
                cut one two 2000000ns 3000000ns
                lose one>two 1
                """;
        try (Internet net = Internet.builder().virtualTime(1).script(Script.parse(script)).record(true).open()) {
            Host one = net.host("one", "10.0.0.1");
            net.host("two", "10.0.0.2");
            one.run(() -> {
                try (var s = one.stack().udp().connect(new InetSocketAddress("10.0.0.2", 7))) {
                    for (int i = 0; i < 2; i++) {
                        s.send(java.nio.ByteBuffer.allocate(1), null);
                    }
                    one.sleep(Duration.ofSeconds(1));
                }
            }).get();
            assertEquals(script, net.script().toString());
        }
    }

    @Test
    void namesWithNumberSignsAreNoComments() {
        assertEquals(SCRIPT, Script.parse("# all of it\n" + SCRIPT.replace("2\n", "2 # the third\n") + "\n  #\n").toString());
    }

    @Test
    void linesThatMeanNothingAreToldWhy() {
        for (String line : List.of("lose server 3", "lose a>b", "lose a>b -1", "cut a, b 1s 1s", "cut a b 1s", "shake a>b 1",
                "pick 1 x", "delay a>b 1 5", "lose a>b>c 1")) {
            var e = assertThrows(IllegalArgumentException.class, () -> Script.parse("pick 1 1\n" + line));
            assertTrue(e.getMessage().startsWith("\"" + line + "\" is no event of a script: "), e.getMessage());
        }
    }

    // ---- what is the same failure

    private static Throwable thrown(String... classes) {
        var t = new IOException("a test's");
        t.setStackTrace(java.util.Arrays.stream(classes).map(c -> new StackTraceElement(c, "m", "f", 1))
                .toArray(StackTraceElement[]::new));
        return t;
    }

    @Test
    void failuresAreTheSameIfTheirFirstCausesAreOfOneLine() {
        Throwable one = thrown("java.lang.X", "dev.millrace.tcp.T", "com.shop.Pay");
        Throwable other = thrown("java.lang.X", "dev.millrace.tcp.T", "com.shop.Ask");
        assertEquals(SeedSearch.kind(one), SeedSearch.kind(new AssertionError("a program failed", one)));
        assertEquals(SeedSearch.kind(one), SeedSearch.kind(new java.util.concurrent.ExecutionException(one)));
        // One time-out is not another because both are thrown by the same socket.
        org.junit.jupiter.api.Assertions.assertNotEquals(SeedSearch.kind(one), SeedSearch.kind(other));
        org.junit.jupiter.api.Assertions.assertNotEquals(SeedSearch.kind(new AssertionError("a program failed", one)),
                SeedSearch.kind(new AssertionError("a program failed", other)));
    }
}
