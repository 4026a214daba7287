package dev.millrace.internet;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Says what is to happen at a time: [Internet#at]. Each call adds one thing, in the order of the calls.
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
        internet.requireNodes(List.of(a, b));
        return run(() -> internet.cut(a, b));
    }

    /// The same, for so long; others that cut them off go on.
    public Moment cut(String a, String b, Duration lasting) {
        internet.requireNodes(List.of(a, b));
        return during(lasting, () -> internet.cut(a, b));
    }

    private Moment during(Duration lasting, Supplier<Fault> begin) {
        long endNs = Math.addExact(atNs, lasting.toNanos());
        return run(() -> {
            Fault fault = begin.get();
            internet.fabric().post(endNs, fault::close);
        });
    }

    /// Cuts a host off from all others.
    public Moment isolate(String host) {
        internet.requireNodes(List.of(host));
        return run(() -> internet.isolate(host));
    }

    /// The same, for so long.
    public Moment isolate(String host, Duration lasting) {
        internet.requireNodes(List.of(host));
        return during(lasting, () -> internet.isolate(host));
    }

    /// Cuts two groups of hosts off from each other.
    public Moment partition(List<String> one, List<String> other) {
        internet.requireNodes(one);
        internet.requireNodes(other);
        return run(() -> internet.partition(one, other));
    }

    /// The same, for so long.
    public Moment partition(List<String> one, List<String> other, Duration lasting) {
        internet.requireNodes(one);
        internet.requireNodes(other);
        return during(lasting, () -> internet.partition(one, other));
    }

    /// Ends what keeps two neighbours, or two hosts, apart.
    public Moment heal(String a, String b) {
        internet.requireNodes(List.of(a, b));
        return run(() -> internet.heal(a, b));
    }

    /// Ends all cuts and other faults.
    public Moment healAll() {
        return run(internet::healAll);
    }

    /// Changes the conditions of a link, both directions.
    public Moment change(String a, String b, UnaryOperator<LinkConditions> change) {
        internet.requireNodes(List.of(a, b));
        return run(() -> internet.link(a, b).change(change));
    }

    /// Lets a host vanish, as [Host#crash()] does.
    public Moment crash(String host) {
        return run(() -> internet.host(host).ifPresent(Host::crash));
    }
}
