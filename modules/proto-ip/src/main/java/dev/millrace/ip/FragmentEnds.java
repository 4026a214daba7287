package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.spi.NetworkContext;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.function.Consumer;

/// What one step of a [Reassembly] leaves to be done when its lock is no longer held: fragments to drop, senders to tell,
/// memory to give back, counts. Each is done whatever the others throw.
final class FragmentEnds {
    /// What may become of datagrams in fragments; the names are those of counters.
    enum Outcome {
        /// It was made whole.
        REASSEMBLED("reassembled"),
        /// Its time ran out.
        TIMEOUT("reassembly-timeout"),
        /// Fragments overlapped or contradicted each other.
        OVERLAP("reassembly-overlap"),
        /// It had to make room, or had too many fragments.
        FULL("reassembly-full"),
        /// A fragment had come already; that one was dropped alone.
        DUPLICATE("reassembly-duplicate"),
        /// Its fragments had marks that exclude each other (RFC 3168 §5.3).
        ECN("reassembly-ecn");

        private final String counter;

        Outcome(String counter) {
            this.counter = counter;
        }
    }

    private static final Outcome[] OUTCOMES = Outcome.values();

    private final NetworkContext context;
    private final IpCounters counters;
    private final Consumer<Packet> timeExceeded;
    private final PacketList dropped = new PacketList();
    private final PacketList firstOfLate = new PacketList();
    private final int[] counts = new int[OUTCOMES.length];
    private DropReason reason = DropReason.FRAGMENT;
    private long memory;
    private int used;

    /// @param timeExceeded tells the sender of a datagram whose time ran out; gets its first fragment, which stays ours
    FragmentEnds(NetworkContext context, IpCounters counters, Consumer<Packet> timeExceeded) {
        this.context = context;
        this.counters = counters;
        this.timeExceeded = timeExceeded;
    }

    // ---- with the lock held: none of these can fail

    void count(Outcome outcome) {
        counts[outcome.ordinal()]++;
    }

    /// Fragments have become part of a datagram.
    void used(int fragments) {
        used += fragments;
    }

    void giveBack(long bytes) {
        memory += bytes;
    }

    void drop(Packet fragment) {
        dropped.add(fragment);
    }

    void dropAll(PartialDatagram d) {
        d.moveTo(dropped);
    }

    /// The stack ends: that is why things are dropped.
    void closing() {
        reason = DropReason.STACK_CLOSED;
    }

    /// A datagram's time has run out.
    void late(PartialDatagram d) {
        Packet first = d.takeFirst();
        if (first != null) {
            firstOfLate.add(first);
        }
        d.moveTo(dropped);
        if (!d.abandoned) {
            count(Outcome.TIMEOUT);
        }
    }

    // ---- without the lock

    /// Does it all; nothing is thrown.
    void finish() {
        if (memory > 0) {
            try {
                context.memory().release(memory);
            } catch (Throwable t) {
                context.failed("reassembly", t);
            }
        }
        for (Outcome outcome : OUTCOMES) {
            count(outcome.counter, counts[outcome.ordinal()]);
        }
        count("fragments-reassembled", used);
        Packet p;
        while ((p = firstOfLate.poll()) != null) {
            p.holdFor(this);
            try {
                timeExceeded.accept(p);
            } catch (Throwable t) {
                context.failed("reassembly", t);
            }
            end(p);
        }
        while ((p = dropped.poll()) != null) {
            p.holdFor(this);
            end(p);
        }
    }

    private void count(String counter, int n) {
        if (n > 0) {
            try {
                counters.count(counter, n);
            } catch (Throwable t) {
                context.failed("reassembly", t);
            }
        }
    }

    private void end(Packet p) {
        try {
            counters.drop(p, reason);
        } catch (Throwable t) {
            if (p.isHeldBy(this)) {
                p.release();
            }
            context.failed("reassembly", t);
        }
    }
}
