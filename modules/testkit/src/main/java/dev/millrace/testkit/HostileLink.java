package dev.millrace.testkit;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// One end of a wire between two stepped stacks that drops, doubles, reorders, delays, damages and slows packets, in
/// virtual time and as a seed says. One thread at a time.
///
/// Nothing arrives within [#transmit]: even without delay a packet arrives when [VirtualTime] next runs.
public final class HostileLink implements Link {
    private final VirtualTime time;
    private final RandomGenerator random;
    private final int mtu;
    private final PriorityQueue<InFlight> underway = new PriorityQueue<>();
    private Impairments impairments;
    private HostileLink peer;
    private Sink sink;
    private boolean closed;
    private long order;
    private long wireFreeNs;
    private long lastArrivalNs;
    private long transmitted;
    private long delivered;
    private long lost;
    private long doubled;
    private long damaged;
    private long overflowed;

    private HostileLink(VirtualTime time, int mtu, Impairments impairments, RandomGenerator random) {
        this.time = time;
        this.mtu = mtu;
        this.impairments = impairments;
        this.random = random;
    }

    /// A wire: its two ends.
    ///
    /// @param a one end
    /// @param b the other
    public record Pair(HostileLink a, HostileLink b) {
    }

    /// A wire.
    ///
    /// @param mtu the largest packet in bytes
    /// @param aToB what happens to packets that `a` transmits
    /// @param bToA what happens to packets that `b` transmits
    /// @param seed what chance follows from
    public static Pair pair(VirtualTime time, int mtu, Impairments aToB, Impairments bToA, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var a = new HostileLink(time, mtu, aToB, random);
        var b = new HostileLink(time, mtu, bToA, random);
        a.peer = b;
        b.peer = a;
        return new Pair(a, b);
    }

    /// Changes what happens to packets that this end transmits from now on.
    public void impair(Impairments now) {
        impairments = now;
    }

    @Override
    public void transmit(PacketList packets) {
        Packet packet;
        while ((packet = packets.poll()) != null) {
            transmitted++;
            if (closed || peer.closed) {
                refuse(packet, DropReason.LINK_CLOSED);
            } else if (packet.length() > mtu) {
                refuse(packet, DropReason.TOO_BIG);
            } else {
                impair(packet);
            }
        }
    }

    private void impair(Packet packet) {
        // Each packet draws the same number of times, so that one probability does not shift the others' sequence.
        boolean drop = random.nextDouble() < impairments.drop();
        boolean twice = random.nextDouble() < impairments.duplicate();
        boolean corrupt = random.nextDouble() < impairments.corrupt();
        boolean hold = random.nextDouble() < impairments.reorder();
        long jitter = (long) (random.nextDouble() * impairments.jitterNs());
        double bit = random.nextDouble();
        long departs = departure(packet.length());
        if (departs < 0) {
            overflowed++;
            refuse(packet, DropReason.LINK_QUEUE_FULL);
            return;
        }
        if (drop) {
            lost++;
            refuse(packet, DropReason.BY_PROGRAM);
            return;
        }
        packet.handOver(Packet.Checksumming.ON_WIRE);
        Packet sent = corrupt ? flip(packet, bit) : packet;
        long arrives = departs + impairments.delayNs() + jitter;
        if (hold) {
            arrives += impairments.reorderNs();
        } else {
            arrives = Math.max(arrives, lastArrivalNs);
            lastArrivalNs = arrives;
        }
        if (twice) {
            doubled++;
            send(sent.copy(), arrives);
        }
        send(sent, arrives);
    }

    /// When the last bit of a packet has gone out, or -1 if there is no room for it to wait.
    private long departure(int bytes) {
        long now = time.nanoTime();
        if (impairments.bitsPerSecond() == 0) {
            return now;
        }
        long begins = Math.max(now, wireFreeNs);
        double waiting = (begins - now) / 1e9 * impairments.bitsPerSecond() / 8;
        if (waiting + bytes > impairments.queueBytes()) {
            return -1;
        }
        wireFreeNs = begins + (long) (bytes * 8e9 / impairments.bitsPerSecond());
        return wireFreeNs;
    }

    private Packet flip(Packet packet, double where) {
        damaged++;
        // A copy, because fragments are shared with the sender, who may send them again.
        Packet copy = packet.copy();
        packet.release();
        long bit = (long) (where * copy.length() * 8);
        MemorySegment m = copy.memory();
        long at = copy.start() + bit / 8;
        m.set(ValueLayout.JAVA_BYTE, at, (byte) (m.get(ValueLayout.JAVA_BYTE, at) ^ 1 << bit % 8));
        return copy;
    }

    private void send(Packet packet, long arrivesNs) {
        underway.add(new InFlight(packet, arrivesNs, order++));
        time.schedule(arrivesNs, this::arrive);
    }

    /// Hands everything over that is due.
    private void arrive() {
        var due = new PacketList();
        while (!underway.isEmpty() && underway.peek().arrivesNs <= time.nanoTime()) {
            due.add(underway.poll().packet);
        }
        if (due.isEmpty()) {
            return;
        }
        if (closed || peer.closed || peer.sink == null) {
            due.releaseAll();
            return;
        }
        delivered += due.size();
        peer.sink.deliver(due);
    }

    private void refuse(Packet packet, DropReason reason) {
        if (sink == null) {
            packet.release();
        } else {
            sink.drop(packet, reason);
        }
    }

    @Override
    public Medium medium() {
        return Medium.IP;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public void attach(Sink newSink) {
        if (sink != null) {
            throw new IllegalStateException("this end belongs to a stack already");
        }
        sink = newSink;
    }

    /// Says to both stacks that the wire is cut or whole.
    public void setUp(boolean up) {
        sink.stateChanged(up, up ? "the wire is whole" : "the wire is cut");
        peer.sink.stateChanged(up, up ? "the wire is whole" : "the wire is cut");
    }

    /// Packets that were given to this end.
    public long transmitted() {
        return transmitted;
    }

    /// Packets of this end that arrived at the other, doubled ones twice.
    public long delivered() {
        return delivered;
    }

    /// Packets of this end that were lost by chance.
    public long lost() {
        return lost;
    }

    /// Packets of this end that arrived twice.
    public long doubled() {
        return doubled;
    }

    /// Packets of this end of which a bit was flipped.
    public long damaged() {
        return damaged;
    }

    /// Packets of this end that found the queue full.
    public long overflowed() {
        return overflowed;
    }

    /// Packets of this end that are under way.
    public int underway() {
        return underway.size();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            release();
            peer.release();
        }
    }

    private void release() {
        InFlight flight;
        while ((flight = underway.poll()) != null) {
            flight.packet.release();
        }
    }

    private record InFlight(Packet packet, long arrivesNs, long order) implements Comparable<InFlight> {
        @Override
        public int compareTo(InFlight o) {
            return arrivesNs != o.arrivesNs ? Long.compare(arrivesNs, o.arrivesNs) : Long.compare(order, o.order);
        }
    }
}
