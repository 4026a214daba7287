package dev.millrace.tcp.engine;

import java.util.ArrayDeque;

/// Invariant 4: an acknowledgement says what has come, no more, and as RFC 2018 and RFC 2883 have it.
final class AckRules extends Invariant {
    private static final int REMEMBERED = 64;

    /// Where segments began that came out of order and were kept, the latest last.
    private final ArrayDeque<Long> outOfOrder = new ArrayDeque<>();
    /// Whether the next acknowledgement is caused by what came out of order, the last of it.
    private boolean isCause;

    AckRules() {
        super(4, "acknowledges what came and no more; SACK blocks are disjoint, in the window, of what came, the latest first");
    }

    @Override
    void after(Cause cause) {
        boolean kept = w.dropped == null || w.dropped == dev.millrace.DropReason.DUPLICATE;
        if (cause == Cause.SEGMENT && w.in.len > 0 && kept && w.genuine && w.in.text() > w.fromIrs(c.rcv.nxt)
                && c.reassembler != null && holds(w.in.text())) {
            outOfOrder.addLast(w.in.text());
            isCause = true;
            if (outOfOrder.size() > REMEMBERED) {
                outOfOrder.removeFirst();
            }
        } else if (cause == Cause.SEGMENT && w.in.len > 0) {
            isCause = false;
        }
    }

    private boolean holds(long number) {
        for (int i = 0; i < c.reassembler.rangeCount(); i++) {
            if (w.fromIrs(c.reassembler.left(i)) <= number && number < w.fromIrs(c.reassembler.right(i))) {
                return true;
            }
        }
        return false;
    }

    @Override
    void sent() {
        SeenSegment out = w.out;
        if (!out.hasAck) {
            return;
        }
        // To a stranger's SYN or ACK a reset answers with that segment's own numbers.
        hold(out.ack <= w.contiguous() || out.rst, () -> out + " where " + w.contiguous() + " has come");
        int count = out.s.options.sackCount();
        if (count == 0) {
            reportIsMissing();
            return;
        }
        hold(count <= (out.s.options.hasTimestamps() ? 3 : 4), () -> count + " SACK blocks");
        int first = isDuplicate() ? 1 : 0;
        if (first == 1) {
            hold(w.arrivedAgain.contains(w.out.sackLeft(0), w.out.sackRight(0)), () -> "D-SACK of " + w.out.sackLeft(0) + " to " + w.out.sackRight(0) + ", which did not come twice");
        }
        for (int i = first; i < count; i++) {
            checkBlock(i, first);
        }
        checkLatest(first, count);
    }

    /// RFC 2883 §4.
    private boolean isDuplicate() {
        return w.out.sackRight(0) <= w.out.ack || w.out.s.options.sackCount() > 1 && w.out.sackLeft(0) >= w.out.sackLeft(1) && w.out.sackRight(0) <= w.out.sackRight(1);
    }

    private void checkBlock(int i, int first) {
        long left = w.out.sackLeft(i);
        long right = w.out.sackRight(i);
        hold(left < right, "an empty block");
        hold(left > w.out.ack, () -> "a block from " + left + " with ACK " + w.out.ack);
        hold(right <= w.fromIrs(c.rcv.edge), () -> "a block up to " + right + " beyond the window's " + w.fromIrs(c.rcv.edge));
        hold(w.arrived.contains(left, right), () -> "a block of " + left + " to " + right + ", which did not come");
        for (int j = first; j < i; j++) {
            if (right >= w.out.sackLeft(j) && left <= w.out.sackRight(j)) {
                fail("blocks " + left + " to " + right + " and " + w.out.sackLeft(j) + " to " + w.out.sackRight(j));
            }
        }
    }

    /// RFC 2018 §4: the first block is that of the segment which has caused the acknowledgement. Behind a report of what came
    /// twice there is the block that holds it first, if one does (RFC 2883 §4).
    private void checkLatest(int first, int count) {
        while (!outOfOrder.isEmpty() && outOfOrder.getLast() < w.fromIrs(c.rcv.nxt)) {
            outOfOrder.removeLast();
        }
        if (isCause && !outOfOrder.isEmpty()) {
            long latest = outOfOrder.getLast();
            int second = first == 1 && w.out.sackRight(0) > w.out.ack ? 2 : first;
            hold(holds(first, count, latest) || holds(second, count, latest), () -> w.out + ": the first block is not that of " + latest);
        }
    }

    private boolean holds(int i, int count, long number) {
        return i < count && w.out.sackLeft(i) <= number && number < w.out.sackRight(i);
    }

    /// RFC 2018 §4: in every acknowledgement that does not acknowledge the highest number, if there is room.
    private void reportIsMissing() {
        boolean queued = c.reassembler != null && !c.reassembler.isEmpty();
        hold(!queued || !w.sack() || !w.out.isPureAck(), () -> w.out + " reports nothing of what waits out of order from " + w.fromIrs(c.reassembler.left(0)) + " on");
    }
}
