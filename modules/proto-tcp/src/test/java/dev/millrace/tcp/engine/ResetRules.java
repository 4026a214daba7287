package dev.millrace.tcp.engine;

import dev.millrace.DropReason;
import java.util.ArrayDeque;

/// Invariant 8: nothing makes two sides answer one another for ever, and resets have a reason.
final class ResetRules extends Invariant {
    /// See [AckPolicy]; two windows that adjoin may be used up at their ends that touch.
    private static final long WINDOW_NS = 5_000_000_000L;

    private boolean resetArrived;
    private boolean resetIsDue;
    /// Acknowledgements that may be sent for what has come and was asked.
    private long allowance = 4;
    private boolean unread;
    private long rcvNxt;
    private boolean ackWasDue;
    /// When challenges were answered.
    private final ArrayDeque<Long> answers = new ArrayDeque<>();
    private boolean answerDue;

    ResetRules() {
        super(8, "no RST for a RST, none without a cause; no more ACKs than causes; challenges are limited");
    }

    @Override
    void before(Cause cause) {
        rcvNxt = w.fromIrs(c.rcv.nxt);
        ackWasDue = c.acks.isDue();
        resetArrived |= cause == Cause.SEGMENT && w.in.rst;
        if (cause == Cause.CLOSE) {
            unread = c.receiveBuffer.length() > 0 && !c.inputShut;
        }
    }

    @Override
    void after(Cause cause) {
        if (cause == Cause.SEGMENT) {
            // What acknowledges and nothing else is not acknowledged, unless it is unacceptable or has a probe's number.
            boolean empty = w.in.end() == w.in.seq && w.dropped == null && w.in.seq >= rcvNxt;
            allowance += empty ? 0 : 1;
        } else if (cause == Cause.TIMER || cause == Cause.READ || cause == Cause.WRITE || cause == Cause.SHUTDOWN_INPUT || cause == Cause.OPTIONS) {
            allowance++;
        }
        if (c.rstDue) {
            resetIsDue = true;
            hold(!resetArrived, "RST is to answer a RST");
            hold(isCause(cause), () -> "RST after " + cause + " in " + c.state() + ", error " + c.error() + " " + w.in);
        }
        if (cause == Cause.SEGMENT && w.in.len == 0 && isUnacceptable(w.dropped) && c.acks.isDue() && !ackWasDue) {
            answerDue = true;
        }
    }

    private boolean isCause(Cause cause) {
        return switch (cause) {
            case SEGMENT -> c.closed && w.in.len > 0 || !c.state().isSynchronized() && w.in.hasAck;
            case TIMER -> c.error() != null;
            case CLOSE -> unread;
            case ABORT -> true;
            case POLL, BATCH_END -> resetIsDue;
            default -> resetIsDue;
        };
    }

    private static boolean isUnacceptable(DropReason r) {
        return r == DropReason.INEXACT_RST || r == DropReason.BAD_FLAGS || r == DropReason.UNACCEPTABLE_ACK
                || r == DropReason.OUT_OF_WINDOW || r == DropReason.OLD_TIMESTAMP;
    }

    @Override
    void sent() {
        if (w.out.rst) {
            hold(resetIsDue, "RST that nothing asked for");
        } else if (w.out.isPureAck()) {
            allowance--;
            hold(allowance >= 0, "more ACKs than there were causes");
        }
    }

    @Override
    void atRest() {
        resetArrived = false;
        if (answerDue) {
            answerDue = false;
            answers.addLast(w.nowNs);
            while (!answers.isEmpty() && w.nowNs - answers.getFirst() >= WINDOW_NS) {
                answers.removeFirst();
            }
            hold(answers.size() <= 4 * c.settings.challengeAcks, () -> answers.size() + " answers to what is unacceptable within five seconds");
        }
    }
}
