package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Links against what theory says of them: loss, delay, the distribution of jitter, queues, bandwidth. Runs are long enough for
/// the tolerance that each test states; a seed is given, so that what holds once holds always.
class TheoryTest {
    private static final LinkConditions PERFECT = LinkConditions.perfect();
    /// What a line of 1 Mbit/s takes for one datagram.
    private static final double SERVICE_NS = NumberedDatagrams.BYTES * 8 * 1e3;
    private static final String LINE = "1Mbit/s";

    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void close() {
        leaks.close();
    }

    private static long exponential(RandomGenerator random, double meanNs) {
        return Math.round(-meanNs * Math.log1p(-random.nextDouble()));
    }

    /// Losses are a Bernoulli process: their share has the standard deviation √(p(1−p)/n), and so have, about, those of losses
    /// that follow one (p² of all) and of those that follow none. Four standard deviations.
    @ParameterizedTest
    @ValueSource(doubles = {0.003, 0.1, 0.5})
    void lossesAreIndependent(double p) throws Exception {
        int n = 40_000;
        NumberedDatagrams r = NumberedDatagrams.send(PERFECT.loss(p), n, Duration.ofMillis(1), 0);
        boolean[] arrived = new boolean[n];
        r.numbers().forEach(i -> arrived[i] = true);
        int lost = n - r.arrivals().size();
        int afterOne = 0;
        for (int i = 1; i < n; i++) {
            afterOne += !arrived[i] && !arrived[i - 1] ? 1 : 0;
        }
        assertEquals(p * n, lost, 4 * Math.sqrt(n * p * (1 - p)));
        assertEquals(p * p * n, afterOne, 4 * Math.sqrt(n * p * p * (1 - p * p) * (1 + 2 * p)));
    }

    /// Delay and serialization add up exactly, to the nanosecond: nothing else takes time.
    @Test
    void whatIsNotQueuedTakesLineAndDelay() throws Exception {
        NumberedDatagrams r = NumberedDatagrams.send(PERFECT.rate(LINE).delay(Duration.ofMillis(20)), 2000,
                random -> 900_000 + random.nextLong(1_000_000), 0);
        assertEquals(2000, r.arrivals().size());
        for (double d : r.delaysNs()) {
            assertEquals(SERVICE_NS + 20e6, d);
        }
    }

    /// Jitter is a way from one uniform value to the next ([PathChance]): at a random moment t of it (1−t)·U₁ + t·U₂. Samples two
    /// ways apart are independent of each other; Kolmogorov and Smirnov's test at 1 %: the greatest distance of the
    /// distributions is below 1.63/√n.
    @Test
    void jitterHasItsDistribution() throws Exception {
        double span = 8e6;
        NumberedDatagrams r = NumberedDatagrams.send(PERFECT.delay(Duration.ofMillis(10)).jitter(Duration.ofMillis(8)), 10_000,
                random -> (long) (2 * span) + random.nextLong((long) span), 0);
        double[] jitter = Arrays.stream(r.delaysNs()).map(d -> (d - 10e6) / span).sorted().toArray();
        int n = jitter.length;
        assertEquals(10_000, n);
        double distance = 0;
        for (int i = 0; i < n; i++) {
            double f = jitterBelow(jitter[i]);
            distance = Math.max(distance, Math.max(Math.abs(f - (double) i / n), Math.abs(f - (i + 1.0) / n)));
        }
        assertTrue(distance < 1.63 / Math.sqrt(n), "distance " + distance);
        // A variance of 1/18; that of a uniform distribution is 1/12.
        double mean = Arrays.stream(jitter).average().orElseThrow();
        double variance = Arrays.stream(jitter).map(j -> (j - mean) * (j - mean)).average().orElseThrow();
        assertEquals(0.5, mean, 4 * Math.sqrt(1.0 / 18 / n));
        assertEquals(1.0 / 18, variance, 0.05 / 18);
    }

    /// The share of moments at which jitter is below x of its span: the mean over t of the distribution of (1−t)·U₁ + t·U₂, which
    /// is a trapezium.
    private static double jitterBelow(double x) {
        int steps = 1000;
        double sum = 0;
        for (int i = 0; i < steps; i++) {
            double a = (i + 0.5) / steps / 2;
            double b = 1 - a;
            sum += x < a ? x * x / (2 * a * b) : x <= b ? (x - a / 2) / b : 1 - (1 - x) * (1 - x) / (2 * a * b);
        }
        return sum / steps;
    }

    /// Datagrams that come at random to a line of a constant rate are M/D/1: they wait ρS/(2(1−ρ)) on average (Pollaczek and
    /// Khinchine), and 1−ρ of them not at all. 6 % for the mean, 0.015 for the share.
    @ParameterizedTest
    @ValueSource(doubles = {0.3, 0.6, 0.8})
    void aQueueIsAsLongAsPollaczekAndKhinchineSay(double load) throws Exception {
        int n = 60_000;
        NumberedDatagrams r = NumberedDatagrams.send(PERFECT.rate(LINE).queue(100_000), n,
                random -> exponential(random, SERVICE_NS / load), 0);
        assertEquals(n, r.arrivals().size());
        double[] waits = Arrays.stream(r.delaysNs()).map(d -> d - SERVICE_NS).toArray();
        double expected = load * SERVICE_NS / (2 * (1 - load));
        assertEquals(expected, Arrays.stream(waits).average().orElseThrow(), 0.06 * expected);
        assertEquals(1 - load, Arrays.stream(waits).filter(w -> w == 0).count() / (double) n, 0.015);
    }

