package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What a NIC of a [Host] is to be, for hosts that have several, or are on an Ethernet:
///
/// ```java
/// EthernetSwitch lan = net.ethernet("lan", "10.1.0.0/24");
/// Host router = net.host("router", NicPlan.of("out", "198.18.0.1"), NicPlan.on(lan, "in", "10.1.0.1/24"));
/// ```
///
/// Immutable: each `with` returns another one.
public final class NicPlan {
    private final String name;
    private final EthernetSwitch ethernet;
    private final List<Cidr> cidrs;
    private final int mtu;
    private final List<IpAddress> gateways;
    private final Map<String, String> options;

    private NicPlan(String name, EthernetSwitch ethernet, List<Cidr> cidrs, int mtu, List<IpAddress> gateways,
            Map<String, String> options) {
        this.name = name;
        this.ethernet = ethernet;
        this.cidrs = List.copyOf(cidrs);
        this.mtu = mtu;
        this.gateways = List.copyOf(gateways);
        this.options = Map.copyOf(options);
    }

    /// A NIC whose packets go without frames, as all do unless something else is said. The first such NIC of a host is where
    /// it sends what none of its networks has.
    ///
    /// @param name unique in its host
    /// @param addresses IPv4 and IPv6 addresses, with prefix lengths or without
    /// @throws IllegalArgumentException if an address is none
    public static NicPlan of(String name, String... addresses) {
        return new NicPlan(name, null, parse(addresses), 0, List.of(), Map.of());
    }

    /// A NIC on an Ethernet, which speaks ARP and NDP there.
    ///
    /// @param name unique in its host
    /// @param addresses with prefix lengths; none if it is to find some by itself
    /// @throws IllegalArgumentException if an address is none, or has no prefix length
    public static NicPlan on(EthernetSwitch ethernet, String name, String... addresses) {
        for (String a : addresses) {
            if (!a.contains("/")) {
                throw new IllegalArgumentException("on an Ethernet \"" + a + "\" needs the length of its network's prefix, "
                        + "such as " + a + (a.contains(":") ? "/64" : "/24") + ": without, it reaches nobody");
            }
        }
        return new NicPlan(name, Objects.requireNonNull(ethernet), parse(addresses), 0, List.of(), Map.of());
    }

    private static List<Cidr> parse(String... addresses) {
        return List.of(addresses).stream().map(Nodes::cidr).toList();
    }

    /// The largest IP packet, in bytes; without it the Internet's.
    public NicPlan withMtu(int bytes) {
        return new NicPlan(name, ethernet, cidrs, bytes, gateways, options);
    }

    /// A router on the Ethernet, to which goes what none of the host's networks has: one of each version.
    ///
    /// @throws IllegalArgumentException if it is no address, or on none of the NIC's networks, or the NIC is on no Ethernet:
    ///     elsewhere the way is known
    public NicPlan withGateway(String address) {
        if (ethernet == null) {
            throw new IllegalArgumentException("only on an Ethernet a NIC needs a gateway; elsewhere links tell the way");
        }
        IpAddress gateway = IpAddress.parse(address);
        List<Cidr> same = cidrs.stream().filter(c -> c.address().isV4() == gateway.isV4()).toList();
        if (!same.isEmpty() && !gateway.isLinkLocal() && same.stream().noneMatch(c -> c.contains(gateway))) {
            throw new IllegalArgumentException("the gateway " + address + " is on none of the NIC's networks " + same);
        }
        var more = new ArrayList<>(gateways);
        more.add(gateway);
        return new NicPlan(name, ethernet, cidrs, mtu, more, options);
    }

    /// An option of the stack's NIC, such as `vlan`.
    public NicPlan withOption(String option, String value) {
        var more = new LinkedHashMap<>(options);
        more.put(option, value);
        return new NicPlan(name, ethernet, cidrs, mtu, gateways, more);
    }

    String name() {
        return name;
    }

    EthernetSwitch ethernet() {
        return ethernet;
    }

    List<Cidr> cidrs() {
        return cidrs;
    }

    /// In bytes, or 0 for the Internet's.
    int mtu() {
        return mtu;
    }

    List<IpAddress> gateways() {
        return gateways;
    }

    Map<String, String> options() {
        return options;
    }
}
