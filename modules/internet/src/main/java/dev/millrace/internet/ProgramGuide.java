package dev.millrace.internet;

import dev.millrace.Stack;
import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.time.Task;
import dev.millrace.spi.OpenStacks;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/// Tells the JDK's sockets whose program a thread runs, and what hosts there are. It asks the topology, and so neither takes simulated time
/// nor blocks: the JDK holds a lock while it looks up a name.
final class ProgramGuide implements OpenStacks.Guide {
    private final Clockwork clockwork;
    private final Nodes nodes;
    private final Supplier<NameServer> names;

    /// @param names asked each time; there may be none
    ProgramGuide(Clockwork clockwork, Nodes nodes, Supplier<NameServer> names) {
        this.names = names;
        this.clockwork = clockwork;
        this.nodes = nodes;
    }

    @Override
    public Stack ofCaller() {
        Task task = clockwork.current();
        return task == null ? null : nodes.everyHost().filter(h -> h.isOpen() && h.ownerOfPrograms() == task.owner()).findFirst()
                .map(Host::stack).orElse(null);
    }

    @Override
    public boolean runs(Stack stack) {
        return nodes.everyHost().anyMatch(h -> h.stack() == stack);
    }

    @Override
    public List<InetAddress> addresses(String name) {
        if (nodes.find(name) instanceof Host host) {
            return host.addresses();
        }
        String wanted = key(name);
        Optional<Host> host = nodes.everyHost().filter(h -> key(h.name()).equals(wanted)).findFirst();
        if (host.isPresent()) {
            return host.get().addresses();
        }
        NameServer server = names.get();
        return server == null ? List.of() : server.addresses(name);
    }

    @Override
    public Optional<String> hostAt(InetAddress address) {
        return nodes.everyHost().filter(h -> h.addresses().contains(address)).map(Host::name).findFirst();
    }

    /// RFC 4343: names are compared without regard to case; and one may end in a dot.
    private static String key(String name) {
        return (name.endsWith(".") ? name.substring(0, name.length() - 1) : name).toLowerCase(Locale.ROOT);
    }
}
