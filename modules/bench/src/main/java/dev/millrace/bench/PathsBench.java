package dev.millrace.bench;

import dev.millrace.TcpInfo;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.NetworkLink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// TCP over a path of a simulated Internet, in simulated time: flows from hosts on the left of a bottleneck to hosts on its right, each
/// with its own congestion control and everything else as it comes. One seed, one result.
public final class PathsBench {
    private static final int PORT = 80;
    private static final int BLOCK = 256 << 10;
    private static final Duration LOOK = Duration.ofMillis(20);

    private final PathScenario scenario;
    private final List<Flow> flows = new ArrayList<>();
    private Internet net;
    /// How long after a blackout all flows went on, and the longest retransmission timeout at its end.
    private long goesOnNs;
    private long rtoNs;

    /// One flow; its two programs and the one that looks take turns.
    private static final class Flow {
        final String congestionControl;
        long received;
        long receivedBefore;
        TcpSocket socket;
        TcpInfo before;
        TcpInfo last;
        double srttSum;
        int looks;

        Flow(String congestionControl) {
            this.congestionControl = congestionControl;
        }
    }

    private PathsBench(PathScenario scenario) {
        this.scenario = scenario;
    }

    /// Runs one. The figures are those of the time that counts, the last two thirds:
    ///
    /// - `mbit_per_s`, `each_mbit_per_s`: what the receiving programs got, of all flows and of each; `jain`: Jain's index of fairness;
    /// - `predicted_mbit_per_s`, `of_predicted`: what the papers say, and the share of it;
    /// - `queue_ms`: the mean of the smoothed round-trip times, looked at every 20 ms, less the path's; what a receiver waits with an
    ///   acknowledgement is in it;
    /// - `lost`: packets that the bottleneck dropped, by chance, for want of room or while nothing passed; `retransmitted`: segments sent
    ///   again, `retransmitted_of_lost` of them for each lost packet; `timeouts`: how often a retransmission timer ran out;
    /// - `first_after_blackout_ms`, `rto_then_ms`: how long after a blackout data came again on all flows, and the longest retransmission
    ///   timeout at its end;
    /// - `real_s`: how long all of it took, in seconds of the wall clock.
    ///
    /// @param seed of the losses
    /// @throws Exception if a program fails, a flow does not come about or does not go on after a blackout, or the simulation fails
    public static BenchResult run(PathScenario scenario, long seed) throws Exception {
        return new PathsBench(scenario).measure(seed);
    }

    private BenchResult measure(long seed) throws Exception {
        long begin = System.nanoTime();
        try (Internet n = Internet.virtualTime(seed)) {
            net = n;
            net.router("left", "10.0.0.1");
            net.router("right", "10.0.0.2");
            NetworkLink line = net.link("left", "right", scenario.back()).setConditions("left", scenario.forth());
            for (int i = 0; i < scenario.flows().size(); i++) {
                start(i, scenario.flows().get(i));
            }
            net.runFor(scenario.time().dividedBy(3));
            for (Flow f : flows) {
                if (f.socket == null) {
                    throw new IOException("the flow of " + f.congestionControl + " is not connected after " + net.now());
                }
                f.receivedBefore = f.received;
                f.before = f.socket.info();
            }
            Map<String, Long> dropsBefore = line.counters("left");
            long from = net.now().toNanos();
            if (!scenario.blackout().isZero()) {
                blackOut(line);
            }
            net.runFor(timeLeft());
            double seconds = (net.now().toNanos() - from) / 1e9;
            for (Flow f : flows) {
                f.last = f.socket.info();
            }
            return result(seconds, line.counters("left"), dropsBefore, (System.nanoTime() - begin) / 1e9);
        }
    }

    private Duration timeLeft() {
        return scenario.time().minus(net.now());
    }

    private void start(int i, String congestionControl) throws IOException {
        var flow = new Flow(congestionControl);
        flows.add(flow);
        Host from = net.host("s" + i, Internet.MTU_ETHERNET, List.of("10.1." + i + ".1"),
                stack -> stack.option("tcp", "congestion-control", congestionControl));
        Host to = net.host("r" + i, "10.2." + i + ".1");
        net.link("s" + i, "left", LinkConditions.perfect());
        net.link("right", "r" + i, LinkConditions.perfect());
        to.run(() -> receive(to, flow));
        from.run(() -> send(from, to, flow));
        from.run(() -> look(from, flow));
    }

