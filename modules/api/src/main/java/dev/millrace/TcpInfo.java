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
/// @param recovery what loss recovery is doing: `OPEN`, `FAST_RECOVERY`, `SACK_RECOVERY` or `RTO_RECOVERY`
/// @param bytesUnsent bytes written that were never sent
/// @param bytesSacked of the bytes in flight those that the peer has reported by SACK
/// @param bytesLost of the bytes in flight those that are deemed lost
/// @param bytesRetransmitted bytes sent again, all told
/// @param advertisedMss the MSS that this side has announced, in bytes
/// @param peerMss the MSS that the peer has announced or that holds without the option, in bytes; 0 before its SYN
/// @param timestamps whether timestamps were agreed upon (RFC 7323)
/// @param sack whether selective acknowledgements were agreed upon (RFC 2018)
/// @param sendWindowScale the shift of the windows that the peer offers; 0 without window scaling
/// @param receiveWindowScale the shift of the windows that this side offers; 0 without window scaling
/// @param sinceSentNs nanoseconds since data, SYN or FIN was last sent, or -1 if never
/// @param sinceReceivedNs nanoseconds since data was last received, or -1 if never
/// @param pathMtu the largest IP packet, in bytes, that the path is taken to carry: by the NIC, by what routers have told and by what
///     probing has found (RFC 4821)
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
        ErrorCode softError,
        String recovery,
        long bytesUnsent,
        long bytesSacked,
        long bytesLost,
        long bytesRetransmitted,
        int advertisedMss,
        int peerMss,
        boolean timestamps,
        boolean sack,
        int sendWindowScale,
        int receiveWindowScale,
        long sinceSentNs,
        long sinceReceivedNs,
        int pathMtu) {
    /// What is known of a socket that has no connection.
    public static final TcpInfo CLOSED = new TcpInfo("CLOSED", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "", null,
            "OPEN", 0, 0, 0, 0, 0, 0, false, false, 0, 0, -1, -1, 0);
}
