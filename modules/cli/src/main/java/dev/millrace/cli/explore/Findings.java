package dev.millrace.cli.explore;

import dev.millrace.cli.explore.SeedFailure.Kind;
import dev.millrace.internet.FailureCause;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// What was found with one test: failures by cause. The order in which they come makes no difference to it. Any thread may call.
final class Findings {
    /// How many causes are kept apart; tests whose messages are never the same have more.
    static final int CAUSES = 1000;
    /// How many seeds of each cause are kept.
    static final int SEEDS = 10;

    private static final FailureCause OTHERS = new FailureCause("others", "of more than " + CAUSES + " causes", List.of());

    private final Map<Key, Group> groups = new HashMap<>();

    private record Key(Kind kind, FailureCause cause) {
    }

    /// The failures of one cause.
    ///
    /// @param count how many
    /// @param seeds the lowest of them
    /// @param lowest the one of the lowest seed
    record Group(long count, List<Long> seeds, SeedFailure lowest) {
        Group {
            seeds = List.copyOf(seeds);
        }

        private Group with(Group other) {
            var all = new TreeSet<>(seeds);
            all.addAll(other.seeds);
            return new Group(count + other.count, all.stream().limit(SEEDS).toList(),
                    lowest.seed() <= other.lowest.seed() ? lowest : other.lowest);
        }
    }

    void add(SeedFailure failure) {
        add(new Group(1, List.of(failure.seed()), failure));
    }

    synchronized void add(Group group) {
        var key = new Key(group.lowest.kind(), group.lowest.cause());
        boolean fits = groups.containsKey(key) || groups.size() < CAUSES;
        groups.merge(fits ? key : new Key(group.lowest.kind(), OTHERS), group, Group::with);
    }

    /// That of the lowest seed first.
    synchronized List<Group> groups() {
        return groups.values().stream().sorted(Comparator.comparingLong(g -> g.lowest.seed())).toList();
    }

    Optional<SeedFailure> lowest() {
        return groups().stream().findFirst().map(Group::lowest);
    }

    /// Leaves what is above a seed, if nobody asked for more than the first failure: what has been found there was luck.
    synchronized void keepUpTo(long seed) {
        groups.values().removeIf(g -> g.lowest.seed() > seed);
        groups.replaceAll((_, g) -> new Group(g.seeds.stream().filter(s -> s <= seed).count(),
                g.seeds.stream().filter(s -> s <= seed).toList(), g.lowest));
    }

    synchronized long count() {
        return groups.values().stream().mapToLong(Group::count).sum();
    }

    synchronized boolean has(Kind kind) {
        return groups.keySet().stream().anyMatch(k -> k.kind == kind);
    }
}
