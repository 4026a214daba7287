package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpState.CLOSED;
import static dev.millrace.tcp.engine.TcpState.CLOSE_WAIT;
import static dev.millrace.tcp.engine.TcpState.CLOSING;
import static dev.millrace.tcp.engine.TcpState.ESTABLISHED;
import static dev.millrace.tcp.engine.TcpState.FIN_WAIT_1;
import static dev.millrace.tcp.engine.TcpState.FIN_WAIT_2;
import static dev.millrace.tcp.engine.TcpState.LAST_ACK;
import static dev.millrace.tcp.engine.TcpState.SYN_RECEIVED;
import static dev.millrace.tcp.engine.TcpState.SYN_SENT;
import static dev.millrace.tcp.engine.TcpState.TIME_WAIT;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/// Invariant 6: RFC 9293 §3.3.2's diagram, with what may cause each step; and what CLOSED and TIME-WAIT are.
final class StateRules extends Invariant {
    /// What one segment may bring about, though it takes several steps.
    private static final Map<TcpState, Set<TcpState>> BY_SEGMENT = new EnumMap<>(Map.of(
            CLOSED, EnumSet.noneOf(TcpState.class),
            SYN_SENT, EnumSet.of(SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT, CLOSED),
            SYN_RECEIVED, EnumSet.of(ESTABLISHED, FIN_WAIT_1, CLOSE_WAIT, CLOSING, CLOSED),
            ESTABLISHED, EnumSet.of(CLOSE_WAIT, CLOSED),
            FIN_WAIT_1, EnumSet.of(FIN_WAIT_2, CLOSING, TIME_WAIT, CLOSED),
            FIN_WAIT_2, EnumSet.of(TIME_WAIT, CLOSED),
            CLOSE_WAIT, EnumSet.of(CLOSED),
            CLOSING, EnumSet.of(TIME_WAIT, CLOSED),
            LAST_ACK, EnumSet.of(CLOSED),
            // RFC 1337: nothing that comes ends it.
            TIME_WAIT, EnumSet.noneOf(TcpState.class)));

    private TcpState before;
    private boolean unread;
    private long lastInputNs;
    private boolean everOpened;

    StateRules() {
        super(6, "only RFC 9293's steps, each for its cause; CLOSED has no timer and no data; TIME-WAIT ends");
    }

    @Override
    void before(Cause cause) {
        before = c.state();
        unread = c.receiveBuffer.length() > 0 && !c.inputShut;
        everOpened |= before != CLOSED;
    }

    @Override
    void after(Cause cause) {
        TcpState now = c.state();
        if (cause == Cause.SEGMENT) {
            lastInputNs = w.nowNs;
        }
        if (now != before) {
            hold(isAllowed(cause, now), () -> before + " to " + now + " by " + cause + (cause == Cause.SEGMENT ? " " + w.in : ""));
        }
        if (now == CLOSED && everOpened) {
            hold(c.nextDeadlineNs() == Long.MAX_VALUE, "a timer in CLOSED");
            hold(c.queue.isEmpty() && c.sendBuffer.length() == 0, "data to send in CLOSED");
            hold(c.reassembler == null || c.reassembler.isEmpty(), "data out of order in CLOSED");
        }
    }

    private boolean isAllowed(Cause cause, TcpState now) {
        return switch (cause) {
            case OPEN -> before == CLOSED && (now == SYN_SENT || now == SYN_RECEIVED);
            case SEGMENT -> BY_SEGMENT.get(before).contains(now) && (now == CLOSED ? mayEnd() : mayGoOn(now));
            case TIMER -> now == CLOSED && (before == TIME_WAIT || before == FIN_WAIT_2 || c.error() != null);
            case ICMP -> now == CLOSED && !before.isSynchronized() && c.error() != null;
            case ABORT -> now == CLOSED;
            // With data that nobody has read it is an ABORT, which tells the peer unless that has said all (RFC 9293 §3.10.5).
            case CLOSE -> now == CLOSED && (before == SYN_SENT || unread && (c.rstDue || before.ordinal() >= CLOSING.ordinal())) || isFin(now);
            case SHUTDOWN_OUTPUT -> now == CLOSED && before == SYN_SENT || isFin(now);
            default -> false;
        };
    }

    private boolean isFin(TcpState now) {
        return before == ESTABLISHED && now == FIN_WAIT_1 || before == CLOSE_WAIT && now == LAST_ACK;
    }

    /// Whether the segment is one that may end a connection.
    private boolean mayEnd() {
        boolean unread = c.closed && w.in.len > 0;
        boolean acked = before == LAST_ACK && w.in.hasAck && w.in.ack == w.written + 2;
        boolean synAgain = before == SYN_RECEIVED && w.in.syn;
        return w.in.rst && w.genuine || unread || acked || synAgain;
    }

    /// Whether both sides' FINs have come as far as the state says.
    private boolean mayGoOn(TcpState now) {
        long fin = w.fromIrs(c.rcv.nxt) - 1;
        boolean peersFin = w.peerFins.contains(fin, fin + 1) && w.arrived.endOf(1) >= fin;
        boolean finAcked = w.in.hasAck && w.in.ack == w.written + 2 || before == FIN_WAIT_2;
        return switch (now) {
            case CLOSE_WAIT, CLOSING -> peersFin;
            case FIN_WAIT_2 -> finAcked;
            case TIME_WAIT -> peersFin && (finAcked || before == CLOSING && w.in.ack == w.written + 2);
            case ESTABLISHED -> w.in.hasAck && w.in.ack >= 1;
            default -> true;
        };
    }

    @Override
    void atRest() {
        if (c.state() == TIME_WAIT) {
            // After a leap of the clock it is late.
            long due = c.nextDeadlineNs();
            hold(due != Long.MAX_VALUE && due - lastInputNs <= c.settings.timeWaitNs, () -> "TIME-WAIT ends in " + (due - w.nowNs) + " ns");
        }
    }

    @Override
    void atEnd() {
        hold(c.state() == CLOSED, () -> "released in " + c.state());
    }
}
