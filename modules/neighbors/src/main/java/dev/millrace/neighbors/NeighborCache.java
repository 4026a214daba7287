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
    /// Hears what becomes of neighbours.
    interface Watch {
        Watch NOBODY = new Watch() {
        };

        /// One does not answer.
        default void unreachable(NicPort nic, IpAddress address) {
        }

        /// One that was a router says that it is none.
        default void ceased(NicPort nic, IpAddress address) {
        }
    }

    /// What routers want; 0 for nothing.
    private record Times(long reachableNs, long retransNs) {
    }

    private record Key(String nic, long hi, long lo) {
        static Key of(NicPort nic, IpAddress address) {
            return new Key(nic.name(), address.hi(), address.lo());
        }
    }

    /// Bytes that wait for anybody's answer; when it is more, one packet for each neighbour is enough.
    private static final long MAX_WAITING = 8 << 20;

    private final NetworkContext context;
    private final NeighborSettings settings;
    private final Questions questions;
    private final ConcurrentHashMap<Key, NeighborEntry> entries = new ConcurrentHashMap<>();
    /// Guards making room: so that a bound is kept however many threads enter.
    private final Object room = new Object();
    /// Entries that may come before it is looked for room; guarded by `room`.
    private int untilLook;
    /// How often room was made; guarded by `room`.
    private long looks;
    /// By NIC, where routers have said something.
    private final ConcurrentHashMap<String, Times> times = new ConcurrentHashMap<>();
    private volatile Watch watch = Watch.NOBODY;
    private final AtomicLong waiting = new AtomicLong();
    /// Who closes the stack and waits for them.
    private volatile Thread drainer;
    /// Guarded by `room`.
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

    /// The neighbour, entered if it is not known; `null` if there is no room, or once the cache is closed.
    NeighborEntry get(NicPort nic, IpAddress address) {
        NeighborEntry known = find(nic, address);
        if (known == null) {
            List<NeighborEntry> out;
            synchronized (room) {
                if (closed) {
                    return null;
                }
                out = makeRoom();
                if (out.isEmpty() && entries.size() >= settings.cache()) {
                    // All of it is the program's.
                    return null;
                }
                known = entries.computeIfAbsent(Key.of(nic, address), _ -> new NeighborEntry(this, nic, address));
            }
            out.forEach(e -> forget(e, DropReason.NEIGHBOR_QUEUE_FULL));
        }
        return known;
    }

    /// Chooses who goes, a sixteenth at once, so that it is seldom done.
    private List<NeighborEntry> makeRoom() {
        int most = settings.cache();
        if (--untilLook > 0 && entries.size() < most) {
            return List.of();
        }
        List<NeighborEntry> unanswered = ofState(true);
        List<NeighborEntry> out = unanswered.size() >= most / 4 ? take(unanswered, most / 16)
                : entries.size() >= most ? take(ofState(false), most / 16) : List.of();
        // So many may come before there can be too many again.
        untilLook = Math.max(1, most / 4 - unanswered.size() + out.size());
        return out;
    }

    private List<NeighborEntry> ofState(boolean incomplete) {
        return entries.values().stream()
                .filter(e -> incomplete == (e.state() == State.INCOMPLETE) && e.state() != State.STATIC).toList();
    }

    private List<NeighborEntry> take(List<NeighborEntry> from, int n) {
        record Aged(NeighborEntry entry, long lastUsed) {
        }
        long now = ++looks;
        return from.stream().map(e -> new Aged(e, e.lastUsed(now))).sorted(Comparator.comparingLong(Aged::lastUsed))
                .limit(Math.max(1, n)).map(Aged::entry).toList();
    }

    /// So many bytes have begun to wait, or have been sent or dropped.
    void countWaiting(long bytes) {
        if (waiting.addAndGet(bytes) == 0) {
            Thread t = drainer;
            if (t != null) {
                context.waits().unpark(t);
            }
        }
    }

    /// Waits until nothing waits for an answer any more.
    void drain(long deadlineNs) {
        Thread self = Thread.currentThread();
        drainer = self;
        try {
            while (waiting.get() > 0 && !self.isInterrupted() && context.clock().nanoTime() - deadlineNs < 0) {
                context.waits().park(this, deadlineNs);
            }
        } finally {
            drainer = null;
        }
    }

    /// Whether so many packets wait for neighbours that a scan, or a stranger that makes us answer to many, must be at work.
    boolean isCrowded() {
        return waiting.get() > MAX_WAITING;
    }

    /// Drops packets.
    ///
    /// @param packets may be `null`
    void drop(PacketList packets, DropReason why) {
        Packet p;
        while (packets != null && (p = packets.poll()) != null) {
            context.drop(p, why);
        }
    }

    void watch(Watch who) {
        watch = who;
    }

    void ceased(NeighborEntry entry) {
        watch.ceased(entry.nic(), entry.address());
    }

    /// Sets what a router of a NIC wants for IPv6; 0 changes nothing (RFC 4861 §6.3.4).
    void setTimes(NicPort nic, long reachableNs, long retransNs) {
        if (reachableNs != 0 || retransNs != 0) {
            times.merge(nic.name(), new Times(reachableNs, retransNs), (a, b) -> new Times(
                    b.reachableNs == 0 ? a.reachableNs : b.reachableNs, b.retransNs == 0 ? a.retransNs : b.retransNs));
        }
    }

    /// How long a confirmation holds: what a router says is made half to one and a half of it by chance (RFC 4861 §6.3.2).
    long reachableNs(NeighborEntry e) {
        Times t = e.address().isV4() ? null : times.get(e.nic().name());
        return t == null || t.reachableNs == 0 ? settings.reachableNs()
                : t.reachableNs / 2 + context.random().nextLong(t.reachableNs);
    }

    long retransNs(NeighborEntry e) {
        Times t = e.address().isV4() ? null : times.get(e.nic().name());
        return t == null || t.retransNs == 0 ? settings.retransNs() : t.retransNs;
    }

    /// A router has told of itself.
    ///
    /// @param station where it is, or 0 if it did not say
    void routerHeard(NicPort nic, IpAddress router, long station) {
        NeighborEntry entry = station == 0 ? find(nic, router) : get(nic, router);
        if (entry != null) {
            entry.heard(station);
            entry.setRouter();
        }
    }

    /// A router has told of another neighbour.
    void redirected(NicPort nic, IpAddress target, long station, boolean isRouter) {
        NeighborEntry entry = get(nic, target);
        if (entry != null) {
            entry.heard(station);
            if (isRouter) {
                entry.setRouter();
            }
        }
    }

    /// A neighbour does not answer: what waits for it is lost, and whoever sent it is told.
    void lost(NeighborEntry entry) {
        if (forget(entry, DropReason.NEIGHBOR_UNREACHABLE)) {
            watch.unreachable(entry.nic(), entry.address());
        }
    }

    /// An entry cannot go on.
    void broken(NeighborEntry entry) {
        forget(entry, DropReason.FAILURE);
    }

    private boolean forget(NeighborEntry entry, DropReason why) {
        if (!entry.end(why)) {
            return false;
        }
        entries.remove(Key.of(entry.nic(), entry.address()), entry);
        PacketList left = entry.takeLeft();
        Packet p;
        while (left != null && (p = left.poll()) != null) {
            if (why == DropReason.NEIGHBOR_UNREACHABLE) {
                Unreachable.tell(context, p);
            }
            context.drop(p, why);
        }
        return true;
    }

    boolean remove(NicPort nic, IpAddress address) {
        NeighborEntry known = find(nic, address);
        if (known != null) {
            forget(known, DropReason.BY_PROGRAM);
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

    /// An address of ours is gone: what waits to leave from it does not leave.
    void dropFrom(NicPort nic, IpAddress source) {
        for (NeighborEntry e : List.copyOf(entries.values())) {
            if (e.nic() == nic && e.address().isV4() == source.isV4()) {
                drop(e.takeFrom(source), DropReason.NO_ROUTE);
            }
        }
    }

    List<Neighbors.Neighbor> list() {
        var all = new ArrayList<Neighbors.Neighbor>();
        entries.values().forEach(e -> all.add(e.snapshot()));
        all.sort(Comparator.comparing((Neighbors.Neighbor n) -> n.nic()).thenComparing(n -> n.address().toString()));
        return all;
    }

    /// Whether the program may enter one more: half of the cache stays for those that are found.
    boolean hasRoomForStatic() {
        return entries.values().stream().filter(e -> e.state() == State.STATIC).count() < settings.cache() / 2;
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
                    drop(packets, context.isClosing() ? DropReason.STACK_CLOSED : DropReason.NEIGHBOR_QUEUE_FULL);
                    return;
                }
                if (e.transmit(packets)) {
                    return;
                }
            }
            drop(packets, DropReason.NEIGHBOR_QUEUE_FULL);
        }

        /// The entry, if it is known: a path that was only just made has not looked for it yet.
        private NeighborEntry known() {
            NeighborEntry e = entry;
            if (e == null) {
                e = find(nic, address);
                entry = e;
            }
            return e;
        }

        @Override
        public void confirm() {
            NeighborEntry e = known();
            if (e != null) {
                e.confirm();
            }
        }

        @Override
        public void doubt() {
            NeighborEntry e = known();
            if (e != null) {
                e.doubt();
            }
        }
    }
}
