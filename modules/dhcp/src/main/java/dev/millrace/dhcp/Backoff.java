package dev.millrace.dhcp;

import java.util.random.RandomGenerator;

/// How long to wait for an answer (RFC 2131 §4.1): 4, 8, 16, 32 and then 64 seconds, each a second more or less by chance.
final class Backoff {
    private static final int MAX_DOUBLINGS = 4;

    private final RandomGenerator random;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /// Nanoseconds to wait after the message of this number, the first being 0.
    long afterNs(int attempt) {
        return (4L << Math.min(attempt, MAX_DOUBLINGS)) * Terms.SECOND + random.nextLong(-Terms.SECOND, Terms.SECOND + 1);
    }

    /// Some time up to `ns`, so that clients that began together do not go on together.
    long upToNs(long ns) {
        return random.nextLong(ns + 1);
    }

    /// A transaction's number.
    int xid() {
        return random.nextInt();
    }
}
