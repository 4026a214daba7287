package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a simulation is told to do it does, or says that it cannot.
@Timeout(60)
class HonestyTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void nothingIsLeft() {
        leaks.close();
    }

    @Test
    void troublesWaitForHosts() throws Exception {
        try (Internet net = Internet.virtualTime(3)) {
            net.chaos(Chaos.of(3, 2, Duration.ofSeconds(10)).lasting(SECOND, Duration.ofSeconds(2)));
            assertTrue(net.hasIdleChaos());
            net.runFor(SECOND);
            assertTrue(net.warnings().getFirst().contains("never were enough"), net.warnings().toString());
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            net.runFor(SECOND);
            assertFalse(net.hasIdleChaos());
            assertEquals(List.of(), net.warnings());
            try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                for (int i = 0; i < 200; i++) {
                    s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress(b.address(), 9));
                    net.runFor(Duration.ofMillis(100));
                }
            }
            assertTrue(net.counters().get("chaos") > 0, net.counters().toString());
        }
    }

    @Test
    void linesOfAScriptThatMeetNothingAreTold() throws Exception {
        Script script = Script.parse("lose a>b 0\nlose a>nobody 3\ncut x y 1s 2s\n");
        try (Internet net = Internet.builder().virtualTime(1).script(script).open()) {
            Host a = net.host("a", "10.0.0.1");
            net.host("b", "10.0.0.2");
            try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.0.0.2", 9));
            }
            net.runFor(Duration.ofSeconds(5));
            String told = net.warnings().getFirst();
            assertTrue(told.contains("2 of 3 lines of the script have met nothing") && told.contains("lose a>nobody 3"), told);
        }
    }

    @Test
    void marksThatNobodyUnderstandsAreTold() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            Host a = net.host("a", "10.0.0.1");
            net.host("b", "10.0.0.2");
            net.link("a", "b", LinkConditions.perfect().rate(8_000_000).queue(100).markAt(1));
            try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                for (int i = 0; i < 20; i++) {
                    s.send(ByteBuffer.wrap(new byte[1000]), new InetSocketAddress("10.0.0.2", 9));
                }
            }
            net.runFor(SECOND);
            assertTrue(net.warnings().getFirst().contains("a>b was to mark"), net.warnings().toString());
        }
    }

    @Test
    void marksOfWhoAskedForThemKeepAQueueShortWithoutALoss() throws Exception {
        for (String ecn : new String[] {"accept", "request"}) {
            try (Internet net = Internet.virtualTime(1)) {
                Host a = net.host("a", Internet.MTU_ETHERNET, List.of("10.0.0.1"), s -> s.option("tcp", "ecn", ecn));
                Host b = net.host("b", "10.0.0.2");
                NetworkLink line = net.link("a", "b", LinkConditions.perfect().delay(Duration.ofMillis(10)).rate(8_000_000).queue(60).markAt(15));
                b.run(() -> {
                    try (TcpListener l = b.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                        s.inputStream().readAllBytes();
                    }
                });
                a.run(() -> {
                    try (TcpSocket s = a.stack().tcp().connect(new InetSocketAddress("10.0.0.2", 80), Duration.ofSeconds(10))) {
                        s.outputStream().write(new byte[5_000_000]);
                    }
                }).get();
                boolean asked = ecn.equals("request");
                assertEquals(asked, line.counters("a").get("marked") > 0, line.toString());
                assertEquals(asked, line.counters("a").getOrDefault("dropped-queue-full", 0L) == 0, line.counters("a").toString());
                assertEquals(asked, net.warnings().isEmpty(), net.warnings().toString());
            }
        }
    }

    @Test
    void whoInterruptsTheSimulationIsHeardSoonThoughAProgramIsBusy() throws Exception {
        var begun = new AtomicBoolean();
        var busy = new AtomicBoolean(true);
        try (Internet net = Internet.builder().virtualTime(1).stallAfter(Duration.ofMillis(300)).open()) {
            net.host("a", "10.0.0.1").run(() -> {
                begun.set(true);
                while (busy.get()) {
                    Thread.onSpinWait();
                }
            });
            Thread test = Thread.currentThread();
            Thread.ofPlatform().start(() -> {
                while (!begun.get() || test.getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait();
                }
                test.interrupt();
            });
            long from = System.nanoTime();
            var told = assertThrows(SimulationException.class, () -> net.runFor(SECOND));
            assertTrue(told.getMessage().contains("has not waited for anything"), told.getMessage());
            assertTrue(Thread.interrupted());
            // Sixty times the 300 ms are what a program may compute where nobody is impatient.
            assertTrue(System.nanoTime() - from < 60 * 300_000_000L, told.getMessage());
            busy.set(false);
        } catch (SimulationException e) {
            assertFalse(e.getMessage().isEmpty());
        }
    }

    @Test
    void whoAsksHowAProgramEndedIsNotToldTwice() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            Host a = net.host("a", "10.0.0.1");
            Program<Void> bad = a.run(() -> {
                a.sleep(SECOND);
                throw new IOException("oh");
            });
            assertThrows(ExecutionException.class, bad::get);
            net.runFor(SECOND);
            Program<Void> waited = a.run(() -> {
                throw new IOException("of one that is waited for");
            });
            assertTrue(a.call(() -> assertThrows(ExecutionException.class, waited::get).getMessage()).get().contains("waited for"));
            net.runFor(SECOND);
        }
        try (Internet net = Internet.builder().virtualTime(1).goOnAfterFailures(true).open()) {
            Host a = net.host("a", "10.0.0.1");
            Program<Void> bad = a.run(() -> {
                throw new IOException("oh");
            });
            net.runFor(SECOND);
            assertEquals(List.of(bad), net.failures());
        }
    }

    /// RFC 3393's matter: with order kept, half of the jitter is what packets take on average, whatever their rate.
    @Test
    void jitterHasTheMeanThatItSays() throws Exception {
        for (int everyUs : new int[] {97, 997, 9_973, 99_991}) {
            try (Internet net = Internet.virtualTime(everyUs)) {
                Host a = net.host("a", "10.0.0.1");
                Host b = net.host("b", "10.0.0.2");
                net.link("a", "b", LinkConditions.perfect().delay(Duration.ofMillis(10)).jitter(Duration.ofMillis(20)));
                int n = 20_000;
                var sent = new ArrayList<Long>();
                var delays = new ArrayList<Long>();
                b.run(() -> {
                    try (UdpSocket s = b.stack().udp().bind(new InetSocketAddress(7))) {
                        s.setReadTimeout(SECOND);
                        var buffer = ByteBuffer.allocate(8);
                        while (delays.size() < n) {
                            s.receive(buffer.clear());
                            delays.add(net.now().toNanos() - sent.get((int) buffer.flip().getLong()));
                        }
                    } catch (SocketTimeoutException e) {
                        // The number is looked at below.
                        return;
                    }
                });
                a.call(() -> {
                    try (UdpSocket s = a.stack().udp().connect(new InetSocketAddress("10.0.0.2", 7))) {
                        for (int i = 0; i < n; i++) {
                            sent.add(net.now().toNanos());
                            s.send(ByteBuffer.allocate(8).putLong(i).flip(), null);
                            a.sleep(Duration.ofNanos(everyUs * 1000L));
                        }
                        return null;
                    }
                }).get();
                net.runFor(Duration.ofSeconds(2));
                assertEquals(n, delays.size());
                double mean = delays.stream().mapToLong(Long::longValue).average().orElseThrow() / 1e6;
                long least = delays.stream().mapToLong(Long::longValue).min().orElseThrow();
                long most = delays.stream().mapToLong(Long::longValue).max().orElseThrow();
                // Few values are independent of each other where packets are close: 100 spans of 20 ms at the highest rate.
                double tolerance = 4 * 20 / Math.sqrt(18) / Math.sqrt(Math.min(n, (double) n * everyUs / 40_000)) + 0.05;
                assertEquals(20, mean, tolerance, "every " + everyUs + " µs");
                assertTrue(least >= 10_000_000 && most <= 30_000_000, least + " to " + most);
                double variance = delays.stream().mapToDouble(d -> (d / 1e6 - mean) * (d / 1e6 - mean)).average().orElseThrow();
                // Between two uniform values, at a place that is uniform: a twelfth of the square, and of that two thirds.
                if (everyUs > 9_000) {
                    assertEquals(400.0 / 18, variance, 2, "every " + everyUs + " µs");
                }
            }
        }
    }

    @Test
    void packetsAreWatchedAndNotChanged() throws Exception {
        try (Internet net = Internet.builder().virtualTime(1).rememberPackets(10).open()) {
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            net.link("a", "b", LinkConditions.perfect().loss(0.2));
            try (PacketWatch toB = net.packets(p -> p.isUdp() && p.isTo(b)); UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                a.run(() -> {
                    for (int i = 0; i < 120; i++) {
                        s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.0.0.2", 9));
                        a.sleep(SECOND);
                    }
                });
                toB.await(3, Duration.ofSeconds(10)).expect(3);
                net.runFor(Duration.ofSeconds(130));
                toB.expect(120).expectAtLeast(100);
                assertEquals(100, toB.last().size());
                assertTrue(toB.last().stream().anyMatch(p -> p.fate().contains("loss")), toB.last().toString());
                var wrong = assertThrows(AssertionError.class, () -> toB.expect(1));
                assertTrue(wrong.getMessage().contains("saw 120") && wrong.getMessage().contains("a sends UDP"), wrong.getMessage());
            }
            assertEquals(10, net.recentPackets(List.of(), 50).size());
            assertTrue(net.recentPackets(List.of("b"), 50).stream().allMatch(l -> l.contains(" b ")));
        }
    }

    /// Counters of connections that stand are not told at their ends only.
    @Test
    void retransmissionsOfOpenConnectionsAreCounted() throws Exception {
        try (Internet net = Internet.virtualTime(4)) {
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            b.run(() -> {
                try (var l = b.stack().tcp().listen(7); var s = l.accept()) {
                    s.inputStream().transferTo(java.io.OutputStream.nullOutputStream());
                }
            });
            var s = a.stack().tcp().connect(new InetSocketAddress("10.0.0.2", 7), SECOND);
            try (Fault _ = net.cut("a", "b")) {
                s.write(ByteBuffer.wrap(new byte[1000]));
                net.runFor(Duration.ofSeconds(5));
            }
            long counted = a.stack().counters().get("tcp").get("retransmitted-segments");
            assertTrue(counted >= 3, "" + counted);
            assertEquals(counted, s.info().totals().retransmittedSegments());
            s.close();
            net.runFor(Duration.ofSeconds(5));
        }
    }

    @Test
    void whatNobodyHasLostIsZero() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            net.host("a", "10.0.0.1");
            for (String reason : List.of("loss", "cut", "too-big", "queue-full", "codel", "sent", "delivered", "no-route")) {
                assertEquals(0, net.counters().get(reason), reason);
            }
        }
    }

    @Test
    void whoWaitsForWhatCannotComeIsNamed() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            Host a = net.host("a", "10.0.0.1");
            try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(7))) {
                Thread.currentThread().setName("the-one-who-waits");
                var told = assertThrows(SimulationException.class, () -> s.receive(ByteBuffer.allocate(1)));
                assertTrue(told.getMessage().contains("\"the-one-who-waits\" waits"), told.getMessage());
                s.setReadTimeout(SECOND);
                assertTrue(assertThrows(SocketTimeoutException.class, () -> s.receive(ByteBuffer.allocate(1))).toString()
                        .startsWith("java.net.SocketTimeoutException: "));
            }
        }
    }
}
