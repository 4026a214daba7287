package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.DropReason;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkContext.Destination;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NextHop;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptions;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// ARP and the neighbour part of NDP in one stack: what comes in, and what programs and the stack ask for.
final class NeighborProtocol implements NetworkProtocol, NeighborDiscovery, Neighbors {
    private static final Logger LOG = LoggerFactory.getLogger(NeighborProtocol.class);
    /// RFC 5227 §2.4: an address is defended once in this time, so that two that defend do not fill the network.
    private static final long DEFEND_INTERVAL_NS = 10_000_000_000L;
    /// Differs: no RFC limits answers to questions; a flood of them is not to be doubled. Far above what a network asks.
    private static final int ANSWERS_PER_SECOND = 10_000;

    private final NetworkContext context;
    private final NeighborCache cache;
    private final TokenBucket answers;
    private final AddressProbes probes;
    private final Counters.Counter arpReceived;
    private final Counters.Counter ndpReceived;
    private final Counters.Counter conflicts;
    /// When each address of ours was last defended.
    private final Map<IpAddress, Long> defendedNs = new ConcurrentHashMap<>();

    NeighborProtocol(NetworkContext context, NeighborSettings settings) {
        this.context = context;
        cache = new NeighborCache(context, settings);
        probes = new AddressProbes(context, cache.questions());
        answers = new TokenBucket(ANSWERS_PER_SECOND, ANSWERS_PER_SECOND, context.clock());
        Counters counters = context.counters("neighbors");
        arpReceived = counters.counter("arp-received");
        ndpReceived = counters.counter("ndp-received");
        conflicts = counters.counter("address-conflicts");
    }

    NeighborCache cache() {
        return cache;
    }

    // ---- ARP

    @Override
    public void receive(NicPort nic, Packet packet) {
        arpReceived.add(1);
        DropReason reason = arp(nic, packet);
        if (reason == null) {
            packet.release();
        } else {
            context.drop(packet, reason);
        }
    }

