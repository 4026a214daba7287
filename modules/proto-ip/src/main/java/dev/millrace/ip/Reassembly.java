package dev.millrace.ip;

import dev.millrace.ip.FragmentEnds.Outcome;
import dev.millrace.ip.PartialDatagram.Fit;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.Timers;
import dev.millrace.wire.buffer.Packet;
import java.util.function.Consumer;

/// Makes datagrams of fragments, for one version of IP (RFC 791 §3.2, RFC 8200 §4.5). What is particular to a version lies
/// in [Ipv4Fragments] and [Ipv6Fragments].
///
/// - Fragments that overlap, or differ about the end, end their datagram, and whatever still comes of it is dropped until
///   its time has run out (RFC 5722 §3; for IPv4 likewise). An exact duplicate is dropped alone.
/// - Memory is bounded, counted as what the buffers take, and charged to the stack's budget. When a source has had its part,
///   its own oldest datagram goes. When all memory is used, the oldest datagram of the source that has the most goes, of those
///   that have more than a fair part; if nobody has (a flood of forged sources), the oldest of all, so that whoever sends all
///   fragments of a datagram at once has it reassembled.
/// - One timer serves all: each datagram has the same time, so that the one that began first runs out first.
///
/// Any thread may call any method. The lock is held for moves of pointers, and a timer's; packets are dropped, errors sent
/// and memory given back without it.
final class Reassembly {
    /// What a fragment costs beside its buffer, in bytes.
    private static final int OVERHEAD = 192;
    /// At most so many sources can have more than a sixteenth of the memory.
    private static final int MAX_GREEDY = 16;
    private static final int[] BUFFERS = {256, 2048};

    private final NetworkContext context;
    private final IpCounters counters;
    private final KeyedHash hash;
    private final ReassemblyLimits limits;
    private final boolean v4;
    private final Consumer<Packet> timeExceeded;

    private final Object lock = new Object();
    // Guarded by lock; an idle stack has none of it.
    private HashChains<PartialDatagram> datagrams;
    private HashChains<FragmentSource> sources;
    private Timers.Timer timer;
    private boolean armed;
    private boolean closed;
    private PartialDatagram oldest;
    private PartialDatagram newest;
    private long bytes;
    private final FragmentSource[] greedy = new FragmentSource[MAX_GREEDY];
    private int greedyCount;

    /// @param timeExceeded tells the sender of a datagram whose time has run out, by its first fragment
    Reassembly(NetworkContext context, IpCounters counters, KeyedHash hash, ReassemblyLimits limits, boolean v4,
            Consumer<Packet> timeExceeded) {
        this.context = context;
        this.counters = counters;
        this.hash = hash;
        this.limits = limits;
        this.v4 = v4;
        this.timeExceeded = timeExceeded;
    }

    /// Takes a fragment, which becomes the reassembly's unless this throws.
    ///
    /// @param packet starts at its IP header, with addresses and IP facts set
    /// @param payloadAt where its payload starts in it; all before lies in the linear part
    /// @param from where the payload belongs in the datagram
    /// @param more whether more follow behind it
    /// @param id what the sender tells its datagrams apart by
    /// @param zone where the addresses mean something, or `null` if everywhere
    /// @return the datagram if it is whole now, starting where the first fragment's payload started, with the network header
    ///     marked; or `null`
    Packet add(Packet packet, int payloadAt, int from, boolean more, long id, Object zone) {
        long key = hash.of(packet.sourceHi(), packet.sourceLo(), packet.destinationHi(), packet.destinationLo(), id);
        var ends = new FragmentEnds(context, counters, timeExceeded);
        Packet p = compact(packet);
        boolean taken = false;
        try {
            int to = from + p.length() - payloadAt;
            long cost = p.head().capacity() + OVERHEAD;
            PartialDatagram whole;
            synchronized (lock) {
                PartialDatagram d = accept(p, key, from, to, more, id, zone, cost, ends);
                if (d == null) {
                    ends.drop(p);
                    taken = true;
                    return null;
                }
                p.markNetworkHeader();
                p.pull(payloadAt);
                // Whoever delivers has it in hand no longer.
                p.holdFor(null);
                taken = true;
                charge(d, cost);
                d.insert(p, from, to, more);
                if (!d.isWhole()) {
                    return null;
                }
                whole = d;
                remove(d, ends);
            }
            return join(whole, ends);
        } catch (Throwable t) {
            if (!taken && p != packet) {
                p.release();
            }
            throw t;
        } finally {
            ends.finish();
        }
    }

