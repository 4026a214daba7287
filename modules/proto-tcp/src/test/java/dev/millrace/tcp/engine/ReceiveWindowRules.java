package dev.millrace.tcp.engine;

/// Invariant 2: what the peer is promised is kept, and no more is promised than there is room for.
final class ReceiveWindowRules extends Invariant {
    private long rcvNxt = -1;
    private long ack = -1;
    /// The right edge that was promised, the furthest of all; the first byte has number 1.
    private long edge;

    ReceiveWindowRules() {
        super(2, "RCV.NXT and the window's right edge never move back; no more is offered than is free");
    }

    @Override
    void after(Cause cause) {
        if (!w.peerKnown || c.state() == TcpState.SYN_SENT || c.rcv.nxt == 0) {
            return;
        }
        long now = w.fromIrs(c.rcv.nxt);
        hold(now >= rcvNxt, () -> "RCV.NXT " + now + " after " + rcvNxt);
        hold(c.rcv.nxt <= c.rcv.edge, () -> "RCV.NXT beyond the window: " + c.rcv.wnd());
        rcvNxt = now;
        if (cause == Cause.OPEN) {
            // Who answered in its place has promised this.
            edge = Math.max(edge, w.fromIrs(c.rcv.edge));
        }
    }

    @Override
    void sent() {
        SeenSegment out = w.out;
        if (out.rst) {
            return;
        }
        if (!out.hasAck) {
            // A SYN: what it promises counts from the peer's.
            hold(out.s.wnd + 1L >= edge, () -> "a window of " + out.s.wnd + " after one of " + (edge - 1));
            edge = out.s.wnd + 1L;
            return;
        }
        hold(out.ack >= ack, () -> "acknowledges " + out.ack + " after " + ack);
        ack = out.ack;
        int shift = out.syn ? 0 : w.ownShift();
        long unit = 1L << shift;
        long offered = (long) out.s.wnd << shift;
        long free = Math.max(0, c.options.receiveBuffer - c.receiveBuffer.length());
        long promised = edge - out.ack;
        // RFC 7323 §2.4: what the scale cannot express is rounded up, unless a peer has pushed that too far with segments
        // smaller than the unit.
        long rounded = (promised + unit - 1) / unit * unit;
        if (offered < promised) {
            hold(rounded > free + unit + c.options.receiveBuffer / 4 && offered > promised - unit || rounded >> shift > 0xffff,
                    () -> out + ": the window shrank by " + (promised - offered) + " with a unit of " + unit + ", promised " + promised + ", free " + free);
        } else if (offered > rounded) {
            hold(offered <= free, () -> "offers " + offered + " where " + free + " bytes are free, and " + promised + " were promised");
        }
        edge = Math.max(edge, out.ack + offered);
    }
}