    /// RFC 826: what is known is corrected by whatever is heard; what is not known is entered if it asks for us.
    private DropReason arp(NicPort nic, Packet packet) {
        if (!packet.makeLinear(Math.min(packet.length(), ArpPacket.LENGTH))) {
            return DropReason.TRUNCATED;
        }
        MemorySegment m = packet.memory();
        int at = packet.start();
        if (ArpPacket.check(m, at, packet.headLength()) != WireError.NONE || nic.stationAddress() == 0) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        long sender = ArpPacket.senderHardware(m, at);
        int senderBits = ArpPacket.senderAddress(m, at);
        int targetBits = ArpPacket.targetAddress(m, at);
        if (sender == 0) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        if (sender == nic.stationAddress()) {
            // Our own, come back.
            return DropReason.OTHER_STATION;
        }
        // RFC 5227 §2.1.1: who has the address answers from it, and who probes for it as we do is about to take it.
        probes.conflict(nic, IpAddress.v4(senderBits != 0 ? senderBits : targetBits));
        boolean forUs = isOurs(nic, IpAddress.v4(targetBits));
        if (senderBits != 0 && has(nic, IpAddress.v4(senderBits))) {
            conflict(nic, IpAddress.v4(senderBits), sender);
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        boolean reply = ArpPacket.operation(m, at) == ArpPacket.REPLY;
        if (senderBits != 0) {
            IpAddress from = IpAddress.v4(senderBits);
            NeighborEntry known = cache.find(nic, from);
            if (known != null && reply) {
                known.answered(sender, forUs && !packet.isBroadcast(), true, false);
            } else if (known != null) {
                known.heard(sender);
            } else if (forUs && !reply && isNeighbor(nic, from)) {
                enter(nic, from, sender);
            }
        }
        if (forUs && !reply) {
            if (!answers.tryTake()) {
                return DropReason.RATE_LIMITED;
            }
            cache.questions().arpReply(nic, targetBits, sender, senderBits);
        }
        return null;
    }

    private boolean has(NicPort nic, IpAddress address) {
        for (Cidr c : context.addresses(nic)) {
            if (c.address().equals(address)) {
                return true;
            }
        }
        return false;
    }

    /// Whether to answer for an address on a NIC: its own, or one of a subnet that it owns; not another NIC's, which has a
    /// station of its own.
    private boolean isOurs(NicPort nic, IpAddress address) {
        return has(nic, address) || context.classify(nic, address.hi(), address.lo()) == Destination.LOCAL
                && context.nics().stream().noneMatch(n -> n != nic && has(n, address));
    }

    /// Whether an address is of one of the NIC's networks: others are not reached without a router.
    private boolean isNeighbor(NicPort nic, IpAddress address) {
        return address.isLinkLocal() || context.addresses(nic).stream().anyMatch(c -> c.contains(address));
    }

    private void enter(NicPort nic, IpAddress address, long station) {
        NeighborEntry entry = cache.get(nic, address);
        if (entry != null) {
            entry.heard(station);
        }
    }

    /// Another station has an address of ours (RFC 5227 §2.4(b), RFC 4862 §5.4.5).
    private void conflict(NicPort nic, IpAddress address, long station) {
        conflicts.add(1);
        long now = context.clock().nanoTime();
        Long last = defendedNs.put(address, now);
        if (last != null && now - last < DEFEND_INTERVAL_NS) {
            defendedNs.put(address, last);
            return;
        }
        LOG.warn("{}/{}: the station {} uses {}, which is an address of this stack", context.stackName(), nic.name(),
                MacAddress.text(station), address);
        cache.questions().announce(nic, address);
    }

    // ---- NDP

    @Override
    public DropReason receiveNdp(NicPort nic, Packet message) {
        ndpReceived.add(1);
        if (!message.makeLinear(message.length())) {
            // Longer than any message of NDP that is not an attack.
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        MemorySegment m = message.memory();
        int at = message.start();
        if (nic.stationAddress() == 0 || NdpMessage.check(m, at, message.length(), message.hopLimit(), message.sourceHi(),
                message.sourceLo(), message.destinationHi(), message.destinationLo()) != WireError.NONE) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        DropReason reason = switch (IcmpHeader.type(m, at)) {
            case NdpMessage.NEIGHBOR_SOLICITATION -> solicited(nic, message);
            case NdpMessage.NEIGHBOR_ADVERTISEMENT -> advertised(nic, message);
            default -> DropReason.ICMP_IGNORED;
        };
        if (reason == null) {
            message.release();
        }
        return reason;
    }

    /// RFC 4861 §7.2.3, §7.2.4.
    private DropReason solicited(NicPort nic, Packet message) {
        MemorySegment m = message.memory();
        int at = message.start();
        var target = new IpAddress(NdpMessage.targetHi(m, at), NdpMessage.targetLo(m, at));
        if (!isOurs(nic, target)) {
            return DropReason.NOT_FOR_US;
        }
        if (!answers.tryTake()) {
            return DropReason.RATE_LIMITED;
        }
        var from = new IpAddress(message.sourceHi(), message.sourceLo());
        long station = linkLayerAddress(m, at, message.length(), NdpOptions.SOURCE_LINK_LAYER_ADDRESS);
        if (from.isUnspecified()) {
            // Somebody is about to take our address (RFC 4862 §5.4.3): it hears that it is taken.
            conflicts.add(1);
            cache.questions().announce(nic, target);
            return null;
        }
        if (station == nic.stationAddress()) {
            return DropReason.OTHER_STATION;
        }
        if (station != 0) {
            NeighborEntry known = cache.find(nic, from);
            if (known != null) {
                known.heard(station);
            } else if (isNeighbor(nic, from)) {
                enter(nic, from, station);
            }
        } else {
            // RFC 4861 §7.2.4: without the option the answer goes where the sender is known to be, or is asked to be.
            cache.questions().advertise(nic, target, from, cache.hop(nic, from));
            return null;
        }
        cache.questions().advertise(nic, target, from, station, NdpMessage.SOLICITED | NdpMessage.OVERRIDE);
        return null;
    }

    /// RFC 4861 §7.2.5: who is not known is not entered.
    private DropReason advertised(NicPort nic, Packet message) {
        MemorySegment m = message.memory();
        int at = message.start();
        var target = new IpAddress(NdpMessage.targetHi(m, at), NdpMessage.targetLo(m, at));
        long station = linkLayerAddress(m, at, message.length(), NdpOptions.TARGET_LINK_LAYER_ADDRESS);
        if (has(nic, target)) {
            conflict(nic, target, station);
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        NeighborEntry known = cache.find(nic, target);
        if (known != null) {
            int flags = NdpMessage.flags(m, at);
            known.answered(station, (flags & NdpMessage.SOLICITED) != 0, (flags & NdpMessage.OVERRIDE) != 0,
                    (flags & NdpMessage.ROUTER) != 0);
        }
        return null;
    }

    /// The address in an option, or 0; a group's is nobody's.
    private static long linkLayerAddress(MemorySegment m, int at, int length, int type) {
        var options = new NdpOptions();
        options.over(m, at, length);
        while (options.next()) {
            if (options.type() == type) {
                return options.linkLayerAddress();
            }
        }
        return 0;
    }

    // ---- for the stack

    @Override
    public NextHop toward(NicPort nic, IpAddress neighbor) {
        return cache.hop(nic, neighbor);
    }

    @Override
    public void addressAdded(NicPort nic, IpAddress address) {
        if (nic.isUp()) {
            cache.questions().announce(nic, address);
        }
    }

    @Override
    public void addressRemoved(NicPort nic, IpAddress address) {
        // Neighbours that know it find out when they ask.
    }

    @Override
    public void probe(NicPort nic, IpAddress address, long durationNs, Consumer<Boolean> answer) {
        probes.begin(nic, address, durationNs, answer);
    }

    @Override
    public void stateChanged(NicPort nic, boolean up) {
        if (up) {
            context.addresses(nic).forEach(c -> cache.questions().announce(nic, c.address()));
        } else {
            cache.forget(nic);
        }
    }

    // ---- for programs

    @Override
    public List<Neighbor> list() {
        return cache.list();
    }

    @Override
    public void add(String nic, IpAddress address, long station) {
        NicPort port = port(nic);
        if (address.isMulticast() || address.isUnspecified() || address.isLimitedBroadcast()
                || station >>> 48 != 0 || station == 0 || MacAddress.isMulticast(station)) {
            throw new IllegalArgumentException(address + " at " + MacAddress.text(station) + " is no neighbour");
        }
        if (!cache.hasRoomForStatic()) {
            throw new IllegalArgumentException("half of the cache is entered by the program already: raise neighbors.cache");
        }
        NeighborEntry entry = cache.get(port, address);
        if (entry == null || !entry.enter(station)) {
            throw new IllegalArgumentException("the stack is closed, or the neighbour is just being forgotten");
        }
    }

    @Override
    public boolean remove(String nic, IpAddress address) {
        return cache.remove(port(nic), address);
    }

    private NicPort port(String nic) {
        return context.nics().stream().filter(n -> n.name().equals(nic) && n.stationAddress() != 0).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no Ethernet NIC is called \"" + nic + "\""));
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return type == NeighborDiscovery.class || type == Neighbors.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public void close() {
        probes.close();
        cache.close();
    }
}
