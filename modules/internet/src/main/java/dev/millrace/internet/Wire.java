package dev.millrace.internet;

import dev.millrace.DropReason;
import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.time.RealClockwork;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/// Two links, such as TUN devices of the kernel, joined as by a wire with [LinkConditions], in real time: what comes out of one goes into
/// the other, later, or not at all. A network emulator that needs neither a kernel's module nor a stack.
///
/// ```java
/// try (Wire wire = Wire.between("a", linkA, "b", linkB, 1)) {
///     wire.link().setConditions(LinkConditions.perfect().delay(Duration.ofMillis(20)).loss(0.01));
///     wire.awaitEnd(Duration.ofMinutes(1));
/// }
/// ```
///
/// Whoever cuts super-segments and completes checksums is before or behind the links, not here: open devices without offloads, so that what
/// is lost is a packet. Delays have the precision of the machine's timers, some 0.1 ms. Any thread may call any method.
public final class Wire implements AutoCloseable {
    private final Fabric fabric;
    private final Port a;
    private final Port b;
    private final NetworkLink link;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile String end;

    private Wire(String nameA, Link linkA, String nameB, Link linkB, long seed) {
        fabric = new Fabric(new RealClockwork(), new Chance(seed, null, false), new Realm(new Routes(), null), LinkConditions.perfect(),
                _ -> true);
        a = new Port(nameA, linkA);
        b = new Port(nameB, linkB);
        var there = new Pipe(fabric, a, b, new PipeState(LinkConditions.perfect()));
        var back = new Pipe(fabric, b, a, new PipeState(LinkConditions.perfect()));
        a.pipes().add(there);
        b.pipes().add(back);
        link = new NetworkLink(fabric, there, back);
    }

    /// Joins two links, which are the wire's from now on, and begins to carry packets.
    ///
    /// @param nameA what one end is called in counters
    /// @param linkA open, and not attached
    /// @param nameB what the other is called
    /// @param linkB the same
    /// @param seed what loss and all else that is chance follows from, though not when packets come
    /// @throws IllegalArgumentException if one link carries frames and the other IP packets, or both ends have one name; the links are the
    ///     caller's then
    public static Wire between(String nameA, Link linkA, String nameB, Link linkB, long seed) {
        Objects.requireNonNull(linkA, "linkA");
        Objects.requireNonNull(linkB, "linkB");
        if (nameA.equals(nameB)) {
            throw new IllegalArgumentException("both ends are called \"" + nameA + "\"");
        }
        if (linkA.medium() != linkB.medium()) {
            throw new IllegalArgumentException(nameA + " carries " + of(linkA) + " and " + nameB + " " + of(linkB)
                    + ": both must carry the same");
        }
        var wire = new Wire(nameA, linkA, nameB, linkB, seed);
        try {
            linkA.attach(wire.a);
            linkB.attach(wire.b);
        } catch (Throwable t) {
            wire.fabric.clockwork().close();
            throw t;
        }
        return wire;
    }

    private static String of(Link link) {
        return link.medium() == Link.Medium.ETHERNET ? "Ethernet frames" : "IP packets";
    }

    /// Its conditions and counters, and how it is cut.
    public NetworkLink link() {
        return link;
    }

    /// What was not carried for other reasons than the conditions', by end and reason.
    public Map<String, Long> dropped() {
        var all = new TreeMap<String, Long>();
        a.addDropped(all);
        b.addDropped(all);
        return all;
    }

    /// Waits until one of the links is gone or the wire is closed.
    ///
    /// @return why it has ended, or `null` if it has not within this time
    public String awaitEnd(Duration atMost) throws InterruptedException {
        return ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS) ? end : null;
    }

    private void end(String why) {
        synchronized (this) {
            if (end == null) {
                end = why;
            }
        }
        ended.countDown();
    }

    /// Closes both links; what is on its way is lost. Further calls do nothing.
    @Override
    public void close() {
        end("closed");
        // In this order: nobody posts any more, and then nobody transmits any more.
        try {
            a.link.close();
        } finally {
            try {
                b.link.close();
            } finally {
                fabric.clockwork().close();
                fabric.close();
                a.closePipes();
                b.closePipes();
            }
        }
    }

    /// One end: what its link receives goes into the pipe away from it, and what comes out of the other pipe it transmits.
    private final class Port extends Node implements Link.Sink {
        private final Link link;
        private final boolean frames;
        private final Map<String, LongAdder> dropped = new ConcurrentHashMap<>();

        Port(String name, Link link) {
            super(name, new Realm(new Routes(), null));
            this.link = link;
            frames = link.medium() == Link.Medium.ETHERNET;
        }

        @Override
        boolean carriesFrames() {
            return frames;
        }

        @Override
        public void deliver(PacketList packets) {
            var batch = new PacketList();
            batch.addAll(packets);
            fabric.clockwork().post(fabric.nowNs(), new Arrival(this, batch));
        }

        @Override
        void receive(Packet packet, Pipe via) {
            if (packet.checksumming() == Checksumming.PARTIAL && !link.completesChecksums()) {
                PacketBytes.complete(packet);
            } else if (packet.checksumming() != Checksumming.PARTIAL) {
                packet.handOver(Checksumming.ON_WIRE);
            }
            var one = new PacketList();
            one.add(packet);
            try {
                link.transmit(one);
            } finally {
                one.releaseAll();
            }
        }

        @Override
        public void drop(Packet packet, DropReason reason) {
            dropped.computeIfAbsent(reason.toString(), _ -> new LongAdder()).increment();
            packet.release();
        }

        void addDropped(Map<String, Long> to) {
            dropped.forEach((reason, n) -> to.put(name() + " " + reason, n.sum()));
        }

        @Override
        public void stateChanged(boolean up, String reason) {
            // A device that is down, or moved to another namespace, comes back.
        }

        @Override
        public void removed(String reason) {
            end(name() + ": " + reason);
        }

        @Override
        public void mtuChanged(int mtu) {
            // The kernel's ends know it; a wire carries what it is given.
        }

        void closePipes() {
            pipes().forEach(Pipe::close);
        }
    }

    /// What a link has received, until the clockwork's thread takes it.
    private record Arrival(Port at, PacketList packets) implements Clockwork.Discardable {
        @Override
        public void run() {
            Packet p;
            while ((p = packets.poll()) != null) {
                at.pipes().getFirst().accept(p);
            }
        }

        @Override
        public void discard() {
            packets.releaseAll();
        }
    }
}
