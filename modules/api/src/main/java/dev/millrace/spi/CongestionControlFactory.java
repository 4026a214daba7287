package dev.millrace.spi;

/// Makes congestion control for connections. Found with [java.util.ServiceLoader].
public interface CongestionControlFactory {
    /// The name by which configurations choose it, such as `newreno`.
    String name();

    /// One line for people.
    String description();

    /// Makes the congestion control of one connection.
    ///
    /// @param mss the sender's maximum segment size (SMSS) in bytes
    /// @param initialWindow the initial window in bytes (RFC 6928)
    CongestionControl create(int mss, int initialWindow);
}
