package dev.millrace.internet;

import java.util.List;
import java.util.Optional;

/// Where two runs of one seed part: something in them does not follow from the seed.
///
/// @param event how manieth event of the runs, the first being 1
/// @param first what happened in the first run, with its simulated time; `null` if nothing more did
/// @param second the same of the second run
public record SeedDifference(long seed, long event, String first, String second) {
    /// The first difference between what happened in two runs.
    public static Optional<SeedDifference> between(long seed, List<String> first, List<String> second) {
        for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
            String a = i < first.size() ? first.get(i) : null;
            String b = i < second.size() ? second.get(i) : null;
            if (a == null || !a.equals(b)) {
                return Optional.of(new SeedDifference(seed, i + 1L, a, b));
            }
        }
        return Optional.empty();
    }

    /// Some lines, for people.
    @Override
    public String toString() {
        return "seed " + seed + " is not the same run twice: they differ from event " + event + " on\n    first run:  "
                + text(first) + "\n    second run: " + text(second);
    }

    private static String text(String line) {
        return line == null ? "nothing more" : line;
    }
}
