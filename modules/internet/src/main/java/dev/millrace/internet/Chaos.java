package dev.millrace.internet;

import dev.millrace.internet.ScriptEvent.TroubleKind;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.StringJoiner;

/// Troubles that a seed chooses: what befalls which hosts, when and for how long. For searches over seeds.
///
/// ```java
/// net.chaos(Chaos.within(Duration.ofSeconds(30)).cuts(3).crashes(2).clockJumps(2, Duration.ofSeconds(5)));
/// ```
///
/// Immutable: each method returns another one.
public final class Chaos {
    private static final int MAX = 10_000;

    private final Duration within;
    private final Duration shortest;
    private final Duration longest;
    private final Map<TroubleKind, Integer> counts;
    /// How large the value of a kind is at most, in nanoseconds.
    private final Map<TroubleKind, Long> values;
    private final int isolations;

    private Chaos(Duration within, Duration shortest, Duration longest, Map<TroubleKind, Integer> counts,
            Map<TroubleKind, Long> values, int isolations) {
        if (within.isNegative() || within.isZero() || shortest.isNegative() || longest.compareTo(shortest) < 0) {
            throw new IllegalArgumentException("within " + within + ", lasting " + shortest + " to " + longest
                    + " makes no sense");
        }
        if (counts.values().stream().anyMatch(n -> n < 0) || isolations < 0
                || isolations + counts.values().stream().mapToLong(n -> n).sum() > MAX) {
            throw new IllegalArgumentException("there can be 0 to " + MAX + " troubles, not " + counts + " and " + isolations
                    + " isolations");
        }
        this.within = within;
        this.shortest = shortest;
        this.longest = longest;
        this.counts = Collections.unmodifiableMap(copy(counts));
        this.values = Map.copyOf(values);
        this.isolations = isolations;
    }

    /// No troubles yet; they begin within so much time, and each lasts from a tenth to a half of it.
    public static Chaos within(Duration time) {
        return new Chaos(time, time.dividedBy(10), time.dividedBy(2), new EnumMap<>(TroubleKind.class), Map.of(), 0);
    }

    /// So many cuts and isolations within a time, each lasting from a tenth to a half of it.
    public static Chaos of(int cuts, int isolations, Duration within) {
        return within(within).cuts(cuts).isolations(isolations);
    }

    /// How long each lasts at least and at most.
    public Chaos lasting(Duration least, Duration most) {
        return new Chaos(within, least, most, counts, values, isolations);
    }

    private static Map<TroubleKind, Integer> copy(Map<TroubleKind, Integer> counts) {
        var copy = new EnumMap<TroubleKind, Integer>(TroubleKind.class);
        copy.putAll(counts);
        return copy;
    }

    private Chaos with(TroubleKind kind, int n, long value) {
        Map<TroubleKind, Integer> more = copy(counts);
        more.put(kind, n);
        var moreValues = new HashMap<>(values);
        moreValues.put(kind, value);
        return new Chaos(within, shortest, longest, more, moreValues, isolations);
    }

    /// So many times two hosts are cut off from each other.
    public Chaos cuts(int n) {
        return with(TroubleKind.CUT, n, 0);
    }

    /// So many times what one host sends does not reach another.
    public Chaos cutsOneWay(int n) {
        return with(TroubleKind.CUT_ONE_WAY, n, 0);
    }

    /// So many times a host is cut off from all others.
    public Chaos isolations(int n) {
        return new Chaos(within, shortest, longest, counts, values, n);
    }

    /// So many times a host crashes, and starts again: see [Host#boot].
    public Chaos crashes(int n) {
        return with(TroubleKind.CRASH, n, 0);
    }

    /// So many times a host's programs stand still for a while: [Host#pause].
    public Chaos pauses(int n) {
        return with(TroubleKind.PAUSE, n, 0);
    }

    /// So many times a host's clock is wrong for a while.
    ///
    /// @param most how far it is ahead or behind at most
    public Chaos clockJumps(int n, Duration most) {
        return with(TroubleKind.CLOCK, n, most.toNanos());
    }

    /// So many times a host's clock goes wrong for a while.
    ///
    /// @param most how much faster or slower at most: 1e-4 is 0.1 ms each second
    public Chaos clockDrifts(int n, double most) {
        return with(TroubleKind.DRIFT, n, Math.round(most * 1e9));
    }

    /// So many times packets between two hosts take longer, both ways.
    ///
    /// @param most how much longer at most, each way
    public Chaos slowLinks(int n, Duration most) {
        return with(TroubleKind.SLOW, n, most.toNanos());
    }

    /// So many times a TCP connection between two hosts is reset by somebody in between.
    public Chaos resets(int n) {
        return with(TroubleKind.RESET, n, 0);
    }

    /// So many times the name server fails (SERVFAIL) or denies that names exist (NXDOMAIN).
    public Chaos nameFailures(int n) {
        return with(TroubleKind.DNS_SERVFAIL, n - n / 2, 0).with(TroubleKind.DNS_NXDOMAIN, n / 2, 0);
    }

    /// So many times the name server is slow.
    ///
    /// @param most how much at most
    public Chaos slowNames(int n, Duration most) {
        return with(TroubleKind.DNS_SLOW, n, most.toNanos());
    }

    /// So many times the name server gives names the addresses of other hosts.
    public Chaos wrongNames(int n) {
        return with(TroubleKind.DNS_LIES, n, 0);
    }

    Duration within() {
        return within;
    }

    Duration shortest() {
        return shortest;
    }

    Duration longest() {
        return longest;
    }

    int count(TroubleKind kind) {
        return counts.getOrDefault(kind, 0);
    }

    int isolations() {
        return isolations;
    }

    long value(TroubleKind kind) {
        return values.getOrDefault(kind, 0L);
    }

    /// How many hosts it takes at least.
    int hostsNeeded() {
        return counts.entrySet().stream().anyMatch(e -> e.getValue() > 0 && e.getKey().hasOthers) ? 2 : 1;
    }

    @Override
    public String toString() {
        var text = new StringJoiner(", ");
        counts.forEach((k, n) -> text.add(n + " " + k.word()));
        if (isolations > 0) {
            text.add(isolations + " isolations");
        }
        return text + " within " + within;
    }
}
