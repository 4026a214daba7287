package dev.millrace.tcp.engine;

/// The states of a connection (RFC 9293 §3.3.2), and which may follow which. The engine never is in `LISTEN`: a listener
/// is no connection.
public enum TcpState {
    CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT;

    /// Whether both sides' sequence numbers are known to each other.
    public boolean isSynchronized() {
        return ordinal() >= ESTABLISHED.ordinal();
    }

    /// Whether the program's data may be sent: from ESTABLISHED until our FIN.
    public boolean maySend() {
        return this == ESTABLISHED || this == CLOSE_WAIT;
    }

    /// Whether the peer may still send data: its FIN has not come.
    public boolean mayReceive() {
        return this == ESTABLISHED || this == FIN_WAIT_1 || this == FIN_WAIT_2;
    }

    /// Whether RFC 9293 §3.3.2 (figure 5 and its notes) allows the step from this state to `next`.
    public boolean mayBecome(TcpState next) {
        if (next == CLOSED) {
            return true;
        }
        return switch (this) {
            case CLOSED -> next == SYN_SENT || next == SYN_RECEIVED;
            case LISTEN -> next == SYN_SENT || next == SYN_RECEIVED;
            case SYN_SENT -> next == SYN_RECEIVED || next == ESTABLISHED;
            case SYN_RECEIVED -> next == ESTABLISHED || next == FIN_WAIT_1 || next == CLOSE_WAIT;
            case ESTABLISHED -> next == FIN_WAIT_1 || next == CLOSE_WAIT;
            // The ACK of our FIN and the peer's FIN may come in one segment.
            case FIN_WAIT_1 -> next == FIN_WAIT_2 || next == CLOSING || next == TIME_WAIT;
            case FIN_WAIT_2, CLOSING -> next == TIME_WAIT;
            case CLOSE_WAIT -> next == LAST_ACK;
            case LAST_ACK, TIME_WAIT -> false;
        };
    }
}
