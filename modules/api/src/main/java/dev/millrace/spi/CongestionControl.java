package dev.millrace.spi;

/// Decides how much one connection may have in flight, and how fast it sends. It is told facts and answers with decisions; it
/// knows nothing of the connection, its timers or its segments. One thread at a time. All sizes are bytes, all times
/// nanoseconds on the stack's clock.
///
/// What it must do is `onAck`, `onCongestion`, `onRecovered`, `onTimeout`, `onIdleRestart` and `onMssChange`; the other facts
/// are for those that ask for more.
public interface CongestionControl {
    /// A pacing rate: as fast as the window allows.
    long UNPACED = Long.MAX_VALUE;

    // ---- decisions

    /// The congestion window (cwnd). Whatever it says, one segment may be in flight.
    long cwnd();

    /// The slow-start threshold (ssthresh); [Long#MAX_VALUE] before the first loss. Fast recovery brings the flight down to it
    /// in proportion to what is delivered (RFC 9937).
    long ssthresh();

    /// The rate in bytes a second at which segments are to leave, or [#UNPACED]. They leave in bursts of no more than two
    /// milliseconds' worth, or two segments. Asked whenever something is sent; a connection whose control answers
    /// [#UNPACED] when it is made is never paced.
    default long pacingRate() {
        return UNPACED;
    }

    /// Whether it decides by the rate at which data is delivered. Then it is told that rate ([Ack#delivery], [Loss]), which
    /// costs a record for each packet in flight, and hears of each acknowledgement that tells of something delivered; and
    /// [#cwnd] holds in fast recovery too, where else the flight follows what is delivered down to [#ssthresh]. Asked once.
    default boolean isRateBased() {
        return false;
    }

    // ---- facts

    /// Something is sent, for the first time or again.
    ///
    /// @param bytes how much
    /// @param inFlight what is deemed in the network then, with it
    /// @param nowNs the present time
    default void onSent(long bytes, long inFlight, long nowNs) {
    }

    /// An acknowledgement has told of data that arrived. In recovery, too: see [Ack#inRecovery].
    ///
    /// @param ack what it told; the object is the engine's, and holds for this call
    void onAck(Ack ack);

    /// All acknowledgements that came together have been processed, and sending goes on.
    ///
    /// @param nowNs the present time
    default void onAcksProcessed(long nowNs) {
    }

    /// Segments are deemed lost. What a window does about it belongs to [#onCongestion], which is called once for each window
    /// of data. Told before the [#onAck] of the acknowledgement that gave them away.
    ///
    /// @param loss what was lost
    default void onLost(Loss loss) {
    }

    /// A loss was detected: loss recovery begins. Called once for each window of data.
    ///
    /// @param inFlight the bytes in flight (FlightSize, RFC 5681 §3.1), less what limited transmit has sent beyond the
    ///     window (§3.2, step 2)
    /// @param nowNs the present time
    void onCongestion(long inFlight, long nowNs);

    /// The peer has echoed a router's congestion mark (RFC 3168), outside of recovery: nothing is lost, and no recovery follows.
    /// Told once in a window of data. RFC 8511 recommends less of a reduction than after a loss, since queues that mark are
    /// short; without a method of its own it is the same.
    ///
    /// @param inFlight the bytes in flight before the acknowledgement, no more than cwnd
    /// @param nowNs the present time
    default void onMarked(long inFlight, long nowNs) {
        onCongestion(inFlight, nowNs);
        onRecovered(inFlight, true, nowNs);
    }

    /// Loss recovery ended; cwnd is to be what it settles at. Not called for a recovery that [#onTimeout] or [#onSpurious] has
    /// ended.
    ///
    /// @param inFlight the bytes in flight
    /// @param proportional whether sending was kept in proportion to what arrived (RFC 9937), so that no burst follows if cwnd
    ///     is ssthresh from here on
    /// @param nowNs the present time
    void onRecovered(long inFlight, boolean proportional, long nowNs);

    /// The retransmission timer ran out: cwnd becomes one segment.
    ///
    /// @param inFlight the bytes in flight (FlightSize)
    /// @param first whether this is the first time for this data: only then ssthresh is set (RFC 5681 §3.1, equation 4)
    /// @param nowNs the present time
    void onTimeout(long inFlight, boolean first, long nowNs);

    /// The last [#onCongestion] or [#onTimeout] was for nothing: what seemed lost was late (RFC 4015). cwnd and ssthresh
    /// are to be what they were before, unless they have grown beyond it. Told once in a window of data at most, and within a
    /// timeout of the recovery's end: that it was for nothing is what the peer says.
    ///
    /// @param nowNs the present time
    default void onSpurious(long nowNs) {
    }

    /// The connection sends again after having been idle for longer than the RTO (RFC 5681 §4.1).
    void onIdleRestart(long nowNs);

    /// The SMSS changed, as when the path's MTU became known.
    void onMssChange(int mss);

    /// What an acknowledgement told.
    interface Ack {
        /// The bytes that are known to have arrived by it, acknowledged cumulatively or selectively for the first time.
        long bytes();

        /// The bytes in flight before it (FlightSize).
        long priorInFlight();

        /// What is deemed in the network after it: less what is reported, lost and not sent again.
        long inFlight();

        /// Whether what is acknowledged belongs to a flight that filled the window (RFC 7661): if not, the window must not
        /// grow.
        boolean isCwndLimited();

        /// Whether fast recovery goes on, which has its own rate: the window must not grow.
        boolean inRecovery();

        /// The round-trip time of the segment acknowledged that was sent last, or 0 if it was sent again or none is
        /// acknowledged.
        long rttNs();

        /// The least round-trip time of the last minutes, or 0 before the first sample.
        long minRttNs();

        /// The smoothed round-trip time, or 0 before the first sample.
        long srttNs();

        /// The present time.
        long nowNs();

        /// How fast data was delivered, or `null` unless the control is rate-based. The object is the engine's, and holds for
        /// this call.
        default Delivery delivery() {
            return null;
        }
    }

    /// The rate of delivery, measured between a packet's departure and its acknowledgement
    /// (draft-cheng-iccrg-delivery-rate-estimation): that of the packet which was sent last among those acknowledged.
    interface Delivery {
        /// Bytes a second, or 0 if this acknowledgement tells none.
        long rate();

        /// Whether the program had nothing more to send when the packet left, so that the rate may be the program's.
        boolean isAppLimited();

        /// The bytes delivered in all, with this acknowledgement.
        long delivered();

        /// The bytes that had been delivered when the packet left; what follows was delivered within its round trip. -1 if it is
        /// not known which packet was acknowledged.
        long priorDelivered();

        /// The bytes that were deemed lost since the packet left.
        long lost();

        /// The bytes in flight when the packet left, with it.
        long sentInFlight();
    }

    /// Segments that are deemed lost. What belongs to a rate is 0 unless the control is rate-based.
    ///
    /// @param bytes how much
    /// @param sentInFlight the bytes in flight when that of them left which was sent last, with it
    /// @param lostSince the bytes that were deemed lost since it left, with these
    /// @param appLimited whether the program had nothing more to send when it left
    /// @param delivered the bytes delivered in all
    /// @param nowNs the present time
    record Loss(long bytes, long sentInFlight, long lostSince, boolean appLimited, long delivered, long nowNs) {
    }
}
