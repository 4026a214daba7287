package dev.millrace.tcp;

import java.util.Arrays;

/// How many connections of a listener were opened fast and have not completed the handshake (PendingFastOpenRequests of RFC
/// 7413 §4.2.2): who has valid cookies of others' addresses can make a server work for a flood of SYNs, and does not get
/// further than a limit.
///
/// Nor by ending each at once, with a reset in the name of whoever the address belongs to (§5.1): what ends before its
/// handshake is complete counts for a minute more. Those are counted by slots of four seconds, so that they take no memory.
/// Any thread may call any method; none throws.
final class FastOpenQueue {
    /// The longest queue.
    static final int MOST = 0xffff;
    private static final long SLOT_NS = 4_000_000_000L;
    /// A minute, and the slot that is not over.
    private static final int SLOTS = 16;

    // Guarded by this.
    private int pending;
    private int ended;
    private final int[] endedIn = new int[SLOTS];
    private long slot = Long.MIN_VALUE;

    /// A place of the queue; its holder leaves it once, and may say so again.
    final class Place {
        private boolean left;

        /// The handshake is complete, or the peer never answered: it counts no more.
        void leave() {
            synchronized (FastOpenQueue.this) {
                pending -= left ? 0 : 1;
                left = true;
            }
        }

        /// The connection has ended before.
        void leaveEarly(long nowNs) {
            synchronized (FastOpenQueue.this) {
                if (!left) {
                    leave();
                    forget(nowNs);
                    endedIn[index(slot)]++;
                    ended++;
                }
            }
        }
    }

    private static int index(long slot) {
        return (int) Math.floorMod(slot, (long) SLOTS);
    }

    /// Moves on to the slot of now; what has ended long ago does not count any more.
    private void forget(long nowNs) {
        long now = Math.floorDiv(nowNs, SLOT_NS);
        if (slot == Long.MIN_VALUE || now - slot >= SLOTS) {
            Arrays.fill(endedIn, 0);
            ended = 0;
        } else {
            for (long s = slot + 1; s <= now; s++) {
                ended -= endedIn[index(s)];
                endedIn[index(s)] = 0;
            }
        }
        slot = Math.max(slot, now);
    }

    /// A place, or `null` if `limit` connections count already.
    synchronized Place enter(int limit, long nowNs) {
        forget(nowNs);
        if (pending + ended >= limit) {
            return null;
        }
        var place = new Place();
        pending++;
        return place;
    }

    /// How many count.
    synchronized int size(long nowNs) {
        forget(nowNs);
        return pending + ended;
    }
}
