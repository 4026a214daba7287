package dev.millrace.link.vnic;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// A virtual NIC, of IP medium or of Ethernet. What the stack transmits goes to the program's [#onTransmit] callback, or to another
/// virtual NIC ([#connect]); what the program [#inject]s the stack receives.
///
/// Any thread may call any method. Without a callback and without a peer, frames are dropped and counted.
public final class Vnic implements Link {
    private static final Runnable DONE = () -> {
    };
    /// Guards the joining of ends with one another and with stacks, where two ends are one step.
    private static final Object JOINING = new Object();

    /// With a tag.
    private static final int ETHERNET_HEADER = 18;

    /// Ethernet's MTU.
    public static final int DEFAULT_MTU = 1500;

    private final Medium medium;
    private final boolean checksums;
    private final int mtu;
    private final int maxFrame;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final LongAdder framesOut = new LongAdder();
    private final LongAdder framesIn = new LongAdder();
    private final LongAdder framesDropped = new LongAdder();
    private volatile Sink sink;
    /// Where frames go: `null`, a `Vnic` or a callback. One place, so that they exclude each other.
    private final AtomicReference<Object> wire = new AtomicReference<>();
    /// What is to be run at the end; [#DONE] once it has been run.
    private final AtomicReference<Runnable> onClose = new AtomicReference<>();

    /// A virtual NIC whose frames carry checksums.
    ///
    /// @param mtu the largest frame in bytes, 68 to 65536
    public Vnic(int mtu) {
        this(mtu, true);
    }

    /// A virtual NIC.
    ///
    /// @param mtu the largest frame in bytes, 68 to 65536
    /// @param checksums whether checksums are computed and verified; without, transport checksums are left undone in
    ///     what the stack transmits, and believed in what it receives
    public Vnic(int mtu, boolean checksums) {
        this(Medium.IP, mtu, checksums);
    }

    /// A virtual NIC.
    ///
    /// @param medium what its frames start with
    /// @param mtu the largest packet of the network layer in bytes, 68 to 65536; on Ethernet frames are 14 bytes longer, or 18
    ///     with a tag
    /// @param checksums as for the others
    public Vnic(Medium medium, int mtu, boolean checksums) {
        if (mtu < 68 || mtu > 65536) {
            throw new IllegalArgumentException("MTU " + mtu + " is not in 68..65536");
        }
        this.medium = medium;
        this.mtu = mtu;
        maxFrame = medium == Medium.ETHERNET ? mtu + ETHERNET_HEADER : mtu;
        this.checksums = checksums;
    }

    /// Joins two virtual NICs by a wire without delay: what one transmits the other receives, on the thread that
    /// transmits. Packets move by reference.
    ///
    /// @throws IllegalStateException if one of them has a peer or a callback already, or is closed
    /// @throws IllegalArgumentException if they are of different media; if one computes and verifies checksums and the other does not: all that one sends the
    ///     other would drop
    public static void connect(Vnic a, Vnic b) {
        if (a.medium != b.medium) {
            throw new IllegalArgumentException("one virtual NIC carries Ethernet frames and the other does not");
        }
        if (a.checksums != b.checksums) {
            throw new IllegalArgumentException("one virtual NIC has checksums and the other has not; set checksums to the same"
                    + " on both ends of the wire");
        }
        synchronized (JOINING) {
            if (a == b || a.closed.get() || b.closed.get() || !a.wire.compareAndSet(null, b)) {
                throw oneWire();
            }
            if (!b.wire.compareAndSet(null, a)) {
                a.wire.set(null);
                throw oneWire();
            }
        }
    }

    private static IllegalStateException oneWire() {
        return new IllegalStateException("a virtual NIC has one wire, and none once it is closed");
    }

    /// Has `frames` called with a copy of each frame that the stack transmits, an IP packet, on the thread that
    /// transmits it. It may inject frames, here or elsewhere, and must not block. `null` removes it. If it throws, that frame
    /// is lost and the stack's counters `failures` say so.
    ///
    /// @throws IllegalStateException if the NIC is connected to another one
    public void onTransmit(Consumer<byte[]> frames) {
        synchronized (JOINING) {
            if (!(wire.get() instanceof Vnic)) {
                wire.set(frames);
            } else if (frames != null) {
                throw oneWire();
            }
        }
    }

    /// Has `action` run once when the NIC is closed, without a lock; at once if it is closed already. Of several actions the
    /// last one counts that was given before the end.
    public void onClose(Runnable action) {
        Objects.requireNonNull(action, "action");
        Runnable before;
        do {
            before = onClose.get();
            if (before == DONE) {
                action.run();
                return;
            }
        } while (!onClose.compareAndSet(before, action));
    }

