package dev.millrace.dhcp;

import dev.millrace.Cidr;
import dev.millrace.RouteConfig;
import dev.millrace.dhcp.Terms.Hop;
import dev.millrace.spi.AddressSourceContext;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/// What a lease has changed in the stack, so that exactly this can be undone. One thread at a time.
final class Binding {
    /// What IPv6 needs (RFC 8200 §5).
    private static final int MIN_MTU_V6 = 1280;

    private final AddressSourceContext context;
    private final NicPort nic;
    private final boolean wantsRoutes;
    private Cidr address;
    private List<RouteConfig> routes = List.of();
    /// The MTU that the NIC had, and what it was made, or 0.
    private int mtuBefore;
    private int mtuNow;

    Binding(AddressSourceContext context, NicPort nic, boolean wantsRoutes) {
        this.context = context;
        this.nic = nic;
        this.wantsRoutes = wantsRoutes;
    }

    /// Brings the stack from what it has to what the terms say; what stays the same is not touched.
    ///
    /// @throws dev.millrace.ConfigurationException if the NIC cannot have the address; it has none then
    /// @throws IllegalStateException if the stack is being closed
    void use(Terms terms) {
        if (!terms.address().equals(address)) {
            undo();
            context.addAddress(nic, terms.address());
            address = terms.address();
        }
        List<RouteConfig> wanted = wantsRoutes ? routes(terms) : List.of();
        List<RouteConfig> before = routes;
        routes = wanted;
        before.stream().filter(r -> !wanted.contains(r)).forEach(context::removeRoute);
        wanted.stream().filter(r -> !before.contains(r)).forEach(context::addRoute);
        useMtu(terms.mtu());
    }

    /// A gateway that is not in the NIC's network, as some clouds have it, is reached by a route of its own (RFC 3442 calls the
    /// network to it local).
    private List<RouteConfig> routes(Terms terms) {
        var all = new ArrayList<RouteConfig>();
        for (Hop hop : terms.routes()) {
            if (hop.via() == null || isReached(hop.via(), terms, all)) {
                all.add(new RouteConfig(hop.to(), hop.via(), nic.name()));
            } else {
                all.add(new RouteConfig(new Cidr(hop.via(), 32), null, nic.name()));
                all.add(new RouteConfig(hop.to(), hop.via(), nic.name()));
            }
        }
        return all;
    }

    private static boolean isReached(IpAddress gateway, Terms terms, List<RouteConfig> all) {
        return terms.address().contains(gateway)
                || all.stream().anyMatch(r -> r.via() == null && r.to().contains(gateway));
    }

    /// Never larger than it was: that is for the configuration and the link to say.
    private void useMtu(int bytes) {
        boolean v6 = context.addresses(nic).stream().anyMatch(c -> !c.address().isV4());
        int wanted = v6 && bytes != 0 ? Math.max(bytes, MIN_MTU_V6) : bytes;
        if (wanted != mtuNow) {
            undoMtu();
            if (wanted != 0 && wanted < nic.mtu()) {
                mtuBefore = nic.mtu();
                context.setMtu(nic, wanted);
                mtuNow = wanted;
            }
        }
    }

    private void undoMtu() {
        // What the link has made it meanwhile stays.
        if (mtuNow != 0 && nic.mtu() == mtuNow) {
            context.setMtu(nic, mtuBefore);
        }
        mtuNow = 0;
    }

    /// Takes all of it back.
    void undo() {
        undoMtu();
        routes.forEach(context::removeRoute);
        routes = List.of();
        if (address != null) {
            context.removeAddress(nic, address);
            address = null;
        }
    }
}