    private static Packet join(PartialDatagram d, FragmentEnds ends) {
        if (d.ecnIsImpossible()) {
            ends.count(Outcome.ECN);
            ends.dropAll(d);
            return null;
        }
        int n = d.count();
        try {
            Packet whole = d.join();
            ends.count(Outcome.REASSEMBLED);
            ends.used(n);
            return whole;
        } catch (Throwable t) {
            ends.dropAll(d);
            throw t;
        }
    }

    /// The datagram that is ready to take the fragment, its cost reserved; or `null` if it is to be dropped.
    private PartialDatagram accept(Packet p, long key, int from, int to, boolean more, long id, Object zone, long cost,
            FragmentEnds ends) {
        if (closed) {
            ends.closing();
            return null;
        }
        prepare();
        long now = context.clock().nanoTime();
        PartialDatagram d = find(p, key, id, zone);
        if (d != null && now - d.deadlineNs >= 0) {
            // The timer is late.
            remove(d, ends);
            ends.late(d);
            d = null;
        }
        if (d != null) {
            return d.abandoned || !fits(d, from, to, more, ends) || !charged(d, d.source, cost, ends) ? null : d;
        }
        FragmentSource source = source(p);
        d = new PartialDatagram(key, p, id, zone, source, now + limits.timeoutNs());
        if (!charged(d, source, cost + PartialDatagram.COST, ends)) {
            return null;
        }
        try {
            arm(oldest == null ? d.deadlineNs : oldest.deadlineNs);
        } catch (Throwable t) {
            ends.giveBack(cost + PartialDatagram.COST);
            throw t;
        }
        link(d);
        return d;
    }

    private void prepare() {
        if (datagrams == null) {
            Timers.Timer made = context.timers().create(this::expire);
            var places = new HashChains<PartialDatagram>(limits.width());
            sources = new HashChains<>(limits.width());
            timer = made;
            datagrams = places;
        }
    }

    private boolean fits(PartialDatagram d, int from, int to, boolean more, FragmentEnds ends) {
        Fit fit = d.fit(from, to, more, limits.fragments());
        switch (fit) {
            case NEW -> d.reserve();
            case DUPLICATE -> ends.count(Outcome.DUPLICATE);
            case OVERLAP, TOO_MANY -> {
                ends.count(fit == Fit.OVERLAP ? Outcome.OVERLAP : Outcome.FULL);
                abandon(d, ends);
            }
        }
        return fit == Fit.NEW;
    }

    /// Drops what has come of a datagram; the record stays, so that what is still to come is dropped too.
    private void abandon(PartialDatagram d, FragmentEnds ends) {
        d.abandoned = true;
        ends.dropAll(d);
        long held = d.cost - PartialDatagram.COST;
        charge(d, -held);
        ends.giveBack(held);
    }

    /// Sees to it that a datagram may cost so much more, at the expense of others. If that has to be the datagram itself, or
    /// the stack has no memory, it is given up.
    private boolean charged(PartialDatagram d, FragmentSource source, long cost, FragmentEnds ends) {
        boolean mayStay = true;
        while (mayStay && source.bytes + cost > limits.bytesOfSource()) {
            mayStay = source.oldest != null && evict(source.oldest, d, ends);
        }
        while (mayStay && bytes + cost > limits.bytes()) {
            mayStay = evict(victim(), d, ends);
        }
        if (mayStay && context.memory().tryReserve(cost)) {
            return true;
        }
        if (mayStay) {
            evict(d, d, ends);
        }
        return false;
    }

    /// Ends a datagram to make room for another; returns whether it was not that one itself.
    private boolean evict(PartialDatagram victim, PartialDatagram inFavourOf, FragmentEnds ends) {
        if (isLinked(victim)) {
            remove(victim, ends);
            ends.dropAll(victim);
        }
        if (!victim.abandoned) {
            ends.count(Outcome.FULL);
        }
        return victim != inFavourOf;
    }

    private PartialDatagram victim() {
        FragmentSource most = null;
        for (int i = 0; i < greedyCount; i++) {
            if (most == null || greedy[i].bytes > most.bytes) {
                most = greedy[i];
            }
        }
        return most == null ? oldest : most.oldest;
    }

    // ---- who is there

