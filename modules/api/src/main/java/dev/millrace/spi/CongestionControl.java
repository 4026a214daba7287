package dev.millrace.spi;

/// Decides how much one connection may have in flight. It is told facts by loss recovery and answers with a window; it
/// knows nothing of the connection, its timers or its segments. One thread at a time. All sizes are bytes, all times
/// nanoseconds on the stack's clock.
public interface CongestionControl {
    /// The congestion window (cwnd). Whatever it says, one segment may be in flight.
    long cwnd();

    /// The slow-start threshold (ssthresh); [Long#MAX_VALUE] before the first loss.
    long ssthresh();

    /// New data was acknowledged, outside of loss recovery.
    ///
    /// @param bytes the bytes acknowledged for the first time, cumulatively or selectively
    /// @param inFlight the bytes in flight before this acknowledgement
    /// @param cwndLimited whether what is acknowledged belongs to a flight that filled the window (RFC 7661): if not, the
    ///     window must not grow
    /// @param srttNs the smoothed round-trip time, or 0 before the first sample
    /// @param nowNs the present time
    void onAck(long bytes, long inFlight, boolean cwndLimited, long srttNs, long nowNs);

    /// A loss was detected, or the peer echoed a congestion mark: loss recovery begins. Called once for each window of
    /// data.
    ///
    /// @param inFlight the bytes in flight (FlightSize, RFC 5681 §3.1), less what limited transmit has sent beyond the
    ///     window (§3.2, step 2)
    /// @param nowNs the present time
    void onCongestion(long inFlight, long nowNs);

    /// Loss recovery ended; cwnd is to be what it settles at.
    ///
    /// @param inFlight the bytes in flight
    /// @param proportional whether sending was kept in proportion to what arrived (RFC 9937), so that no burst follows if cwnd
    ///     is ssthresh from here on
    /// @param nowNs the present time
    void onRecovered(long inFlight, boolean proportional, long nowNs);

    /// The last [#onCongestion] or [#onTimeout] was for nothing: what seemed lost was late (RFC 4015). cwnd and ssthresh
    /// are to be what they were before, unless they have grown beyond it.
    ///
    /// @param nowNs the present time
    default void onSpurious(long nowNs) {
    }

    /// The retransmission timer ran out: cwnd becomes one segment.
    ///
    /// @param inFlight the bytes in flight (FlightSize)
    /// @param first whether this is the first time for this data: only then ssthresh is set (RFC 5681 §3.1, equation 4)
    /// @param nowNs the present time
    void onTimeout(long inFlight, boolean first, long nowNs);

    /// The connection sends again after having been idle for longer than the RTO (RFC 5681 §4.1).
    void onIdleRestart(long nowNs);

    /// The SMSS changed, as when the path's MTU became known.
    void onMssChange(int mss);
}
