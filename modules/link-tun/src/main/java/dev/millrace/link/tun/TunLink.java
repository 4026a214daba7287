package dev.millrace.link.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.millrace.DropReason;
import dev.millrace.linux.CallMemory;
import dev.millrace.linux.DescriptorUse;
import dev.millrace.linux.Errno;
import dev.millrace.linux.Libc;
import dev.millrace.linux.LinkWatch;
import dev.millrace.linux.Platform;
import dev.millrace.linux.QueueReader;
import dev.millrace.linux.Stock;
import dev.millrace.linux.VnetHeader;
import dev.millrace.linux.WakeUp;
import dev.millrace.spi.Link;
import dev.millrace.wire.VlanTag;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/// A link through a TUN or TAP device.
///
/// Whoever transmits writes to the device itself: a write is one packet and never blocks, since the descriptors are
/// non-blocking. Each queue has a thread that reads ([QueueReader]). The descriptors are closed by whoever leaves last,
/// so that no number is used that belongs to another file by then.
final class TunLink implements Link, LinkWatch.Listener {
    private final TunSettings settings;
    private final TunDevice device;
    private final Stock<CallMemory> callMemory = new Stock<>(() -> new CallMemory(Arena.ofAuto()));
    private final QueueReader[] readers;
    private final LinkWatch watch;
    private final WakeUp wakeUp;
    private final DescriptorUse use = new DescriptorUse(this::closeDescriptors);
    private final AtomicBoolean gone = new AtomicBoolean();
    private volatile Sink sink;
    private volatile int mtu;

    /// Opens a device.
    ///
    /// @throws TunException if a system call fails
    /// @throws IOException if this system has no such devices, or native access is denied
    static TunLink open(TunSettings settings) throws IOException {
        Platform.check(settings.kind() + " devices");
        TunDevice device = TunDevice.open(settings);
        try {
            return new TunLink(settings, device);
        } catch (IOException | RuntimeException | Error e) {
            device.close();
            throw e;
        }
    }

    private TunLink(TunSettings settings, TunDevice device) throws IOException {
        this.settings = settings;
        this.device = device;
        mtu = device.mtu();
        var failures = new TunFailures(settings);
        wakeUp = new WakeUp(device.name(), failures);
        watch = LinkWatch.of(device.name(), device.index(), device.isUp());
        readers = new QueueReader[device.fds().length];
        for (int i = 0; i < readers.length; i++) {
            readers[i] = new QueueReader(this, "millrace-" + device.name() + (i == 0 ? "" : "-" + i), new TunQueue(this, i), use,
                    wakeUp, i == 0 ? watch : null, this, settings.busyPollNs());
        }
    }

    TunDevice device() {
        return device;
    }

    Sink sink() {
        return sink;
    }

    /// Where the network header of its packets is, in bytes.
    int networkOffset(Packet packet) {
        return settings.tap()
                ? VlanTag.offset(VlanTag.walk(packet.memory(), packet.start(), packet.headLength())) : 0;
    }

    /// What the device is called now, as far as is known.
    String currentName() {
        return watch != null ? watch.name() : device.name();
    }

