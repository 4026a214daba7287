package dev.millrace.internet;

import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptions;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/// Which station has which address, as a router on an Ethernet knows it, by ARP (RFC 826) and NDP (RFC 4861 §7.2): bounded, and
/// what it has not heard of for a while it asks for again. The thread that has the turn uses it.
final class GatewayNeighbors {
    static final int MAX_NEIGHBORS = 1024;
    /// RFC 4861 §7.2.2: at least one packet waits; the oldest makes room.
    static final int MAX_WAITING = 64;
    /// RFC 4861 §10: REACHABLE_TIME, RETRANS_TIMER and MAX_MULTICAST_SOLICIT.
    private static final long REACHABLE_NS = 30_000_000_000L;
    private static final long RETRANS_NS = 1_000_000_000L;
    private static final int ATTEMPTS = 3;
    private static final IpAddress ALL_NODES = IpAddress.parse("ff02::1");

    private final Fabric fabric;
    private final EthernetGateway gateway;
    private final Map<IpAddress, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private static final class Entry {
        private long station;
        private long confirmedNs;
        private int asked;
        private final PacketList waiting = new PacketList();
    }

    GatewayNeighbors(Fabric fabric, EthernetGateway gateway) {
        this.fabric = fabric;
        this.gateway = gateway;
        fabric.onClose(() -> entries.values().forEach(e -> e.waiting.releaseAll()));
    }

    // ---- out

    /// Sends a packet to a neighbour, as soon as it is known where that is.
    void send(IpAddress to, Packet packet) {
        Entry e = entries.get(to);
        if (e == null) {
            makeRoom();
            e = new Entry();
            entries.put(to, e);
        }
        if (e.station != 0) {
            gateway.transmit(packet, etherType(to), e.station);
            if (fabric.nowNs() - e.confirmedNs > REACHABLE_NS && e.asked == 0) {
                ask(to, e);
            }
            return;
        }
        if (e.waiting.size() >= MAX_WAITING) {
            fabric.end(gateway, e.waiting.poll(), "neighbor-queue-full");
        }
        e.waiting.add(packet);
        if (e.asked == 0) {
            ask(to, e);
        }
    }

    private static int etherType(IpAddress to) {
        return to.isV4() ? EtherType.IPV4 : EtherType.IPV6;
    }

    private void makeRoom() {
        if (entries.size() >= MAX_NEIGHBORS) {
            var eldest = entries.entrySet().iterator();
            Entry e = eldest.next().getValue();
            eldest.remove();
            giveUp(e);
        }
    }

