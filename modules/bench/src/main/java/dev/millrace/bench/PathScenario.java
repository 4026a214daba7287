package dev.millrace.bench;

import dev.millrace.internet.LinkConditions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A path that flows of TCP share, and what the papers say that they get of it.
///
/// @param name a few words
/// @param flows the congestion control of each flow, by its name
/// @param bitsPerSecond the rate of the bottleneck
/// @param rtt the round-trip time without a queue
/// @param loss the share of what flows towards the receivers that is lost by chance, 0 to 1; nothing is lost on the way back
/// @param reordering the share of it that comes up to 20 ms late, 0 to 1
/// @param queue how many packets wait for the bottleneck at most
/// @param time how long the flows send, of which the first third does not count
/// @param blackout for how long nothing passes in the middle, or zero
/// @param predicted bits of payload a second that all flows together should get, or 0 if nothing is predicted
public record PathScenario(String name, List<String> flows, long bitsPerSecond, Duration rtt, double loss, double reordering, int queue,
        Duration time, Duration blackout, double predicted) {
    private static final int MSS = 1448;
    private static final int MTU = 1500;

    /// Those of docs/performance.md, in its order.
    public static List<PathScenario> all() {
        var all = new ArrayList<PathScenario>();
        for (String cc : List.of("cubic", "newreno", "bbr")) {
            for (double loss : new double[] {0, 0.001, 0.01}) {
                all.add(path(cc, loss));
            }
        }
        long rate = 100_000_000;
        Duration rtt = Duration.ofMillis(100);
        int bdp = packets(rate, rtt);
        for (List<String> flows : List.of(List.of("cubic", "cubic"), List.of("cubic", "newreno"), List.of("bbr", "cubic"), List.of("bbr", "bbr"))) {
            all.add(new PathScenario("two flows", flows, rate, Duration.ofMillis(40), 0, 0, packets(rate, Duration.ofMillis(40)),
                    Duration.ofSeconds(180), Duration.ZERO, payload(rate)));
        }
        for (String cc : List.of("cubic", "bbr")) {
            all.add(new PathScenario("3 % come up to 20 ms late", List.of(cc), rate, rtt, 0, 0.03, bdp, Duration.ofSeconds(30), Duration.ZERO,
                    payload(rate)));
            all.add(new PathScenario("2 % loss", List.of(cc), rate, rtt, 0.02, 0, bdp, Duration.ofSeconds(60), Duration.ZERO,
                    predicted(cc, 0.02, rtt, rate)));
            all.add(new PathScenario("30 % loss", List.of(cc), 10_000_000, Duration.ofMillis(40), 0.3, 0, 64, Duration.ofSeconds(600), Duration.ZERO,
                    0));
            all.add(new PathScenario("nothing passes for 10 s", List.of(cc), rate, rtt, 0, 0, bdp, Duration.ofSeconds(60),
                    Duration.ofSeconds(10), 0));
            all.add(new PathScenario("1 Gb/s, 200 ms", List.of(cc), 1_000_000_000L, Duration.ofMillis(200), 0, 0,
                    packets(1_000_000_000L, Duration.ofMillis(200)), Duration.ofSeconds(20), Duration.ZERO, payload(1_000_000_000L)));
            all.add(new PathScenario("10 Gb/s, 20 ms", List.of(cc), 10_000_000_000L, Duration.ofMillis(20), 0, 0,
                    packets(10_000_000_000L, Duration.ofMillis(20)), Duration.ofSeconds(3), Duration.ZERO, payload(10_000_000_000L)));
        }
        return all;
    }

    private static PathScenario path(String cc, double loss) {
        long rate = 100_000_000;
        Duration rtt = Duration.ofMillis(100);
        return new PathScenario("100 Mb/s, 100 ms, loss " + loss * 100 + " %", List.of(cc), rate, rtt, loss, 0, packets(rate, rtt),
                Duration.ofSeconds(loss > 0 && !cc.equals("bbr") ? 600 : 60), Duration.ZERO, predicted(cc, loss, rtt, rate));
    }

    private static int packets(long bitsPerSecond, Duration rtt) {
        return (int) Math.max(16, bitsPerSecond / 8.0 * rtt.toNanos() / 1e9 / MTU);
    }

    private static double payload(long bitsPerSecond) {
        return (double) bitsPerSecond * MSS / MTU;
    }

    /// RFC 9438 §5.1 for CUBIC, whose window is never smaller than Reno's (its §4.3); Mathis, Semke, Mahdavi and Ott for Reno: both
    /// for losses that come at even distances. BBR does not mind losses of less than 2 %; of more nothing is predicted.
    private static double predicted(String cc, double p, Duration rtt, long bitsPerSecond) {
        if (cc.equals("bbr") && p >= 0.02) {
            return 0;
        }
        if (p == 0 || cc.equals("bbr")) {
            return payload(bitsPerSecond) * (1 - p);
        }
        double seconds = rtt.toNanos() / 1e9;
        double reno = Math.sqrt(1.5 / p);
        double cubic = 1.054 * Math.pow(seconds / p, 0.75);
        double window = cc.equals("cubic") ? Math.max(reno, cubic) : reno;
        return Math.min(payload(bitsPerSecond), window * MSS * 8 / seconds);
    }

    /// The bottleneck towards the senders, which acknowledgements take: nothing but its delay.
    LinkConditions back() {
        return LinkConditions.perfect().delay(rtt.dividedBy(2));
    }

    /// The bottleneck towards the receivers.
    LinkConditions forth() {
        LinkConditions c = back().rate(bitsPerSecond).queue(queue);
        if (loss > 0) {
            c = c.loss(loss);
        }
        return reordering > 0 ? c.reordering(reordering, Duration.ofMillis(20)) : c;
    }
}
