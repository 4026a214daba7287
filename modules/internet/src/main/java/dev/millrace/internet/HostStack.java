package dev.millrace.internet;

import dev.millrace.RouteConfig;
import dev.millrace.Stack;
import dev.millrace.wire.IpAddress;

/// What the stack of a host is to be.
final class HostStack {
    private HostStack() {
    }

    /// A stack with the host's NICs, and routes to what is on none of their networks: through the first NIC that is on no
    /// Ethernet, where the network knows the way, and through the gateways that were named.
    static Stack.Builder describe(Host host) {
        Stack.Builder builder = Stack.builder().name(host.name())
                // Whoever closes a host, or lets it crash, means this moment.
                .option("stack", "close-timeout", "0");
        for (Station s : host.stations()) {
            builder.nic(s.plan().name(), s.link(), nic -> {
                s.cidrs().forEach(c -> nic.address(c.toString()));
                s.plan().options().forEach(nic::option);
            });
        }
        for (Station s : host.stations()) {
            for (IpAddress gateway : s.plan().gateways()) {
                builder.route(new RouteConfig(null, gateway, s.plan().name()));
            }
        }
        host.stations().stream().filter(s -> !s.isOnEthernet()).findFirst()
                .ifPresent(s -> builder.route("default", s.plan().name()));
        return builder;
    }
}
