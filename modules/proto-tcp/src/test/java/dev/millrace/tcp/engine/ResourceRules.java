package dev.millrace.tcp.engine;

/// Invariant 13, as far as an engine has resources: what it holds is bounded by what it is configured to.
final class ResourceRules extends Invariant {
    private int largestSendBuffer;
    private int largestReceiveBuffer;

    ResourceRules() {
        super(13, "what waits is no more than the buffers allow; all memory is given back");
    }

    @Override
    void before(Cause cause) {
        note();
    }

    @Override
    void after(Cause cause) {
        note();
        if (c.state() == TcpState.CLOSED && cause != Cause.OPEN) {
            hold(c.receiveBuffer.length() > 0 || w.budget == null || w.budget.reserved() == 0, () -> w.budget.reserved() + " bytes of memory in CLOSED");
        }
    }

    private void note() {
        // Buffers grow by themselves.
        largestSendBuffer = Math.max(largestSendBuffer, c.options.sendBuffer);
        largestReceiveBuffer = Math.max(largestReceiveBuffer, c.options.receiveBuffer);
    }

    @Override
    void atRest() {
        hold(c.sendBuffer.length() <= largestSendBuffer, () -> c.sendBuffer.length() + " bytes to send in a buffer of " + largestSendBuffer);
        int unit = 1 << w.ownShift();
        // See invariant 2 for the quarter.
        hold(c.receiveBuffer.length() + (long) c.rcv.wnd() <= largestReceiveBuffer + unit + largestReceiveBuffer / 4L,
                () -> c.receiveBuffer.length() + " bytes received and a window of " + c.rcv.wnd() + " in a buffer of " + largestReceiveBuffer);
        if (c.reassembler != null) {
            hold(c.reassembler.bytes() <= c.rcv.wnd(), () -> c.reassembler.bytes() + " bytes out of order in a window of " + c.rcv.wnd());
            // One more if memory ran out within a segment that would have joined two.
            hold(c.reassembler.rangeCount() <= c.settings.outOfOrderRanges + 1, () -> c.reassembler.rangeCount() + " ranges");
        }
    }

    @Override
    void atEnd() {
        hold(w.budget == null || w.budget.reserved() == 0, () -> w.budget.reserved() + " bytes of memory are not given back");
    }
}
