package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// An Ethernet of an [Internet], as one switch: it learns from frames which station is where, and passes those for stations
/// that it does not know, and for groups, everywhere (IEEE 802.1D §7). Hosts speak ARP and NDP on it. Two switches may be
/// linked, as long as there is one way between them. Made by [Internet#ethernet].
///
/// ```java
/// EthernetSwitch lan = net.ethernet("lan", "10.1.0.0/24");
/// Router router = net.router("router", "198.18.0.254");
/// lan.gateway(router, "10.1.0.254/24");
/// Host host = net.host("host", NicPlan.on(lan, "nic", "10.1.0.1/24").withGateway("10.1.0.254"));
/// ```
public final class EthernetSwitch extends Node {
    /// Stations that it knows the way to; the one that was silent longest makes room.
    static final int MAX_STATIONS = 8192;
    /// IEEE 802.1D table 7-5.
    static final long AGING_NS = 300_000_000_000L;

    private final Internet internet;
    private final List<Cidr> networks;
    /// By VLAN and MAC address, those heard last at the end.
    private final Map<Long, Seen> table = new LinkedHashMap<>(16, 0.75f, false);
    /// The NICs that are on it, by MAC address.
    private final Map<Long, Station> stations = new HashMap<>();

    private record Seen(Pipe way, long atNs) {
    }

    EthernetSwitch(Internet internet, String name, Realm realm, List<Cidr> networks) {
        super(name, realm);
        this.internet = internet;
        this.networks = List.copyOf(networks);
    }

    List<Cidr> networks() {
        return networks;
    }

    /// Adds a host with one NIC here.
    ///
    /// @param addresses with prefix lengths
    /// @throws IllegalArgumentException if the name or an address is taken, or is none; nothing stays behind then
    /// @throws IOException if its stack cannot be opened
    public Host host(String hostName, String... addresses) throws IOException {
        return internet.host(hostName, NicPlan.on(this, "nic", addresses));
    }

    /// Joins a router to it, under addresses of the Ethernet's networks.
    ///
    /// @param addresses with prefix lengths, at most one of each version; they belong to no host
    /// @throws IllegalArgumentException if one is taken, or is none, or the router is on this Ethernet already
    public EthernetGateway gateway(Router router, String... addresses) {
        return internet.join(this, router, List.of(addresses).stream().map(Cidr::parse).toList());
    }

    /// The NIC with this address that is on it, or `null`.
    Station station(long mac) {
        return stations.get(mac);
    }

    void join(Station station) {
        internet.clockwork().now(() -> {
            stations.put(station.link().hardwareAddress(), station);
            internet.fabric().wiring().link(station, this, LinkConditions.perfect());
        });
    }

    /// Whether frames get from here to another switch.
    boolean reaches(EthernetSwitch other) {
        return reaches(other, new HashSet<>());
    }

    private boolean reaches(EthernetSwitch other, Set<Node> seen) {
        return this == other || seen.add(this) && pipes().stream().map(Pipe::to)
                .anyMatch(n -> n instanceof EthernetSwitch s && s.reaches(other, seen));
    }

    /// A NIC is gone.
    void forget(Station station) {
        stations.remove(station.link().hardwareAddress(), station);
        table.values().removeIf(s -> s.way.to() == station);
    }

    /// How many stations it knows the way to.
    public int knownStations() {
        var n = new int[1];
        internet.clockwork().now(() -> n[0] = table.size());
        return n[0];
    }

    @Override
    boolean carriesFrames() {
        return true;
    }

    @Override
    void receive(Packet frame, Pipe via) {
        Fabric fabric = internet.fabric();
        long source = LinkHeader.source(frame);
        if (frame.headLength() < EthernetHeader.LENGTH || MacAddress.isMulticast(source)) {
            fabric.end(this, frame, true, "bad-frame");
            return;
        }
        long vlan = (long) LinkHeader.vlan(frame) << 48;
        learn(vlan | source, via, fabric.nowNs());
        long destination = LinkHeader.destination(frame);
        Seen seen = MacAddress.isMulticast(destination) ? null : table.get(vlan | destination);
        if (seen == null || fabric.nowNs() - seen.atNs > AGING_NS) {
            flood(frame, via);
        } else if (seen.way.to() == via.from()) {
            // It has heard it already.
            fabric.end(this, frame, true, "same-port");
        } else {
            seen.way.accept(frame);
        }
    }

    private void learn(long key, Pipe via, long nowNs) {
        table.remove(key);
        for (Pipe back : pipes()) {
            if (back.to() == via.from()) {
                if (table.size() >= MAX_STATIONS) {
                    var eldest = table.entrySet().iterator();
                    eldest.next();
                    eldest.remove();
                }
                table.put(key, new Seen(back, nowNs));
                return;
            }
        }
    }

    private void flood(Packet frame, Pipe via) {
        for (Pipe out : List.copyOf(pipes())) {
            if (out.to() != via.from()) {
                out.accept(frame.copy());
            }
        }
        frame.release();
    }

    /// Who is next for a packet on its way to an address, seen from a gateway: the address itself, or the router to it.
    ///
    /// @return `null` if nobody here leads there
    IpAddress nextHop(EthernetGateway from, IpAddress to) {
        Node owner = Fabric.owner(realm(), to);
        if (owner == null) {
            return null;
        }
        Node at = this;
        while (at instanceof EthernetSwitch here) {
            if (owner == here) {
                return to;
            }
            Pipe out = internet.fabric().wiring().way(here, owner);
            if (out == null || out.to() == from) {
                return null;
            }
            at = out.to();
        }
        return switch (at) {
            // What else leads to a host was routed to it, and it is asked for under an address of its own.
            case Station s -> s.cidrs().stream().map(Cidr::address).filter(a -> a.isV4() == to.isV4())
                    .reduce((a, b) -> b.equals(to) ? b : a).orElse(to);
            case EthernetGateway g -> to.isV4() ? g.v4() : g.v6();
            default -> null;
        };
    }
}
