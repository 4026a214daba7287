package dev.millrace.internet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// Says what is to happen at a time: [Internet#at]. Each call adds one thing, in the order of the calls. Names must be those
/// of hosts and other nodes that there are; what is to befall one that is gone when the time comes does not happen.
public final class Moment {
    private final Internet internet;
    private final long atNs;

    Moment(Internet internet, long atNs) {
        this.internet = internet;
        this.atNs = atNs;
    }

    /// Runs an action, which must not block.
    public Moment run(Runnable action) {
        internet.fabric().post(atNs, action);
        return this;
    }

    /// Cuts two neighbours, or two hosts, off from each other, until they are healed.
    public Moment cut(String a, String b) {
        return run(List.of(a, b), () -> internet.cut(a, b));
    }

    /// The same, for so long; others that cut them off go on.
    public Moment cut(String a, String b, Duration lasting) {
        return during(lasting, List.of(a, b), () -> internet.cut(a, b));
    }

    private Moment run(List<String> names, Runnable action) {
        internet.nodes().require(names);
        return run(() -> {
            if (internet.nodes().hasAll(names)) {
                action.run();
            }
        });
    }

    private Moment during(Duration lasting, List<String> names, Supplier<Fault> begin) {
        long endNs = Math.addExact(atNs, lasting.toNanos());
        return run(names, () -> {
            Fault fault = begin.get();
            internet.fabric().post(endNs, fault::close);
        });
    }

    /// Loses what one host sends to another for so long.
    public Moment cutOneWay(String from, String to, Duration lasting) {
        return during(lasting, List.of(from, to), () -> internet.cutOneWay(from, to));
    }

    /// Lets packets between a host and others take longer, for so long.
    ///
    /// @param others empty for all others
    public Moment slow(String host, List<String> others, Duration by, Duration lasting) {
        return during(lasting, both(List.of(host), others), () -> internet.slow(List.of(host), others, by));
    }

    /// Resets a TCP connection between two hosts, the first that says anything then.
    public Moment reset(String a, String b) {
        return run(List.of(a, b), () -> internet.reset(a, b));
    }

    /// Lets a host's programs stand still for so long, as [Host#pause()] does.
    ///
    /// @throws UnsupportedOperationException in real time
    public Moment pause(String host, Duration lasting) {
        internet.requirePauses();
        Host which = host(host);
        return during(lasting, List.of(host), which::pause);
    }

    /// Sets a host's clock wrong, as [Host#setClock] does.
    public Moment setClock(String host, Duration offset, double drift) {
        Host which = host(host);
        return run(() -> which.setClock(offset, drift));
    }

    /// Cuts a host off from all others.
    public Moment isolate(String host) {
        return run(List.of(host), () -> internet.isolate(host));
    }

    /// The same, for so long.
    public Moment isolate(String host, Duration lasting) {
        return during(lasting, List.of(host), () -> internet.isolate(host));
    }

    /// Cuts two groups of hosts off from each other.
    public Moment partition(List<String> one, List<String> other) {
        return run(both(one, other), () -> internet.partition(one, other));
    }

    /// The same, for so long.
    public Moment partition(List<String> one, List<String> other, Duration lasting) {
        return during(lasting, both(one, other), () -> internet.partition(one, other));
    }

    private static List<String> both(List<String> one, List<String> other) {
        return Stream.concat(one.stream(), other.stream()).toList();
    }

    /// Ends what keeps two neighbours, or two hosts, apart.
    public Moment heal(String a, String b) {
        return run(List.of(a, b), () -> internet.heal(a, b));
    }

    /// Ends all cuts and other faults.
    public Moment healAll() {
        return run(internet::healAll);
    }

    /// Changes the conditions of a link, both directions.
    public Moment change(String a, String b, UnaryOperator<LinkConditions> change) {
        return run(List.of(a, b), () -> internet.link(a, b).change(change));
    }

    /// Lets a host crash, as [Host#crash()] does.
    public Moment crash(String host) {
        return run(List.of(host), () -> internet.host(host).ifPresent(Host::crash));
    }

    /// Lets a host crash, and start again after so long: [Host#boot] says what it does then.
    public Moment crash(String host, Duration lasting) {
        Host which = host(host);
        long endNs = Math.addExact(atNs, lasting.toNanos());
        return run(List.of(host), () -> {
            if (which.isOpen()) {
                int life = which.life();
                which.crash();
                internet.fabric().post(endNs, () -> {
                    if (which.isDeadSince(life)) {
                        start(which);
                    }
                });
            }
        });
    }

    /// Starts a host again, as [Host#restart()] does.
    public Moment restart(String host) {
        Host which = host(host);
        return run(() -> start(which));
    }

    /// Lets a host disappear, as [Host#disappear()] does.
    public Moment disappear(String host) {
        return run(List.of(host), () -> internet.host(host).ifPresent(Host::disappear));
    }

    private Host host(String name) {
        internet.nodes().require(List.of(name));
        return internet.host(name).orElseThrow(() -> new IllegalArgumentException("\"" + name + "\" is no host"));
    }

    private static void start(Host host) {
        try {
            host.restart();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
