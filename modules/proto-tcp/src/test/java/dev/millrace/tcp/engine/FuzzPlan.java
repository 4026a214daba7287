package dev.millrace.tcp.engine;

import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.tcp.engine.FuzzStep.Who;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// One case of the fuzz test: all that a seed stands for.
///
/// @param epochNs the clock when it begins
record FuzzPlan(long seed, Opening opening, boolean v4, long epochNs, Host a, Host b, Weather fromA, Weather fromB, List<FuzzStep> steps) {
    enum Opening {
        /// A SYN meets an engine.
        PASSIVE,
        /// A SYN is answered by a record, as a listener does it.
        RECORD,
        SIMULTANEOUS
    }

    /// @param settings of `[tcp]`
    /// @param memory of the stack, in bytes; 0 for enough
    /// @param waits whether its program reads and writes only when it is told that it can
    /// @param cuts whether super-segments are cut on their way
    /// @param byReference whether packets travel with the memory that they refer to
    record Host(Map<String, String> settings, String congestion, int iss, int deviceMtu, int superSegment, boolean cuts,
            boolean byReference, int maxSegment, int memory, boolean waits, int chunk) {
        CongestionControlFactory.Chosen chosen() {
            return switch (congestion) {
                case "cubic" -> Reno.CUBIC;
                case "paced cubic" -> Reno.PACED_CUBIC;
                case "bbr" -> Reno.BBR;
                default -> Reno.CHOSEN;
            };
        }

        Host withIss(int other) {
            return new Host(settings, congestion, other, deviceMtu, superSegment, cuts, byReference, maxSegment, memory, waits, chunk);
        }

        Host plain() {
            return new Host(Map.of(), "newreno", iss, 1500, 0, false, false, 0, 0, false, 20_000);
        }

        Host without(String setting) {
            var fewer = new LinkedHashMap<>(settings);
            fewer.remove(setting);
            return new Host(fewer, congestion, iss, deviceMtu, superSegment, cuts, byReference, maxSegment, memory, waits, chunk);
        }

        String words() {
            return settings + " " + congestion + ", MTU " + deviceMtu + (superSegment > 0 ? ", super-segments of " + superSegment
                    + (cuts ? ", cut" : "") : "") + (byReference ? ", by reference" : "") + (maxSegment > 0 ? ", MSS " + maxSegment : "")
                    + (memory > 0 ? ", memory " + memory : "") + (waits ? ", waits" : "") + ", pieces of " + chunk;
        }
    }

    static FuzzPlan of(long seed) {
        SplittableRandom r = new SplittableRandom(seed);
        boolean v4 = r.nextInt(4) != 0;
        Opening opening = switch (r.nextInt(6)) {
            case 0 -> Opening.PASSIVE;
            case 1 -> Opening.SIMULTANEOUS;
            default -> Opening.RECORD;
        };
        boolean calm = r.nextInt(4) == 0;
        Weather fromA = calm ? Weather.FINE : Weather.of(r);
        Weather fromB = calm || r.nextBoolean() ? fromA : Weather.of(r);
        Host a = host(r, v4);
        Host b = host(r, v4);
        long epoch = r.nextInt(3) == 0 ? r.nextLong(1L << 61) : 1_000_000_000L;
        return new FuzzPlan(seed, opening, v4, epoch, a, b, fromA, fromB, new FuzzSteps(r, a, b, v4).all());
    }

