package dev.millrace.spi;

/// What time it is for a stack.
public interface Clock {
    /// Monotonic nanoseconds; only differences mean something. Compare with `a - b < 0`.
    long nanoTime();

    /// Nanoseconds since 1970-01-01T00:00Z, for the time stamps of captures.
    long epochNanos();
}
