package dev.millrace.internet;

import dev.millrace.internet.NameServer.Failing;
import dev.millrace.internet.ScriptEvent.Trouble;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

/// Lets the troubles of a seed or a script befall an Internet.
final class Troublemaker implements NetworkFaults.Befalling {
    private final Internet internet;
    /// How clocks are wrong now: the last counts, until it ends.
    private final Map<Host, List<WrongClock>> wrongClocks = new ConcurrentHashMap<>();

    private record WrongClock(Trouble why, Duration offset, double drift) {
    }

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
            case PAUSE -> all(present(hosts).stream().map(Host::pause).toList());
            case CLOCK -> wrongClock(hosts, new WrongClock(t, value, 0));
            case DRIFT -> wrongClock(hosts, new WrongClock(t, Duration.ZERO, t.value() / 1e9));
            case SLOW -> internet.slow(hosts, others, value)::close;
            case RESET -> internet.reset(hosts, others)::close;
            case DNS_SERVFAIL -> names(Failing.SERVER_FAILURE, Duration.ZERO);
            case DNS_NXDOMAIN -> names(Failing.NO_SUCH_NAME, Duration.ZERO);
            case DNS_SLOW -> names(Failing.SLOW, value);
            case DNS_LIES -> names(Failing.WRONG_ADDRESS, Duration.ZERO);
        };
    }

    /// Of these nodes the hosts.
    private List<Host> present(List<String> names) {
        return names.stream().flatMap(n -> internet.host(n).stream()).toList();
    }

    private static Runnable all(List<Fault> faults) {
        return faults.isEmpty() ? null : () -> faults.forEach(Fault::close);
    }

    private Runnable crash(List<String> names) {
        List<Host> there = present(names);
        if (there.isEmpty()) {
            return null;
        }
        List<Host> crashed = there.stream().filter(Host::isOpen).toList();
        int[] lives = crashed.stream().mapToInt(Host::life).toArray();
        crashed.forEach(Host::crash);
        return () -> IntStream.range(0, lives.length).filter(i -> crashed.get(i).isDeadSince(lives[i])).forEach(i -> {
            try {
                crashed.get(i).restart();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private Runnable wrongClock(List<String> names, WrongClock how) {
        List<Host> hosts = present(names);
        if (hosts.isEmpty()) {
            return null;
        }
        hosts.forEach(h -> {
            wrongClocks.computeIfAbsent(h, _ -> new CopyOnWriteArrayList<>()).add(how);
            h.setClock(how.offset, how.drift);
        });
        internet.fabric().note("clock of " + names + " is wrong by " + how.offset + ", drift " + how.drift);
        return () -> hosts.forEach(h -> clockEnds(h, how));
    }

    private void clockEnds(Host host, WrongClock how) {
        List<WrongClock> left = wrongClocks.get(host);
        boolean counted = left.getLast() == how;
        left.remove(how);
        if (left.isEmpty()) {
            wrongClocks.remove(host);
            host.setClock(Duration.ZERO, 0);
            internet.fabric().note("clock of " + host + " is right");
        } else if (counted) {
            host.setClock(left.getLast().offset, left.getLast().drift);
        }
    }

    private Runnable names(Failing how, Duration by) {
        NameServer server = internet.names();
        return server == null ? null : server.fail(how, by)::close;
    }
}