    private static Host host(SplittableRandom r, boolean v4) {
        Map<String, String> s = new LinkedHashMap<>();
        flag(r, s, "sack", 4);
        flag(r, s, "timestamps", 3);
        flag(r, s, "window-scaling", 4);
        flag(r, s, "no-delay", 2);
        flag(r, s, "tail-loss-probe", 4);
        flag(r, s, "slow-start-after-idle", 4);
        one(r, s, "ecn", 2, "off", "accept", "request", "request");
        one(r, s, "mtu-probing", 2, "off", "black-hole", "always");
        one(r, s, "receive-buffer", 2, "2048", "5000", "8192", "65535", "65536", "200000", "3000000");
        one(r, s, "send-buffer", 2, "2048", "3000", "8192", "65536", "300000");
        one(r, s, "initial-window", 4, "1", "2", "3", "64");
        one(r, s, "initial-rto", 4, "10ms", "200ms", "3s", "60s");
        one(r, s, "min-rto", 4, "1ms", "10ms", "1s", "2s");
        one(r, s, "max-rto", 6, "60s", "240s");
        one(r, s, "delayed-ack", 4, "0", "1ms", "200ms", "499ms");
        one(r, s, "max-retransmissions", 4, "5", "8", "20");
        one(r, s, "user-timeout", 10, "1s", "30s", "100s");
        one(r, s, "time-wait", 4, "1ms", "1s", "4m");
        one(r, s, "fin-wait-2", 4, "0", "1s", "10s");
        one(r, s, "challenge-acks", 4, "1", "3");
        one(r, s, "out-of-order-ranges", 4, "1", "3", "16");
        one(r, s, "mtu-probe-interval", 3, "1s", "30s");
        one(r, s, "syn-timeout", 8, "1s", "20s");
        if (r.nextInt(6) == 0) {
            s.put("keep-alive", "true");
            one(r, s, "keep-alive-idle", 1, "1s", "20s", "2h");
            one(r, s, "keep-alive-interval", 1, "1s", "20s");
            one(r, s, "keep-alive-count", 1, "1", "3", "9");
        }
        String congestion = new String[] {"newreno", "cubic", "cubic", "paced cubic", "bbr"}[r.nextInt(5)];
        int iss = switch (r.nextInt(4)) {
            case 0 -> r.nextInt(200_000) - 100_000;
            case 1 -> Integer.MAX_VALUE - r.nextInt(100_000);
            default -> r.nextInt();
        };
        int mtu = switch (r.nextInt(8)) {
            case 0 -> v4 ? 576 : 1280;
            case 1 -> 9000;
            case 2 -> 65535;
            case 3 -> 1280 + r.nextInt(3000);
            default -> 1500;
        };
        boolean large = r.nextInt(4) == 0;
        int memory = r.nextInt(10) == 0 ? 4000 + r.nextInt(100_000) : 0;
        return new Host(s, congestion, iss, mtu, large ? 10_000 + r.nextInt(55_000) : 0, r.nextBoolean(), r.nextInt(3) == 0,
                r.nextInt(10) == 0 ? 48 + r.nextInt(1000) : 0, memory, r.nextBoolean(),
                r.nextInt(4) == 0 ? 1 + r.nextInt(100) : 1 + r.nextInt(60_000));
    }

    private static void flag(SplittableRandom r, Map<String, String> s, String name, int oneIn) {
        if (r.nextInt(oneIn) == 0) {
            s.put(name, name.equals("no-delay") ? "true" : "false");
        }
    }

    private static void one(SplittableRandom r, Map<String, String> s, String name, int oneIn, String... values) {
        if (r.nextInt(oneIn) == 0) {
            s.put(name, values[r.nextInt(values.length)]);
        }
    }

    // ---- other cases like it

    FuzzPlan with(Host newA, Host newB) {
        return new FuzzPlan(seed, opening, v4, epochNs, newA, newB, fromA, fromB, steps);
    }

    FuzzPlan withIss(int issA, int issB) {
        return with(a.withIss(issA), b.withIss(issB));
    }

    FuzzPlan withSteps(List<FuzzStep> fewer) {
        return new FuzzPlan(seed, opening, v4, epochNs, a, b, fromA, fromB, List.copyOf(fewer));
    }

    /// The same without one kind of trouble from the beginning on, whatever the steps bring.
    FuzzPlan without(String trouble) {
        var calmer = new ArrayList<FuzzStep>();
        for (FuzzStep s : steps) {
            calmer.add(s instanceof FuzzStep.Change c ? new FuzzStep.Change(c.afterNs(), c.from(), c.weather().without(trouble)) : s);
        }
        return new FuzzPlan(seed, opening, v4, epochNs, a, b, fromA.without(trouble), fromB.without(trouble), calmer);
    }

    Host host(Who who) {
        return who == Who.A ? a : b;
    }

    /// The case in words, a line for each step.
    String words() {
        var s = new StringBuilder();
        s.append("seed ").append(seed).append(", ").append(opening).append(", ").append(v4 ? "IPv4" : "IPv6").append('\n');
        s.append("a: ").append(a.words()).append('\n').append("b: ").append(b.words()).append('\n');
        s.append("from a: ").append(fromA.words()).append('\n').append("from b: ").append(fromB.words()).append('\n');
        for (int i = 0; i < steps.size(); i++) {
            s.append(i).append(". after ").append(FuzzStep.time(steps.get(i).afterNs())).append(": ").append(steps.get(i).words()).append('\n');
        }
        return s.toString();
    }
}
