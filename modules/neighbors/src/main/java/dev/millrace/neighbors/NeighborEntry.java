package dev.millrace.neighbors;

import dev.millrace.DropReason;
import dev.millrace.neighbors.Neighbors.State;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// What is known of one neighbour, and the packets that wait for its address: the state machine of neighbour unreachability
/// detection (RFC 4861 §7.3), which ARP's entries go through, too. Its lock is held for steps only; what is sent is sent
/// without it, by the thread that took the step.
final class NeighborEntry {
    private final NeighborCache cache;
    private final NicPort nic;
    private final IpAddress address;
    private final Timers.Timer timer;

    // Guarded by this; state and station are read without.
    private volatile State state = State.INCOMPLETE;
    private volatile long station;
    private boolean router;
    private int asked;
    /// When the timer is to run out, while `timed`: one that was moved or cancelled as it ran out must not count.
    private long deadlineNs;
    private boolean timed;
    private PacketList waiting;
    private volatile boolean gone;
    /// An upper layer has heard from it since the timer was set.
    private volatile boolean confirmed;
    /// Whether something was sent to it since the cache last looked; any thread writes it, and an old value does little harm.
    private boolean used;
    /// When it was last used, by the count of the cache, which alone sets it; 0 for one that has only been heard.
    private long lastUsed;

    NeighborEntry(NeighborCache cache, NicPort nic, IpAddress address) {
        this.cache = cache;
        this.nic = nic;
        this.address = address;
        timer = cache.context().timers().create(this::timeOut);
    }

    NicPort nic() {
        return nic;
    }

    IpAddress address() {
        return address;
    }

    State state() {
        return state;
    }

    /// Something is about to be sent to it.
    void use() {
        if (!used) {
            used = true;
        }
    }

    /// When it was last used.
    ///
    /// @param now the count of the cache
    long lastUsed(long now) {
        if (used) {
            used = false;
            lastUsed = now;
        }
        return lastUsed;
    }

    /// Whether it is at this station and something has been sent to it: one that we talk to.
    boolean isUsedAt(long at) {
        return station == at && isUsed();
    }

    /// Whether something has been sent to it, and it was there.
    boolean isUsed() {
        return station != 0 && (used || lastUsed > 0);
    }

    /// Whether it was forgotten: who has it looks for the one that has followed.
    boolean isGone() {
        return gone;
    }

    synchronized Neighbors.Neighbor snapshot() {
        return new Neighbors.Neighbor(nic.name(), address, station, state, router);
    }

    // ---- sending

    /// Sends packets, or keeps them until the address is known. Returns `false`, the packets being still the caller's, if the
    /// entry was forgotten.
    boolean transmit(PacketList packets) {
        use();
        State now = state;
        PacketList tooMany = null;
        if (now != State.REACHABLE && now != State.STATIC && now != State.PROBE && now != State.DELAY) {
            boolean ask = false;
            synchronized (this) {
                if (gone) {
                    return false;
                }
                // The timer comes first each time: if it cannot be set, nothing has changed.
                if (state == State.INCOMPLETE) {
                    if (asked == 0) {
                        setTimer(cache.retransNs(this));
                        ask = true;
                        asked = 1;
                    }
                    tooMany = keep(packets);
                } else if (state == State.STALE) {
                    setTimer(cache.settings().delayNs());
                    state = State.DELAY;
                    confirmed = false;
                }
            }
            cache.drop(tooMany, DropReason.NEIGHBOR_QUEUE_FULL);
            if (ask) {
                cache.questions().ask(nic, address, 0);
            }
        } else if (gone) {
            return false;
        }
        if (!packets.isEmpty()) {
            nic.transmit(packets, address.isV4() ? EtherType.IPV4 : EtherType.IPV6, station);
        }
        return true;
    }

    /// Keeps packets; the newest replace the oldest (RFC 4861 §7.2.2). Returns those that there is no room for, or `null`.
    private PacketList keep(PacketList packets) {
        if (waiting == null) {
            waiting = new PacketList();
        }
        cache.countWaiting(bytes(packets));
        waiting.addAll(packets);
        PacketList tooMany = null;
        while (waiting.size() > cache.settings().queue() || cache.isCrowded() && waiting.size() > 1) {
            if (tooMany == null) {
                tooMany = new PacketList();
            }
            Packet oldest = waiting.poll();
            cache.countWaiting(-oldest.length());
            tooMany.add(oldest);
        }
        return tooMany;
    }

    // ---- what is heard

    /// An upper layer has made progress through this neighbour. Only noted: when the timer fires it counts as a confirmation,
    /// so that a neighbour may be believed for up to twice the time that RFC 4861 gives it.
    void confirm() {
        if (!confirmed) {
            confirmed = true;
        }
    }

    /// An upper layer has lost its peer: the neighbour is asked now.
    void doubt() {
        long ask = 0;
        synchronized (this) {
            if (!gone && (state == State.REACHABLE || state == State.STALE || state == State.DELAY)) {
                setTimer(cache.retransNs(this));
                confirmed = false;
                state = State.PROBE;
                asked = 1;
                ask = station;
            }
        }
        if (ask != 0) {
            cache.questions().ask(nic, address, ask);
        }
    }

    /// The neighbour has said where it is without having been asked, in a question of its own (RFC 4861 §7.2.3, RFC 826).
    void heard(long from) {
        PacketList released;
        synchronized (this) {
            if (gone || state == State.STATIC || from == station || from == 0) {
                return;
            }
            station = from;
            state = State.STALE;
            released = takeWaiting();
            cancelTimer();
        }
        send(released);
    }

