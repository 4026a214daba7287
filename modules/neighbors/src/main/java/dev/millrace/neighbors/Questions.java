package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NextHop;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;

/// Makes and sends the messages of both protocols. No lock of an entry is held meanwhile.
final class Questions {
    private static final IpAddress ALL_NODES = IpAddress.parse("ff02::1");
    private static final IpAddress ALL_ROUTERS = IpAddress.parse("ff02::2");

    /// Strangers with forged sources make us ask: for all together no more than a network bears (RFC 1122 §2.3.2.1).
    private static final int QUESTIONS_PER_SECOND = 1000;

    private final NetworkContext context;
    private final TokenBucket questions;

    Questions(NetworkContext context) {
        this.context = context;
        questions = new TokenBucket(QUESTIONS_PER_SECOND, QUESTIONS_PER_SECOND, context.clock());
    }

    /// Asks who has an address.
    ///
    /// @param station whom to ask, or 0 for all that may have it
    void ask(NicPort nic, IpAddress target, long station) {
        if (station == 0 && !questions.tryTake()) {
            // Asked again by the timer, if it is still wanted then.
            return;
        }
        IpAddress source = sourceFor(nic, target);
        if (source == null) {
            // Without an address of ours nobody can answer.
            return;
        }
        if (target.isV4()) {
            arp(nic, ArpPacket.REQUEST, source.v4Bits(), 0, target.v4Bits(), station == 0 ? MacAddress.BROADCAST : station);
            return;
        }
        // RFC 4861 §7.2.2: to the solicited-node group, or to the neighbour itself when it is known.
        IpAddress to = station == 0
                ? new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(target.lo())) : target;
        int length = NdpMessage.fixedLength(NdpMessage.NEIGHBOR_SOLICITATION) + NdpOptionWriter.LINK_LAYER_ADDRESS_LENGTH;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        MemorySegment m = p.memory();
        long end = NdpMessage.writeNeighborSolicitation(m, at, target.hi(), target.lo());
        NdpOptionWriter.sourceLinkLayerAddress(m, end, nic.stationAddress());
        send(nic, withHeaders(p, source, to), EtherType.IPV6, station == 0 ? MacAddress.ofGroup(to.hi(), to.lo()) : station);
    }

    /// Answers a question of ARP.
    void arpReply(NicPort nic, int own, long station, int asker) {
        arp(nic, ArpPacket.REPLY, own, station, asker, station);
    }

    /// Asks whether anybody has an address that is to be ours: a question of duplicate address detection (RFC 4862 §5.4.2), or
    /// ARP's probe (RFC 5227 §2.1.1).
    ///
    /// @param nonce what tells the question from others', 48 bits (RFC 7527 §4.1)
    void probe(NicPort nic, IpAddress target, long nonce) {
        if (target.isV4()) {
            arp(nic, ArpPacket.REQUEST, 0, 0, target.v4Bits(), MacAddress.BROADCAST);
            return;
        }
        var to = new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(target.lo()));
        int length = NdpMessage.fixedLength(NdpMessage.NEIGHBOR_SOLICITATION) + NdpOptionWriter.LINK_LAYER_ADDRESS_LENGTH;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        NdpOptionWriter.nonce(p.memory(), NdpMessage.writeNeighborSolicitation(p.memory(), at, target.hi(), target.lo()), nonce);
        send(nic, withHeaders(p, IpAddress.ANY_V6, to), EtherType.IPV6, MacAddress.ofGroup(to.hi(), to.lo()));
    }

    /// Asks for routers (RFC 4861 §6.3.7).
    ///
    /// @param source a link-local address of ours, or `null` if there is none yet
    void askForRouters(NicPort nic, IpAddress source) {
        // Without an address the link-layer address must not be told (RFC 4861 §4.1).
        int option = source == null ? 0 : NdpOptionWriter.LINK_LAYER_ADDRESS_LENGTH;
        int length = NdpMessage.fixedLength(NdpMessage.ROUTER_SOLICITATION) + option;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        long end = NdpMessage.writeRouterSolicitation(p.memory(), at);
        if (source != null) {
            NdpOptionWriter.sourceLinkLayerAddress(p.memory(), end, nic.stationAddress());
        }
        send(nic, withHeaders(p, source == null ? IpAddress.ANY_V6 : source, ALL_ROUTERS), EtherType.IPV6,
                MacAddress.ofGroup(ALL_ROUTERS.hi(), ALL_ROUTERS.lo()));
    }

    /// Tells routers of a new address, so that the first packet that comes for it finds them prepared (RFC 9131 §6.1.1).
    void tellRouters(NicPort nic, IpAddress own) {
        advertise(nic, own, ALL_ROUTERS, MacAddress.ofGroup(ALL_ROUTERS.hi(), ALL_ROUTERS.lo()), 0);
    }

    /// Tells all where an address of ours is: ARP's announcement (RFC 5227 §2.3), NDP's unsolicited advertisement (RFC 4861
    /// §7.2.6).
    void announce(NicPort nic, IpAddress own) {
        if (own.isV4()) {
            arp(nic, ArpPacket.REQUEST, own.v4Bits(), 0, own.v4Bits(), MacAddress.BROADCAST);
        } else {
            advertise(nic, own, ALL_NODES, MacAddress.ofGroup(ALL_NODES.hi(), ALL_NODES.lo()), NdpMessage.OVERRIDE);
        }
    }

    /// Advertises an address of ours.
    ///
    /// @param flags of [NdpMessage#SOLICITED] and [NdpMessage#OVERRIDE]
    void advertise(NicPort nic, IpAddress own, IpAddress to, long station, int flags) {
        send(nic, advertisement(nic, own, to, flags), EtherType.IPV6, station);
    }

    /// Answers one whose station may have to be asked for.
    void advertise(NicPort nic, IpAddress own, IpAddress to, NextHop hop) {
        var list = new PacketList();
        list.add(advertisement(nic, own, to, NdpMessage.SOLICITED | NdpMessage.OVERRIDE));
        hop.transmit(list);
    }

    private static Packet advertisement(NicPort nic, IpAddress own, IpAddress to, int flags) {
        int length = NdpMessage.fixedLength(NdpMessage.NEIGHBOR_ADVERTISEMENT) + NdpOptionWriter.LINK_LAYER_ADDRESS_LENGTH;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        MemorySegment m = p.memory();
        long end = NdpMessage.writeNeighborAdvertisement(m, at, flags, own.hi(), own.lo());
        NdpOptionWriter.targetLinkLayerAddress(m, end, nic.stationAddress());
        return withHeaders(p, own, to);
    }

    private void arp(NicPort nic, int operation, int sender, long targetHardware, int target, long station) {
        Packet p = Packet.allocate(Packet.HEADROOM, ArpPacket.LENGTH);
        int at = p.append(ArpPacket.LENGTH);
        ArpPacket.write(p.memory(), at, operation, nic.stationAddress(), sender, targetHardware, target);
        send(nic, p, EtherType.ARP, station);
    }

    private static Packet withHeaders(Packet p, IpAddress from, IpAddress to) {
        int length = p.length();
        IcmpHeader.setChecksum(p.memory(), p.start(), IcmpHeader.computeV6(p.memory(), p.start(), length, from, to));
        int at = p.push(Ipv6Header.LENGTH);
        Ipv6Header.write(p.memory(), at, 0, 0, length, IpProtocol.ICMPV6, NdpMessage.HOP_LIMIT, from.hi(), from.lo(),
                to.hi(), to.lo());
        return p;
    }

    private static void send(NicPort nic, Packet p, int etherType, long station) {
        var list = new PacketList();
        list.add(p);
        nic.transmit(list, etherType, station);
    }

    /// An address of the NIC to ask from: best one of the network of the neighbour, so that its answer finds the way.
    private IpAddress sourceFor(NicPort nic, IpAddress target) {
        IpAddress best = null;
        for (Cidr c : context.addresses(nic)) {
            if (c.address().isV4() == target.isV4()) {
                if (c.contains(target)) {
                    return c.address();
                }
                best = best == null ? c.address() : best;
            }
        }
        return best;
    }
}
