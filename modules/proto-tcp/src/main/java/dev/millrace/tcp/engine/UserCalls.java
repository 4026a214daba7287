package dev.millrace.tcp.engine;

import java.lang.foreign.MemorySegment;

/// SEND, RECEIVE, CLOSE and ABORT by state (RFC 9293 §3.10.2 to §3.10.5), and the halves of CLOSE.
final class UserCalls {
    private UserCalls() {
    }

    static int write(TcpConnection c, MemorySegment src, long offset, int length) {
        if (c.snd.finQueued || c.state == TcpState.CLOSED || c.state.ordinal() > TcpState.CLOSE_WAIT.ordinal()) {
            return 0;
        }
        int n = WriteRoom.now(c, length);
        c.writeRefused = n < length;
        if (n == 0) {
            return 0;
        }
        int taken = c.sendBuffer.append(src, offset, n);
        c.writeStarved |= taken < n;
        return taken;
    }

    static int read(TcpConnection c, ReceivedBytes out, int max) {
        int most = max;
        if (c.urgent != null && max > 0) {
            c.urgent.takeOutOfLine(c);
            most = c.urgent.readable(c, max);
        }
        int n = c.receiveBuffer.moveTo(out, most);
        if (n == 0 && c.fastOpen != null) {
            c.fastOpen.onRead();
        }
        if (n == 0) {
            return max > 0 && c.isEof() ? -1 : 0;
        }
        // A peer that has not completed the handshake can do nothing with it; whatever it is sent next brings the window.
        if (c.state.mayReceive() && WindowAdvertiser.needsUpdate(c) && !FastOpen.isUnconfirmed(c)) {
            c.acks.now();
        }
        return n;
    }

    static void shutdownOutput(TcpConnection c) {
        if (c.snd.finQueued) {
            return;
        }
        switch (c.state) {
            case SYN_SENT -> {
                if (FastOpen.isPromised(c)) {
                    // To the program the connection stands, and what it has written is to arrive.
                    c.snd.finQueued = true;
                } else {
                    c.toClosed();
                }
            }
            // FIN follows once the connection stands.
            case SYN_RECEIVED -> c.snd.finQueued = true;
            case ESTABLISHED -> {
                c.snd.finQueued = true;
                c.become(TcpState.FIN_WAIT_1);
            }
            case CLOSE_WAIT -> {
                c.snd.finQueued = true;
                c.become(TcpState.LAST_ACK);
            }
            default -> {
            }
        }
    }

    static void shutdownInput(TcpConnection c) {
        c.inputShut = true;
        c.receiveBuffer.clear();
        if (c.state.mayReceive() && WindowAdvertiser.needsUpdate(c)) {
            c.acks.now();
        }
    }

    static void close(TcpConnection c, long nowNs) {
        if (c.closed) {
            return;
        }
        c.closed = true;
        if (c.receiveBuffer.length() > 0 && !c.inputShut) {
            // SHLD-3: data was lost, and the peer must be told.
            abort(c);
            c.receiveBuffer.clear();
            return;
        }
        shutdownOutput(c);
    }

    static void abort(TcpConnection c) {
        switch (c.state) {
            case SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT -> {
                c.sendReset(c.snd.nxt, c.rcv.nxt, true);
                c.toClosed();
            }
            case SYN_SENT, CLOSING, LAST_ACK, TIME_WAIT -> c.toClosed();
            case CLOSED, LISTEN -> {
            }
        }
    }
}
