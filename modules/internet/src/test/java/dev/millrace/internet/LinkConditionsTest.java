package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What links do to a row of numbered datagrams.
class LinkConditionsTest {
    private static final int COUNT = 5000;
    private static final LinkConditions PERFECT = LinkConditions.perfect();

    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void close() {
        leaks.close();
    }

    private static NumberedDatagrams send(LinkConditions conditions) throws Exception {
        return NumberedDatagrams.send(conditions, COUNT, Duration.ofMillis(1), 0);
    }

    @Test
    void perfectLinksAreInstantAndDelayIsExact() throws Exception {
        NumberedDatagrams perfect = send(PERFECT);
        assertEquals(IntStream.range(0, COUNT).boxed().toList(), perfect.numbers());
        assertEquals(0, perfect.arrivals().getFirst().atNs());
        NumberedDatagrams delayed = send(PERFECT.delay(Duration.ofMillis(40)));
        for (NumberedDatagrams.Arrival a : delayed.arrivals()) {
            assertEquals(40_000_000L + a.number() * 1_000_000L, a.atNs());
        }
    }

    @Test
    void jitterIsSpreadAndKeepsTheOrder() throws Exception {
        NumberedDatagrams r = send(PERFECT.delay(Duration.ofMillis(10)).jitter(Duration.ofMillis(8)));
        assertEquals(IntStream.range(0, COUNT).boxed().toList(), r.numbers());
        long[] extra = r.arrivals().stream().mapToLong(a -> a.atNs() - 10_000_000 - a.number() * 1_000_000L).toArray();
        for (long e : extra) {
            assertTrue(e >= 0 && e <= 8_000_000, "" + e);
        }
        assertTrue(java.util.Arrays.stream(extra).distinct().count() > COUNT / 3);
    }

    @Test
    void lossIsTheShareThatWasAskedForU31() throws Exception {
        NumberedDatagrams r = send(PERFECT.loss(0.1));
        assertEquals(COUNT * 0.9, r.arrivals().size(), 5 * Math.sqrt(COUNT * 0.09));
        assertEquals(COUNT - r.arrivals().size(), r.link().get("dropped-loss"));
        assertEquals(r.link().get("dropped-loss"), r.network().get("loss"));
        assertEquals(0, NumberedDatagrams.send(PERFECT.loss(1), 100, Duration.ofMillis(1), 0).arrivals().size());
    }

    @Test
    void burstsAreAsLongAsTheModelOfGilbertAndElliottHasThem() throws Exception {
        NumberedDatagrams r = NumberedDatagrams.send(PERFECT.burstLoss(0.01, 0.25, 1, 0), 20_000, Duration.ofMillis(1), 0);
        double lost = 20_000 - r.arrivals().size();
        // The share of bad packets is p/(p+r); a burst is 1/r packets long.
        assertEquals(0.01 / 0.26, lost / 20_000, 0.008);
        int bursts = 0;
        int expected = 0;
        for (NumberedDatagrams.Arrival a : r.arrivals()) {
            bursts += a.number() > expected ? 1 : 0;
            expected = a.number() + 1;
        }
        assertEquals(4, lost / bursts, 0.8);
    }

    @Test
    void duplicatesComeTwice() throws Exception {
        NumberedDatagrams r = send(PERFECT.duplication(0.2));
        assertEquals(COUNT * 1.2, r.arrivals().size(), 5 * Math.sqrt(COUNT * 0.16));
        assertEquals(COUNT, r.numbers().stream().distinct().count());
    }

    @Test
    void damagedPacketsAreFoundOutByTheReceiver() throws Exception {
        NumberedDatagrams r = send(PERFECT.corruption(0.3));
        // All single-bit errors are found: by the IP header's checksum, UDP's, or the lengths.
        assertEquals(COUNT * 0.7, r.arrivals().size(), 5 * Math.sqrt(COUNT * 0.21));
        assertEquals(r.numbers().stream().sorted().distinct().toList(), r.numbers());
    }

