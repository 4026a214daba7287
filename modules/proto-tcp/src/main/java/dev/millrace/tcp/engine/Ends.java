package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;
import dev.millrace.wire.buffer.Packet;

/// How a connection comes to its end, by FIN-WAIT-2 and TIME-WAIT or at once, and what the peer hears of it.
final class Ends {
    private Ends() {
    }

    static void sendReset(TcpConnection c, long seq, long ack, boolean withAck) {
        c.rstDue = true;
        c.rstSeq = seq;
        c.rstAck = ack;
        c.rstWithAck = withAck;
    }

    static void fail(TcpConnection c, ErrorCode why, boolean reset) {
        c.error = why;
        if (c.fastOpen != null) {
            c.fastOpen.onFailure(c);
        }
        c.events |= TcpConnection.EVENT_FAILED | TcpConnection.EVENT_READABLE | TcpConnection.EVENT_WRITABLE;
        if (reset) {
            sendReset(c, c.snd.nxt, c.rcv.nxt, true);
        }
        toClosed(c);
    }

    static void toClosed(TcpConnection c) {
        c.become(TcpState.CLOSED);
        c.timers.cancelAll();
        c.events |= TcpConnection.EVENT_CLOSED;
        c.synDue = false;
        PersistTimer.stop(c);
        c.queue.clear();
        c.sendBuffer.clear();
        if (c.reassembler != null) {
            c.reassembler.clear();
        }
    }

    static void startFinWait2(TcpConnection c, long nowNs) {
        if (c.closed && c.options.finWait2Ns > 0) {
            c.timers.set(ConnectionTimers.LINGER, nowNs + c.options.finWait2Ns);
        }
    }

    static void enterTimeWait(TcpConnection c, long nowNs) {
        c.become(TcpState.TIME_WAIT);
        c.timers.cancelAll();
        startTimeWait(c, nowNs);
        c.events |= TcpConnection.EVENT_TIME_WAIT;
    }

    /// 2 MSL begin, or begin anew.
    static void startTimeWait(TcpConnection c, long nowNs) {
        c.timers.set(ConnectionTimers.LINGER, nowNs + c.settings.timeWaitNs);
    }

    /// A reset for a connection whose engine has failed, or `null` if the peer expects none.
    static Packet farewell(TcpConnection c, long nowNs) {
        if (c.state == TcpState.CLOSED || c.state == TcpState.SYN_SENT || c.state == TcpState.TIME_WAIT) {
            return null;
        }
        sendReset(c, c.snd.nxt, c.rcv.nxt, true);
        return SegmentWriter.reset(c, nowNs);
    }
}