    @Override
    public Medium medium() {
        return settings.tap() ? Medium.ETHERNET : Medium.IP;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean completesChecksums() {
        return device.completesChecksums();
    }

    @Override
    public int maxSuperSegment() {
        return device.cutsTcp() ? 65535 : 0;
    }

    @Override
    public void attach(Sink newSink) {
        if (sink != null) {
            throw new IllegalStateException("the link belongs to a NIC already");
        }
        sink = newSink;
        if (!device.isUp()) {
            newSink.stateChanged(false, device.name() + " is down");
        }
        for (QueueReader reader : readers) {
            reader.start();
        }
    }

    // ---- out

    @Override
    public void transmit(PacketList packets) {
        if (!use.enter()) {
            dropAll(packets, DropReason.LINK_CLOSED);
            return;
        }
        try {
            CallMemory memory = callMemory.take();
            try {
                Packet packet;
                while ((packet = packets.poll()) != null) {
                    writeContained(packet, memory);
                }
            } finally {
                callMemory.give(memory);
            }
        } finally {
            use.exit();
        }
    }

    /// A packet that could not be written because something was thrown does not leak; the NIC hears what it was.
    private void writeContained(Packet packet, CallMemory memory) {
        packet.holdFor(memory);
        try {
            write(packet, memory);
        } catch (Throwable t) {
            if (packet.isHeldBy(memory)) {
                sinkDrop(packet, DropReason.FAILURE);
            }
            throw t;
        }
    }

    private void write(Packet packet, CallMemory memory) {
        int network = networkOffset(packet);
        int fd = device.fds()[device.fds().length == 1 ? 0 : queueOf(packet, network)];
        int length = packet.length();
        if (device.vnetHeader()) {
            if (packet.headroom() < VnetHeader.LENGTH) {
                // A header in memory that a layer filled to the brim: the copy has room.
                Packet copy = packet.copy();
                packet.release();
                write(copy, memory);
                return;
            }
            VnetHeader.push(packet, network);
            length += VnetHeader.LENGTH;
        }
        long n = packet.fragmentCount() == 0
                ? Libc.write(memory.state(), fd, packet.memory().address() + packet.start(), length)
                : Libc.writev(memory.state(), fd, memory.vectors(), memory.list(packet));
        if (n == length) {
            packet.release();
            return;
        }
        if (device.vnetHeader()) {
            packet.pull(VnetHeader.LENGTH);
        }
        sinkDrop(packet, n >= 0 ? DropReason.LINK_REFUSED : reason(Libc.errno(memory.state())));
    }

    private static DropReason reason(int errno) {
        return switch (errno) {
            case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM, Errno.EINTR -> DropReason.LINK_QUEUE_FULL;
            case Errno.EIO, Errno.EBADFD, Errno.ENODEV, Errno.ENXIO -> DropReason.LINK_CLOSED;
            default -> DropReason.LINK_REFUSED;
        };
    }

    /// The queue of a packet's flow. The kernel sends a flow to the queue that it last came from, so that both directions
    /// of a connection have one reader, and stay in order.
    private int queueOf(Packet packet, int network) {
        MemorySegment m = packet.memory();
        int at = packet.start() + network;
        int hash = 0;
        if (packet.headLength() >= network + 44 && version(m, at) == 6) {
            for (int i = 8; i < 44; i += 4) {
                hash = 31 * hash + m.get(JAVA_INT_UNALIGNED, at + i);
            }
        } else if (packet.headLength() >= network + 24) {
            for (int i = 12; i < 24; i += 4) {
                hash = 31 * hash + m.get(JAVA_INT_UNALIGNED, at + i);
            }
        }
        hash *= 0x9e3779b1;
        return (hash >>> 16) % device.fds().length;
    }

    private static int version(MemorySegment memory, int at) {
        return memory.get(JAVA_BYTE, at) >>> 4 & 0xf;
    }

    private void dropAll(PacketList packets, DropReason reason) {
        Packet p;
        while ((p = packets.poll()) != null) {
            sinkDrop(p, reason);
        }
    }

    private void sinkDrop(Packet packet, DropReason reason) {
        Sink s = sink;
        if (s == null) {
            packet.release();
        } else {
            s.drop(packet, reason);
        }
    }

    // ---- what the watch and the readers saw

    @Override
    public boolean isAttached() {
        return device.isAttached();
    }

    @Override
    public void stateChanged(boolean up, String what) {
        if (!gone.get()) {
            sink.stateChanged(up, what);
        }
    }

    /// Told once, whoever finds out.
    @Override
    public void removed(String name) {
        if (gone.compareAndSet(false, true) && !use.isClosed()) {
            sink.removed(name + " was removed");
        }
    }

    @Override
    public void mtuChanged(int bytes) {
        if (settings.mtu() == 0 && bytes != mtu) {
            mtu = bytes;
            sink.mtuChanged(bytes);
        }
    }

    // ---- end

    @Override
    public void close() {
        use.close(() -> {
            wakeUp.signal();
            for (QueueReader reader : readers) {
                reader.join();
            }
        });
    }

    private void closeDescriptors() {
        device.close();
        wakeUp.close();
        if (watch != null) {
            watch.close();
        }
    }

    @Override
    public String toString() {
        return settings.mode() + ":" + device.name();
    }
}
