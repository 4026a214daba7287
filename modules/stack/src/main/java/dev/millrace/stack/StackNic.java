package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.DropReason;
import dev.millrace.Nic;
import dev.millrace.NicAddress;
import dev.millrace.spi.Counters;
import dev.millrace.spi.Link;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NextHop;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.StackContext;
import dev.millrace.stack.Failures.Place;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A network interface: between a link and the network protocols. Counts, checks sizes, shows packets to captures.
final class StackNic implements Nic, NicPort, Link.Sink, Ingress {
    private static final Logger LOG = LoggerFactory.getLogger(StackNic.class);
    private static final PacketTap[] NO_TAPS = {};
    /// RFC 791 §3.2: every network carries this much.
    private static final int MIN_MTU = 68;
    /// RFC 8200 §5: what IPv6 needs.
    private static final int MIN_MTU_V6 = 1280;

    private final AssembledStack stack;
    private final String name;
    private final String linkName;
    /// The link, and what it stands on.
    private final List<Link> links;
    private final Link link;
    private final boolean ownsSubnets;
    private final boolean vouches;
    private final TappedNic tapped;
    private final Counters.Counter packetsIn;
    private final Counters.Counter bytesIn;
    private final Counters.Counter packetsOut;
    private final Counters.Counter bytesOut;
    private final NextHop direct = this::transmit;
    private final StackContext context;
    /// `null` where packets have no link-layer header.
    private EthernetFraming framing;
    private volatile PacketTap[] taps = NO_TAPS;
    private volatile boolean up = true;
    private volatile int mtu;
    /// What routers want of IPv6 packets, or 0.
    private volatile int routersMtu;
    private volatile int routersHopLimit;
    private final boolean checksAddresses;

    StackNic(AssembledStack stack, int id, String name, String linkName, List<Link> links, int mtu, boolean ownsSubnets,
            boolean checksAddresses) {
        this.stack = stack;
        this.name = name;
        this.linkName = linkName;
        this.links = List.copyOf(links);
        this.link = links.getFirst();
        this.mtu = mtu;
        this.ownsSubnets = ownsSubnets;
        this.checksAddresses = checksAddresses;
        this.vouches = link.vouchesForChecksums();
        this.context = new PluginContext(stack, 0, null);
        this.tapped = new TappedNic(id, name, linkName, link.medium(), mtu);
        Counters counters = stack.counterGroups().group(name);
        packetsIn = counters.counter("packets-in");
        bytesIn = counters.counter("bytes-in");
        packetsOut = counters.counter("packets-out");
        bytesOut = counters.counter("bytes-out");
    }

    // ---- from the link

    @Override
    public void deliver(PacketList packets) {
        if (stack.isClosing()) {
            Packet p;
            while ((p = packets.poll()) != null) {
                stack.drop(p, DropReason.STACK_CLOSED);
            }
            return;
        }
        count(packets, packetsIn, bytesIn);
        DeliveryLoop.deliver(this, packets);
    }

    @Override
    public void process(Packet packet) {
        for (PacketTap tap : taps) {
            show(tap, packet, false, stack.surroundings().clock().epochNanos());
        }
        if (packet.headLength() == 0 && !packet.makeLinear(Math.min(1, packet.length())) || packet.length() == 0) {
            stack.drop(packet, DropReason.TRUNCATED);
            return;
        }
        // The MTU is what may be sent (RFC 1122 §3.3.3); what a link could receive is taken, as kernels do.
        if (vouches) {
            packet.setChecksumming(Checksumming.VOUCHED);
        }
        if (framing != null) {
            framing.process(packet);
            return;
        }
        int version = packet.memory().get(ValueLayout.JAVA_BYTE, packet.start()) >>> 4 & 0xf;
        NetworkProtocol protocol = stack.networks().internet(version);
        if (protocol == null) {
            stack.drop(packet, DropReason.UNKNOWN_NETWORK_PROTOCOL);
        } else {
            protocol.receive(this, packet);
        }
    }

    @Override
    public void failed(Packet packet, Throwable failure) {
        stack.failures().add(Place.PACKET, failure);
        if (packet != null) {
            stack.drop(packet, DropReason.FAILURE);
        }
    }

