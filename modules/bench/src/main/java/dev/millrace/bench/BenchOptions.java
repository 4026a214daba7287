package dev.millrace.bench;

/// What to measure.
///
/// @param work what to do
/// @param link `loopback`, `vnic` (two stacks, checksums on the wire), or `jdk` (`java.net` on the kernel's loopback)
/// @param mtu the MTU in bytes; the kernel's loopback keeps its own
/// @param seconds how long to measure, above 0, at most a day
/// @param warmupSeconds how long to run before measuring, 0 to a day
/// @param chunk the bytes of one write or read of `stream`, above 0
/// @param pairs the connections of `idle`, 1 to 10 million
/// @param threads what the two ends run on; `idle` has no use for it
public record BenchOptions(
        Work work, String link, int mtu, double seconds, double warmupSeconds, int chunk, int pairs, Threads threads) {
    /// What the two ends run on.
    public enum Threads {
        /// Platform threads.
        PLATFORM,
        /// Virtual threads.
        VIRTUAL,
        /// Both, one after the other, and the better result counts: for each link its best.
        BEST
    }

    private static final double DAY = 86_400;

    /// Checks the ranges.
    ///
    /// @throws IllegalArgumentException if one is left; the message says which
    public BenchOptions {
        // Asked so that NaN is outside.
        require(seconds > 0 && seconds <= DAY, "seconds must be above 0 and at most a day, not " + seconds);
        require(warmupSeconds >= 0 && warmupSeconds <= DAY, "warm-up must be 0 to a day, not " + warmupSeconds);
        require(chunk >= 1, "chunk must be at least one byte, not " + chunk);
        require(pairs >= 1 && pairs <= 10_000_000, "pairs must be 1 to 10 million, not " + pairs);
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
