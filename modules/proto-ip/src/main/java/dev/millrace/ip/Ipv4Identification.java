package dev.millrace.ip;

import java.util.concurrent.atomic.AtomicIntegerArray;

/// Identifications of IPv4 packets that may be fragmented on their way.
///
/// RFC 6864 §4.3 wants them unique for a source, destination and protocol as long as a packet may live. Each such
/// triple has a counter, shared with the few others that fall on the same one of [#COUNTERS] places, and an offset of
/// its own; place and offset are drawn with the stack's secret, so that what one peer sees tells nothing of the traffic
/// to another (RFC 7739 §5.3).
///
/// Packets with DF set do not come here: they are atomic, RFC 6864 §4.1 lets their identification be anything, and
/// [Ipv4Path] numbers them by path, which tells a peer no more than it knows.
final class Ipv4Identification {
    private static final int COUNTERS = 2048;

    private final AtomicIntegerArray counters = new AtomicIntegerArray(COUNTERS);

    /// The next of `n` consecutive identifications for packets whose triple hashes to `hash`.
    int next(long hash, int n) {
        return counters.getAndAdd((int) (hash >>> 32) & COUNTERS - 1, n) + (int) hash & 0xffff;
    }
}
