package dev.millrace;

/// A running capture. It never holds packets up: what does not fit into its buffer is left out and counted.
public interface Capture extends AutoCloseable {
    /// Packets recorded so far.
    long recorded();

    /// Packets left out because the buffer was full or the target failed.
    long missed();

    /// Writes what is buffered and the final counters, and closes the target. Further calls do nothing.
    ///
    /// @throws java.io.IOException if the target failed, now or earlier
    @Override
    void close() throws java.io.IOException;
}