    @Test
    void reorderingLetsOthersOvertake() throws Exception {
        NumberedDatagrams r = send(PERFECT.delay(Duration.ofMillis(5)).reordering(0.05, Duration.ofMillis(3)));
        assertEquals(COUNT, r.arrivals().size());
        long late = 0;
        int highest = -1;
        for (NumberedDatagrams.Arrival a : r.arrivals()) {
            late += a.number() < highest ? 1 : 0;
            highest = Math.max(highest, a.number());
        }
        assertEquals(COUNT * 0.05, late, 5 * Math.sqrt(COUNT * 0.0475));
    }

    @Test
    void aLineSendsAtItsRateAndAFullQueueDrops() throws Exception {
        // 100 bytes each: 1000 packets at 1 Mbit/s take 0.8 ms each.
        NumberedDatagrams all = NumberedDatagrams.send(PERFECT.rate("1Mbit/s").queue(2000), 1000, Duration.ZERO, 0);
        assertEquals(1000, all.arrivals().size());
        for (NumberedDatagrams.Arrival a : all.arrivals()) {
            assertEquals((a.number() + 1) * 800_000L, a.atNs());
        }
        NumberedDatagrams some = NumberedDatagrams.send(PERFECT.rate("1Mbit/s").queue(64), 1000, Duration.ZERO, 0);
        // One is on the line, and 64 wait.
        assertEquals(65, some.arrivals().size());
        assertEquals(935, some.link().get("dropped-queue-full"));
        assertEquals(64, some.link().get("longest-queue"));
    }

    @Test
    void coDelKeepsTheQueueShortWhereDropTailLetsItStand() throws Exception {
        // 1.25 Mbit/s into a line of 1 Mbit/s, for 10 s.
        LinkConditions line = PERFECT.rate("1Mbit/s").queue(10_000);
        NumberedDatagrams tail = NumberedDatagrams.send(line, 15_625, Duration.ofNanos(640_000), 0);
        NumberedDatagrams codel = NumberedDatagrams.send(line.codel(), 15_625, Duration.ofNanos(640_000), 0);
        assertEquals(0, tail.network().getOrDefault("codel", 0L));
        assertTrue(codel.network().get("codel") > 1000, codel.network().toString());
        assertTrue(codel.link().get("longest-queue") < tail.link().get("longest-queue") / 2, codel.link() + " " + tail.link());
        assertEquals(15_625, codel.arrivals().size() + codel.network().get("codel"));
    }

    @Test
    void whoUnderstandsCongestionNotificationIsMarkedInstead() throws Exception {
        LinkConditions line = PERFECT.rate("1Mbit/s").queue(10_000).ecn();
        NumberedDatagrams marked = NumberedDatagrams.send(line, 15_625, Duration.ofNanos(640_000), 2);
        assertEquals(15_625, marked.arrivals().size());
        assertTrue(marked.link().get("marked") > 500, marked.link().toString());
        assertTrue(NumberedDatagrams.send(line, 15_625, Duration.ofNanos(640_000), 0).network().get("codel") > 500);
        NumberedDatagrams threshold = NumberedDatagrams.send(PERFECT.rate("1Mbit/s").queue(100).markAt(10), 50, Duration.ZERO, 1);
        assertEquals(50 - 11, threshold.link().get("marked"));
    }

    @Test
    void predicatesChooseWhatIsLost() throws Exception {
        NumberedDatagrams r = send(PERFECT.lossWhen(p -> p.isUdp() && p.destinationPort() == 9 && p.payloadLength() == 72));
        assertEquals(0, r.arrivals().size());
        assertEquals(COUNT, r.link().get("dropped-loss"));
    }

