package dev.millrace.neighbors;

import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;

/// Who is answered when many ask: those that we talk to are not shut out by those that only ask, nor one stranger by another.
final class Answers {
    /// Differs: no RFC limits answers to questions; a flood of them is not to be doubled. Far above what a network asks.
    private static final int PER_SECOND = 200;

    private final NeighborCache cache;
    private final FairLimit limit;

    Answers(NetworkContext context, NeighborCache cache) {
        this.cache = cache;
        limit = new FairLimit(PER_SECOND, context.clock(), context.random().nextLong());
    }

    /// Whether one that says where it is may have one more answer.
    boolean mayHave(NicPort nic, IpAddress from, long station) {
        NeighborEntry known = cache.find(nic, from);
        return limit.tryTake(station, known != null && known.isUsedAt(station));
    }

    /// Whether one that asks for an address of ours by NDP may. Who does not say where it is, as a neighbour that knows us need not
    /// (RFC 4861 §4.3), is known by its address; those that have none share what is answered about an address, since all of them hear
    /// each answer.
    ///
    /// @param station where it says that it is, or 0
    boolean mayHave(NicPort nic, IpAddress from, long station, IpAddress target) {
        if (station != 0) {
            return mayHave(nic, from, station);
        }
        if (from.isUnspecified()) {
            return limit.tryTake(target.hi() ^ target.lo(), false);
        }
        NeighborEntry known = cache.find(nic, from);
        return limit.tryTake(from.hi() ^ from.lo(), known != null && known.isUsed());
    }
}
