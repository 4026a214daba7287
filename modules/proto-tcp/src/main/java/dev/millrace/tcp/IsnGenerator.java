package dev.millrace.tcp;

import dev.millrace.wire.IpAddress;

/// Initial sequence numbers: ISN = M + F(local, remote, secret), where M ticks every 4 microseconds (RFC 9293 §3.4.1
/// MUST-8, MUST-9; RFC 6528 §3). The same hash gives each pair of endpoints its timestamp offset (RFC 7323 §5.4), which
/// must not change from one connection to the next, so that PAWS and TIME-WAIT reuse (RFC 6191) go on working.
final class IsnGenerator {
    private static final long TICK_NS = 4_000;

    private final SipHash hash;

    IsnGenerator(SipHash hash) {
        this.hash = hash;
    }

    /// The hash of a pair of endpoints: the low half is for sequence numbers, the high half for timestamps.
    long pair(IpAddress local, int localPort, IpAddress remote, int remotePort) {
        return hash.hash(local.hi(), local.lo(), remote.hi(), remote.lo(), localPort, remotePort);
    }

    /// The initial sequence number at `nowNs` for a pair's hash.
    static int initialSequence(long pair, long nowNs) {
        return (int) pair + (int) (nowNs / TICK_NS);
    }

    /// What is added to the timestamp clock for a pair's hash.
    static int timestampOffset(long pair) {
        return (int) (pair >>> 32);
    }
}
