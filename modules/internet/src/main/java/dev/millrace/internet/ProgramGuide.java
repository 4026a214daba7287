package dev.millrace.internet;

import dev.millrace.Stack;
import dev.millrace.spi.OpenStacks;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Tells the JDK's sockets what hosts there are. It asks the topology, and so neither takes simulated time nor blocks: the JDK holds a lock
/// while it looks up a name.
final class ProgramGuide implements OpenStacks.Guide {
    private final Nodes nodes;
    private final Supplier<NameServer> names;

    /// @param names asked each time; there may be none
    ProgramGuide(Nodes nodes, Supplier<NameServer> names) {
        this.nodes = nodes;
        this.names = names;
    }

    @Override
    public boolean runs(Stack stack) {
        return nodes.everyHost().anyMatch(h -> h.stack() == stack);
    }

    @Override
    public Optional<List<InetAddress>> addresses(String name) {
        Optional<Host> host = nodes.hostNamed(name);
        if (host.isPresent()) {
            return host.map(Host::addresses);
        }
        NameServer server = names.get();
        return server == null ? Optional.empty() : Optional.of(server.addresses(name)).filter(a -> !a.isEmpty());
    }

    @Override
    public Optional<String> hostAt(InetAddress address) {
        return nodes.everyHost().filter(h -> h.addresses().contains(address)).map(Host::name).findFirst();
    }
}
