package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.DropReason;
import dev.millrace.NicAddress;
import dev.millrace.spi.Counters;
import dev.millrace.spi.GroupMembership;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkContext.Destination;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NextHop;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IgmpMessage;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.MldMessage;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptions;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// ARP, NDP and MLD in one stack: what comes in, and what programs and the stack ask for. What follows for a NIC is its
/// [Station]'s.
final class NeighborProtocol implements NetworkProtocol, NeighborDiscovery, Neighbors, GroupMembership {
    private static final Logger LOG = LoggerFactory.getLogger(NeighborProtocol.class);
    /// RFC 5227 §2.4: an address is defended once in this time, so that two that defend do not fill the network.
    private static final long DEFEND_INTERVAL_NS = 10_000_000_000L;
    /// Groups that plug-ins join on one NIC.
    private static final int MOST_JOINED = 512;

    private final NetworkContext context;
    private final NeighborCache cache;
    private final Answers answers;
    private final AddressProbes probes;
    private final AutoSettings autoSettings;
    private final Map<NicPort, Station> stations = new ConcurrentHashMap<>();
    /// How often plug-ins have joined each group; guarded by itself.
    private final Map<Joined, Integer> joined = new HashMap<>();
    private final Counters.Counter arpReceived;
    private final Counters.Counter ndpReceived;
    private final Counters.Counter conflicts;
    /// When each address of ours was last defended.
    private final Map<IpAddress, Long> defendedNs = new ConcurrentHashMap<>();

    private record Joined(NicPort nic, IpAddress group) {
    }

    NeighborProtocol(NetworkContext context, NeighborSettings settings, AutoSettings autoSettings) {
        this.context = context;
        this.autoSettings = autoSettings;
        cache = new NeighborCache(context, settings);
        cache.watch(new NeighborCache.Watch() {
            @Override
            public void unreachable(NicPort nic, IpAddress address) {
                station(nic).unreachable(address);
            }

            @Override
            public void ceased(NicPort nic, IpAddress address) {
                station(nic).ceased(address);
            }
        });
        probes = new AddressProbes(context, cache.questions());
        answers = new Answers(context, cache);
        Counters counters = context.counters("neighbors");
        arpReceived = counters.counter("arp-received");
        ndpReceived = counters.counter("ndp-received");
        conflicts = counters.counter("address-conflicts");
    }

    NeighborCache cache() {
        return cache;
    }

    Station station(NicPort nic) {
        Station known = stations.get(nic);
        return known != null ? known : stations.computeIfAbsent(nic,
                n -> new Station(context, n, autoSettings, NicSettings.of(context.nicOptions(n)), cache));
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
        if (senderBits != 0 && isTentative(nic, IpAddress.v4(senderBits))) {
            station(nic).takenBy(IpAddress.v4(senderBits), sender);
        } else if (senderBits == 0 && isTentative(nic, IpAddress.v4(targetBits))) {
            // RFC 5227 §2.1.1: he wants it, too.
            station(nic).takenBy(IpAddress.v4(targetBits), sender);
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
            if (!answers.mayHave(nic, IpAddress.v4(senderBits), sender)) {
                return DropReason.RATE_LIMITED;
            }
            cache.questions().arpReply(nic, targetBits, sender, senderBits);
        }
        return null;
    }