    /// A queue of K−1 and one on the line are M/D/1/K: the share that finds no room follows from the embedded Markov chain. 8 %.
    @ParameterizedTest
    @CsvSource({"0.8, 3", "0.95, 8", "1.3, 5"})
    void aShortQueueDropsWhatTheMarkovChainSays(double load, int k) throws Exception {
        int n = 60_000;
        NumberedDatagrams r = NumberedDatagrams.send(PERFECT.rate(LINE).queue(k - 1), n,
                random -> exponential(random, SERVICE_NS / load), 0);
        double dropped = (n - r.arrivals().size()) / (double) n;
        double expected = blocked(load, k);
        assertEquals(expected, dropped, 0.08 * expected);
        assertEquals(n - r.arrivals().size(), r.link().get("dropped-queue-full"));
    }

    /// Of M/D/1/K: with the probabilities q of what a packet leaves behind, from q(j) = q(0)·α(j) + Σ q(i)·α(j−i+1), where
    /// α(m) is the chance that m come while one is sent, 1 − 1/(q(0) + ρ) find no room.
    private static double blocked(double load, int k) {
        double[] come = new double[k + 1];
        come[0] = Math.exp(-load);
        for (int m = 1; m <= k; m++) {
            come[m] = come[m - 1] * load / m;
        }
        double[] q = new double[k];
        q[0] = 1;
        double sum = 1;
        for (int j = 0; j + 1 < k; j++) {
            double next = q[j] - q[0] * come[j];
            for (int i = 1; i <= j; i++) {
                next -= q[i] * come[j - i + 1];
            }
            q[j + 1] = next / come[0];
            sum += q[j + 1];
        }
        return 1 - 1 / (q[0] / sum + load);
    }

    /// What TCP carries over a line: MSS/MTU of its rate, with a queue longer than the line's delay times its rate, when what slow
    /// start has lost is repaired. 1 %.
    @ParameterizedTest
    @CsvSource({"10Mbit/s, 1250000, 20, 6", "100Mbit/s, 12500000, 2, 6", "1Mbit/s, 125000, 100, 60"})
    void tcpFillsALine(String rate, int bytesPerSecond, long delayMs, int seconds) throws Exception {
        double took = carry(PERFECT.rate(rate).delay(Duration.ofMillis(delayMs)).queue(64), bytesPerSecond * seconds);
        assertEquals(1448.0 / 1500, seconds * 2 / 3.0 / took, 0.01);
    }

    /// What TCP with NewReno carries where p of the segments is lost: about (MSS/RTT)·√(3/2p) (Mathis, Semke, Mahdavi and Ott), which
    /// leaves out time-outs and slow start: 0.7 to 1.4 of it.
    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.005, 0.02})
    void tcpUnderLossIsAsFastAsMathisSays(double p) throws Exception {
        double expected = 1448 / 0.1 * Math.sqrt(1.5 / p);
        int bytes = (int) (expected * 120);
        double goodput = bytes * 2.0 / 3 / carry(PERFECT.delay(Duration.ofMillis(50)).loss(p), bytes);
        assertTrue(goodput > 0.7 * expected && goodput < 1.4 * expected, goodput / expected + " of " + expected);
    }

    /// Carries bytes over a link that is lossy one way only, and returns how many seconds the last two thirds took.
    private static double carry(LinkConditions conditions, int bytes) throws Exception {
        try (Internet net = Internet.virtualTime(5)) {
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            net.link("a", "b", PERFECT.delay(conditions.delay())).setConditions("a", conditions);
            var marks = new ArrayList<Long>();
            Program<Void> receiver = b.run(() -> {
                var buffer = new byte[64 << 10];
                try (TcpListener listener = b.stack().tcp().listen(80); TcpSocket s = listener.accept()) {
                    long got = 0;
                    int n;
                    while ((n = s.read(buffer, 0, buffer.length)) > 0) {
                        got += n;
                        if (got >= bytes / 3 && marks.isEmpty()) {
                            marks.add(net.now().toNanos());
                        }
                    }
                    marks.add(net.now().toNanos());
                }
            });
            a.run(() -> {
                try (TcpSocket s = a.stack().tcp().connect(new InetSocketAddress("10.0.0.2", 80), Duration.ofSeconds(10))) {
                    var block = new byte[64 << 10];
                    for (int sent = 0; sent < bytes; sent += block.length) {
                        s.write(block, 0, Math.min(block.length, bytes - sent));
                    }
                }
            });
            receiver.get();
            return (marks.getLast() - marks.getFirst()) / 1e9;
        }
    }
}
