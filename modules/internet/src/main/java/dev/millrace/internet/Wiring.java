package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/// The pipes between nodes, the ways through them, and what was said about them, which outlives hosts. Used in the turns of the
/// clockwork.
///
/// Hosts without a link of their own are in the [Cloud], where a pipe leads from each to each other; pipes are made when
/// they are first used, or when somebody describes them.
final class Wiring {
    private final Fabric fabric;
    private final Clockwork clockwork;
    private final Cloud cloud;
    private final LinkConditions usual;
    private final Predicate<Node> nodes;
    /// The pipes between two hosts, and between hosts and the cloud: by the host that they lead away from.
    private final Map<Node, Map<Node, Pipe>> direct = new HashMap<>();
    private final List<Pipe> pipes = new ArrayList<>();
    private final Map<Node, Map<Node, Pipe>> ways = new HashMap<>();
    /// What was said about links of hosts that are gone, by the names of their ends.
    private final Map<String, PipeState> kept = new HashMap<>();
    /// What hosts that are gone were linked to, by their names.
    private final Map<String, Wires> wires = new HashMap<>();
    /// Boxes that nobody has linked to anything outside.
    private final Set<Node> joinedByItself = new HashSet<>();

    /// @param of whose they were; if nobody has that any more, it does not come back
    private record Wires(WeakReference<Station> of, Realm realm, Set<Node> others) {
    }

    /// @param usual the conditions of pipes that nobody has described
    /// @param nodes whether a node is still there
    Wiring(Fabric fabric, Cloud cloud, LinkConditions usual, Predicate<Node> nodes) {
        this.fabric = fabric;
        this.clockwork = fabric.clockwork();
        this.cloud = cloud;
        this.usual = usual;
        this.nodes = nodes;
    }

    /// The pipe that a node sends a packet to, which is on its way to `owner`; `null` if there is none.
    Pipe way(Node at, Node owner) {
        boolean fromCloud = isInCloud(at);
        Pipe described = direct.getOrDefault(at, Map.of()).get(owner);
        if (described != null) {
            return described;
        }
        if (isInCloud(owner) && (fromCloud || at == cloud)) {
            return directPipe(at, owner, fromCloud ? usual : LinkConditions.perfect());
        }
        if (fromCloud && at != owner) {
            // What is usual counts once: on the link by which the other is joined to the middle.
            return directPipe(at, cloud, LinkConditions.perfect());
        }
        Node target = isInCloud(owner) ? cloud : owner;
        return ways.computeIfAbsent(target, this::waysTo).get(at);
    }

    /// Where a host sends what it knows no owner of: to its only neighbour.
    Pipe defaultWay(Node at) {
        return at.pipes().isEmpty() ? null : at.pipes().getFirst();
    }

    boolean isInCloud(Node node) {
        return node instanceof Station s && !s.isOnEthernet() && node.realm() == cloud.realm() && node.pipes().isEmpty();
    }

    /// For each node from which there is a way, the pipe that it begins with: the fewest links, and of ways of equal length
    /// that over the links that were made first.
    private Map<Node, Pipe> waysTo(Node target) {
        var result = new HashMap<Node, Pipe>();
        var reached = new ArrayList<Node>();
        reached.add(target);
        for (int i = 0; i < reached.size(); i++) {
            Node node = reached.get(i);
            if (node instanceof Station && node != target) {
                // Hosts do not forward.
                continue;
            }
            for (Pipe out : node.pipes()) {
                Node neighbour = out.to();
                if (neighbour != target && !result.containsKey(neighbour)) {
                    Pipe back = pipe(neighbour, node);
                    if (back != null && !back.isDown()) {
                        result.put(neighbour, back);
                        reached.add(neighbour);
                    }
                }
            }
        }
        return result;
    }

    /// The pipe from a node to its neighbour, or `null`.
    private static Pipe pipe(Node from, Node to) {
        for (Pipe p : from.pipes()) {
            if (p.to() == to) {
                return p;
            }
        }
        return null;
    }

    private Pipe directPipe(Node from, Node to, LinkConditions conditions) {
        return direct.computeIfAbsent(from, _ -> new HashMap<>()).computeIfAbsent(to, _ -> newPipe(from, to, conditions));
    }

    /// @param conditions if nothing was said about two of these names
    private Pipe newPipe(Node from, Node to, LinkConditions conditions) {
        var pipe = new Pipe(fabric, from, to, kept(from, to, conditions));
        pipes.add(pipe);
        return pipe;
    }

    private PipeState kept(Node from, Node to, LinkConditions conditions) {
        PipeState before = kept.remove(Pipe.name(from, to));
        return before != null ? before : new PipeState(conditions);
    }

    // ---- topology

    /// Links two nodes: hosts by a path of their own through the cloud, others by a wire.
    NetworkLink link(Node a, Node b, LinkConditions conditions) {
        if (a == b) {
            throw new IllegalArgumentException("\"" + a.name() + "\" cannot be linked to itself");
        }
        boolean hosts = a instanceof Station && b instanceof Station;
        if (a instanceof Cloud && isInCloud(b) || b instanceof Cloud && isInCloud(a)) {
            return describeAccess(a, b, conditions);
        }
        if (existing(a, b) == null || existing(b, a) == null) {
            checkEthernet(a, b);
            if (hosts) {
                directPipe(a, b, conditions);
                directPipe(b, a, conditions);
            } else {
                wire(a, b, conditions);
            }
        }
        var link = new NetworkLink(fabric, existing(a, b), existing(b, a));
        link.setConditions(conditions);
        return link;
    }

