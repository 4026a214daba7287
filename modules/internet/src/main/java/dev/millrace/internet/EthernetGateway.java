package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.buffer.Packet;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/// A router's place on an Ethernet: it has addresses there, answers ARP and NDP for them, asks for its neighbours, and tells
/// hosts about itself if it is to. Made by [EthernetSwitch#gateway]; a link's end named `router/ethernet`.
public final class EthernetGateway extends Node {
    private static final long LINK_LOCAL = 0xfe80L << 48;

    private final Internet internet;
    private final Router router;
    private final EthernetSwitch ethernet;
    private final List<Cidr> cidrs;
    private final long station;
    private final IpAddress linkLocal;
    private final GatewayNeighbors neighbors;
    private final RouterAdvertising advertising;

    EthernetGateway(Internet internet, Router router, EthernetSwitch ethernet, List<Cidr> cidrs) {
        super(router.name() + "/" + ethernet.name(), router.realm());
        this.internet = internet;
        this.router = router;
        this.ethernet = ethernet;
        this.cidrs = List.copyOf(cidrs);
        station = MacAddress.stable(name().getBytes(StandardCharsets.UTF_8), "").bits();
        linkLocal = new IpAddress(LINK_LOCAL, MacAddress.interfaceIdentifier(station));
        neighbors = new GatewayNeighbors(internet.fabric(), this);
        advertising = new RouterAdvertising(internet.fabric(), this);
    }

    EthernetSwitch ethernet() {
        return ethernet;
    }

    long station() {
        return station;
    }

    /// Its addresses on the Ethernet.
    List<Cidr> cidrs() {
        return cidrs;
    }

    IpAddress v4() {
        return address(true);
    }

    IpAddress v6() {
        return address(false);
    }

    private IpAddress address(boolean v4) {
        return cidrs.stream().map(Cidr::address).filter(a -> a.isV4() == v4).findFirst().orElse(null);
    }

    IpAddress linkLocal() {
        return linkLocal;
    }

    /// Whether it answers questions for an address.
    boolean has(IpAddress address) {
        return address.equals(v4()) || address.equals(v6()) || address.equals(linkLocal);
    }

    /// The largest IP packet, in bytes.
    int mtu() {
        return internet.mtu();
    }

    /// The link to the Ethernet.
    public NetworkLink link() {
        return internet.link(name(), ethernet.name());
    }

    /// Tells the hosts on the Ethernet, now, when they ask and again and again, that this is a router, and of its networks of
    /// 64 bits, in which they make addresses for themselves (RFC 4861 §6.2, RFC 4862 §5.5). Whoever hears nothing more
    /// forgets the router after `lifetime`, no longer prefers the addresses, and gives them up after twice that time.
    ///
    /// @param lifetime at least 3 seconds and at most 65535
    public void advertise(Duration lifetime) {
        long seconds = lifetime.toSeconds();
        if (seconds < 3 || seconds > 65535) {
            throw new IllegalArgumentException("a lifetime of " + seconds + " s: RFC 4861 has room for 3 to 65535");
        }
        internet.clockwork().now(() -> advertising.begin((int) seconds));
    }

    /// Says no more that this is a router, after a last time that says so (RFC 4861 §6.2.5).
    public void stopAdvertising() {
        internet.clockwork().now(advertising::end);
    }

    /// How many neighbours it knows or asks for.
    int neighborCount() {
        return neighbors.size();
    }

    // ---- packets

    @Override
    void receive(Packet packet, Pipe via) {
        if (via.from() == router) {
            fromRouter(packet);
        } else {
            fromEthernet(packet);
        }
    }

    private void fromRouter(Packet packet) {
        IpAddress to = Destination.read(packet, false);
        IpAddress nextHop = to == null ? null : ethernet.nextHop(this, to);
        if (nextHop == null) {
            router.unreachable(packet, this);
        } else {
            neighbors.send(nextHop, packet);
        }
    }

    private void fromEthernet(Packet frame) {
        long destination = LinkHeader.destination(frame);
        boolean group = MacAddress.isMulticast(destination);
        if (!group && destination != station) {
            // Of a station that the switch has not learned yet, or has forgotten.
            frame.release();
            return;
        }
        int type = LinkHeader.type(frame);
        Packet p = PacketBytes.linear(frame);
        PacketBytes.complete(p);
        p.pull(LinkHeader.length(p));
        if (type == EtherType.ARP) {
            neighbors.arp(p);
            p.release();
        } else if (type == EtherType.IPV6 && neighbors.isNdp(p)) {
            neighbors.ndp(p, advertising);
            p.release();
        } else if (group || type != EtherType.IPV4 && type != EtherType.IPV6) {
            // Routers pass on neither broadcasts nor what they do not know.
            p.release();
        } else {
            up().accept(p);
        }
    }

    private Pipe up() {
        return pipes().stream().filter(p -> p.to() == router).findFirst().orElseThrow();
    }

    /// Sends a packet to a station.
    void transmit(Packet packet, int etherType, long to) {
        pipes().stream().filter(p -> p.to() == ethernet).findFirst().orElseThrow()
                .accept(EthernetFrames.frame(packet, etherType, station, to));
    }

    /// Nobody has answered for the next hop.
    void unreachable(Packet packet) {
        router.unreachable(packet, this);
    }
}
