package dev.millrace.internet;

import java.time.Duration;

/// Troubles that a seed chooses: which hosts are cut off from which, when and for how long. For searches over seeds.
///
/// @param cuts how many times two hosts are cut off from each other
/// @param isolations how many times a host is cut off from all others
/// @param within the troubles begin within so much time
/// @param shortest how long each lasts at least
/// @param longest how long each lasts at most
public record Chaos(int cuts, int isolations, Duration within, Duration shortest, Duration longest) {
    /// Checks the values.
    public Chaos {
        if (cuts < 0 || isolations < 0 || cuts + isolations > 10_000) {
            throw new IllegalArgumentException("there can be 0 to 10000 troubles, not " + cuts + " and " + isolations);
        }
        if (within.isNegative() || within.isZero() || shortest.isNegative() || longest.compareTo(shortest) < 0) {
            throw new IllegalArgumentException("within " + within + ", lasting " + shortest + " to " + longest
                    + " makes no sense");
        }
    }

    /// So many cuts and isolations within a time, each lasting from a tenth to a half of it.
    public static Chaos of(int cuts, int isolations, Duration within) {
        return new Chaos(cuts, isolations, within, within.dividedBy(10), within.dividedBy(2));
    }
}
