package dev.millrace.link.packet;

import dev.millrace.DropReason;
import dev.millrace.linux.DescriptorUse;
import dev.millrace.linux.LinkWatch;
import dev.millrace.linux.Platform;
import dev.millrace.linux.QueueReader;
import dev.millrace.linux.WakeUp;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A link on an Ethernet interface.
///
/// Whoever transmits sends by itself ([FrameSender]); one thread receives, from the socket ([SocketQueue]), or from a ring in
/// slots ([SlotQueue]) or in blocks ([BlockQueue]).
final class PacketLink implements Link, LinkWatch.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(PacketLink.class);

    /// The largest super-segment that the kernel does not cut itself before the device: with its Ethernet header and a tag it
    /// is shorter than GSO_LEGACY_MAX_SIZE, 65536.
    private static final int MAX_SUPER_SEGMENT = 65535 - 18;

    private final PacketSettings settings;
    private final PacketSocket socket;
    private final FrameSender sender;
    private final WakeUp wakeUp;
    private final LinkWatch watch;
    private final QueueReader.Queue queue;
    private final QueueReader reader;
    private final DescriptorUse use = new DescriptorUse(this::closeDescriptors);
    private volatile Sink sink;
    private volatile int mtu;
    private volatile long hardwareAddress;

    /// Opens a link.
    ///
    /// @throws PacketException if a system call fails
    /// @throws IOException if this system has no packet sockets, or native access is denied
    static PacketLink open(PacketSettings settings) throws IOException {
        Platform.check("packet sockets");
        PacketSocket socket = PacketSocket.open(settings);
        WakeUp wakeUp = null;
        LinkWatch watch = null;
        try {
            wakeUp = new WakeUp(settings.name(), new PacketFailures(settings));
            watch = LinkWatch.of(settings.name(), socket.index(), socket.isUp());
            return new PacketLink(settings, socket, wakeUp, watch);
        } catch (IOException | RuntimeException | Error e) {
            close(socket, wakeUp, watch);
            throw e;
        }
    }

    private PacketLink(PacketSettings settings, PacketSocket socket, WakeUp wakeUp, LinkWatch watch) {
        this.settings = settings;
        this.socket = socket;
        this.wakeUp = wakeUp;
        this.watch = watch;
        mtu = atMost(socket.mtu());
        hardwareAddress = socket.hardwareAddress();
        sender = new FrameSender(this, socket.fd(), socket.vnetHeader());
        queue = queue(new FrameIntake(this, socket.vnetHeader(), settings.offload()));
        reader = new QueueReader(this, "millrace-" + settings.name(), queue, use, wakeUp, watch, this, settings.busyPollNs());
    }

    private QueueReader.Queue queue(FrameIntake intake) {
        if (socket.ring() == null) {
            return new SocketQueue(this, socket, intake);
        }
        return socket.slotBytes() > 0 ? new SlotQueue(this, socket, intake) : new BlockQueue(this, socket, intake);
    }

    Sink sink() {
        return sink;
    }

    /// The name of the class that receives, for tests.
    String way() {
        return queue.getClass().getSimpleName();
    }

    @Override
    public Medium medium() {
        return Medium.ETHERNET;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    /// The interface's MAC address, in the lower 48 bits. It may change while the link is open: somebody gives the interface
    /// another one, or it is removed and comes back with another one.
    @Override
    public long hardwareAddress() {
        return hardwareAddress;
    }

    @Override
    public boolean completesChecksums() {
        return maxSuperSegment() > 0;
    }

    @Override
    public int maxSuperSegment() {
        return settings.offload() && socket.vnetHeader() ? MAX_SUPER_SEGMENT : 0;
    }

    @Override
    public void attach(Sink newSink) {
        if (sink != null) {
            throw new IllegalStateException("the link belongs to a NIC already");
        }
        sink = newSink;
        if (!socket.isUp()) {
            newSink.stateChanged(false, settings.name() + " is down");
        }
        reader.start();
    }

    @Override
    public void transmit(PacketList packets) {
        if (!use.enter()) {
            Packet p;
            while ((p = packets.poll()) != null) {
                drop(p, DropReason.LINK_CLOSED);
            }
            return;
        }
        try {
            sender.send(packets);
        } finally {
            use.exit();
        }
    }

    void drop(Packet packet, DropReason reason) {
        Sink s = sink;
        if (s == null) {
            packet.release();
        } else {
            s.drop(packet, reason);
        }
    }

    private int atMost(int interfaceMtu) {
        return settings.mtu() == 0 ? interfaceMtu : Math.min(settings.mtu(), interfaceMtu);
    }

    // ---- what the watch saw

    @Override
    public boolean isAttached() {
        // The kernel takes an interface away from its sockets when it leaves the namespace.
        return false;
    }

    @Override
    public void removed(String name) {
        sink.stateChanged(false, name + " was removed");
    }

    @Override
    public void stateChanged(boolean up, String what) {
        sink.stateChanged(up, what);
    }

    @Override
    public void mtuChanged(int bytes) {
        int now = atMost(bytes);
        if (now != mtu) {
            mtu = now;
            sink.mtuChanged(now);
        }
    }

    @Override
    public void hardwareAddressChanged(long address) {
        if (address != hardwareAddress) {
            hardwareAddress = address;
            LOG.info("{} has another hardware address now", this);
        }
    }

    @Override
    public boolean cameBack(String name, int index) {
        if (!socket.rebind(index)) {
            return false;
        }
        LOG.info("{} is there again", name);
        return true;
    }

    // ---- end

    @Override
    public void close() {
        use.close(() -> {
            wakeUp.signal();
            reader.join();
        });
    }

    private void closeDescriptors() {
        try {
            long dropped = socket.takeDropped();
            if (dropped > 0) {
                LOG.warn("{}: the kernel dropped {} frames because they were not read fast enough", this, dropped);
            }
        } finally {
            close(socket, wakeUp, watch);
        }
    }

    private static void close(PacketSocket socket, WakeUp wakeUp, LinkWatch watch) {
        socket.close();
        if (wakeUp != null) {
            wakeUp.close();
        }
        if (watch != null) {
            watch.close();
        }
    }

    @Override
    public String toString() {
        return "packet:" + settings.name();
    }
}
