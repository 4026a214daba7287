package dev.millrace.neighbors;

import static dev.millrace.neighbors.RouterAdvertisement.isOver;
import static dev.millrace.neighbors.RouterAdvertisement.until;

import dev.millrace.Cidr;
import dev.millrace.neighbors.RouterAdvertisement.RouteInformation;
import dev.millrace.neighbors.RouterAdvertisement.Server;
import dev.millrace.spi.Counters;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.LearnedRoute;
import dev.millrace.spi.HostConfiguration.NameServer;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// The routers of one NIC, the routes through them, the prefixes on the link and the name servers: all that advertisements tell
/// but addresses (RFC 4861 §6.3.4, RFC 4191 §3, RFC 8106). Used in the NIC's turn only.
///
/// Everything is bounded. When a table is full nothing new is taken until something ends: a stranger that makes up routers can
/// keep others out, as it can in many ways on a link, but pushes out none that is in use.
final class LearnedRouters {
    private static final int MOST_ROUTERS = 16;
    private static final int MOST_ROUTES = 64;
    private static final int MOST_SERVERS = 8;
    /// A route that has no end (RFC 4191 §2.3) is looked at again after as much as a default router may say of itself.
    private static final long MOST_LEFT_NS = 65_535_000_000_000L;
    private static final Cidr ALL = new Cidr(IpAddress.ANY_V6, 0);

    private record Key(Cidr to, IpAddress via) {
    }

    private record Known(int preference, long untilNs) {
    }

    private final NetworkContext context;
    private final NicPort nic;
    private final HostConfiguration learned;
    private final Map<Key, Known> routes = new LinkedHashMap<>();
    private final Map<IpAddress, Long> servers = new LinkedHashMap<>();
    /// Gateways that have not answered since they were last heard.
    private final Set<IpAddress> silent = new LinkedHashSet<>();
    /// Those that routes lead through, for other threads to look at.
    private final Set<IpAddress> gateways = ConcurrentHashMap.newKeySet();
    private final Counters.Counter refused;

    LearnedRouters(NetworkContext context, NicPort nic, HostConfiguration learned) {
        this.context = context;
        this.nic = nic;
        this.learned = learned;
        refused = context.counters("neighbors").counter("advertised-refused");
    }

    /// Takes an advertisement to heart. Returns whether its sender is a router that is known now.
    boolean advertised(RouterAdvertisement ra) {
        long now = context.clock().nanoTime();
        forgetOld(now);
        servers.values().removeIf(u -> isOver(u, now));
        if (silent.remove(ra.router())) {
            putAll(ra.router(), true);
        }
        put(ALL, ra.router(), ra.preference(), ra.lifetimeSeconds(), now);
        for (RouterAdvertisement.Prefix p : ra.prefixes()) {
            if (p.onLink()) {
                put(p.network(), null, 0, p.validSeconds(), now);
            }
        }
        for (RouteInformation r : ra.routes()) {
            // RFC 4191 §3.1: what it says of ::/0 counts more than the header.
            put(r.to(), ra.router(), r.preference(), r.lifetimeSeconds(), now);
        }
        tellServers(ra.servers(), now);
        forgetOld(now);
        return routes.keySet().stream().anyMatch(k -> ra.router().equals(k.via()));
    }

    private void forgetOld(long now) {
        routes.values().removeIf(k -> isOver(k.untilNs(), now));
        Set<IpAddress> present = routes.keySet().stream().map(Key::via).filter(Objects::nonNull).collect(Collectors.toSet());
        silent.retainAll(present);
        gateways.retainAll(present);
        gateways.addAll(present);
    }

    /// Whether routes lead through this gateway, as far as any thread can tell.
    boolean isKnown(IpAddress address) {
        return gateways.contains(address);
    }

    private void put(Cidr to, IpAddress via, int preference, long seconds, long now) {
        var key = new Key(to, via);
        if (seconds == 0) {
            if (routes.remove(key) != null) {
                learned.removeRoute(nic, to, via);
            }
            return;
        }
        if (!routes.containsKey(key) && isFull(to, via)) {
            refused.add(1);
            return;
        }
        var known = new Known(preference, until(seconds, now));
        routes.put(key, known);
        learned.putRoute(nic, new LearnedRoute(to, via, preference, !silent.contains(via), known.untilNs()));
    }

    /// Default routers have places of their own.
    private boolean isFull(Cidr to, IpAddress via) {
        boolean ofDefault = isDefault(new Key(to, via));
        long same = routes.keySet().stream().filter(k -> ofDefault == isDefault(k)).count();
        return same >= (ofDefault ? MOST_ROUTERS : MOST_ROUTES);
    }

    private void tellServers(List<Server> told, long now) {
        if (told.isEmpty()) {
            return;
        }
        for (Server s : told) {
            if (s.lifetimeSeconds() == 0) {
                servers.remove(s.address());
            } else if (servers.size() < MOST_SERVERS || servers.containsKey(s.address())) {
                servers.put(s.address(), until(s.lifetimeSeconds(), now));
            } else {
                refused.add(1);
            }
        }
        var all = new ArrayList<NameServer>();
        servers.forEach((address, until) -> all.add(new NameServer(address, until)));
        learned.setNameServers(nic, all);
    }

    /// Whether routes lead through this gateway.
    boolean isRouter(IpAddress address) {
        return routes.keySet().stream().anyMatch(k -> address.equals(k.via()));
    }

    /// A neighbour does not answer: routes through it come last from now on, until it is heard again (RFC 4861 §6.3.6, RFC 4191
    /// §3.2).
    void unreachable(IpAddress address) {
        long now = context.clock().nanoTime();
        forgetOld(now);
        silent.add(address);
        putAll(address, false);
    }

    /// When the last of the default routers that answer is none any more; empty if there is none now.
    OptionalLong lastEndNs() {
        long now = context.clock().nanoTime();
        return routes.entrySet().stream().filter(e -> isDefault(e.getKey()) && !silent.contains(e.getKey().via()))
                .mapToLong(e -> e.getValue().untilNs() == HostConfiguration.FOREVER ? MOST_LEFT_NS : e.getValue().untilNs() - now)
                .filter(left -> left > 0).max().stream().map(left -> now + left).findFirst();
    }

    private static boolean isDefault(Key k) {
        return k.via() != null && k.to().prefixLength() == 0;
    }

    private void putAll(IpAddress via, boolean reachable) {
        long now = context.clock().nanoTime();
        routes.forEach((key, known) -> {
            if (via.equals(key.via()) && !isOver(known.untilNs(), now)) {
                if (!reachable) {
                    // Behind the others that do not answer: each is tried in its turn.
                    learned.removeRoute(nic, key.to(), via);
                }
                learned.putRoute(nic, new LearnedRoute(key.to(), via, known.preference(), reachable, known.untilNs()));
            }
        });
    }

    /// A neighbour says that it is no router any more (RFC 4861 §7.2.5).
    void ceased(IpAddress address) {
        List.copyOf(routes.keySet()).stream().filter(k -> address.equals(k.via())).forEach(k -> {
            routes.remove(k);
            learned.removeRoute(nic, k.to(), address);
        });
        forgetOld(context.clock().nanoTime());
    }

    int size() {
        return routes.size() + servers.size() + silent.size();
    }
}
