package dev.millrace.tcp.engine;

import java.util.SplittableRandom;
import java.util.StringJoiner;

/// What a wire does to what it carries in one direction: chances between 0 and 1, times in nanoseconds.
///
/// @param burst the chance that from a packet on a burst of losses begins, in which four of five are lost
/// @param late the chance that a packet comes up to `lateNs` later than others
record Weather(double drop, double burst, double duplicate, double late, double corrupt, double mark, long delayNs, long jitterNs,
        long lateNs) {
    private static final long MS = 1_000_000L;

    static final Weather FINE = new Weather(0, 0, 0, 0, 0, 0, 5 * MS, 0, 0);

    /// Mostly some of it, seldom all.
    static Weather of(SplittableRandom r) {
        long delay = switch (r.nextInt(6)) {
            case 0 -> r.nextLong(20_000);
            case 1 -> r.nextLong(MS);
            case 2 -> r.nextLong(300 * MS);
            case 3 -> r.nextLong(1500 * MS);
            default -> 5 * MS;
        };
        return new Weather(some(r, 0.3), some(r, 0.05), some(r, 0.2), some(r, 0.3), some(r, 0.1), some(r, 0.5), delay,
                r.nextBoolean() ? 0 : r.nextLong(1 + delay), r.nextInt(4) == 0 ? r.nextLong(5000 * MS) : r.nextLong(30 * MS));
    }

    private static double some(SplittableRandom r, double most) {
        return switch (r.nextInt(5)) {
            case 0 -> most * r.nextDouble();
            case 1 -> most * r.nextDouble() / 10;
            default -> 0;
        };
    }

    Weather without(String trouble) {
        return switch (trouble) {
            case "loss" -> new Weather(0, 0, duplicate, late, corrupt, mark, delayNs, jitterNs, lateNs);
            case "duplicates" -> new Weather(drop, burst, 0, late, corrupt, mark, delayNs, jitterNs, lateNs);
            case "lateness" -> new Weather(drop, burst, duplicate, 0, corrupt, mark, delayNs, jitterNs, 0);
            case "corruption" -> new Weather(drop, burst, duplicate, late, 0, mark, delayNs, jitterNs, lateNs);
            case "marks" -> new Weather(drop, burst, duplicate, late, corrupt, 0, delayNs, jitterNs, lateNs);
            case "jitter" -> new Weather(drop, burst, duplicate, late, corrupt, mark, delayNs, 0, lateNs);
            case "delay" -> new Weather(drop, burst, duplicate, late, corrupt, mark, 5 * MS, 0, lateNs);
            default -> this;
        };
    }

    String words() {
        var s = new StringJoiner(", ");
        s.add(FuzzStep.time(delayNs) + (jitterNs > 0 ? " to " + FuzzStep.time(delayNs + jitterNs) : ""));
        chance(s, drop, "lost");
        chance(s, burst, "a burst of losses");
        chance(s, duplicate, "doubled");
        chance(s, late, "up to " + FuzzStep.time(lateNs) + " late");
        chance(s, corrupt, "damaged");
        chance(s, mark, "marked");
        return s.toString();
    }

    private static void chance(StringJoiner s, double chance, String what) {
        if (chance > 0) {
            s.add(String.format("%.2f%% %s", 100 * chance, what));
        }
    }
}
