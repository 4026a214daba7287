package dev.millrace.internet;

import dev.millrace.internet.ScriptEvent.Trouble;
import dev.millrace.internet.ScriptEvent.TroubleKind;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Begins and ends what is wrong with a network: for programs that say so, at times, and by chance. Any thread may call any
/// method; in simulated time, whichever has the turn.
final class NetworkFaults {
    static final String NO_PAUSES = "in real time nothing can be paused: threads that run by the wall clock cannot be made to "
            + "stand still";

    private final Fabric fabric;
    private final Predicate<String> exists;
    private final Supplier<Collection<String>> hosts;
    private final Befalling troubles;
    private final List<Fault> active = new CopyOnWriteArrayList<>();
    private final List<Trouble> scheduled = new CopyOnWriteArrayList<>();
    /// Troubles for which there are not hosts enough yet.
    private final List<Chaos> waiting = new CopyOnWriteArrayList<>();
    /// Those that met nothing when their time came.
    private final List<Trouble> idle = new CopyOnWriteArrayList<>();

    /// @param exists whether there is a node of this name
    /// @param hosts the names of those that are open
    /// @param troubles lets a trouble begin
    NetworkFaults(Fabric fabric, Predicate<String> exists, Supplier<Collection<String>> hosts, Befalling troubles) {
        this.fabric = fabric;
        this.exists = exists;
        this.hosts = hosts;
        this.troubles = troubles;
    }

    /// Lets troubles begin.
    interface Befalling {
        /// Lets one begin, and returns what ends it; `null` if there is nothing that it could befall.
        ///
        /// @param hosts of those that it names, the ones that are there
        /// @param others the same of the other side; empty for all others
        Runnable begin(Trouble trouble, List<String> hosts, List<String> others);
    }

    List<Fault> active() {
        return List.copyOf(active);
    }

    private Fault begin(String name, Consumer<Fault> beginning) {
        var fault = new Fault(name, fabric.clockwork()::now);
        fabric.clockwork().now(() -> {
            fabric.note("fault: " + name);
            beginning.accept(fault);
            fault.afterHealing(() -> {
                active.remove(fault);
                fabric.note("healed: " + name);
            });
        });
        active.add(fault);
        return fault;
    }

    /// Cuts two hosts off from each other, or the link of two neighbours.
    Fault cut(Node a, Node b) {
        if (a instanceof Station && b instanceof Station) {
            return separate("partition", Set.of(Station.hostName(a)), Set.of(Station.hostName(b)), false);
        }
        return begin("cut", f -> {
            NetworkLink link = fabric.wiring().find(a, b);
            if (link == null) {
                throw new IllegalArgumentException("there is no link between \"" + a + "\" and \"" + b + "\"");
            }
            Fault cut = link.cut();
            f.setHealing(cut::close);
        });
    }

    /// @param oneWay whether only what the first group sends is lost
    Fault separate(String name, Set<String> one, Set<String> other, boolean oneWay) {
        return begin(name, f -> fabric.faults().separate(f, one, other, oneWay));
    }

    Fault drop(String name, Predicate<PacketView> which) {
        return begin(name, f -> fabric.faults().drop(f, which));
    }

    Fault delay(Predicate<PacketView> which, long byNs) {
        return begin("delay", f -> fabric.faults().delay(f, which, byNs));
    }

    /// Whatever else is wrong for a while.
    ///
    /// @param end what ends it
    Fault other(String name, Runnable end) {
        return begin(name, f -> f.setHealing(end));
    }

    /// Once on each way, whatever links it leads over.
    Fault slow(Set<String> hosts, Set<String> others, long byNs) {
        return begin("slow", f -> fabric.faults().slow(f, hosts, others, byNs));
    }

    /// @param others empty for all others
    Fault reset(Set<String> hosts, Set<String> others) {
        return begin("reset", f -> fabric.faults().reset(f, hosts, others));
    }

    void heal(Node a, Node b) {
        fabric.clockwork().now(() -> {
            fabric.note("heal " + a + " " + b);
            fabric.faults().between(Station.hostName(a), Station.hostName(b)).forEach(Fault::close);
            NetworkLink link = fabric.wiring().find(a, b);
            if (link != null) {
                link.heal();
            }
        });
    }

    void healAll() {
        fabric.clockwork().now(() -> {
            fabric.note("heal all");
            active().forEach(Fault::close);
            fabric.wiring().healAll();
        });
    }

    /// Lets the seed choose troubles, unless a script says which there are: among the hosts that there are when time passes
    /// next or, if those are too few, as soon as they are enough.
    void begin(Chaos chaos) {
        if (chaos.count(TroubleKind.PAUSE) > 0) {
            requirePauses();
        }
        if (!fabric.chance().isScripted()) {
            waiting.add(chaos);
            fabric.post(fabric.nowNs(), this::drawWaiting);
        }
    }

    void requirePauses() {
        if (!fabric.clockwork().isVirtual()) {
            throw new UnsupportedOperationException(NO_PAUSES);
        }
    }

    /// There are more hosts.
    void hostAdded() {
        if (!waiting.isEmpty()) {
            fabric.post(fabric.nowNs(), this::drawWaiting);
        }
    }

    private void drawWaiting() {
        List<String> names = List.copyOf(hosts.get());
        waiting.removeIf(chaos -> {
            boolean enough = names.size() >= chaos.hostsNeeded();
            if (enough) {
                draw(chaos, names);
            }
            return enough;
        });
    }

    private void draw(Chaos chaos, List<String> names) {
        Chance chance = fabric.chance();
        new ChaosPlan(chance, names, fabric.nowNs()).draw(chaos).forEach(t -> {
            chance.record(t);
            schedule(t);
        });
    }

    boolean hasWaiting() {
        return !waiting.isEmpty() || !idle.isEmpty() && !fabric.chance().isScripted();
    }

    /// What was to happen and cannot.
    List<String> warnings() {
        Stream<String> missed = idle.stream().map(t -> "there was "
                + (t.kind().isOfNames() ? "no name server (net.nameServer)" : "no host") + " for the trouble \"" + t + "\"");
        return Stream.concat(missed, waiting.stream().map(c -> "troubles were to befall hosts (" + c
                + "), and there never were enough of them: " + hosts.get())).toList();
    }

    /// The troubles of the seed or the script in the order of their times, in words.
    List<String> timeline() {
        return scheduled.stream().sorted(Comparator.comparingLong(Trouble::atNs)).map(t -> String.format(Locale.ROOT,
                "%.3f s to %.3f s: %s", t.atNs() / 1e9, t.endNs() / 1e9, t.what())).toList();
    }

    /// Hosts that are gone by then, or not there yet, are left out.
    void schedule(Trouble t) {
        scheduled.add(t);
        fabric.post(t.atNs(), () -> {
            List<String> one = t.hosts().stream().filter(exists).toList();
            List<String> other = t.others().stream().filter(exists).toList();
            if (t.kind().isOfNames() || !one.isEmpty() && other.isEmpty() == t.others().isEmpty()) {
                Runnable end = troubles.begin(t, one, other);
                if (end != null) {
                    fabric.chance().used(t);
                    fabric.post(t.endNs(), end);
                } else {
                    idle.add(t);
                }
            }
        });
    }
}