    private void ask(IpAddress address, Entry e) {
        e.asked++;
        if (address.isV4()) {
            if (gateway.v4() != null) {
                gateway.transmit(EthernetFrames.arp(ArpPacket.REQUEST, gateway.station(), gateway.v4(), 0, address), EtherType.ARP,
                        MacAddress.BROADCAST);
            }
        } else {
            var group = new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(address.lo()));
            gateway.transmit(EthernetFrames.solicitation(address, gateway.station(), source(), group), EtherType.IPV6,
                    MacAddress.ofGroup(group.hi(), group.lo()));
        }
        fabric.post(fabric.nowNs() + RETRANS_NS, () -> unanswered(address, e));
    }

    private IpAddress source() {
        return gateway.v6() != null ? gateway.v6() : gateway.linkLocal();
    }

    private void unanswered(IpAddress address, Entry e) {
        if (e.asked == 0 || entries.get(address) != e) {
            return;
        }
        if (e.asked < ATTEMPTS) {
            ask(address, e);
        } else {
            entries.remove(address);
            giveUp(e);
        }
    }

    private void giveUp(Entry e) {
        e.asked = 0;
        Packet p;
        while ((p = e.waiting.poll()) != null) {
            gateway.unreachable(p);
        }
    }

    private void learn(IpAddress address, long station, boolean isAnswer, boolean enter) {
        Entry e = entries.get(address);
        if (e == null) {
            if (!enter) {
                return;
            }
            makeRoom();
            e = new Entry();
            entries.put(address, e);
        }
        if (isAnswer || e.station != station) {
            e.confirmedNs = fabric.nowNs() - (isAnswer ? 0 : REACHABLE_NS);
        }
        e.station = station;
        e.asked = 0;
        Packet p;
        while ((p = e.waiting.poll()) != null) {
            gateway.transmit(p, etherType(address), station);
        }
    }

    // ---- in

    /// Looks at a packet of ARP, which stays the caller's.
    void arp(Packet p) {
        MemorySegment m = p.memory();
        int at = p.start();
        if (gateway.v4() == null || ArpPacket.check(m, at, p.headLength()) != WireError.NONE) {
            fabric.count("bad-neighbor-message");
            return;
        }
        IpAddress sender = IpAddress.v4(ArpPacket.senderAddress(m, at));
        long station = ArpPacket.senderHardware(m, at);
        boolean forUs = gateway.v4().equals(IpAddress.v4(ArpPacket.targetAddress(m, at)));
        boolean reply = ArpPacket.operation(m, at) == ArpPacket.REPLY;
        if (!sender.isUnspecified() && !gateway.has(sender)) {
            learn(sender, station, reply && forUs, forUs && !reply);
        }
        if (forUs && !reply) {
            gateway.transmit(EthernetFrames.arp(ArpPacket.REPLY, gateway.station(), gateway.v4(), station, sender), EtherType.ARP,
                    station);
        }
    }

    /// Whether an IPv6 packet is a message of NDP.
    boolean isNdp(Packet p) {
        return p.headLength() > Ipv6Header.LENGTH && Ipv6Header.nextHeader(p.memory(), p.start()) == IpProtocol.ICMPV6
                && NdpMessage.isNdp(IcmpHeader.type(p.memory(), p.start() + Ipv6Header.LENGTH));
    }

    /// Looks at a message of NDP, which stays the caller's.
    void ndp(Packet p, RouterAdvertising advertising) {
        MemorySegment m = p.memory();
        int ip = p.start();
        int at = ip + Ipv6Header.LENGTH;
        int length = Math.min(p.headLength() - Ipv6Header.LENGTH, Ipv6Header.payloadLength(m, ip));
        var from = new IpAddress(Ipv6Header.sourceHi(m, ip), Ipv6Header.sourceLo(m, ip));
        var to = new IpAddress(Ipv6Header.destinationHi(m, ip), Ipv6Header.destinationLo(m, ip));
        if (NdpMessage.check(m, at, length, Ipv6Header.hopLimit(m, ip), from.hi(), from.lo(), to.hi(), to.lo()) != WireError.NONE
                || !NdpMessage.checksumIsRight(m, at, length, from.hi(), from.lo(), to.hi(), to.lo())) {
            fabric.count("bad-neighbor-message");
            return;
        }
        switch (IcmpHeader.type(m, at)) {
            case NdpMessage.NEIGHBOR_SOLICITATION -> solicited(new IpAddress(NdpMessage.targetHi(m, at), NdpMessage.targetLo(m, at)),
                    from, NdpOptions.linkLayerAddress(m, at, length, NdpOptions.SOURCE_LINK_LAYER_ADDRESS));
            case NdpMessage.NEIGHBOR_ADVERTISEMENT -> {
                var target = new IpAddress(NdpMessage.targetHi(m, at), NdpMessage.targetLo(m, at));
                long station = NdpOptions.linkLayerAddress(m, at, length, NdpOptions.TARGET_LINK_LAYER_ADDRESS);
                if (station != 0 && !gateway.has(target)) {
                    learn(target, station, (NdpMessage.flags(m, at) & NdpMessage.SOLICITED) != 0, false);
                }
            }
            case NdpMessage.ROUTER_SOLICITATION -> advertising.solicited();
            default -> {
                // Of other routers: hosts listen to them.
            }
        }
    }

    private void solicited(IpAddress target, IpAddress from, long station) {
        if (!gateway.has(target)) {
            return;
        }
        int flags = NdpMessage.ROUTER | NdpMessage.OVERRIDE;
        if (from.isUnspecified()) {
            gateway.transmit(EthernetFrames.advertisement(target, gateway.station(), flags, target, ALL_NODES), EtherType.IPV6,
                    MacAddress.ofGroup(ALL_NODES.hi(), ALL_NODES.lo()));
            return;
        }
        if (station != 0) {
            learn(from, station, false, true);
        }
        send(from, EthernetFrames.advertisement(target, gateway.station(), flags | NdpMessage.SOLICITED, target, from));
    }

    int size() {
        return entries.size();
    }
}
