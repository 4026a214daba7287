package dev.millrace.neighbors;

import dev.millrace.DropReason;
import dev.millrace.neighbors.Neighbors.State;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NextHop;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The neighbours of all NICs and of both protocols. Bounded: when it is full, those go that have not been used for longest,
/// and of those that nobody has answered for, however many a scan asks for, there is never more than a quarter, so that a
/// scan pushes out no neighbour that is there (RFC 3756 §4.3.2, RFC 6583).
final class NeighborCache {
    private record Key(String nic, long hi, long lo) {
        static Key of(NicPort nic, IpAddress address) {
            return new Key(nic.name(), address.hi(), address.lo());
        }
    }

    private final NetworkContext context;
    private final NeighborSettings settings;
    private final Questions questions;
    private final ConcurrentHashMap<Key, NeighborEntry> entries = new ConcurrentHashMap<>();
    /// Guards making room: so that a bound is kept however many threads enter.
    private final Object room = new Object();
    private final AtomicLong uses = new AtomicLong();
    private boolean closed;

    NeighborCache(NetworkContext context, NeighborSettings settings) {
        this.context = context;
        this.settings = settings;
        questions = new Questions(context);
    }

    NetworkContext context() {
        return context;
    }

    NeighborSettings settings() {
        return settings;
    }

    Questions questions() {
        return questions;
    }

    /// The neighbour, or `null` if it is not known.
    NeighborEntry find(NicPort nic, IpAddress address) {
        return entries.get(Key.of(nic, address));
    }

    /// The neighbour, entered if it is not known; `null` once the cache is closed.
    NeighborEntry get(NicPort nic, IpAddress address) {
        NeighborEntry known = find(nic, address);
        if (known == null) {
            List<NeighborEntry> out;
            synchronized (room) {
                if (closed) {
                    return null;
                }
                out = makeRoom();
                known = entries.computeIfAbsent(Key.of(nic, address), _ -> new NeighborEntry(this, nic, address));
                known.lastUsed = uses.incrementAndGet();
            }
            out.forEach(e -> forget(e, DropReason.NEIGHBOR_QUEUE_FULL));
            return known;
        }
        known.lastUsed = uses.incrementAndGet();
        return known;
    }

    /// Chooses who goes, a sixteenth at once, so that it is seldom done.
    private List<NeighborEntry> makeRoom() {
        List<NeighborEntry> unanswered = null;
        int most = settings.cache();
        if (entries.size() >= most / 4) {
            unanswered = ofState(true);
        }
        if (unanswered != null && unanswered.size() >= most / 4) {
            return take(unanswered, most / 16);
        }
        if (entries.size() >= most) {
            return take(ofState(false), most / 16);
        }
        return List.of();
    }

    private List<NeighborEntry> ofState(boolean incomplete) {
        return entries.values().stream()
                .filter(e -> incomplete == (e.state() == State.INCOMPLETE) && e.state() != State.STATIC).toList();
    }

    private static List<NeighborEntry> take(List<NeighborEntry> from, int n) {
        // The times may change while they are compared: a copy of each.
        record Aged(NeighborEntry entry, long lastUsed) {
        }
        return from.stream().map(e -> new Aged(e, e.lastUsed)).sorted(Comparator.comparingLong(Aged::lastUsed))
                .limit(Math.max(1, n)).map(Aged::entry).toList();
    }

    /// A neighbour does not answer: what waits for it is lost, and whoever sent it is told.
    void lost(NeighborEntry entry) {
        forget(entry, DropReason.NEIGHBOR_UNREACHABLE);
    }

    private void forget(NeighborEntry entry, DropReason why) {
        entries.remove(Key.of(entry.nic(), entry.address()), entry);
        PacketList left = entry.end();
        Packet p;
        while (left != null && (p = left.poll()) != null) {
            if (why == DropReason.NEIGHBOR_UNREACHABLE) {
                Unreachable.tell(context, p);
            }
            context.drop(p, why);
        }
    }

    boolean remove(NicPort nic, IpAddress address) {
        NeighborEntry known = find(nic, address);
        if (known != null) {
            forget(known, DropReason.NEIGHBOR_UNREACHABLE);
        }
        return known != null;
    }

    /// A NIC is down: what was known of its neighbours may be wrong when it is up again.
    void forget(NicPort nic) {
        for (NeighborEntry e : List.copyOf(entries.values())) {
            if (e.nic() == nic && e.state() != State.STATIC) {
                forget(e, DropReason.LINK_CLOSED);
            }
        }
    }

    List<Neighbors.Neighbor> list() {
        var all = new ArrayList<Neighbors.Neighbor>();
        entries.values().forEach(e -> all.add(e.snapshot()));
        all.sort(Comparator.comparing((Neighbors.Neighbor n) -> n.nic()).thenComparing(n -> n.address().toString()));
        return all;
    }

    int size() {
        return entries.size();
    }

    void close() {
        synchronized (room) {
            closed = true;
        }
        for (NeighborEntry e : List.copyOf(entries.values())) {
            forget(e, DropReason.STACK_CLOSED);
        }
    }

    /// What a path keeps of a neighbour: its entry, looked up anew when that was forgotten.
    NextHop hop(NicPort nic, IpAddress address) {
        return new Hop(nic, address);
    }

    private final class Hop implements NextHop {
        private final NicPort nic;
        private final IpAddress address;
        private volatile NeighborEntry entry;

        Hop(NicPort nic, IpAddress address) {
            this.nic = nic;
            this.address = address;
        }

        @Override
        public void transmit(PacketList packets) {
            // A forgotten entry is followed by another; that this one is forgotten in turn before it is used happens to few.
            for (int i = 0; i < 3; i++) {
                NeighborEntry e = entry;
                if (e == null || e.isGone()) {
                    e = get(nic, address);
                    entry = e;
                }
                if (e == null) {
                    dropAll(packets, DropReason.STACK_CLOSED);
                    return;
                }
                if (e.transmit(packets)) {
                    return;
                }
            }
            dropAll(packets, DropReason.NEIGHBOR_QUEUE_FULL);
        }

        private void dropAll(PacketList packets, DropReason why) {
            Packet p;
            while ((p = packets.poll()) != null) {
                context.drop(p, why);
            }
        }

        @Override
        public void confirm() {
            NeighborEntry e = entry;
            if (e != null) {
                e.confirm();
            }
        }

        @Override
        public void doubt() {
            NeighborEntry e = entry;
            if (e != null) {
                e.doubt();
            }
        }
    }
}
