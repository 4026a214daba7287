package dev.millrace.dhcp;

import dev.millrace.Cidr;
import dev.millrace.dhcp.Terms.Hop;
import dev.millrace.spi.AddressSourceContext;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.Assignment;
import dev.millrace.spi.HostConfiguration.LearnedRoute;
import dev.millrace.spi.HostConfiguration.NameServer;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/// What a lease has changed in the stack, so that exactly this can be undone. One thread at a time.
final class Binding {
    private final AddressSourceContext context;
    private final HostConfiguration configuration;
    private final NicPort nic;
    private final boolean wantsRoutes;
    /// Read by whoever hears that an address has gone.
    private volatile Cidr address;
    private List<Hop> routes = List.of();
    /// The MTU that the lease says, or 0; what the NIC had before, and what it has been made, or 0.
    private int mtuSaid;
    private int mtuBefore;
    private int mtuNow;

    /// @param whenLost run when the address has gone without having been undone here: the program has removed it, or its time is
    ///     over
    Binding(AddressSourceContext context, NicPort nic, boolean wantsRoutes, Runnable whenLost) {
        this.context = context;
        this.nic = nic;
        this.wantsRoutes = wantsRoutes;
        configuration = context.hostConfiguration("dhcp", new HostConfiguration.Listener() {
            @Override
            public void addressRemoved(NicPort of, IpAddress removed) {
                Cidr own = address;
                if (own != null && own.address().equals(removed)) {
                    whenLost.run();
                }
            }
        });
    }

    /// Brings the stack from what it has to what the terms say; what stays the same is not touched.
    ///
    /// @param untilNs when the lease ends, or [HostConfiguration#FOREVER]
    /// @return `false` if the NIC cannot have the address; it has none then
    boolean use(Terms terms, long untilNs) {
        if (!terms.address().equals(address)) {
            undo();
        }
        // Asked for already, in less time than the stack's own check takes.
        if (!configuration.put(nic, new Assignment(terms.address(), true, false, false, untilNs, untilNs))) {
            undo();
            return false;
        }
        address = terms.address();
        List<Hop> wanted = wantsRoutes ? routes(terms) : List.of();
        routes.stream().filter(r -> !wanted.contains(r)).forEach(this::remove);
        routes = wanted;
        wanted.forEach(r -> configuration.putRoute(nic, new LearnedRoute(r.to(), r.via(), 0, true, untilNs)));
        configuration.setNameServers(nic, terms.nameServers().stream().map(s -> new NameServer(s, untilNs)).toList());
        useMtu(terms.mtu());
        return true;
    }

    private void remove(Hop route) {
        configuration.removeRoute(nic, route.to(), route.via());
    }

    /// A gateway that is not in the NIC's network, as some clouds have it, is reached by a route of its own (RFC 3442 calls the
    /// network to it local).
    private static List<Hop> routes(Terms terms) {
        var all = new ArrayList<Hop>();
        for (Hop hop : terms.routes()) {
            if (hop.via() != null && !isReached(hop.via(), terms, all)) {
                all.add(new Hop(new Cidr(hop.via(), 32), null));
            }
            all.add(hop);
        }
        return all;
    }

    private static boolean isReached(IpAddress gateway, Terms terms, List<Hop> all) {
        return terms.address().contains(gateway)
                || all.stream().anyMatch(r -> r.via() == null && r.to().contains(gateway));
    }

    /// Never larger than it was: that is for the configuration and the link to say.
    private void useMtu(int bytes) {
        if (bytes != mtuSaid) {
            undoMtu();
            mtuSaid = bytes;
            if (bytes != 0 && bytes < nic.mtu()) {
                mtuBefore = nic.mtu();
                context.setMtu(nic, bytes);
                mtuNow = nic.mtu();
            }
        }
    }

    private void undoMtu() {
        // What the link has made it meanwhile stays.
        if (mtuNow != 0 && nic.mtu() == mtuNow) {
            context.setMtu(nic, mtuBefore);
        }
        mtuNow = 0;
        mtuSaid = 0;
    }

    /// Takes all of it back.
    void undo() {
        undoMtu();
        Cidr before = address;
        if (before != null) {
            // First, so that nobody takes this for a loss.
            address = null;
            routes.forEach(this::remove);
            routes = List.of();
            configuration.setNameServers(nic, List.of());
            configuration.remove(nic, before.address());
        }
    }
}
