package dev.millrace.tcp.engine;

/// When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2), and how often to answer what may be forged (RFC 5961 §7).
final class AckPolicy {
    private static final long LIMIT_WINDOW_NS = 5_000_000_000L;

    private boolean due;
    /// Duplicate ACKs still to be sent, one for each segment out of order, for a peer that counts them.
    private int duplicates;
    private int unackedBytes;
    /// The size of the peer's full segments, as seen.
    private int peerMss = 536;

    private int challenges;
    private int replies;
    private long challengesSinceNs;
    private long repliesSinceNs;
    /// Segments with text that have come; here because there is room for four bytes.
    int dataSegments;

    /// Text came in order and was taken: every second full segment is acknowledged at once, the rest within the delay.
    ///
    /// @param wireSize the payload of one packet of a super-segment, or `length`
    void onText(int length, int wireSize, TcpConnection c, long nowNs) {
        duplicates = 0;
        peerMss = Math.max(peerMss, Math.min(wireSize, c.advertisedMss));
        unackedBytes += length;
        // A sender whose window is smaller than two segments would wait for the delay every time.
        if (c.options.quickAck || unackedBytes >= Math.min(2 * peerMss, c.options.receiveBuffer / 2)) {
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
        if (challenges == 0 || nowNs - challengesSinceNs >= LIMIT_WINDOW_NS) {
            challenges = 0;
            challengesSinceNs = nowNs;
        }
        if (challenges >= c.settings.challengeAcks) {
            return false;
        }
        challenges++;
        due = true;
        return true;
    }

    /// Asks for the ACK that an unacceptable segment is answered with. Answers to segments without text are limited:
    /// two sides that hold each other's ACKs for unacceptable would else never fall silent.
    void reply(Segment seg, TcpConnection c, long nowNs) {
        if (seg.len == 0) {
            if (replies == 0 || nowNs - repliesSinceNs >= LIMIT_WINDOW_NS) {
                replies = 0;
                repliesSinceNs = nowNs;
            }
            if (replies >= c.settings.challengeAcks) {
                return;
            }
            replies++;
        }
        due = true;
    }
}