    @Override
    public void drop(Packet packet, DropReason reason) {
        long now = stack.surroundings().clock().epochNanos();
        for (PacketTap tap : taps) {
            try {
                tap.packetDropped(tapped, packet, true, reason.text(), now);
            } catch (Throwable t) {
                tapFailed(tap, t);
            }
        }
        stack.drop(packet, reason);
    }

    @Override
    public void stateChanged(boolean nowUp, String reason) {
        try {
            if (up != nowUp) {
                up = nowUp;
                stack.addresses().renew();
                if (framing != null) {
                    framing.neighbors().stateChanged(this, nowUp);
                    stack.sources().stateChanged(this, nowUp);
                }
            }
            LOG.info("{}/{} is {}: {}", stack.name(), name, nowUp ? "up" : "down", reason);
        } catch (Throwable t) {
            stack.failures().add(Place.NIC_CHANGE, t);
        }
    }

    @Override
    public void mtuChanged(int bytes) {
        try {
            if (bytes < MIN_MTU) {
                LOG.warn("{}/{}: an MTU of {} bytes is too small for IPv4; {} stays", stack.name(), name, bytes, mtu);
            } else if (bytes != mtu) {
                LOG.info("{}/{}: the MTU is {} bytes now, it was {}", stack.name(), name, bytes, mtu);
                mtu = bytes;
                stack.addresses().renew();
            }
        } catch (Throwable t) {
            stack.failures().add(Place.NIC_CHANGE, t);
        }
    }

    /// Sets the MTU, as far as the link can carry it and IPv6 can be.
    void setMtu(int bytes) {
        int most = Math.max(MIN_MTU, link.mtu());
        mtu = Math.clamp(bytes, stack.networks().internet(6) == null ? MIN_MTU : Math.min(MIN_MTU_V6, most), most);
        stack.addresses().renew();
    }

    // ---- to the link

    @Override
    public void transmit(PacketList packets, IpAddress nextHop) {
        if (framing == null) {
            transmit(packets);
        } else {
            toward(nextHop).transmit(packets);
        }
    }

    @Override
    public NextHop toward(IpAddress nextHop) {
        return framing == null ? direct : framing.toward(nextHop);
    }

    @Override
    public long stationAddress() {
        return framing == null ? 0 : framing.address();
    }

    /// Sends packets to a link whose packets have no link-layer header.
    private void transmit(PacketList packets) {
        if (fit(packets)) {
            send(packets);
        }
    }

    @Override
    public void transmit(PacketList packets, int etherType, long station) {
        if (framing == null) {
            dropAll(packets, DropReason.UNKNOWN_NETWORK_PROTOCOL);
        } else if (fit(packets)) {
            framing.frame(packets, etherType, station);
            send(packets);
        }
    }

    /// Sends what is whole already, link-layer header included.
    void transmitWhole(PacketList packets) {
        if (!up || stack.isClosed()) {
            dropAll(packets, DropReason.LINK_CLOSED);
        } else {
            send(packets);
        }
    }

