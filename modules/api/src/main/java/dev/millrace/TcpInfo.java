package dev.millrace;

/// A snapshot of a TCP connection, in groups; what Linux tells of one by TCP_INFO, as far as it means something here
/// (docs/tcp.md has the names side by side). It is put together when it is asked for and costs nothing before. Times are
/// nanoseconds, sizes bytes.
///
/// @param state the state in the spelling of RFC 9293, such as `ESTABLISHED` or `TIME_WAIT`
/// @param congestionControl the name of the congestion control
/// @param softError what ICMP last said that did not end the connection, or `null`
/// @param agreed what the two SYNs have agreed on
/// @param roundTrip round trips, and the timeouts that follow from them
/// @param sending what limits sending, and what is under way
/// @param receiving what limits the peer, and what has come
/// @param recovery what is lost, and what was done about it
/// @param totals what was counted since the connection began
/// @param ages how long ago things happened
/// @param limits for how long what has kept data from being sent
/// @param fastOpen what came of Fast Open
public record TcpInfo(String state, String congestionControl, ErrorCode softError, Agreed agreed, RoundTrip roundTrip,
        Sending sending, Receiving receiving, Recovery recovery, Totals totals, Ages ages, Limits limits,
        FastOpen fastOpen) {
    /// What is known of a socket that has no connection.
    public static final TcpInfo CLOSED = new TcpInfo("CLOSED", "", null, new Agreed(false, false, false, 0, 0, 0, 0, 0),
            new RoundTrip(0, 0, 0, 0, 0, 0), new Sending(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), new Receiving(0, 0, 0, 0, 0, 0, 0),
            new Recovery("OPEN", 0, 0, 0, 0, 0, false, 0, 0, 0, 0), new Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            new Ages(-1, -1, -1), new Limits(0, 0, 0), FastOpen.NONE);

    /// What the two SYNs have agreed on, and what each side has told.
    ///
    /// @param timestamps whether timestamps are used (RFC 7323)
    /// @param sack whether selective acknowledgements are (RFC 2018)
    /// @param ecn whether congestion marks are understood (RFC 3168)
    /// @param sendWindowScale the shift of the windows that the peer offers; 0 without window scaling
    /// @param receiveWindowScale the shift of the windows that this side offers; 0 without window scaling
    /// @param advertisedMss the MSS that this side has announced
    /// @param peerMss the MSS that the peer has announced or that holds without the option; 0 before its SYN
    /// @param peerUserTimeoutNs the user timeout that the peer has told (RFC 5482), or 0; looked at only where
    ///     [TcpOptions#ADVERTISED_USER_TIMEOUT] is set
    public record Agreed(boolean timestamps, boolean sack, boolean ecn, int sendWindowScale, int receiveWindowScale, int advertisedMss,
            int peerMss, long peerUserTimeoutNs) {
    }

    /// Round trips, and the timeouts that follow from them (RFC 6298).
    ///
    /// @param srttNs the smoothed round-trip time, or 0 before the first sample
    /// @param rttvarNs its variation
    /// @param minNs the least of the last five minutes, or 0 before the first sample
    /// @param rtoNs the present retransmission timeout, backed off
    /// @param backOffs how often it is doubled at present
    /// @param userTimeoutNs how long sent data may stay unacknowledged, or 0 if the number of retransmissions decides
    public record RoundTrip(long srttNs, long rttvarNs, long minNs, long rtoNs, int backOffs, long userTimeoutNs) {
    }

    /// What limits sending, and what is under way.
    ///
    /// @param mss the largest payload of a segment to the peer, options taken off
    /// @param pathMtu the largest packet on the path, IP header included
    /// @param cwnd the congestion window, or 0 before the connection stands
    /// @param ssthresh the slow-start threshold, or 0 before the connection stands
    /// @param window the peer's receive window
    /// @param bytesInFlight bytes sent and not acknowledged
    /// @param bytesUnsent bytes written that were never sent
    /// @param buffer the size of the send buffer
    /// @param deliveryRate bytes a second that the peer was seen to get last, or 0 where congestion control does not ask for it
    /// @param pacingRate bytes a second at which segments leave, or 0 if they leave as the window allows
    public record Sending(int mss, int pathMtu, long cwnd, long ssthresh, long window, long bytesInFlight, long bytesUnsent,
            int buffer, long deliveryRate, long pacingRate) {
    }

    /// What limits the peer, and what has come.
    ///
    /// @param window this side's receive window
    /// @param mss the size of the peer's full segments, as seen
    /// @param bytesWaiting bytes that the program has not read
    /// @param bytesOutOfOrder bytes that wait for what is missing before them
    /// @param segmentsOutOfOrder segments that came before what was to come first, since the connection began
    /// @param ackDelayNs how long an acknowledgement may be delayed
    /// @param trafficClass the type of service or traffic class that the last segment came with, 0 to 255: its DSCP, and in the lower
    ///     two bits ECN's (RFC 2474, RFC 9293 SHLD-23)
    public record Receiving(long window, int mss, long bytesWaiting, long bytesOutOfOrder,
            long segmentsOutOfOrder, long ackDelayNs, int trafficClass) {
    }

    /// What is lost, and what was done about it.
    ///
    /// @param phase what loss recovery is doing: `OPEN`, `FAST_RECOVERY`, `SACK_RECOVERY` or `RTO_RECOVERY`
    /// @param bytesSacked of the bytes in flight those that the peer has reported by SACK
    /// @param bytesLost of the bytes in flight those that are deemed lost
    /// @param bytesResent of the lost bytes those that were sent again
    /// @param retransmissions timeouts of the oldest data since something was last acknowledged
    /// @param probes probes of a closed window, or of an idle peer, that are not answered yet
    /// @param reorderingSeen whether the path was seen to reorder (RFC 8985)
    /// @param reorderingWindowNs how much later than others a segment may come at present before it is deemed lost; 0 as long
    ///     as no reordering was seen
    /// @param duplicatesReported how often the peer has told that something came twice (RFC 2883)
    /// @param reneged how often the peer has taken back what it had reported by SACK
    /// @param spurious how often a reduction of the congestion window was taken back, since nothing had been lost
    public record Recovery(String phase, long bytesSacked, long bytesLost, long bytesResent, int retransmissions, int probes,
            boolean reorderingSeen, long reorderingWindowNs, int duplicatesReported, int reneged, int spurious) {
    }

    /// What was counted since the connection began.
    ///
    /// @param bytesSent payload bytes sent for the first time
    /// @param bytesRetransmitted payload bytes sent again
    /// @param bytesAcked payload bytes that the peer has acknowledged
    /// @param bytesReceived payload bytes received in order
    /// @param segmentsSent segments sent; super-segments count as what they are cut into
    /// @param segmentsReceived segments received; here super-segments count once
    /// @param dataSegmentsSent those sent that had a payload, modulo 2^32
    /// @param dataSegmentsReceived those received that had a payload, modulo 2^32
    /// @param retransmittedSegments segments sent again
    /// @param timeouts how often the retransmission timer ran out
    public record Totals(long bytesSent, long bytesRetransmitted, long bytesAcked, long bytesReceived, long segmentsSent,
            long segmentsReceived, long dataSegmentsSent, long dataSegmentsReceived, long retransmittedSegments, long timeouts) {
    }

    /// How long ago things happened, in nanoseconds, or -1 if never.
    ///
    /// @param sentNs since data, SYN or FIN was last sent
    /// @param receivedNs since data was last received
    /// @param segmentNs since any segment was last received
    public record Ages(long sentNs, long receivedNs, long segmentNs) {
    }

    /// For how long there was data to be sent or to be acknowledged, and what of that time it was not the network that kept
    /// it. Each is right to about a tenth of a millisecond, whatever was added up, and begins anew after six days.
    ///
    /// @param busyNs there was such data, since [Totals#bytesSent()] was 0
    /// @param receiveWindowNs of it: the peer's window had no room
    /// @param sendBufferNs of it: all was sent, the network would have taken more, and the program could not write more
    public record Limits(long busyNs, long receiveWindowNs, long sendBufferNs) {
    }

    /// What came of Fast Open (RFC 7413; [TcpOptions#FAST_OPEN], [TcpOptions#FAST_OPEN_CONNECT]).
    ///
    /// @param outcome `NONE` if it was neither used nor tried. Of a connection that this side has begun: `HELD` while the SYN waits
    ///     for the first data, `REQUESTED` while a cookie is asked for and `GRANTED` when it came; `SENT` while a SYN with a cookie
    ///     is not answered, or if it had no data; `ACCEPTED` when the SYN,ACK has acknowledged data of the SYN, `REFUSED` when it
    ///     has acknowledged none (or brought no cookie that was asked for), and `LOST` when the SYN had to be sent again, without
    ///     all that. Of a connection that this side has accepted by a valid cookie: `ACCEPTED`
    /// @param synBytes the bytes of data in the SYN
    /// @param synBytesAcknowledged how many of these the SYN,ACK has acknowledged
    public record FastOpen(String outcome, int synBytes, int synBytesAcknowledged) {
        /// Neither used nor tried.
        public static final FastOpen NONE = new FastOpen("NONE", 0, 0);
    }
}
