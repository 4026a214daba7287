package dev.millrace.internet;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/// The wire between a host's stack and the Internet. What the stack sends goes to the packets in flight; what is delivered
/// the stack receives, on the thread that delivers.
final class HostLink implements Link {
    private final Internet internet;
    private final Station station;
    private final int mtu;
    private final boolean frames;
    private final long address;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicReference<Runnable> onClose = new AtomicReference<>();
    private volatile Sink sink;
    private volatile boolean silent;

    /// @param frames whether it is on an Ethernet
    /// @param mtu in bytes
    HostLink(Internet internet, Station station, boolean frames, int mtu) {
        this.internet = internet;
        this.station = station;
        this.mtu = mtu;
        this.frames = frames;
        // A function of the name, so that a capture is one of the seed.
        address = frames ? MacAddress.stable(station.name().getBytes(StandardCharsets.UTF_8), "").bits() : 0;
    }

    @Override
    public Medium medium() {
        return frames ? Medium.ETHERNET : Medium.IP;
    }

    @Override
    public long hardwareAddress() {
        return address;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    /// Done by the frame, if anybody looks.
    @Override
    public boolean completesChecksums() {
        return true;
    }

    @Override
    public void attach(Sink newSink) {
        if (sink != null) {
            throw new IllegalStateException("the link belongs to a stack already");
        }
        sink = newSink;
    }

    /// From now on nothing goes in or out, as if the power had failed.
    void silence() {
        silent = true;
    }

    @Override
    public void transmit(PacketList packets) {
        if (silent) {
            packets.releaseAll();
            return;
        }
        if (closed.get()) {
            Packet p;
            while ((p = packets.poll()) != null) {
                sink.drop(p, DropReason.LINK_CLOSED);
            }
            return;
        }
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            p.handOver(p.checksumming() == Checksumming.PARTIAL ? Checksumming.PARTIAL : Checksumming.ON_WIRE);
        }
        internet.transmit(station, packets);
    }

    /// Lets the stack receive a packet, or releases it and says why not.
    Delivery receive(Packet packet) {
        Sink s = sink;
        Delivery refusal = closed.get() || silent || s == null ? Delivery.HOST_CLOSED : length(packet) > mtu ? Delivery.TOO_BIG : null;
        if (refusal != null) {
            packet.release();
            return refusal;
        }
        var list = new PacketList();
        list.add(packet);
        s.deliver(list);
        return Delivery.DELIVERED;
    }

    /// Of the packet without the frame.
    private int length(Packet packet) {
        return frames ? packet.length() - LinkHeader.length(packet) : packet.length();
    }

    boolean isClosed() {
        return closed.get();
    }

    /// Has `action` run once when the link is closed; at once if it is.
    void onClose(Runnable action) {
        onClose.set(action);
        if (closed.get()) {
            runOnClose();
        }
    }

    private void runOnClose() {
        Runnable action = onClose.getAndSet(null);
        if (action != null) {
            action.run();
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            station.host().linkClosed();
            runOnClose();
        }
    }
}
