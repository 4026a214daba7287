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
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// A virtual NIC of IP medium. What the stack transmits goes to the program's [#onTransmit] callback, or to another
/// virtual NIC ([#connect]); what the program [#inject]s the stack receives.
///
/// Any thread may call any method. Without a callback and without a peer, frames are dropped and counted.
public final class Vnic implements Link {
    /// Ethernet's MTU.
    public static final int DEFAULT_MTU = 1500;

    private final boolean checksums;
    private final int mtu;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final LongAdder framesOut = new LongAdder();
    private final LongAdder framesIn = new LongAdder();
    private final LongAdder framesDropped = new LongAdder();
    private volatile Sink sink;
    private volatile Consumer<byte[]> callback;
    private volatile Vnic peer;
    private volatile Runnable onClose;

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
        if (mtu < 68 || mtu > 65536) {
            throw new IllegalArgumentException("MTU " + mtu + " is not in 68..65536");
        }
        this.mtu = mtu;
        this.checksums = checksums;
    }

    /// Joins two virtual NICs by a wire without delay: what one transmits the other receives, on the thread that
    /// transmits. Packets move by reference.
    ///
    /// @throws IllegalStateException if one of them has a peer or a callback already
    public static void connect(Vnic a, Vnic b) {
        if (a == b || a.peer != null || b.peer != null || a.callback != null || b.callback != null) {
            throw new IllegalStateException("a virtual NIC has one wire");
        }
        a.peer = b;
        b.peer = a;
    }

    /// Has `frames` called with a copy of each frame that the stack transmits, an IP packet, on the thread that
    /// transmits it. It may inject frames, here or elsewhere, and must not block. `null` removes it.
    ///
    /// @throws IllegalStateException if the NIC is connected to another one
    public void onTransmit(Consumer<byte[]> frames) {
        if (peer != null && frames != null) {
            throw new IllegalStateException("a virtual NIC has one wire");
        }
        callback = frames;
    }

    /// Has `action` run once when the NIC is closed, without a lock; at once if it is closed already.
    public void onClose(Runnable action) {
        Objects.requireNonNull(action, "action");
        onClose = action;
        if (closed.get()) {
            runOnClose();
        }
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
        if (frame.byteSize() > mtu) {
            return Injection.TOO_BIG;
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
        Vnic p = peer;
        Consumer<byte[]> c = callback;
        framesOut.add(packets.size());
        if (p != null) {
            p.receive(packets, s);
        } else if (c != null) {
            Packet packet;
            while ((packet = packets.poll()) != null) {
                byte[] frame = packet.toBytes();
                packet.release();
                c.accept(frame);
            }
        } else {
            dropAll(packets, s, DropReason.BY_PROGRAM);
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
            tooBig |= p.length() > mtu;
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
            if (p.length() > mtu) {
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
        return Medium.IP;
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
        if (sink != null) {
            throw new IllegalStateException("the virtual NIC belongs to a stack already");
        }
        sink = newSink;
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
        if (closed.compareAndSet(false, true)) {
            runOnClose();
        }
    }

    private void runOnClose() {
        Runnable action = onClose;
        if (action != null) {
            onClose = null;
            action.run();
        }
    }
}
