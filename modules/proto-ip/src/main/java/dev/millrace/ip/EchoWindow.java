package dev.millrace.ip;

import dev.millrace.Ping;
import dev.millrace.PingStatistics;

/// The requests of one ping that are under way, and what was counted. A number and a time for each of the last
/// [Ping#MAX_UNDER_WAY]; a function of its inputs, used under the lock of its run.
final class EchoWindow {
    /// What a message from outside means for the request that it names.
    enum Match {
        /// The request is under way, and settled by it.
        FIRST,
        /// The request had been answered before.
        DUPLICATE,
        /// There is no such request, or it was settled in another way, or so long ago that nothing is known of it.
        UNKNOWN
    }

    private static final int SLOTS = Ping.MAX_UNDER_WAY;
    private static final byte FREE = 0;
    private static final byte UNDER_WAY = 1;
    private static final byte ANSWERED = 2;
    private static final byte GIVEN_UP = 3;

    private final long[] sentNs = new long[SLOTS];
    private final byte[] states = new byte[SLOTS];
    /// The number of the newest request, from 1.
    private int newest;
    /// No request before this is under way.
    private int oldest = 1;
    private int underWay;

    private long received;
    private long duplicates;
    private long errors;
    private long minNs = Long.MAX_VALUE;
    private long maxNs;
    private double sumNs;
    private double sumOfSquares;

    private static int slot(int sequence) {
        return sequence & SLOTS - 1;
    }

    /// How many were sent.
    int sent() {
        return newest;
    }

    /// How many wait for what becomes of them.
    int underWay() {
        return underWay;
    }

    /// Enters a request and returns its number.
    int send(long nowNs) {
        int sequence = ++newest;
        assert states[slot(sequence)] != UNDER_WAY : "give the oldest up first";
        sentNs[slot(sequence)] = nowNs;
        states[slot(sequence)] = UNDER_WAY;
        underWay++;
        return sequence;
    }

    /// A request that was entered leaves now.
    void leaves(int sequence, long nowNs) {
        sentNs[slot(sequence)] = nowNs;
    }

    /// Whether the next request takes the place of one that is under way.
    boolean isFull() {
        return newest >= SLOTS && states[slot(newest + 1)] == UNDER_WAY;
    }

    /// The number that a message means which has its low 16 bits: of the latest request that has them; 0 if there is none.
    int sequence(int low16) {
        int candidate = newest - (newest - low16 & 0xffff);
        return candidate >= 1 && candidate > newest - SLOTS ? candidate : 0;
    }

    /// When a request was sent.
    long sentNs(int sequence) {
        return sentNs[slot(sequence)];
    }

    /// A reply to a request came.
    Match reply(int sequence, long nowNs) {
        int slot = slot(sequence);
        if (states[slot] == ANSWERED) {
            duplicates++;
            return Match.DUPLICATE;
        }
        if (states[slot] != UNDER_WAY) {
            return Match.UNKNOWN;
        }
        settle(slot, ANSWERED);
        long roundTripNs = Math.max(0, nowNs - sentNs[slot]);
        received++;
        minNs = Math.min(minNs, roundTripNs);
        maxNs = Math.max(maxNs, roundTripNs);
        sumNs += roundTripNs;
        sumOfSquares += (double) roundTripNs * roundTripNs;
        return Match.FIRST;
    }

    /// An error about a request came, or it could not be sent; returns whether it was under way.
    boolean fail(int sequence) {
        if (states[slot(sequence)] != UNDER_WAY) {
            return false;
        }
        settle(slot(sequence), GIVEN_UP);
        errors++;
        return true;
    }

    /// Whether a message may be about this request: it was sent, and not long ago.
    boolean isKnown(int sequence) {
        return states[slot(sequence)] != FREE;
    }

    /// The oldest request under way if it was sent at `orBeforeNs` or earlier, else 0. The caller gives it up.
    int expired(long orBeforeNs) {
        int sequence = oldestUnderWay();
        return sequence != 0 && sentNs[slot(sequence)] - orBeforeNs <= 0 ? sequence : 0;
    }

    /// The oldest request under way, or 0.
    int oldestUnderWay() {
        if (underWay == 0) {
            oldest = newest + 1;
            return 0;
        }
        oldest = Math.max(oldest, newest - SLOTS + 1);
        while (states[slot(oldest)] != UNDER_WAY) {
            oldest++;
        }
        return oldest;
    }

    /// Nobody waits any longer for a reply to a request that is under way.
    void giveUp(int sequence) {
        settle(slot(sequence), GIVEN_UP);
    }

    private void settle(int slot, byte state) {
        states[slot] = state;
        underWay--;
    }

    PingStatistics statistics() {
        double mean = received == 0 ? 0 : sumNs / received;
        double variance = received == 0 ? 0 : Math.max(0, sumOfSquares / received - mean * mean);
        return new PingStatistics(newest, received, duplicates, errors, received == 0 ? 0 : minNs, (long) mean, maxNs,
                (long) Math.sqrt(variance));
    }
}