    private static void receive(Host to, Flow flow) throws IOException {
        var buffer = new byte[BLOCK];
        try (TcpListener listener = to.stack().tcp().listen(PORT); TcpSocket s = listener.accept()) {
            int n;
            while ((n = s.read(buffer, 0, buffer.length)) >= 0) {
                flow.received += n;
            }
        }
    }

    private static void send(Host from, Host to, Flow flow) throws IOException {
        try (TcpSocket s = from.stack().tcp().connect(new InetSocketAddress(to.address(), PORT), Duration.ofSeconds(60))) {
            flow.socket = s;
            var block = new byte[BLOCK];
            while (true) {
                s.write(block, 0, block.length);
            }
        }
    }

    /// What the path's queue adds to a round trip is seen in the smoothed one.
    private static void look(Host from, Flow flow) throws InterruptedException {
        while (true) {
            from.sleep(LOOK);
            if (flow.before != null) {
                flow.srttSum += flow.socket.info().roundTrip().srttNs();
                flow.looks++;
            }
        }
    }

    private void blackOut(NetworkLink line) throws IOException, InterruptedException {
        line.setUp(false);
        net.runFor(scenario.blackout());
        for (Flow f : flows) {
            rtoNs = Math.max(rtoNs, f.socket.info().roundTrip().rtoNs());
        }
        long[] received = flows.stream().mapToLong(f -> f.received).toArray();
        line.setUp(true);
        long up = net.now().toNanos();
        for (int i = 0; i < received.length; i++) {
            Flow f = flows.get(i);
            long then = received[i];
            if (!net.runUntil(() -> f.received > then, timeLeft())) {
                throw new IOException("the flow of " + f.congestionControl + " has not gone on by " + net.now() + ", after a blackout of "
                        + scenario.blackout());
            }
        }
        goesOnNs = net.now().toNanos() - up;
    }

    private BenchResult result(double seconds, Map<String, Long> after, Map<String, Long> before, double realSeconds) {
        var figures = new LinkedHashMap<String, Object>();
        figures.put("work", "paths");
        figures.put("path", scenario.name());
        figures.put("flows", String.join(" + ", scenario.flows()));
        double sum = 0;
        double squares = 0;
        double queue = 0;
        long again = 0;
        long timeouts = 0;
        var each = new ArrayList<String>();
        for (Flow f : flows) {
            double rate = (f.received - f.receivedBefore) * 8 / seconds;
            sum += rate;
            squares += rate * rate;
            queue += (f.srttSum / f.looks - scenario.rtt().toNanos()) / flows.size();
            again += f.last.totals().retransmittedSegments() - f.before.totals().retransmittedSegments();
            timeouts += f.last.totals().timeouts() - f.before.totals().timeouts();
            each.add(String.format(Locale.ROOT, "%.2f", rate / 1e6));
        }
        long lost = dropped(after) - dropped(before);
        figures.put("mbit_per_s", sum / 1e6);
        if (flows.size() > 1) {
            figures.put("each_mbit_per_s", String.join(" + ", each));
            figures.put("jain", sum * sum / (flows.size() * squares));
        }
        if (scenario.predicted() > 0) {
            figures.put("predicted_mbit_per_s", scenario.predicted() / 1e6);
            figures.put("of_predicted", sum / scenario.predicted());
        }
        figures.put("queue_ms", queue / 1e6);
        figures.put("lost", lost);
        figures.put("retransmitted", again);
        if (lost > 0) {
            figures.put("retransmitted_of_lost", (double) again / lost);
        }
        figures.put("timeouts", timeouts);
        if (!scenario.blackout().isZero()) {
            figures.put("first_after_blackout_ms", goesOnNs / 1e6);
            figures.put("rto_then_ms", rtoNs / 1e6);
        }
        figures.put("real_s", realSeconds);
        return new BenchResult(figures);
    }

    private static long dropped(Map<String, Long> counters) {
        return counters.entrySet().stream().filter(e -> e.getKey().startsWith("dropped-")).mapToLong(Map.Entry::getValue).sum();
    }
}
