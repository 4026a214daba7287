package dev.millrace.tcp.engine;

/// F-RTO (RFC 5682): whether a timeout was spurious, which is not known before the second acknowledgement after it. Until
/// then nothing but new data is sent. Made by a timeout, and gone when it is known.
final class Frto {
    enum Verdict { UNKNOWN, SPURIOUS, LOSS }

    private boolean awaitsSecondAck;
    /// How much new data may go.
    private long allowance;

    /// §2.1 and §3.1, steps 2 and 3.
    ///
    /// @param acked bytes acknowledged cumulatively
    /// @param duplicate whether it is a duplicate ACK
    /// @param recoveryPoint what was in flight at the timeout ends there
    Verdict onAck(TcpConnection c, int acked, boolean duplicate, long recoveryPoint) {
        if (acked == 0 && !duplicate && c.queue.newlySackedBytes == 0) {
            return Verdict.UNKNOWN;
        }
        if (awaitsSecondAck) {
            return acked > 0 || c.queue.originalSackedTo <= recoveryPoint ? Verdict.SPURIOUS : Verdict.LOSS;
        }
        boolean newData = c.hasUnsent() && c.snd.room() > 0;
        if (acked == 0 || c.snd.una >= recoveryPoint || !newData) {
            return Verdict.LOSS;
        }
        awaitsSecondAck = true;
        allowance = 2L * c.snd.mss;
        return Verdict.UNKNOWN;
    }

    boolean awaitsSecondAck() {
        return awaitsSecondAck;
    }

    void onSent(int bytes) {
        allowance = Math.max(0, allowance - bytes);
    }

    long allowance() {
        return allowance;
    }
}
