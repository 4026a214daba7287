package dev.millrace.internet;

import dev.millrace.Names;
import dev.millrace.Stack;
import dev.millrace.dns.Resolver;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.List;

/// Whom a host asks for names: the Internet's name server, over the host's own stack; for sockets of the JDK the topology, where there
/// is no server.
final class HostNames implements Names {
    private final Internet internet;
    private final Host host;
    private volatile Asking asking;

    /// The server that is asked, and how: over a stack that may be another by now, for the host may have begun another life.
    private record Asking(Host server, Stack stack, Resolver resolver) {
    }

    HostNames(Internet internet, Host host) {
        this.internet = internet;
        this.host = host;
    }

    /// @throws IllegalStateException if the Internet has no name server
    Resolver resolver() {
        NameServer names = internet.names();
        if (names == null) {
            throw new IllegalStateException("this Internet has no name server: add one with net.nameServer(\"10.0.0.53\")");
        }
        Host server = names.host();
        Stack stack = host.stack();
        Asking a = asking;
        if (a == null || a.server != server || a.stack != stack) {
            InetAddress at = server.addresses().stream().filter(this::isSpoken).findFirst().orElse(server.address());
            a = new Asking(server, stack, Resolver.builder(stack).server(new InetSocketAddress(at, Resolver.PORT))
                    .nanoTime(internet::nowNs).random(internet.generator("queries of " + host.lifeName())).build());
            asking = a;
        }
        return a.resolver;
    }

    private boolean isSpoken(InetAddress other) {
        return host.addresses().stream().anyMatch(own -> own instanceof Inet4Address == other instanceof Inet4Address);
    }

    /// Those that this host can reach come first.
    private List<InetAddress> bestFirst(String name, List<InetAddress> all) throws UnknownHostException {
        if (all.isEmpty()) {
            throw new UnknownHostException(name + " has no address yet");
        }
        return all.stream().sorted(Comparator.comparing(a -> !isSpoken(a))).toList();
    }

    @Override
    public List<InetAddress> addresses(String name) throws IOException {
        if (internet.names() != null) {
            return resolver().resolve(name);
        }
        Host other = internet.nodes().hostNamed(name).orElse(null);
        if (other != null) {
            return bestFirst(name, other.addresses());
        }
        try {
            return List.of(InetAddress.ofLiteral(name));
        } catch (IllegalArgumentException e) {
            var unknown = new UnknownHostException(name + ": no host of this Internet has that name");
            unknown.initCause(e);
            throw unknown;
        }
    }
}