    /// Lets go of what cannot leave; returns whether anything is left.
    private boolean fit(PacketList packets) {
        if (!up || stack.isClosed()) {
            dropAll(packets, DropReason.LINK_CLOSED);
            return false;
        }
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            if (p.length() > mtu && p.segmentSize() == 0) {
                removeTooBig(packets);
                return !packets.isEmpty();
            }
        }
        return true;
    }

    private void send(PacketList packets) {
        if (taps.length > 0 && !link.isLoopback()) {
            show(packets);
        }
        count(packets, packetsOut, bytesOut);
        transmitContained(packets);
    }

    /// A link that throws loses the packet that it had in hand; the others are offered once more. The sender hears nothing:
    /// it may be in the middle of another endpoint's work, and to it a packet was lost.
    private void transmitContained(PacketList packets) {
        int left;
        do {
            left = packets.size();
            try {
                link.transmit(packets);
                return;
            } catch (Throwable t) {
                stack.failures().add(Place.TRANSMIT, t);
            }
        } while (!packets.isEmpty() && packets.size() < left);
        dropAll(packets, DropReason.FAILURE);
    }

    private void removeTooBig(PacketList packets) {
        var fitting = new PacketList();
        Packet p;
        while ((p = packets.poll()) != null) {
            if (p.length() > mtu && p.segmentSize() == 0) {
                drop(p, DropReason.TOO_BIG);
            } else {
                fitting.add(p);
            }
        }
        packets.addAll(fitting);
    }

    private void show(PacketList packets) {
        long now = stack.surroundings().clock().epochNanos();
        for (PacketTap tap : taps) {
            for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
                show(tap, p, true, now);
            }
        }
    }

    private void show(PacketTap tap, Packet packet, boolean outbound, long now) {
        try {
            tap.packet(tapped, packet, outbound, now);
        } catch (Throwable t) {
            tapFailed(tap, t);
        }
    }

    /// A capture that throws is shown nothing more.
    private void tapFailed(PacketTap tap, Throwable failure) {
        stack.failures().add(Place.CAPTURE, failure);
        try {
            removeTap(tap);
        } catch (Throwable t) {
            stack.failures().add(Place.CAPTURE, t);
        }
    }

    private void dropAll(PacketList packets, DropReason reason) {
        Packet p;
        while ((p = packets.poll()) != null) {
            drop(p, reason);
        }
    }

    private static void count(PacketList packets, Counters.Counter number, Counters.Counter bytes) {
        long sum = 0;
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            sum += p.length();
        }
        number.add(packets.size());
        bytes.add(sum);
    }

    // ---- captures

    TappedNic tapped() {
        return tapped;
    }

    synchronized void addTap(PacketTap tap) {
        PacketTap[] more = java.util.Arrays.copyOf(taps, taps.length + 1);
        more[taps.length] = tap;
        taps = more;
    }

    synchronized void removeTap(PacketTap tap) {
        taps = java.util.Arrays.stream(taps).filter(t -> t != tap).toArray(PacketTap[]::new);
    }

    // ---- Ethernet

    /// Makes this a NIC on Ethernet, before the link is attached.
    void frame(EthernetFraming ethernet) {
        framing = ethernet;
    }

    EthernetFraming framing() {
        return framing;
    }

    void addressAdded(IpAddress address) {
        if (framing != null) {
            framing.neighbors().addressAdded(this, address);
        }
    }

    void addressRemoved(IpAddress address) {
        if (framing != null) {
            framing.neighbors().addressRemoved(this, address);
        }
    }

    // ---- what it is

    @Override
    public StackContext stack() {
        return context;
    }

    /// Whether neighbours are asked for the addresses that configuration and program give.
    boolean checksAddresses() {
        return checksAddresses;
    }

    boolean ownsSubnets() {
        return ownsSubnets;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String linkName() {
        return linkName;
    }

    @Override
    public Link link() {
        return link;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public int mtu(int version) {
        int wanted = routersMtu;
        return version == 6 && wanted != 0 ? Math.min(wanted, mtu) : mtu;
    }

    @Override
    public int hopLimit() {
        return routersHopLimit;
    }

    /// What routers of the link want.
    ///
    /// @param packet the largest IPv6 packet, or 0 for what the link carries
    /// @param hops the hop limit of packets sent, or 0 for the protocol's
    void setByRouters(int packet, int hops) {
        if (packet != routersMtu || hops != routersHopLimit) {
            routersMtu = packet;
            routersHopLimit = hops;
            stack.addresses().renew();
        }
    }

    @Override
    public boolean isUp() {
        return up && !stack.isClosing();
    }

    @Override
    public List<Cidr> addresses() {
        return stack.addressing().owned.stream().filter(o -> o.nic() == this && o.isUsable()).map(Owned::cidr).toList();
    }

    @Override
    public List<NicAddress> addressDetails() {
        long now = stack.surroundings().clock().nanoTime();
        return stack.addressing().owned.stream().filter(o -> o.nic() == this).map(o -> o.shown(now)).toList();
    }

    @Override
    public void addAddress(Cidr address) {
        stack.addresses().addAddress(this, address);
    }

    @Override
    public boolean removeAddress(Cidr address) {
        return stack.addresses().removeAddresses(o -> o.nic() == this && o.cidr().equals(address)) > 0;
    }

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
        return links.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    @Override
    public String toString() {
        return name;
    }
}
