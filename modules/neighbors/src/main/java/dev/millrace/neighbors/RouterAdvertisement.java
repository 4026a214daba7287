package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptions;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// What a router advertisement says (RFC 4861 §4.2), taken out of the packet. Of each kind of option the first ones: however
/// long a message is, so much is believed of it at most.
///
/// @param router who sent it, a link-local address
/// @param station its link-layer address, or 0 if it does not say
/// @param hopLimit 0 if it does not say
/// @param lifetimeSeconds for how long it is a default router, or 0 for not at all
/// @param preference -1 to 1 (RFC 4191)
/// @param reachableMs 0 if it does not say
/// @param retransMs 0 if it does not say
/// @param mtu 0 if it does not say
record RouterAdvertisement(IpAddress router, long station, int hopLimit, int lifetimeSeconds, int preference, long reachableMs,
        long retransMs, long mtu, List<Prefix> prefixes, List<RouteInformation> routes, List<Server> servers) {
    private static final int MOST_OF_A_KIND = 16;

    /// A prefix of the link.
    record Prefix(Cidr network, boolean onLink, boolean autonomous, long validSeconds, long preferredSeconds) {
    }

    /// A route through the router.
    record RouteInformation(Cidr to, int preference, long lifetimeSeconds) {
    }

    /// A name server.
    record Server(IpAddress address, long lifetimeSeconds) {
    }

    /// Reads a message that has passed [NdpMessage#check].
    static RouterAdvertisement read(MemorySegment m, int at, int length, IpAddress router) {
        long station = 0;
        long mtu = 0;
        var prefixes = new ArrayList<Prefix>();
        var routes = new ArrayList<RouteInformation>();
        var servers = new ArrayList<Server>();
        var o = new NdpOptions();
        o.over(m, at, length);
        while (o.next()) {
            switch (o.type()) {
                case NdpOptions.SOURCE_LINK_LAYER_ADDRESS -> station = o.linkLayerAddress();
                case NdpOptions.MTU -> mtu = o.mtu();
                case NdpOptions.PREFIX_INFORMATION -> {
                    IpAddress prefix = new IpAddress(o.prefixHi(), o.prefixLo());
                    if (prefixes.size() < MOST_OF_A_KIND && isPrefix(prefix)) {
                        prefixes.add(new Prefix(new Cidr(prefix, o.prefixLength()).network(), o.isOnLink(), o.isAutonomous(),
                                o.validSeconds(), o.preferredSeconds()));
                    }
                }
                case NdpOptions.ROUTE_INFORMATION -> {
                    IpAddress prefix = new IpAddress(o.prefixHi(), o.prefixLo());
                    if (routes.size() < MOST_OF_A_KIND && (o.prefixLength() == 0 || isPrefix(prefix))) {
                        routes.add(new RouteInformation(new Cidr(o.prefixLength() == 0 ? IpAddress.ANY_V6 : prefix,
                                o.prefixLength()).network(), o.preference(), o.lifetimeSeconds()));
                    }
                }
                case NdpOptions.RDNSS -> {
                    for (int i = 0; i < o.serverCount() && servers.size() < MOST_OF_A_KIND; i++) {
                        IpAddress server = new IpAddress(o.serverHi(i), o.serverLo(i));
                        if (isPrefix(server) || server.isLinkLocal()) {
                            servers.add(new Server(server, o.lifetimeSeconds()));
                        }
                    }
                }
                default -> { }
            }
        }
        return new RouterAdvertisement(router, station, NdpMessage.currentHopLimit(m, at),
                NdpMessage.routerLifetimeSeconds(m, at), NdpMessage.preference(m, at), NdpMessage.reachableMs(m, at),
                NdpMessage.retransMs(m, at), mtu, List.copyOf(prefixes), List.copyOf(routes), List.copyOf(servers));
    }

    /// Whether a router can know anything of addresses like this: the link-local ones are no router's to give (RFC 4862
    /// §5.5.3(b)), and IPv4 and groups have no business here.
    private static boolean isPrefix(IpAddress a) {
        return !a.isV4() && !a.isMulticast() && !a.isLinkLocal() && !a.isLoopback() && !a.isUnspecified();
    }

    /// When a lifetime that begins now ends.
    static long until(long seconds, long nowNs) {
        return seconds == NdpOptions.INFINITE_SECONDS ? HostConfiguration.FOREVER : nowNs + seconds * 1_000_000_000L;
    }

    /// Whether a time has come.
    static boolean isOver(long untilNs, long nowNs) {
        return untilNs != HostConfiguration.FOREVER && untilNs - nowNs <= 0;
    }
}
