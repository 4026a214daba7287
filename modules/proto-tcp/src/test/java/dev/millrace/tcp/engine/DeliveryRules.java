package dev.millrace.tcp.engine;

/// Invariant 3: the program gets what the peer's program has written, and nothing else.
final class DeliveryRules extends Invariant {
    /// The offset in the peer's stream of what is read next.
    private long readTo;
    private boolean leavesOut;
    /// What is not read is thrown away.
    private boolean inputShut;
    private boolean wasClosed;
    private long rcvNxtWhenClosed;

    DeliveryRules() {
        super(3, "bytes are delivered as sent, once, in order; the end of the stream behind all of them; nothing is acknowledged after a reset");
    }

    @Override
    void before(Cause cause) {
        leavesOut |= !c.options.urgentInline;
        wasClosed = c.state() == TcpState.CLOSED;
        if (wasClosed) {
            rcvNxtWhenClosed = c.rcv.nxt;
        }
    }

    @Override
    void after(Cause cause) {
        inputShut |= cause == Cause.SHUTDOWN_INPUT || cause == Cause.CLOSE || cause == Cause.ABORT;
        if (wasClosed && cause != Cause.OPEN) {
            hold(c.rcv.nxt == rcvNxtWhenClosed, "RCV.NXT moves on after the end");
        }
        if (cause != Cause.READ) {
            return;
        }
        if (w.result > 0) {
            took(w.result);
        } else if (w.result < 0) {
            readTo += outOfLine();
            hold(inputShut || w.peerFins.contains(readTo + 1, readTo + 2), () -> "the end of the stream after " + readTo + " bytes");
        }
    }

    private void took(int n) {
        // A byte that is urgent and not in line is read by nobody.
        readTo += outOfLine();
        hold(readTo + n <= w.arrived.endOf(1) - 1, () -> "reads up to " + (readTo + n) + " where " + (w.arrived.endOf(1) - 1) + " bytes have come");
        long wrong = w.peers.mismatch(w.scratch, 0, n, readTo);
        hold(wrong < 0, () -> "a wrong byte at " + (readTo + wrong));
        readTo += n;
    }

    /// How many bytes were left out since this was asked last.
    private long outOfLine() {
        // What the engine says that it has taken and does not hold, less what we have got.
        long gone = w.fromIrs(c.rcv.nxt) - 1 - (c.rcv.finReceived ? 1 : 0) - c.receiveBuffer.length() - readTo
                - Math.max(0, w.result);
        if (gone == 0 || inputShut) {
            return 0;
        }
        hold(gone > 0 && leavesOut && w.urgentMarks.contains(1 + readTo, 1 + readTo + gone),
                () -> gone + " bytes are missing from " + readTo + " on");
        return gone;
    }

    @Override
    void sent() {
        if (wasClosed) {
            hold(w.out.rst, () -> w.out + " in CLOSED");
        }
        if (w.out.rst && w.out.hasAck) {
            hold(w.out.ack <= w.contiguous(), () -> w.out + " of what never came");
        }
    }
}
