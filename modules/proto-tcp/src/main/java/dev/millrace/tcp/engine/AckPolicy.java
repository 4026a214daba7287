package dev.millrace.tcp.engine;

/// When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2), and how often to answer what may be forged (RFC 5961 §7).
final class AckPolicy {
    private static final long LIMIT_WINDOW_NS = 5_000_000_000L;
    /// So many full segments are acknowledged one by one where a sender begins: its window grows with each acknowledgement, and
    /// when it holds an odd number of segments the last would wait for the delay (RFC 5681 §4.2 allows it).
    private static final int QUICK = 16;
    /// What comes after such a pause is a beginning.
    private static final long PAUSE_NS = 1_000_000_000L;

    private boolean due;
    /// The program answers what comes, so that acknowledgements travel with answers; until one was waited for in vain. Known
    /// where Linux's habits are wanted.
    private boolean answered;
    /// Duplicate ACKs still to be sent, one for each segment out of order, for a peer that counts them.
    private int duplicates;
    private int unackedBytes;
    private int quick = QUICK;
    /// The size of the peer's full segments, as seen.
    private int peerMss = 536;

    /// Made when the first of them is sent.
    private Limits limits;
    /// Segments with text that have come; here because there is room for four bytes.
    int dataSegments;

    /// Text came in order and was taken: every second full segment is acknowledged at once, the rest within the delay.
    ///
    /// @param wireSize the payload of one packet of a super-segment, or `length`
    void onText(int length, int wireSize, TcpConnection c, long nowNs) {
        duplicates = 0;
        peerMss = Math.max(peerMss, Math.min(wireSize, c.advertisedMss));
        unackedBytes += length;
        if (nowNs - c.rcv.lastTextNs > PAUSE_NS) {
            quick = QUICK;
        }
        // A sender whose window is smaller than two segments would wait for the delay every time.
        boolean counts = c.settings.profile == Profile.LINUX ? !answered : wireSize >= peerMss;
        boolean first = counts && quick > 0 && quick-- > 0;
        if (first || c.options.quickAck || unackedBytes >= Math.min(2 * peerMss, c.options.receiveBuffer / 2)) {
            due = true;
        } else if (!c.timers.isSet(ConnectionTimers.DELAYED_ACK)) {
            c.timers.set(ConnectionTimers.DELAYED_ACK, nowNs + c.settings.delayedAckNs);
        }
    }

    /// A segment came out of order: the sender wants to know at once (RFC 5681 §4.2). With SACK one ACK tells all; without
    /// it the sender counts.
    void onOutOfOrder(boolean sack) {
        due = true;
        if (!sack) {
            duplicates++;
        }
    }

    /// The size of the peer's full segments, as seen.
    int peerMss() {
        return peerMss;
    }

    void now() {
        due = true;
    }

    /// The time for which an acknowledgement was held back is over.
    void onDelayEnded() {
        due = true;
        answered = false;
    }

    /// New data leaves.
    void onData(TcpConnection c, long nowNs) {
        answered |= c.rcv.lastTextNs != 0 && nowNs - c.rcv.lastTextNs < c.settings.delayedAckNs;
    }

    boolean isDue() {
        return due;
    }

    /// A segment with ACK was sent.
    void onSent(TcpConnection c) {
        if (duplicates > 0) {
            duplicates--;
        }
        due = duplicates > 0;
        unackedBytes = 0;
        c.timers.cancel(ConnectionTimers.DELAYED_ACK);
    }

    /// Asks for a challenge ACK unless too many were sent lately (RFC 5961 §7).
    boolean challenge(TcpConnection c, long nowNs) {
        if (!limits().challenges.take(c, nowNs)) {
            return false;
        }
        due = true;
        return true;
    }

    private Limits limits() {
        if (limits == null) {
            limits = new Limits();
        }
        return limits;
    }

    /// Asks for the ACK that an unacceptable segment is answered with. Answers to segments without text are limited:
    /// two sides that hold each other's ACKs for unacceptable would else never fall silent.
    void reply(Segment seg, TcpConnection c, long nowNs) {
        if (seg.len > 0 || limits().replies.take(c, nowNs)) {
            due = true;
        }
    }

    private static final class Limits {
        final Limit challenges = new Limit();
        final Limit replies = new Limit();
    }

    /// So many of a kind in a while, and no more.
    private static final class Limit {
        private int sent;
        private long sinceNs;

        boolean take(TcpConnection c, long nowNs) {
            if (sent == 0 || nowNs - sinceNs >= LIMIT_WINDOW_NS) {
                sent = 0;
                sinceNs = nowNs;
            }
            if (sent >= c.settings.challengeAcks) {
                return false;
            }
            sent++;
            return true;
        }
    }
}