    /// Joins two nodes that are not both hosts of the middle.
    private void wire(Node a, Node b, LinkConditions conditions) {
        Pipe there = newPipe(a, b, conditions);
        Pipe back = newPipe(b, a, conditions);
        leaveCloud(a, b);
        leaveCloud(b, a);
        a.pipes().add(there);
        b.pipes().add(back);
        changed();
    }

    /// What is on an Ethernet has frames, and nothing else has.
    private static void checkEthernet(Node a, Node b) {
        if (a instanceof EthernetSwitch s && b instanceof EthernetSwitch t) {
            if (s.reaches(t)) {
                throw new IllegalArgumentException("\"" + a + "\" and \"" + b + "\" are linked already, perhaps over others: "
                        + "frames would go round for ever");
            }
            return;
        }
        for (Node n : List.of(a, b)) {
            Node other = n == a ? b : a;
            if (n instanceof Station s && s.isOnEthernet() && other != s.ethernet()) {
                throw new IllegalArgumentException("\"" + n + "\" is on the Ethernet \"" + s.ethernet()
                        + "\" and has no other link; give its host a further NIC");
            }
            if (n instanceof EthernetSwitch && !(other instanceof EthernetGateway)
                    && !(other instanceof Station s && s.ethernet() == n)) {
                throw new IllegalArgumentException("\"" + other + "\" has no frames for the Ethernet \"" + n
                        + "\": a host gets a NIC there with NicPlan.on, a router with gateway(…)");
            }
        }
    }

    /// A host's own way to the middle and back. It is in the middle all the same: its paths to other hosts there have
    /// conditions of their own.
    private NetworkLink describeAccess(Node a, Node b, LinkConditions conditions) {
        var link = new NetworkLink(fabric, directPipe(a, b, conditions), directPipe(b, a, conditions));
        return link.setConditions(conditions);
    }

    /// Joins a box to the middle, until somebody links it to something else outside.
    void joinToCloud(Node box) {
        clockwork.now(() -> {
            link(box, cloud, usual);
            joinedByItself.add(box);
        });
    }

    private void leaveCloud(Node box, Node neighbour) {
        boolean inside = neighbour.realm() != box.realm() || neighbour instanceof Host h && box instanceof FirewallBox f
                && h.isBehind(f);
        if (neighbour != cloud && !inside && joinedByItself.remove(box)) {
            remove(pipe(box, cloud));
            remove(pipe(cloud, box));
        }
    }

    private void remove(Pipe pipe) {
        pipe.from().pipes().remove(pipe);
        pipes.remove(pipe);
        pipe.close();
    }

    /// The link between two nodes, which for hosts in the cloud is made now if need be; `null` if they are no neighbours.
    NetworkLink find(Node a, Node b) {
        if (existing(a, b) == null || existing(b, a) == null) {
            if (!(isInCloud(a) && isInCloud(b))) {
                return null;
            }
            directPipe(a, b, usual);
            directPipe(b, a, usual);
        }
        return new NetworkLink(fabric, existing(a, b), existing(b, a));
    }

    private Pipe existing(Node a, Node b) {
        Pipe described = direct.getOrDefault(a, Map.of()).get(b);
        return described != null ? described : pipe(a, b);
    }

    /// The ways are to be found anew.
    void changed() {
        ways.clear();
    }

    /// A NIC of a host is gone, and its links with it.
    void forget(Station station) {
        clockwork.now(() -> {
            var gone = new ArrayList<Pipe>();
            pipes.removeIf(p -> (p.from() == station || p.to() == station) && gone.add(p));
            for (Pipe p : gone) {
                boolean isWire = p.from().pipes().contains(p);
                if (isWire && p.from() == station) {
                    wires.computeIfAbsent(station.name(), _ -> new Wires(new WeakReference<>(station), station.realm(),
                            new LinkedHashSet<>())).others.add(p.to());
                }
                if (isWire || p.state().isWorthKeeping()) {
                    kept.put(p.name(), p.state());
                }
                remove(p);
            }
            direct.remove(station);
            direct.values().forEach(m -> m.remove(station));
            if (station.isOnEthernet()) {
                station.ethernet().forget(station);
            }
            changed();
        });
    }

    /// A NIC of a host is there: what was linked to the one that had its name before is linked to it.
    void rejoin(Station station) {
        Wires before = wires.remove(station.name());
        if (before == null || station.isOnEthernet() || before.realm != station.realm()) {
            return;
        }
        for (Node other : before.others) {
            // Another host of that name is where its maker puts it: behind a box, perhaps.
            boolean meant = before.of.refersTo(station) || other.realm() == station.realm();
            if (meant && nodes.test(other) && existing(station, other) == null) {
                wire(station, other, usual);
            }
        }
    }

    List<Pipe> pipes() {
        return List.copyOf(pipes);
    }

    /// What was said and could not have an effect.
    List<String> warnings() {
        return pipes.stream().map(Pipe::warning).filter(Objects::nonNull).toList();
    }

    /// Ends all cuts, those of links to hosts that are gone as well.
    void healAll() {
        pipes.forEach(p -> p.state().healAll());
        kept.values().forEach(PipeState::healAll);
    }

    void close() {
        pipes.forEach(Pipe::close);
    }
}
