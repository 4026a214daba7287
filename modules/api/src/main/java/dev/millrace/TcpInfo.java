package dev.millrace;

/// A snapshot of a TCP connection.
///
/// @param state the state in the spelling of RFC 9293, such as `ESTABLISHED` or `TIME_WAIT`
/// @param srttNs the smoothed round-trip time in nanoseconds, or 0 before the first sample
/// @param rttvarNs its variation in nanoseconds
/// @param rtoNs the present retransmission timeout in nanoseconds
/// @param cwnd the congestion window in bytes
/// @param ssthresh the slow-start threshold in bytes
/// @param mss the largest payload of a segment to the peer, in bytes
/// @param bytesInFlight bytes sent and not acknowledged
/// @param sendWindow the peer's receive window in bytes
/// @param receiveWindow this side's receive window in bytes
/// @param bytesSent payload bytes sent for the first time
/// @param bytesReceived payload bytes received in order
/// @param retransmittedSegments segments sent again
/// @param timeouts how often the retransmission timer ran out
/// @param segmentsSent segments sent
/// @param segmentsReceived segments received
/// @param congestionControl the name of the congestion control
/// @param softError what ICMP last said that did not end the connection, or `null`
public record TcpInfo(
        String state,
        long srttNs,
        long rttvarNs,
        long rtoNs,
        long cwnd,
        long ssthresh,
        int mss,
        long bytesInFlight,
        long sendWindow,
        long receiveWindow,
        long bytesSent,
        long bytesReceived,
        long retransmittedSegments,
        long timeouts,
        long segmentsSent,
        long segmentsReceived,
        String congestionControl,
        ErrorCode softError) {
}
