package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.tcp.engine.FastOpen;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpState;

/// What of a connection's state those who wait for it care about, as the bits of [Wakeups].
final class EngineStatus {
    private EngineStatus() {
    }

    /// The bits of this moment, with the gate's lock held.
    ///
    /// @param failure why the connection failed, or `null`
    /// @param before the bits that were set last: a connection that stood has stood
    static int of(TcpConnection engine, Lifecycle life, ErrorCode failure, int before) {
        int now = before & Wakeups.CONNECTED | Wakeups.bits(engine.state(), engine.recoveryPhase());
        if (life == Lifecycle.RELEASED) {
            now |= Wakeups.READABLE | Wakeups.WRITABLE | Wakeups.FINISHED;
        } else {
            now |= of(engine, life);
        }
        if (failure != null) {
            now |= Wakeups.READABLE | Wakeups.WRITABLE | Wakeups.FAILED | Wakeups.FINISHED;
        }
        return now;
    }

    private static int of(TcpConnection engine, Lifecycle life) {
        int now = 0;
        if (engine.available() > 0 || engine.isEof()) {
            now |= Wakeups.READABLE;
        }
        if (engine.writableBytes() > 0 || engine.outputShut()) {
            now |= Wakeups.WRITABLE;
        }
        var state = engine.state();
        if (FastOpen.isConnected(engine)) {
            now |= Wakeups.CONNECTED;
        }
        boolean opening = state == TcpState.SYN_SENT || state == TcpState.SYN_RECEIVED;
        if (life.isDetached()
                || engine.outputShut() && engine.unsentOrUnacked() == 0 && !opening && !state.awaitsAckOfFin()) {
            now |= Wakeups.FINISHED;
        }
        return now;
    }
}
