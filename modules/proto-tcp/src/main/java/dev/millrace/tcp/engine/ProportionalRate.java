package dev.millrace.tcp.engine;

/// Proportional Rate Reduction (RFC 9937): during fast recovery what may be sent follows what is delivered, so that the
/// flight comes down to ssthresh without a pause or a burst. Made when the first recovery begins.
final class ProportionalRate {
    /// RecoverFS: what was in flight when recovery began.
    private long recoverFs;
    /// prr_delivered and prr_out, since then.
    private long delivered;
    private long out;
    /// What is left of sndcnt, in bytes.
    private long allowance;

    /// Fast recovery begins with an acknowledgement.
    ///
    /// @param flight bytes in flight before it
    /// @param sackedBefore of these, what had been reported by SACK before it
    void begin(long flight, long sackedBefore) {
        recoverFs = Math.max(1, flight - sackedBefore);
        delivered = 0;
        out = 0;
        allowance = 0;
    }

    /// §6.2, on every acknowledgement in recovery.
    ///
    /// @param newlyDelivered DeliveredData
    /// @param safe SafeACK: the acknowledgement advances and tells of no further loss
    void onAck(long newlyDelivered, long pipe, long ssthresh, int mss, boolean safe) {
        if (newlyDelivered <= 0 && out > 0) {
            return;
        }
        delivered += newlyDelivered;
        long count;
        if (pipe > ssthresh) {
            count = (delivered * ssthresh + recoverFs - 1) / recoverFs - out;
        } else {
            count = Math.max(delivered - out, newlyDelivered);
            if (safe) {
                count += mss;
            }
            count = Math.min(ssthresh - pipe, count);
        }
        // The fast retransmission itself goes at once.
        allowance = Math.max(out == 0 ? mss : 0, count);
    }

    /// This much may go without an acknowledgement.
    void allow(int bytes) {
        allowance = Math.max(allowance, bytes);
    }

    void onSent(int bytes) {
        out += bytes;
        allowance = Math.max(0, allowance - bytes);
    }

    /// The bytes that may be sent now.
    long allowance() {
        return allowance;
    }
}
