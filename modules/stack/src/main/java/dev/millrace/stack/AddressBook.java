package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.Nic;
import dev.millrace.NicConfig;
import dev.millrace.RouteConfig;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The addresses and routes of a stack as they change: who asks sees one state or the next, never a part of a change.
final class AddressBook {
    private final AssembledStack stack;
    private final InternalLoop internalLoop;
    private final Object lock = new Object();
    private volatile Addressing now = new Addressing(0, List.of(), List.of());

    private interface Change {
        Addressing apply(Addressing before);
    }

    AddressBook(AssembledStack stack) {
        this.stack = stack;
        internalLoop = new InternalLoop(stack);
    }

    /// What holds now.
    Addressing now() {
        return now;
    }

    /// What the configuration says, before anybody asks.
    void begin(List<Addressing.Owned> owned, List<Addressing.Entry> routes) {
        now = new Addressing(1, owned, routes);
    }

    /// The first address of this version, or `null`.
    IpAddress ownAddress(int version) {
        return now.owned.stream().map(o -> o.cidr().address()).filter(a -> a.version() == version).findFirst()
                .orElse(null);
    }

    /// The route to an address, or `null`.
    Route route(IpAddress destination) {
        Addressing current = now;
        StackNic answering = current.answering(destination);
        if (answering != null) {
            NicPort port = answering.link().isLoopback() ? answering : internalLoop;
            return new Route(new Cidr(destination, destination.isV4() ? 32 : 128), null, port, true,
                    current.generation, () -> now.generation);
        }
        Addressing.Entry best = current.match(destination);
        if (best == null && (destination.isMulticast() || destination.isLimitedBroadcast())) {
            best = onFirstEthernet(destination);
        }
        // No gateway takes what is for all stations of the link.
        boolean group = destination.isMulticast() || current.isBroadcast(destination);
        return best == null ? null
                : new Route(best.to(), group && best.nic().stationAddress() != 0 ? null : best.via(), best.nic(), false, current.generation, () -> now.generation);
    }

    /// All stations of a network are reached without a route: on the first Ethernet that is up, as nothing says which.
    private Addressing.Entry onFirstEthernet(IpAddress destination) {
        for (Nic nic : stack.nics()) {
            if (nic instanceof StackNic n && n.stationAddress() != 0 && n.isUp()) {
                return new Addressing.Entry(new Cidr(destination, destination.isV4() ? 32 : 128), null, n, true);
            }
        }
        return null;
    }

    /// The routes that a configured one stands for: a default route without a gateway is of both versions.
    static List<Addressing.Entry> entries(RouteConfig route, StackNic nic) {
        if (route.to() != null) {
            return List.of(new Addressing.Entry(route.to().network(), route.via(), nic, false));
        }
        var v4 = new Addressing.Entry(new Cidr(IpAddress.ANY_V4, 0), route.via(), nic, false);
        var v6 = new Addressing.Entry(new Cidr(IpAddress.ANY_V6, 0), route.via(), nic, false);
        if (route.via() == null) {
            return List.of(v4, v6);
        }
        return List.of(route.via().isV4() ? v4 : v6);
    }

    // ---- changes

    private void change(Change change) {
        synchronized (lock) {
            now = change.apply(now);
        }
    }

    /// A NIC went up or down, or has another MTU: paths are to be found anew.
    void renew() {
        change(a -> new Addressing(a.generation + 1, a.owned, a.configured()));
    }

    void addAddress(StackNic nic, Cidr cidr) {
        ConfigurationCheck.checkAddress("address", cidr, stack.networks().internet(cidr.address().version()) != null, nic.mtu());
        stack.whileOpen(() -> change(a -> {
            StackNic owner = a.owner(cidr.address().hi(), cidr.address().lo());
            if (owner != null) {
                throw new ConfigurationException("address",
                        cidr.address() + " is given twice: NIC \"" + owner.name() + "\" has it already");
            }
            var more = new ArrayList<>(a.owned);
            more.add(new Addressing.Owned(nic, cidr));
            return new Addressing(a.generation + 1, more, a.configured());
        }));
        nic.addressAdded(cidr.address());
    }

    boolean removeAddress(StackNic nic, Cidr cidr) {
        boolean[] removed = new boolean[1];
        change(a -> {
            var fewer = new ArrayList<>(a.owned);
            removed[0] = fewer.remove(new Addressing.Owned(nic, cidr));
            return removed[0] ? new Addressing(a.generation + 1, fewer, a.configured()) : a;
        });
        if (removed[0]) {
            nic.addressRemoved(cidr.address());
        }
        return removed[0];
    }

    void addRoute(RouteConfig route, List<StackNic> nics) {
        List<NicConfig> known = nics.stream()
                .map(n -> new NicConfig(n.name(), n.linkName(), null, n.mtu(), n.addresses(), null, Map.of())).toList();
        NicConfig through = ConfigurationCheck.checkRoute("route", route, known);
        StackNic nic = nics.get(known.indexOf(through));
        stack.whileOpen(() -> change(a -> {
            var more = new ArrayList<>(a.configured());
            more.addAll(entries(route, nic));
            return new Addressing(a.generation + 1, a.owned, more);
        }));
    }

    /// Removes one route that was added as this; returns whether there was one.
    boolean removeRoute(RouteConfig route, StackNic nic) {
        boolean[] removed = new boolean[1];
        change(a -> {
            var fewer = new ArrayList<>(a.configured());
            for (Addressing.Entry e : entries(route, nic)) {
                // The last one: those of the configuration stand before it.
                int at = fewer.lastIndexOf(e);
                removed[0] |= at >= 0 && fewer.remove(at) != null;
            }
            return removed[0] ? new Addressing(a.generation + 1, a.owned, fewer) : a;
        });
        return removed[0];
    }

    int removeRoutes(Cidr to) {
        int[] removed = new int[1];
        change(a -> {
            var fewer = new ArrayList<>(a.configured());
            fewer.removeIf(e -> to == null ? e.to().prefixLength() == 0 : e.to().equals(to.network()));
            removed[0] = a.configured().size() - fewer.size();
            return new Addressing(a.generation + 1, a.owned, fewer);
        });
        return removed[0];
    }
}