    /// Lets the stack receive a copy of a frame, an IP packet; the stack has processed it when the call returns, unless
    /// this thread is delivering already.
    public Injection inject(byte[] frame) {
        return inject(MemorySegment.ofArray(frame));
    }

    /// As [#inject(byte[])], for any memory.
    public Injection inject(MemorySegment frame) {
        Injection refused = refusal(frame);
        if (refused != null) {
            framesDropped.increment();
            return refused;
        }
        var list = new PacketList();
        list.add(Packet.copyOf(frame));
        framesIn.increment();
        sink.deliver(list);
        return Injection.DELIVERED;
    }

    private Injection refusal(MemorySegment frame) {
        if (closed.get()) {
            return Injection.CLOSED;
        }
        if (sink == null) {
            return Injection.NOT_ATTACHED;
        }
        if (frame.byteSize() == 0) {
            return Injection.EMPTY;
        }
        if (frame.byteSize() > maxFrame) {
            return Injection.TOO_BIG;
        }
        if (medium == Medium.ETHERNET) {
            return null;
        }
        int version = frame.get(ValueLayout.JAVA_BYTE, 0) >>> 4 & 0xf;
        return version == 4 || version == 6 ? null : Injection.NOT_IP;
    }

    @Override
    public void transmit(PacketList packets) {
        Sink s = sink;
        if (closed.get()) {
            dropAll(packets, s, DropReason.LINK_CLOSED);
            return;
        }
        switch (wire.get()) {
            case null -> {
                framesOut.add(packets.size());
                dropAll(packets, s, DropReason.BY_PROGRAM);
            }
            case Vnic peer -> {
                framesOut.add(packets.size());
                peer.receive(packets, s);
            }
            case Object callback -> call(callback, packets);
        }
    }

    @SuppressWarnings("unchecked") // what onTransmit put there
    private void call(Object callback, PacketList packets) {
        Packet packet;
        while ((packet = packets.poll()) != null) {
            framesOut.increment();
            byte[] frame;
            try {
                frame = packet.toBytes();
            } finally {
                packet.release();
            }
            ((Consumer<byte[]>) callback).accept(frame);
        }
    }

    /// Takes packets over from the peer's stack; those that do not fit are dropped on the sender's side.
    private void receive(PacketList packets, Sink sender) {
        Sink s = sink;
        if (closed.get() || s == null) {
            dropAll(packets, sender, DropReason.LINK_CLOSED);
            return;
        }
        boolean tooBig = false;
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            tooBig |= p.length() > maxFrame;
            p.handOver(checksums ? Checksumming.ON_WIRE : Checksumming.VOUCHED);
        }
        if (tooBig) {
            dropTooBig(packets, sender);
        }
        framesIn.add(packets.size());
        s.deliver(packets);
    }

    private void dropTooBig(PacketList packets, Sink sender) {
        var fitting = new PacketList();
        Packet p;
        while ((p = packets.poll()) != null) {
            if (p.length() > maxFrame) {
                framesDropped.increment();
                sender.drop(p, DropReason.TOO_BIG);
            } else {
                fitting.add(p);
            }
        }
        packets.addAll(fitting);
    }

    private void dropAll(PacketList packets, Sink s, DropReason reason) {
        framesDropped.add(packets.size());
        Packet p;
        while ((p = packets.poll()) != null) {
            if (s == null) {
                p.release();
            } else {
                s.drop(p, reason);
            }
        }
    }

    @Override
    public Medium medium() {
        return medium;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean vouchesForChecksums() {
        return !checksums;
    }

    @Override
    public void attach(Sink newSink) {
        synchronized (JOINING) {
            if (sink != null) {
                throw new IllegalStateException("the virtual NIC belongs to a stack already");
            }
            sink = newSink;
        }
    }

    /// Whether a stack uses the NIC.
    public boolean isAttached() {
        return sink != null && !closed.get();
    }

    /// Whether [#close()] was called.
    public boolean isClosed() {
        return closed.get();
    }

    /// Frames that the stack transmitted.
    public long framesOut() {
        return framesOut.sum();
    }

    /// Frames that the stack received.
    public long framesIn() {
        return framesIn.sum();
    }

    /// Frames that were dropped here: refused injections, frames too big for the peer, frames without a wire.
    public long framesDropped() {
        return framesDropped.sum();
    }

    @Override
    public void close() {
        closed.set(true);
        Runnable action = onClose.getAndSet(DONE);
        if (action != null) {
            action.run();
        }
    }
}
