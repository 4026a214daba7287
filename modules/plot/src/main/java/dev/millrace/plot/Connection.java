package dev.millrace.plot;

import dev.millrace.wire.pcap.Direction;
import java.net.InetSocketAddress;
import java.util.function.UnaryOperator;

/// A TCP connection in a capture. When several interfaces have recorded it, each direction is seen from one of them: the
/// first that recorded a segment of that direction as sent, which is its sender's; or, if none says so, the first that
/// recorded any.
final class Connection {
    private static final int NOWHERE = -1;

    final Flow forth;
    final Flow back;
    private final int[] vantage = {NOWHERE, NOWHERE};
    private final boolean[] atSender = new boolean[2];
    long firstNs = Long.MAX_VALUE;
    long lastNs = Long.MIN_VALUE;
    long packets;
    private boolean closedForth;
    private boolean closedBack;
    private boolean reset;

    /// @param a who has sent the first segment, or the SYN
    Connection(InetSocketAddress a, InetSocketAddress b) {
        forth = new Flow(a, b);
        back = new Flow(b, a);
    }

    /// Gives its ends names.
    void name(UnaryOperator<InetSocketAddress> named) {
        forth.from = named.apply(forth.from);
        forth.to = named.apply(forth.to);
        back.from = forth.to;
        back.to = forth.from;
    }

    /// Whether a SYN begins another connection between the same ends.
    boolean isOver() {
        return reset || closedForth && closedBack;
    }

    void add(long timeNs, int interfaceId, Direction direction, boolean dropped, Segment s) {
        boolean isForth = s.source.equals(forth.from);
        Flow flow = isForth ? forth : back;
        Flow other = isForth ? back : forth;
        int index = isForth ? 0 : 1;
        firstNs = Math.min(firstNs, timeNs);
        lastNs = Math.max(lastNs, timeNs);
        if (dropped && direction == Direction.UNKNOWN) {
            // It was recorded as sent before, and was lost on its way.
            flow.lost(timeNs, s);
            return;
        }
        if (vantage[index] == NOWHERE || !atSender[index] && direction == Direction.OUTBOUND && flow.segments == 0) {
            vantage[index] = interfaceId;
            atSender[index] = direction == Direction.OUTBOUND;
        }
        if (vantage[index] == interfaceId) {
            packets++;
            flow.sent(timeNs, s);
            if (dropped) {
                flow.lost(timeNs, s);
            }
            closedForth |= isForth && s.has(Segment.FIN);
            closedBack |= !isForth && s.has(Segment.FIN);
            reset |= s.has(Segment.RST);
        }
        // The other direction hears of it at its own vantage point, where it must have arrived.
        int hearing = vantage[1 - index] == NOWHERE ? interfaceId : vantage[1 - index];
        if (hearing == interfaceId && !(dropped && direction == Direction.OUTBOUND)) {
            boolean known = flow.isScaleKnown() && other.isScaleKnown();
            boolean both = known && flow.offeredScale() >= 0 && other.offeredScale() >= 0;
            other.answered(timeNs, s, both, flow.offeredScale());
        }
    }

    long bytes() {
        return forth.bytes + back.bytes;
    }

    @Override
    public String toString() {
        return Plot.text(forth.from) + " – " + Plot.text(forth.to);
    }
}
