package dev.millrace.internet;

import dev.millrace.internet.NameServer.Failing;
import dev.millrace.internet.ScriptEvent.Trouble;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// Lets the troubles of a seed or a script befall an Internet.
final class Troublemaker implements NetworkFaults.Befalling {
    private final Internet internet;

    Troublemaker(Internet internet) {
        this.internet = internet;
    }

    @Override
    public Runnable begin(Trouble t, List<String> hosts, List<String> others) {
        Duration value = Duration.ofNanos(t.value());
        return switch (t.kind()) {
            case CUT -> internet.separate("chaos", Set.copyOf(hosts), Set.copyOf(others), false)::close;
            case CUT_ONE_WAY -> internet.separate("chaos", Set.copyOf(hosts), Set.copyOf(others), true)::close;
            case CRASH -> crash(hosts);
            case PAUSE -> all(hosts.stream().map(this::host).map(Host::pause).toList());
            case CLOCK -> wrongClock(hosts, value, 0);
            case DRIFT -> wrongClock(hosts, Duration.ZERO, t.value() / 1e9);
            case SLOW -> internet.slow(hosts, others, value)::close;
            case RESET -> internet.reset(hosts.getFirst(), others.getFirst())::close;
            case DNS_SERVFAIL -> names(Failing.SERVER_FAILURE, Duration.ZERO);
            case DNS_NXDOMAIN -> names(Failing.NO_SUCH_NAME, Duration.ZERO);
            case DNS_SLOW -> names(Failing.SLOW, value);
            case DNS_LIES -> names(Failing.WRONG_ADDRESS, Duration.ZERO);
        };
    }

    private Host host(String name) {
        return internet.host(name).orElseThrow();
    }

    private static Runnable all(List<Fault> faults) {
        return () -> faults.forEach(Fault::close);
    }

    private Runnable crash(List<String> names) {
        List<Host> crashed = names.stream().map(this::host).filter(Host::isOpen).toList();
        crashed.forEach(Host::crash);
        return () -> crashed.stream().filter(h -> !h.isOpen() && internet.host(h.name()).orElse(null) == h).forEach(h -> {
            try {
                h.restart();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private Runnable wrongClock(List<String> names, Duration offset, double drift) {
        List<Host> hosts = names.stream().map(this::host).toList();
        hosts.forEach(h -> h.setClock(offset, drift));
        internet.fabric().note("clock of " + names + " is wrong by " + offset + ", drift " + drift);
        return () -> {
            hosts.forEach(h -> h.setClock(Duration.ZERO, 0));
            internet.fabric().note("clock of " + names + " is right");
        };
    }

    private Runnable names(Failing how, Duration by) {
        NameServer server = internet.nameServerOrNull();
        return server == null ? () -> {
        } : server.fail(how, by)::close;
    }
}
