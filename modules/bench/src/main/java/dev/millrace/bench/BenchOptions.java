package dev.millrace.bench;

/// What to measure.
///
/// @param work what to do
/// @param link `loopback`, `vnic` (two stacks, checksums on the wire), or `jdk` (`java.net` on the kernel's loopback)
/// @param mtu the MTU in bytes; the kernel's loopback keeps its own
/// @param seconds how long to measure, above 0
/// @param warmupSeconds how long to run before measuring, 0 or more
/// @param chunk the bytes of one write or read of `stream`
/// @param pairs the connections of `idle`
/// @param threads what the two ends run on
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

    /// Checks the ranges.
    public BenchOptions {
        if (seconds <= 0 || warmupSeconds < 0 || chunk < 1 || pairs < 1) {
            throw new IllegalArgumentException("seconds, chunk and pairs must be positive, and warm-up not negative");
        }
    }
}
