package dev.millrace;

/// What a ping has counted.
///
/// @param sent requests sent, those that could not be included
/// @param received requests answered
/// @param duplicates further replies to requests that were answered
/// @param errors requests that ICMP told an error about, or that could not be sent
/// @param minNs the shortest round trip in nanoseconds, 0 if nothing was received
/// @param averageNs their mean
/// @param maxNs the longest
/// @param deviationNs their standard deviation
public record PingStatistics(long sent, long received, long duplicates, long errors, long minNs, long averageNs, long maxNs,
        long deviationNs) {
    /// The part of the requests that was not answered, 0 to 1.
    public double loss() {
        return sent == 0 ? 0 : (double) (sent - received) / sent;
    }
}
