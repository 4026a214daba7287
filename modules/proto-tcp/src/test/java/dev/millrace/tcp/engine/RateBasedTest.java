package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// BBR, pacing and the measured rate, through a bottleneck of 100 Mb/s in virtual time.
class RateBasedTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final long RATE = 12_500_000;

    private static Pair pair(CongestionControlFactory.Chosen cc, long oneWayMs, long queueMs) {
        Pair p = new Pair(1, new Pair.Wire(0, 0, 0, 0, oneWayMs * MS, 0), TcpSettings.of(), cc);
        p.bottleneck = RATE;
        p.queueLimit = RATE * queueMs / 1000;
        return p;
    }

    private static void lose(Pair p, double chance) {
        Random r = new Random(7);
        p.loses = s -> s.len > 0 && r.nextDouble() < chance;
    }

    /// Sends for so long and returns the share of the bottleneck that reached the program in all but the first fifth.
    private static double share(Pair p, long seconds) {
        p.a.toWrite = Long.MAX_VALUE / 2;
        p.open();
        long start = p.nowNs;
        p.run(seconds * SECOND / 5, () -> false);
        long warm = p.b.read;
        long warmNs = p.nowNs;
        p.run(seconds * SECOND - (p.nowNs - start), () -> false);
        return (p.b.read - warm) / ((p.nowNs - warmNs) / 1e9) / RATE;
    }

    @ParameterizedTest
    @CsvSource({"0, 0.90", "0.001, 0.80", "0.01, 0.80"})
    void bbrFillsALongPathThatLosesSomething(double loss, double least) {
        Pair p = pair(Reno.BBR, 50, 100);
        lose(p, loss);
        double share = share(p, 10);
        // 0.965 of the rate are payload. Reno would have 0.2 and 0.04 of it at 0.1 and 1 % loss.
        assertTrue(share > least, share + " " + p.a.tcp.cc + " " + p.a.tcp.info(p.nowNs));
        p.end();
    }

    /// More than 2 % is congestion for BBR 3, and chance for whoever says so.
    @Test
    void bbrBearsWhatItIsToldTo() {
        double[] shares = new double[2];
        for (int i = 0; i < 2; i++) {
            Pair p = pair(i == 0 ? Reno.BBR : Reno.HARDY_BBR, 10, 100);
            lose(p, 0.05);
            shares[i] = share(p, 5);
            p.end();
        }
        // A quarter and three fifths: what each round trip with a loss does to the short term is the draft's all the same.
        assertTrue(shares[0] < 0.4 && shares[1] > 0.5, shares[0] + " and " + shares[1]);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 50})
    void bbrKeepsTheQueueShort(int queueMs) {
        Pair p = pair(Reno.BBR, 20, 10_000);
        p.a.toWrite = Long.MAX_VALUE / 2;
        p.open();
        p.run(5 * SECOND, () -> false);
        p.mostQueued = 0;
        p.run(10 * SECOND, () -> false);
        // A bandwidth-delay product at most, where Reno would fill what there is.
        assertTrue(p.mostQueued < RATE * 60 / 1000, p.mostQueued + " " + p.a.tcp.cc);
        assertEquals(0, p.queueDrops);
        var told = p.a.tcp.info(p.nowNs).sending();
        assertEquals(RATE, told.deliveryRate(), RATE / 3.0);
        assertEquals(RATE, told.pacingRate(), RATE / 3.0);
        p.end();
    }

    @Test
    void burstsAreBoundedByTwoMilliseconds() {
        Pair p = pair(Reno.BBR, 20, 10_000);
        p.a.toWrite = Long.MAX_VALUE / 2;
        p.open();
        p.run(2 * SECOND, () -> false);
        int[] most = new int[1];
        p.run(3 * SECOND, () -> {
            most[0] = Math.max(most[0], p.a.burst);
            return false;
        });
        // 1.25 times the rate for 2 ms, and what an acknowledgement let go at the same instant.
        assertTrue(most[0] <= 25, most[0] + " segments at once");
        p.end();
    }

    /// The same window whatever happens, which looks at the rates that are measured.
    private static final class Watching implements CongestionControlFactory.Chosen {
        final long window;
        final List<Long> rates = new ArrayList<>();
        int limited;
        long lost;
        long lastDelivered;

        Watching(long window) {
            this.window = window;
        }

        @Override
        public String name() {
            return "watching";
        }

        @Override
        public CongestionControl create(int mss, int initialWindow, long srttNs) {
            return new CongestionControl() {
                @Override
                public boolean isRateBased() {
                    return true;
                }

                @Override
                public long cwnd() {
                    return window;
                }

                @Override
                public long ssthresh() {
                    return Long.MAX_VALUE;
                }

                @Override
                public void onAck(Ack ack) {
                    Delivery d = ack.delivery();
                    assertEquals(lastDelivered + ack.bytes(), d.delivered());
                    lastDelivered = d.delivered();
                    assertTrue(d.priorDelivered() < d.delivered() && d.lost() >= 0);
                    if (d.isAppLimited()) {
                        limited++;
                    } else if (d.rate() > 0) {
                        rates.add(d.rate());
                    }
                }

                @Override
                public void onLost(Loss loss) {
                    assertTrue(loss.lostSince() >= loss.bytes() && loss.sentInFlight() >= loss.bytes());
                    lost += loss.bytes();
                }

                @Override
                public void onCongestion(long inFlight, long nowNs) {
                }

                @Override
                public void onRecovered(long inFlight, boolean proportional, long nowNs) {
                }

                @Override
                public void onTimeout(long inFlight, boolean first, long nowNs) {
                }

                @Override
                public void onIdleRestart(long nowNs) {
                }

                @Override
                public void onMssChange(int newMss) {
                }
            };
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.01, 0", "0, 8", "0.02, 8"})
    void measuredRateIsTheBottlenecksHoweverAcknowledgementsCome(double loss, long jitterMs) {
        var watching = new Watching(2 * RATE / 20);
        Pair p = pair(watching, 20, 10_000);
        p.wire = new Pair.Wire(0, 0, 0, 0, 20 * MS, Math.max(1, jitterMs * MS));
        lose(p, loss);
        p.a.toWrite = Long.MAX_VALUE / 2;
        p.open();
        p.run(3 * SECOND, () -> false);
        double payload = RATE * 1448.0 / 1500;
        List<Long> rates = watching.rates.subList(watching.rates.size() / 5, watching.rates.size());
        // Acknowledgements that came together tell of no more than was sent; jitter of a fifth of a round trip shows.
        double most = rates.stream().mapToLong(r -> r).max().orElseThrow() / payload;
        assertTrue(most < (jitterMs == 0 ? 1.02 : 1.25), "the fastest " + most);
        double median = rates.stream().sorted().skip(rates.size() / 2).findFirst().orElseThrow() / payload;
        assertEquals(1, median, loss == 0 && jitterMs == 0 ? 0.02 : 0.2, "the median " + median);
        assertTrue(loss == 0 || watching.lost > 0, "losses are told");
        // Where everything comes out of order no acknowledgement is of data that was sent once; reports are.
        assertEquals(40 + jitterMs / 2.0, p.a.tcp.rtt.minRttNs() / 1e6, 1 + jitterMs / 2.0, "the least round trip");
        p.end();
    }

    @Test
    void aProgramThatHasLittleToSendIsKnownToBeTheLimit() {
        var watching = new Watching(1 << 20);
        Pair p = pair(watching, 20, 10_000);
        p.open();
        p.run(SECOND, () -> p.b.tcp.state() == TcpState.ESTABLISHED && p.a.tcp.state() == TcpState.ESTABLISHED);
        for (int i = 0; i < 50; i++) {
            p.a.toWrite += 20_000;
            p.a.use();
            long end = p.nowNs + 30 * MS;
            p.run(30 * MS, () -> p.nowNs >= end);
        }
        assertTrue(watching.limited > 100, watching.limited + " of " + watching.rates.size());
        assertTrue(watching.rates.size() < 20, watching.rates.size() + " were told as the path's");
        p.end();
    }

    /// A queue of a tenth of the bandwidth-delay product: what slow start sends at once overflows it.
    @Test
    void pacedCubicLosesLessInAShortQueue() {
        long[] drops = new long[2];
        for (int i = 0; i < 2; i++) {
            Pair p = pair(i == 0 ? Reno.CUBIC : Reno.PACED_CUBIC, 20, 4);
            p.a.toWrite = 400_000;
            p.open();
            assertTrue(p.run(10 * SECOND, () -> p.b.read == p.a.toWrite));
            drops[i] = p.queueDrops;
            p.end();
        }
        assertTrue(drops[1] * 2 < drops[0] + 1, drops[1] + " of " + drops[0]);
    }
}
