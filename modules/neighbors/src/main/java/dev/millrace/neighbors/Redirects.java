package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.DropReason;
import dev.millrace.spi.Counters;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.LearnedRoute;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Route;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The better first hops that routers have shown (RFC 4861 §8). Used in the NIC's turn only.
final class Redirects {
    private static final int MOST = 64;
    private static final int PER_SECOND = 10;
    /// Differs: RFC 4861 gives them no end. What a router has said may be wrong after a while, and it says it again.
    private static final long LIFETIME_NS = 600_000_000_000L;

    private final NetworkContext context;
    private final NicPort nic;
    private final HostConfiguration learned;
    private final TokenBucket limit;
    private final Counters.Counter taken;
    /// By destination: the gateway, or the destination itself where that is a neighbour.
    private final Map<IpAddress, IpAddress> hops = new LinkedHashMap<>();

    Redirects(NetworkContext context, NicPort nic) {
        this.context = context;
        this.nic = nic;
        learned = context.hostConfiguration("redirect", new HostConfiguration.Listener() {
        });
        limit = new TokenBucket(PER_SECOND, MOST, context.clock());
        taken = context.counters("neighbors").counter("redirects-taken");
    }

    /// Whether a redirect comes from whom packets to the destination go to at present (§8.1): nobody else may change that.
    DropReason check(IpAddress from, IpAddress destination) {
        Route route = context.route(destination);
        if (route == null || route.local() || route.nic() != nic || !from.equals(route.nextHop(destination))) {
            return DropReason.BAD_NEIGHBOR_MESSAGE;
        }
        return limit.tryTake() ? null : DropReason.RATE_LIMITED;
    }

    /// Packets to a destination go to another neighbour from now on.
    void take(IpAddress from, IpAddress destination, IpAddress target) {
        // Looked at in the NIC's turn again: another may have come before.
        Route route = context.route(destination);
        if (route == null || !from.equals(route.nextHop(destination)) || target.equals(from)) {
            return;
        }
        forget(destination);
        if (hops.size() >= MOST) {
            forget(hops.keySet().iterator().next());
        }
        taken.add(1);
        hops.put(destination, target);
        learned.putRoute(nic, new LearnedRoute(new Cidr(destination, 128), via(destination, target), 0, true,
                context.clock().nanoTime() + LIFETIME_NS));
    }

    private static IpAddress via(IpAddress destination, IpAddress target) {
        return target.equals(destination) ? null : target;
    }

    private void forget(IpAddress destination) {
        IpAddress target = hops.remove(destination);
        if (target != null) {
            learned.removeRoute(nic, new Cidr(destination, 128), via(destination, target));
        }
    }

    /// A neighbour does not answer, or is no router any more: packets go where they went before.
    void unreachable(IpAddress address) {
        List.copyOf(hops.entrySet()).stream().filter(e -> e.getValue().equals(address)).forEach(e -> forget(e.getKey()));
    }

    int size() {
        return hops.size();
    }
}
