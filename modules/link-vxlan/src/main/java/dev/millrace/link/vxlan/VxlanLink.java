package dev.millrace.link.vxlan;

import dev.millrace.ConfigurationException;
import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackContext;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.VlanTag;
import dev.millrace.wire.VxlanHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// An Ethernet between machines. Whoever transmits sends the datagrams itself; one thread receives. The channel does not
/// block, so that an interrupt of a program's thread does not close it, and what finds no room is dropped.
final class VxlanLink implements Link, Runnable {
    static final DropReason UNKNOWN_MACHINE = DropReason.of("vxlan-unknown-machine", "VXLAN of a machine that is not named");
    static final DropReason OTHER_NETWORK = DropReason.of("vxlan-other-network", "VXLAN of another network");

    /// Datagrams that are read before they are delivered.
    private static final int BATCH = 64;
    private static final int BUFFER = 4 << 20;
    /// The MTU is what may be sent; a kernel that does not know it sends more at first.
    private static final int MAX_FRAME_IN = 9000 + EthernetHeader.LENGTH + VlanTag.LENGTH;
    private static final int MAX_SPARE = 16;

    private final VxlanSettings settings;
    private final StackContext stack;
    private final DatagramChannel channel;
    private final Selector selector;
    private final Stations stations;
    private final int maxFrame;
    private final long address;
    /// The machines by address: kernels send from ports of their own, so that the port tells nothing, unless several are on
    /// one address.
    private final Map<InetAddress, List<InetSocketAddress>> machines = new HashMap<>();
    /// Guarded by itself.
    private final ArrayDeque<ByteBuffer> spare = new ArrayDeque<>();
    private final Thread reader;
    private volatile Sink sink;
    private volatile boolean closed;

