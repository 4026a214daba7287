package dev.millrace.ip;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Identifications of IPv4 packets that may be fragmented on their way.
///
/// RFC 6864 §4.3 wants them unique for a source, destination and protocol as long as a packet may live. Each such
/// triple has a counter, shared with the few others that fall on the same one of [#COUNTERS] places, and an offset of
/// its own; place and offset are drawn with the stack's secret, so that what one peer sees tells nothing of the traffic
/// to another (RFC 7739 §5.3).
///
/// Packets with DF set do not come here: they are atomic, RFC 6864 §4.1 lets their identification be anything, and
/// [Ipv4Path] numbers them by path, from a beginning that costs no random number: each connection and each reset that is
/// sent needs a path, and to draw from a strong source takes as long as all the rest of a reset.
final class Ipv4Identification {
    private static final int COUNTERS = 2048;

    private volatile AtomicIntegerArray counters;
    private final AtomicInteger paths = new AtomicInteger();

    /// Where a path to a triple that hashes to `hash` begins to number atomic packets. Two paths to the same peer begin apart;
    /// what a peer can learn is how many paths were made between two of its own, in steps that the hash hides from others.
    int firstOfPath(long hash) {
        long mixed = (hash ^ paths.getAndIncrement() * 0x9e37_79b9_7f4a_7c15L) * 0xbf58_476d_1ce4_e5b9L;
        return (int) ((mixed ^ mixed >>> 29) * (hash | 1) >>> 40);
    }

    /// The next of `n` consecutive identifications for packets whose triple hashes to `hash`.
    int next(long hash, int n) {
        return counters().getAndAdd((int) (hash >>> 32) & COUNTERS - 1, n) + (int) hash & 0xffff;
    }

    /// Made when the first packet without DF is sent: hosts of a simulation are many, and TCP's all have it.
    private AtomicIntegerArray counters() {
        AtomicIntegerArray all = counters;
        if (all == null) {
            synchronized (this) {
                all = counters;
                if (all == null) {
                    all = new AtomicIntegerArray(COUNTERS);
                    counters = all;
                }
            }
        }
        return all;
    }
}
