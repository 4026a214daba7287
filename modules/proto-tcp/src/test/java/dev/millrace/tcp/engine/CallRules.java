package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;

/// Invariant 15, as far as it is the engine's: what calls answer, and that it says each thing once.
final class CallRules extends Invariant {
    private ErrorCode error;
    private boolean ended;
    private boolean finAsked;
    private boolean wasClosed;

    CallRules() {
        super(15, "calls after the end do nothing; errors stay; each event comes once");
    }

    @Override
    void before(Cause cause) {
        wasClosed = c.state() == TcpState.CLOSED;
        finAsked = c.outputShut();
        ended = c.isEof();
    }

    @Override
    void after(Cause cause) {
        hold(error == null || error == c.error(), () -> "error " + error + " became " + c.error());
        error = c.error();
        hold(error == null || c.state() == TcpState.CLOSED, () -> "error " + error + " in " + c.state());
        if (wasClosed && cause != Cause.OPEN) {
            hold(c.state() == TcpState.CLOSED, () -> cause + " opens it again");
        }
        switch (cause) {
            case WRITE -> {
                hold(w.result >= 0 && w.result <= w.asked, () -> "writes " + w.result + " of " + w.asked);
                hold(!finAsked || w.result == 0, "writes behind FIN");
            }
            case READ -> {
                hold(w.result >= -1 && w.result <= w.asked, () -> "reads " + w.result + " of " + w.asked);
                hold(!ended || w.asked == 0 || w.result == -1, () -> "reads " + w.result + " behind the end");
            }
            default -> {
            }
        }
        hold(c.available() >= 0 && c.writableBytes() >= 0, () -> "available " + c.available());
        hold(c.writableBytes() == 0 || WriteRoom.now(c, Integer.MAX_VALUE) > 0, "a writer that is woken finds no room");
    }
}