    /// @param stack the stack's clock and chance; never `null` here
    static VxlanLink open(VxlanSettings settings, StackContext stack) throws IOException {
        if (stack == null) {
            throw new ConfigurationException("link", "a vxlan: link needs a stack");
        }
        boolean v6 = settings.local().getAddress().getAddress().length > 4
                || settings.remotes().stream().anyMatch(r -> r.getAddress().getAddress().length > 4);
        DatagramChannel channel = v6 ? DatagramChannel.open() : DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER);
            channel.configureBlocking(false);
            channel.bind(settings.local());
            Selector selector = Selector.open();
            try {
                channel.register(selector, SelectionKey.OP_READ);
                return new VxlanLink(settings, stack, channel, selector);
            } catch (Throwable t) {
                selector.close();
                throw t;
            }
        } catch (java.net.BindException e) {
            channel.close();
            throw new IOException("vxlan:" + settings.vni() + " cannot receive at " + settings.local() + ": " + e.getMessage()
                    + "; another program, or a vxlan device of the kernel, has the port: set local to another one", e);
        } catch (Throwable t) {
            channel.close();
            throw t;
        }
    }

    private VxlanLink(VxlanSettings settings, StackContext stack, DatagramChannel channel, Selector selector) {
        this.settings = settings;
        this.stack = stack;
        this.channel = channel;
        this.selector = selector;
        stations = new Stations(settings.stations(), settings.agingNs());
        maxFrame = settings.mtu() + EthernetHeader.LENGTH + VlanTag.LENGTH;
        byte[] secret = new byte[8];
        stack.random().nextBytes(secret);
        address = MacAddress.stable(secret, "vxlan").bits();
        for (InetSocketAddress remote : settings.remotes()) {
            machines.computeIfAbsent(remote.getAddress(), _ -> new ArrayList<>()).add(remote);
        }
        reader = Thread.ofPlatform().daemon().name("millrace-vxlan-" + settings.vni()).unstarted(this);
    }

    /// The address and port where frames are received.
    InetSocketAddress local() throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    @Override
    public Medium medium() {
        return Medium.ETHERNET;
    }

    @Override
    public int mtu() {
        return settings.mtu();
    }

    @Override
    public long hardwareAddress() {
        return address;
    }

    @Override
    public void attach(Sink newSink) {
        if (sink != null) {
            throw new IllegalStateException("the link has a NIC already");
        }
        sink = newSink;
        reader.start();
    }

    // ---- out

    @Override
    public void transmit(PacketList packets) {
        Packet p;
        while ((p = packets.poll()) != null) {
            p.holdFor(this);
            DropReason reason;
            try {
                reason = send(p);
            } catch (Throwable t) {
                if (p.isHeldBy(this)) {
                    sink.drop(p, DropReason.FAILURE);
                }
                throw t;
            }
            if (reason == null) {
                p.release();
            } else {
                sink.drop(p, reason);
            }
        }
    }

    /// Sends a frame to the machine of its station, or to all. Returns `null`, or why it could not be sent to any.
    private DropReason send(Packet frame) {
        if (closed) {
            return DropReason.LINK_CLOSED;
        }
        if (frame.length() > maxFrame) {
            return DropReason.TOO_BIG;
        }
        ByteBuffer datagram = take();
        try {
            MemorySegment m = MemorySegment.ofBuffer(datagram.clear());
            VxlanHeader.write(m, 0, settings.vni());
            frame.copyTo(0, m, VxlanHeader.LENGTH, frame.length());
            datagram.limit(VxlanHeader.LENGTH + frame.length());
            long station = EthernetHeader.destination(m, VxlanHeader.LENGTH);
            InetSocketAddress machine = MacAddress.isMulticast(station) ? null : stations.of(station, stack.clock().nanoTime());
            if (machine != null) {
                return send(datagram, machine);
            }
            DropReason reason = null;
            boolean sent = false;
            for (int i = 0; i < settings.remotes().size(); i++) {
                DropReason failed = send(datagram.rewind(), settings.remotes().get(i));
                sent |= failed == null;
                reason = failed == null ? reason : failed;
            }
            return sent ? null : reason;
        } finally {
            give(datagram);
        }
    }

    private DropReason send(ByteBuffer datagram, InetSocketAddress machine) {
        try {
            return channel.send(datagram, machine) > 0 ? null : DropReason.LINK_QUEUE_FULL;
        } catch (ClosedChannelException e) {
            return DropReason.LINK_CLOSED;
        } catch (IOException e) {
            // Unreachable now, or told to be so by ICMP: as on a wire that is cut.
            return DropReason.LINK_REFUSED;
        }
    }

    private ByteBuffer take() {
        synchronized (spare) {
            ByteBuffer b = spare.poll();
            if (b != null) {
                return b;
            }
        }
        return ByteBuffer.allocateDirect(VxlanHeader.LENGTH + maxFrame);
    }

    private void give(ByteBuffer buffer) {
        synchronized (spare) {
            if (spare.size() < MAX_SPARE) {
                spare.push(buffer);
            }
        }
    }

    // ---- in

    @Override
    public void run() {
        // One byte more than is taken: a longer one is seen to be.
        ByteBuffer datagram = ByteBuffer.allocateDirect(VxlanHeader.LENGTH + MAX_FRAME_IN + 1);
        var batch = new PacketList();
        while (!closed) {
            try {
                selector.select();
                selector.selectedKeys().clear();
                receive(datagram, batch);
            } catch (java.nio.channels.ClosedSelectorException | ClosedChannelException e) {
                return;
            } catch (Throwable t) {
                // What a peer's ICMP made of the next call, or what the NIC threw: this thread serves all that come after.
                stack.failed("vxlan-reader", t);
            }
        }
    }

    private void receive(ByteBuffer datagram, PacketList batch) throws IOException {
        int n;
        do {
            n = 0;
            try {
                InetSocketAddress from;
                while (n < BATCH && (from = (InetSocketAddress) channel.receive(datagram.clear())) != null) {
                    n++;
                    take(datagram.flip(), from, batch);
                }
            } finally {
                if (!batch.isEmpty()) {
                    sink.deliver(batch);
                }
            }
        } while (n == BATCH && !closed);
    }

    private void take(ByteBuffer datagram, InetSocketAddress from, PacketList batch) {
        MemorySegment m = MemorySegment.ofBuffer(datagram);
        int length = datagram.remaining();
        if (VxlanHeader.check(m, 0, length) != WireError.NONE || length < VxlanHeader.LENGTH + EthernetHeader.LENGTH) {
            stack.countDrop(DropReason.TRUNCATED);
            return;
        }
        if (length > VxlanHeader.LENGTH + MAX_FRAME_IN) {
            stack.countDrop(DropReason.TOO_BIG);
            return;
        }
        if (VxlanHeader.vni(m, 0) != settings.vni()) {
            stack.countDrop(OTHER_NETWORK);
            return;
        }
        InetSocketAddress machine = machine(from);
        if (machine == null) {
            stack.countDrop(UNKNOWN_MACHINE);
            return;
        }
        long station = EthernetHeader.source(m, VxlanHeader.LENGTH);
        if (!MacAddress.isMulticast(station) && station != address) {
            stations.heard(station, machine, stack.clock().nanoTime());
        }
        int n = length - VxlanHeader.LENGTH;
        Packet p = Packet.allocate(Packet.HEADROOM, n);
        MemorySegment.copy(m, VxlanHeader.LENGTH, p.memory(), p.append(n), n);
        batch.add(p);
    }

    /// The named machine that a datagram comes from, or `null`.
    private InetSocketAddress machine(InetSocketAddress from) {
        List<InetSocketAddress> there = machines.get(from.getAddress());
        if (there == null || there.size() == 1) {
            return there == null ? null : there.getFirst();
        }
        return there.stream().filter(from::equals).findFirst().orElse(null);
    }

    // ---- the end

    @Override
    public void close() {
        closed = true;
        try {
            selector.wakeup();
            if (reader.isAlive() && Thread.currentThread() != reader) {
                joinReader();
            }
        } finally {
            try {
                selector.close();
                channel.close();
            } catch (IOException e) {
                stack.failed("vxlan-close", e);
            }
        }
    }

    private void joinReader() {
        boolean interrupted = false;
        while (reader.isAlive()) {
            try {
                reader.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "vxlan:" + settings.vni();
    }
}