    @Test
    void changesAreOfPacketsFromThenOn() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            net.link("a", "b", PERFECT.delay(Duration.ofMillis(100)));
            net.at(Duration.ofMillis(50)).change("a", "b", c -> c.delay(Duration.ofMillis(10)));
            Program<List<Long>> times = b.call(() -> {
                var all = new ArrayList<Long>();
                try (UdpSocket s = b.stack().udp().bind(new InetSocketAddress(9))) {
                    for (int i = 0; i < 2; i++) {
                        s.receive(ByteBuffer.allocate(9));
                        all.add(net.now().toMillis());
                    }
                }
                return all;
            });
            a.run(() -> {
                try (UdpSocket s = a.stack().udp().connect(new InetSocketAddress("10.0.0.2", 9))) {
                    s.send(ByteBuffer.allocate(1), null);
                    a.sleep(Duration.ofMillis(60));
                    s.send(ByteBuffer.allocate(1), null);
                }
            });
            // The second one does not overtake: the path is still a line.
            assertEquals(List.of(100L, 100L), times.get());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            delay       | 1          | lacks a unit
            delay       | 2d         | is not between
            loss        | 1.5        | is no share
            loss        | 150%       | is no share
            loss        | some       | is no share
            burst-loss  | 1%         | is not two to four shares
            burst-loss  | 1% x       | is no share
            rate        | fast       | is not a rate
            queue       | 0          | is not between
            mtu         | 10         | is not between
            codel       | maybe      | neither true nor false
            dely        | 1ms        | did you mean delay?
            """)
    void textThatMakesNoSenseIsTold(String key, String value, String message) {
        var e = assertThrows(ConfigurationException.class, () -> LinkConditions.of("link[0]", Map.of(key, value)));
        assertTrue(e.getMessage().startsWith("link[0]." + key) && e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void textAndCodeSayTheSame() {
        LinkConditions text = LinkConditions.of("x", Map.of("delay", "40ms", "jitter", "5ms", "loss", "2%", "rate",
                "10Mbit/s", "queue", "64", "mtu", "1400", "ecn", "true", "duplication", "0.5", "burst-loss", "1% 25%"));
        LinkConditions code = PERFECT.delay(Duration.ofMillis(40)).jitter(Duration.ofMillis(5)).loss(0.02).rate("10Mbit/s")
                .queue(64).mtu(1400).codel().ecn().duplication(0.5).burstLoss(0.01, 0.25, 1, 0);
        assertEquals(code.toString(), text.toString());
        assertEquals("perfect", PERFECT.toString());
        assertThrows(IllegalArgumentException.class, () -> PERFECT.loss(-0.1));
        assertThrows(IllegalArgumentException.class, () -> PERFECT.loss(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> PERFECT.delay(Duration.ofSeconds(-1)));
        assertThrows(IllegalArgumentException.class, () -> PERFECT.queue(0));
        assertThrows(IllegalArgumentException.class, () -> PERFECT.mtu(67));
    }

    @Test
    void inRealTimeLinksDoTheSameByTheWallClock() throws Exception {
        try (Internet net = Internet.realTime()) {
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            net.link("a", "b", PERFECT.delay(Duration.ofMillis(30)));
            try (UdpSocket from = a.stack().udp().connect(new InetSocketAddress("10.0.0.2", 9));
                    UdpSocket to = b.stack().udp().bind(new InetSocketAddress(9))) {
                long begin = System.nanoTime();
                from.send(ByteBuffer.allocate(1), null);
                to.receive(ByteBuffer.allocate(1));
                assertTrue(System.nanoTime() - begin >= 30_000_000);
                try (Fault _ = net.cut("a", "b")) {
                    from.send(ByteBuffer.allocate(1), null);
                    to.setReadTimeout(Duration.ofMillis(100));
                    assertThrows(SocketTimeoutException.class, () -> to.receive(ByteBuffer.allocate(1)));
                }
                net.at(net.now()).isolate("b");
                assertTrue(net.runUntil(() -> !net.faults().isEmpty(), Duration.ofSeconds(5)));
                net.healAll();
                to.setReadTimeout(Duration.ofSeconds(5));
                from.send(ByteBuffer.allocate(1), null);
                to.receive(ByteBuffer.allocate(1));
            }
            Program<String> p = a.call(() -> {
                a.sleep(Duration.ofMillis(5));
                return "done";
            });
            assertEquals("done", p.get());
            Program<Void> sleeper = a.run(() -> a.sleep(Duration.ofDays(1)));
            sleeper.interrupt();
            assertThrows(ExecutionException.class, sleeper::get);
            a.run(() -> a.sleep(Duration.ofDays(1)));
            // Packets in flight are given back at the end.
            try (UdpSocket s = a.stack().udp().connect(new InetSocketAddress("10.0.0.2", 9))) {
                net.link("a", "b").change(c -> c.delay(Duration.ofHours(1)).rate("1kbit/s"));
                for (int i = 0; i < 10; i++) {
                    s.send(ByteBuffer.allocate(100), null);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