    private boolean isTentative(NicPort nic, IpAddress address) {
        return context.addressState(nic, address) == NicAddress.State.TENTATIVE;
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
            case NdpMessage.ROUTER_ADVERTISEMENT -> station(nic).advertised(RouterAdvertisement.read(m, at, message.length(),
                    new IpAddress(message.sourceHi(), message.sourceLo())));
            case NdpMessage.REDIRECT -> redirected(nic, message);
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
        var from = new IpAddress(message.sourceHi(), message.sourceLo());
        long station = NdpOptions.linkLayerAddress(m, at, message.length(), NdpOptions.SOURCE_LINK_LAYER_ADDRESS);
        if (isTentative(nic, target)) {
            // RFC 4862 §5.4.3: who has an address only looks for the one who has this one, and hears nothing of us.
            return from.isUnspecified() && !station(nic).askedFor(target, nonce(m, at, message.length()), station)
                    ? DropReason.RATE_LIMITED : null;
        }
        if (!isOurs(nic, target)) {
            return DropReason.NOT_FOR_US;
        }
        if (!answers.mayHave(nic, from, station, target)) {
            return DropReason.RATE_LIMITED;
        }
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
        long station = NdpOptions.linkLayerAddress(m, at, message.length(), NdpOptions.TARGET_LINK_LAYER_ADDRESS);
        if (has(nic, target)) {
            conflict(nic, target, station);
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        if (isTentative(nic, target)) {
            return station(nic).takenBy(target, station) ? null : DropReason.RATE_LIMITED;
        }
        NeighborEntry known = cache.find(nic, target);
        if (known != null) {
            int flags = NdpMessage.flags(m, at);
            known.answered(station, (flags & NdpMessage.SOLICITED) != 0, (flags & NdpMessage.OVERRIDE) != 0,
                    (flags & NdpMessage.ROUTER) != 0);
        }
        return null;
    }

    /// RFC 4861 §8.1.
    private DropReason redirected(NicPort nic, Packet message) {
        MemorySegment m = message.memory();
        int at = message.start();
        var destination = new IpAddress(NdpMessage.redirectedHi(m, at), NdpMessage.redirectedLo(m, at));
        var target = new IpAddress(NdpMessage.targetHi(m, at), NdpMessage.targetLo(m, at));
        if (destination.isV4() || target.isV4() || destination.isUnspecified() || destination.isLoopback()
                || isOurs(nic, destination) || isOurs(nic, target)) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        return station(nic).redirected(new IpAddress(message.sourceHi(), message.sourceLo()), destination, target,
                NdpOptions.linkLayerAddress(m, at, message.length(), NdpOptions.TARGET_LINK_LAYER_ADDRESS));
    }

    private static long nonce(MemorySegment m, int at, int length) {
        var options = new NdpOptions();
        options.over(m, at, length);
        while (options.next()) {
            if (options.type() == NdpOptions.NONCE) {
                return options.nonce();
            }
        }
        return -1;
    }

    // ---- MLD

    /// Differs: RFC 3810 §6.2 wants queries without a router alert ignored; that option was looked at by IP, which does not
    /// say.
    @Override
    public DropReason receiveMld(NicPort nic, Packet message) {
        if (!message.makeLinear(message.length())) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        MemorySegment m = message.memory();
        int at = message.start();
        if (MldMessage.check(m, at, message.length(), message.hopLimit(), message.sourceHi(), message.sourceLo())
                != WireError.NONE) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        int type = IcmpHeader.type(m, at);
        if (type != MldMessage.QUERY && type != MldMessage.V1_REPORT) {
            return DropReason.ICMP_IGNORED;
        }
        var group = new IpAddress(MldMessage.groupHi(m, at), MldMessage.groupLo(m, at));
        boolean taken = type == MldMessage.QUERY ? station(nic).queried(group, MldMessage.queryVersion(message.length()),
                MldMessage.maxResponseMs(m, at, message.length())) : station(nic).heardReport(group);
        if (taken) {
            message.release();
        }
        return taken ? null : DropReason.RATE_LIMITED;
    }

    // ---- IGMP

    /// Differs: as for MLD, that there is a router alert is not checked; RFC 3376 §9.1 only advises it.
    @Override
    public DropReason receiveIgmp(NicPort nic, Packet message) {
        if (!message.makeLinear(message.length())) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        MemorySegment m = message.memory();
        int at = message.start();
        int length = message.length();
        if (IgmpMessage.check(m, at, length) != WireError.NONE || !IgmpMessage.checksumIsRight(m, at, length)) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        int type = IgmpMessage.type(m, at);
        boolean report = type == IgmpMessage.V1_REPORT || type == IgmpMessage.V2_REPORT;
        if (type != IgmpMessage.QUERY && !report) {
            return DropReason.ICMP_IGNORED;
        }
        var group = IpAddress.v4(IgmpMessage.group(m, at));
        boolean taken = report ? station(nic).heardReport(group) : station(nic).queried(group,
                IgmpMessage.queryVersion(m, at, length), IgmpMessage.maxResponseMs(m, at, length));
        if (taken) {
            message.release();
        }
        return taken ? null : DropReason.RATE_LIMITED;
    }

    @Override
    public boolean join(NicPort nic, IpAddress group) {
        boolean reported = group.isV4() ? autoSettings.igmp() : autoSettings.mld();
        if (!group.isMulticast() || nic.stationAddress() == 0 || !reported) {
            return false;
        }
        synchronized (joined) {
            var key = new Joined(nic, group);
            if (!joined.containsKey(key) && joined.keySet().stream().filter(j -> j.nic == nic).count() >= MOST_JOINED) {
                return false;
            }
            joined.merge(key, 1, Integer::sum);
        }
        station(nic).join(group);
        return true;
    }

    @Override
    public void leave(NicPort nic, IpAddress group) {
        synchronized (joined) {
            var key = new Joined(nic, group);
            Integer times = joined.get(key);
            if (times == null) {
                return;
            }
            joined.compute(key, (_, n) -> n == 1 ? null : n - 1);
        }
        station(nic).leave(group);
    }

    // ---- for the stack

    @Override
    public NextHop toward(NicPort nic, IpAddress neighbor) {
        return cache.hop(nic, neighbor);
    }

    @Override
    public void attached(NicPort nic) {
        station(nic).attached();
    }

    @Override
    public void addressAdded(NicPort nic, IpAddress address) {
        station(nic).added(address);
    }

    @Override
    public void addressRemoved(NicPort nic, IpAddress address) {
        // Neighbours that know it find out when they ask.
        defendedNs.remove(address);
        cache.dropFrom(nic, address);
        station(nic).removed(address);
    }

    @Override
    public void probe(NicPort nic, IpAddress address, long durationNs, Consumer<Boolean> answer) {
        probes.begin(nic, address, durationNs, answer);
    }

    @Override
    public void stateChanged(NicPort nic, boolean up) {
        if (!up) {
            cache.forget(nic);
        }
        station(nic).stateChanged(up);
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
        return type == NeighborDiscovery.class || type == Neighbors.class || type == GroupMembership.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public void drain(long deadlineNs) {
        cache.drain(deadlineNs);
    }

    @Override
    public void close() {
        probes.close();
        stations.values().forEach(Station::close);
        cache.close();
    }
}