    /// An answer, or an announcement (RFC 4861 §7.2.5; for ARP all answers override).
    ///
    /// @param from the station that it names, or 0 if it names none
    /// @param solicited whether it answers a question of ours
    /// @param override whether it is to replace what was known
    void answered(long from, boolean solicited, boolean override, boolean isRouter) {
        PacketList released = null;
        boolean ceased;
        synchronized (this) {
            if (gone || state == State.STATIC) {
                return;
            }
            ceased = router && !isRouter;
            boolean other = from != 0 && from != station;
            if (state == State.INCOMPLETE) {
                if (from == 0) {
                    return;
                }
                station = from;
                become(solicited);
                router = isRouter;
                released = takeWaiting();
            } else if (other && !override) {
                if (state == State.REACHABLE) {
                    state = State.STALE;
                    cancelTimer();
                }
            } else {
                if (other) {
                    station = from;
                }
                if (solicited) {
                    become(true);
                } else if (other) {
                    become(false);
                }
                router = isRouter;
            }
            ceased &= !router;
        }
        send(released);
        if (ceased) {
            cache.ceased(this);
        }
    }

    /// It has said itself, or another router of it, that it is a router (RFC 4861 §6.3.4, §8.3).
    synchronized void setRouter() {
        router = true;
    }

    private void become(boolean reachable) {
        if (reachable) {
            setTimer(cache.reachableNs(this));
        } else {
            cancelTimer();
        }
        state = reachable ? State.REACHABLE : State.STALE;
        confirmed = false;
        asked = 0;
    }

    /// The program says where it is.
    boolean enter(long at) {
        PacketList released;
        synchronized (this) {
            if (gone) {
                return false;
            }
            station = at;
            state = State.STATIC;
            released = takeWaiting();
            cancelTimer();
        }
        send(released);
        return true;
    }

    /// Takes out the packets that wait and come from an address; `null` if there are none.
    synchronized PacketList takeFrom(IpAddress source) {
        if (waiting == null || waiting.isEmpty() || state != State.INCOMPLETE) {
            return null;
        }
        var taken = new PacketList();
        var others = new PacketList();
        Packet p;
        while ((p = waiting.poll()) != null) {
            (isFrom(p, source) ? taken : others).add(p);
        }
        waiting.addAll(others);
        cache.countWaiting(-bytes(taken));
        return taken;
    }

    private static boolean isFrom(Packet p, IpAddress source) {
        int needed = source.isV4() ? Ipv4Header.MIN_LENGTH : Ipv6Header.LENGTH;
        if (p.headLength() < needed) {
            return false;
        }
        return source.isV4() ? Ipv4Header.source(p.memory(), p.start()) == source.v4Bits()
                : Ipv6Header.sourceHi(p.memory(), p.start()) == source.hi()
                && Ipv6Header.sourceLo(p.memory(), p.start()) == source.lo();
    }

    private static long bytes(PacketList packets) {
        long sum = 0;
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            sum += p.length();
        }
        return sum;
    }

    /// They count as waiting until they are sent or dropped.
    private PacketList takeWaiting() {
        PacketList all = waiting;
        waiting = null;
        return all;
    }

    private void send(PacketList released) {
        if (released != null && !released.isEmpty()) {
            long bytes = bytes(released);
            try {
                nic.transmit(released, address.isV4() ? EtherType.IPV4 : EtherType.IPV6, station);
            } finally {
                cache.countWaiting(-bytes);
            }
        }
    }

    // ---- time

    private void setTimer(long afterNs) {
        long deadline = cache.context().clock().nanoTime() + afterNs;
        timer.set(deadline);
        deadlineNs = deadline;
        timed = true;
    }

    private void cancelTimer() {
        timed = false;
        timer.cancel();
    }

    private void timeOut(long nowNs) {
        try {
            step(nowNs);
        } catch (Throwable t) {
            // Without a timer it would stay as it is for ever.
            cache.context().failed("neighbor-timer", t);
            cache.broken(this);
        }
    }

    private void step(long nowNs) {
        long ask = -1;
        boolean lost = false;
        synchronized (this) {
            if (gone || !timed) {
                return;
            }
            if (nowNs - deadlineNs < 0) {
                // Moved as it ran out.
                timer.set(deadlineNs);
                return;
            }
            timed = false;
            switch (state) {
                case REACHABLE -> {
                    if (confirmed) {
                        become(true);
                    } else {
                        state = State.STALE;
                    }
                }
                case DELAY -> {
                    if (confirmed) {
                        become(true);
                    } else {
                        state = State.PROBE;
                        asked = 1;
                        ask = station;
                        setTimer(cache.retransNs(this));
                    }
                }
                case PROBE, INCOMPLETE -> {
                    if (confirmed && state == State.PROBE) {
                        become(true);
                    } else if (asked < cache.settings().attempts()) {
                        asked++;
                        ask = station;
                        setTimer(cache.retransNs(this));
                    } else {
                        lost = true;
                    }
                }
                case STALE, STATIC -> {
                    // The timer was cancelled as it fired.
                }
            }
        }
        if (ask >= 0) {
            cache.questions().ask(nic, address, ask);
        } else if (lost) {
            cache.lost(this);
        }
    }

    /// Ends the entry, unless it has become another than it was when that was decided. Returns whether it has ended now.
    synchronized boolean end(DropReason why) {
        boolean stays = why == DropReason.NEIGHBOR_UNREACHABLE && state != State.INCOMPLETE && state != State.PROBE
                || why == DropReason.NEIGHBOR_QUEUE_FULL && state == State.STATIC;
        if (gone || stays) {
            return false;
        }
        gone = true;
        cancelTimer();
        return true;
    }

    /// The packets that waited when it ended, or `null`.
    synchronized PacketList takeLeft() {
        PacketList left = takeWaiting();
        if (left != null) {
            cache.countWaiting(-bytes(left));
        }
        return left;
    }
}
