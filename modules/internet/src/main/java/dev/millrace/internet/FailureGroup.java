package dev.millrace.internet;

import java.util.List;

/// The seeds that fail for one cause.
///
/// @param count how many they are
/// @param seeds the lowest of them, in order
/// @param lowest how the first of them fails
public record FailureGroup(FailureCause cause, long count, List<Long> seeds, Throwable lowest) {
    /// How many seeds are kept.
    public static final int SEEDS = 10;

    /// Copies the list.
    public FailureGroup {
        seeds = List.copyOf(seeds);
    }

    /// The lowest seed.
    public long seed() {
        return seeds.getFirst();
    }
}
