package dev.millrace.internet;

import dev.millrace.wire.TcpHeader;

/// How far a TCP connection has come, as somebody in between sees it (RFC 7857 §2, which takes over the states of RFC 6146
/// §3.5.2.2). Sequence numbers are not looked at: whoever could forge them is an experiment of its own.
final class TcpFlow {
    private enum State {
        /// One side has sent a SYN.
        OPENING,
        /// Both have.
        ESTABLISHED,
        /// Both have sent a FIN.
        CLOSED,
        /// A RST passed, which its receiver may not have taken.
        RESET
    }

    private State state;
    private State beforeReset = State.OPENING;
    private boolean openedByInitiator;
    private boolean initiatorClosed;
    private boolean responderClosed;

    /// @param established whether the handshake is taken to have been before, since the first segment seen was none of one
    /// @param byInitiator whether the first segment comes from whom the flow's owner calls the initiator
    TcpFlow(boolean established, boolean byInitiator) {
        state = established ? State.ESTABLISHED : State.OPENING;
        openedByInitiator = byInitiator;
    }

    /// Whether a segment may begin a connection: a SYN alone.
    static boolean isOpening(int flags) {
        return (flags & (TcpHeader.SYN | TcpHeader.ACK | TcpHeader.RST | TcpHeader.FIN)) == TcpHeader.SYN;
    }

    static boolean isReset(int flags) {
        return (flags & TcpHeader.RST) != 0;
    }

    /// A segment passed. Returns whether that counts as use.
    boolean onSegment(boolean fromInitiator, int flags) {
        if (isReset(flags)) {
            // RFC 7857 has RSTs, as ICMP errors, not prolong anything; the first begins the time that is left.
            boolean first = state != State.RESET && state != State.CLOSED;
            if (first) {
                beforeReset = state;
                state = State.RESET;
            }
            return first;
        }
        if (isOpening(flags) && (state == State.CLOSED || state == State.RESET)) {
            state = State.OPENING;
            openedByInitiator = fromInitiator;
            initiatorClosed = false;
            responderClosed = false;
            return true;
        }
        return switch (state) {
            case OPENING -> {
                if ((flags & TcpHeader.SYN) != 0 && fromInitiator != openedByInitiator) {
                    state = State.ESTABLISHED;
                }
                yield true;
            }
            case ESTABLISHED -> onData(fromInitiator, flags);
            // RFC 6146 §3.5.2.2: all pass until the time is over, and none makes it longer.
            case CLOSED -> false;
            case RESET -> {
                // RFC 6146 §3.5.2.2: whoever goes on talking did not take the RST.
                state = beforeReset;
                yield true;
            }
        };
    }

    private boolean onData(boolean fromInitiator, int flags) {
        if ((flags & TcpHeader.FIN) != 0) {
            initiatorClosed |= fromInitiator;
            responderClosed |= !fromInitiator;
            if (initiatorClosed && responderClosed) {
                state = State.CLOSED;
            }
        }
        return true;
    }

    /// How long the connection may be idle now.
    IdleTable.Kind kind() {
        return state == State.ESTABLISHED ? IdleTable.Kind.TCP_ESTABLISHED : IdleTable.Kind.TCP_TRANSITORY;
    }
}