    private PartialDatagram find(Packet p, long key, long id, Object zone) {
        for (PartialDatagram d = datagrams.first(key); d != null; d = d.nextInChain) {
            if (d.hash == key && d.isOf(p, id, zone)) {
                return d;
            }
        }
        return null;
    }

    /// The source of a fragment; a new one is not in the table yet.
    private FragmentSource source(Packet p) {
        long prefix = v4 ? p.sourceLo() : p.sourceHi();
        long key = hash.of(prefix, 0, 0, 0, -1);
        for (FragmentSource s = sources.first(key); s != null; s = s.nextInChain) {
            if (s.prefix == prefix) {
                return s;
            }
        }
        return new FragmentSource(key, prefix);
    }

    private boolean isLinked(PartialDatagram d) {
        return d.older != null || oldest == d;
    }

    private void link(PartialDatagram d) {
        d.older = newest;
        if (newest == null) {
            oldest = d;
        } else {
            newest.newer = d;
        }
        newest = d;
        datagrams.add(d);
        FragmentSource s = d.source;
        if (s.oldest == null) {
            sources.add(s);
        }
        s.append(d);
        s.bytes += d.cost;
        bytes += d.cost;
        classify(s);
    }

    /// Takes a datagram out, which keeps its fragments.
    private void remove(PartialDatagram d, FragmentEnds ends) {
        if (d.older == null) {
            oldest = d.newer;
        } else {
            d.older.newer = d.newer;
        }
        if (d.newer == null) {
            newest = d.older;
        } else {
            d.newer.older = d.older;
        }
        d.older = null;
        d.newer = null;
        datagrams.remove(d);
        FragmentSource s = d.source;
        s.remove(d);
        s.bytes -= d.cost;
        bytes -= d.cost;
        ends.giveBack(d.cost);
        classify(s);
        if (s.oldest == null) {
            sources.remove(s);
        }
    }

    private void charge(PartialDatagram d, long more) {
        d.cost += more;
        d.source.bytes += more;
        bytes += more;
        classify(d.source);
    }

    /// Keeps the list of those who have more than a fair part.
    private void classify(FragmentSource s) {
        int i = 0;
        while (i < greedyCount && greedy[i] != s) {
            i++;
        }
        boolean isGreedy = s.bytes > limits.fairBytes();
        if (isGreedy && i == greedyCount && greedyCount < MAX_GREEDY) {
            greedy[greedyCount++] = s;
        } else if (!isGreedy && i < greedyCount) {
            greedy[i] = greedy[--greedyCount];
            greedy[greedyCount] = null;
        }
    }

    // ---- memory

    /// A fragment in one piece and in a buffer that is not much larger than it is, so that what waits costs what it seems to.
    private static Packet compact(Packet packet) {
        int needed = Packet.HEADROOM + packet.length();
        int capacity = packet.head().capacity();
        boolean tooLarge = false;
        for (int size : BUFFERS) {
            tooLarge |= needed <= size && size < capacity;
        }
        if (packet.fragmentCount() == 0 && !tooLarge) {
            return packet;
        }
        Packet small = packet.copy();
        small.setCaptureRecord(packet.detachCapture());
        packet.release();
        return small;
    }

    /// What waiting fragments hold, in bytes.
    long bytes() {
        synchronized (lock) {
            return bytes;
        }
    }

    // ---- time

    private void arm(long deadlineNs) {
        if (!armed) {
            timer.set(deadlineNs);
            armed = true;
        }
    }

    private void expire(long nowNs) {
        FragmentEnds ends = null;
        try {
            synchronized (lock) {
                armed = false;
                ends = new FragmentEnds(context, counters, timeExceeded);
                while (oldest != null && nowNs - oldest.deadlineNs >= 0) {
                    PartialDatagram d = oldest;
                    remove(d, ends);
                    ends.late(d);
                }
                if (oldest != null) {
                    arm(oldest.deadlineNs);
                }
            }
        } finally {
            if (ends != null) {
                ends.finish();
            }
        }
    }

    /// Gives everything back. What still comes is dropped.
    void close() {
        // Made before anything is marked as done.
        var ends = new FragmentEnds(context, counters, timeExceeded);
        ends.closing();
        Timers.Timer unneeded;
        try {
            synchronized (lock) {
                closed = true;
                unneeded = timer;
                while (oldest != null) {
                    PartialDatagram d = oldest;
                    remove(d, ends);
                    ends.dropAll(d);
                }
            }
        } finally {
            ends.finish();
        }
        if (unneeded != null) {
            unneeded.cancel();
        }
    }
}
