package dev.millrace.stack;

import dev.millrace.NameServers;
import dev.millrace.spi.Clock;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.NicPort;
import java.util.ArrayList;
import java.util.List;

/// The name servers that plug-ins have told, each as long as it lives.
final class NameServerList implements NameServers {
    private record Told(LearnedConfiguration source, NicPort nic, HostConfiguration.NameServer server) {
    }

    private final Clock clock;
    private volatile List<Told> all = List.of();

    NameServerList(Clock clock) {
        this.clock = clock;
    }

    synchronized void set(LearnedConfiguration source, NicPort nic, List<HostConfiguration.NameServer> servers) {
        var next = new ArrayList<Told>();
        all.stream().filter(t -> t.source != source || t.nic != nic).forEach(next::add);
        servers.forEach(s -> next.add(new Told(source, nic, s)));
        all = List.copyOf(next);
    }

    @Override
    public List<NameServer> list() {
        long now = clock.nanoTime();
        return all.stream().filter(t -> !Owned.isOver(t.server.untilNs(), now)).map(t -> new NameServer(
                t.server.address().toInetAddress(), t.nic.name(), t.source.origin(),
                Owned.remaining(t.server.untilNs(), now))).toList();
    }
}
