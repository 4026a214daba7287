package dev.millrace.ip;

import java.util.concurrent.atomic.AtomicIntegerArray;

/// Identifications of IPv6 packets that are sent in fragments (RFC 8200 §4.5): unique for a source and destination as long
/// as a packet may live, and nothing that one peer sees tells what another one gets (RFC 7739 §5.3): as in
/// [Ipv4Identification], a counter and an offset for each pair, both drawn with the stack's secret.
final class Ipv6Identification {
    private static final int COUNTERS = 1024;

    private AtomicIntegerArray counters;

    /// The next identification for a pair that hashes to `hash`.
    int next(long hash) {
        return counters().getAndIncrement((int) (hash >>> 32) & COUNTERS - 1) + (int) hash;
    }

    /// Made when the first packet is cut; most stacks never cut one.
    private synchronized AtomicIntegerArray counters() {
        if (counters == null) {
            counters = new AtomicIntegerArray(COUNTERS);
        }
        return counters;
    }
}
