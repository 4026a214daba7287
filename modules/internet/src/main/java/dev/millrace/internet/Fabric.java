package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/// What moves packets when the program does not: nodes, the pipes between them, and the ways through them. Everything in it
/// happens one thing at a time, in the turns of the clockwork.
///
/// Hosts without a link of their own are in the [Cloud], where a pipe leads from each to each other; pipes are made when
/// they are first used, or when somebody describes them.
final class Fabric {
    private final Clockwork clockwork;
    private final Chance chance;
    private final Faults faults = new Faults();
    private final Cloud cloud;
    private final LinkConditions usual;
    /// The pipes between two hosts, and between hosts and the cloud: by the host that they lead away from.
    private final Map<Node, Map<Node, Pipe>> direct = new HashMap<>();
    private final List<Pipe> pipes = new ArrayList<>();
    private final Map<Node, Map<Node, Pipe>> ways = new HashMap<>();
    /// What was said about links of hosts that are gone, by the names of their ends.
    private final Map<String, PipeState> kept = new HashMap<>();
    /// What hosts that are gone were linked to, by their names.
    private final Map<String, Wires> wires = new HashMap<>();
    private final Predicate<Node> nodes;
    /// Boxes that nobody has linked to anything outside.
    private final Set<Node> joinedByItself = new HashSet<>();
    private final Map<String, long[]> counters = new TreeMap<>();
    private final List<NetworkObserver> observers = new ArrayList<>(1);
    private final List<Runnable> closing = new CopyOnWriteArrayList<>();

    private record Wires(Station of, Set<Node> others) {
    }

    /// @param usual the conditions of pipes that nobody has described
    /// @param nodes whether a node is still there
    Fabric(Clockwork clockwork, Chance chance, Realm realm, LinkConditions usual, Predicate<Node> nodes) {
        this.clockwork = clockwork;
        this.chance = chance;
        this.usual = usual;
        this.nodes = nodes;
        List.of("sent", "loss", "cut", "too-big", "queue-full", "codel", "host-crashed").forEach(r -> counters.put(r, new long[1]));
        cloud = new Cloud(this, realm);
    }

    Chance chance() {
        return chance;
    }

    Faults faults() {
        return faults;
    }

    Cloud cloud() {
        return cloud;
    }

    Clockwork clockwork() {
        return clockwork;
    }

    long nowNs() {
        return clockwork.nowNs();
    }

    void post(long atNs, Runnable action) {
        clockwork.post(atNs, action);
    }

    void count(String reason) {
        counters.computeIfAbsent(reason, _ -> new long[1])[0]++;
    }

    Map<String, Long> counters() {
        var all = new TreeMap<String, Long>();
        clockwork.now(() -> counters.forEach((k, v) -> all.put(k, v[0])));
        return all;
    }

    // ---- packets

    /// Takes over what a host sends. Any thread may call it in real time, since its turn comes later.
    void transmit(Station from, PacketList packets) {
        if (clockwork.isVirtual()) {
            // While they still are in the list, and the caller's.
            clockwork.checkTurn();
            Packet p;
            while ((p = packets.poll()) != null) {
                depart(from, p);
            }
            return;
        }
        var batch = new PacketList();
        batch.addAll(packets);
        clockwork.post(clockwork.nowNs(), new Batch(from, batch));
    }

    private final class Batch implements Clockwork.Discardable {
        private final Station from;
        private final PacketList packets;

        Batch(Station from, PacketList packets) {
            this.from = from;
            this.packets = packets;
        }

        @Override
        public void run() {
            Packet p;
            while ((p = packets.poll()) != null) {
                depart(from, p);
            }
        }

        @Override
        public void discard() {
            packets.releaseAll();
        }
    }

    private void depart(Station from, Packet packet) {
        count("sent");
        if (from.isOnEthernet()) {
            departFramed(from, packet);
            return;
        }
        Delivery problem = Destination.problem(packet);
        if (problem != null) {
            refuse(from, packet, Internet.name(problem));
            return;
        }
        IpAddress to = Destination.read(packet, false);
        if (Destination.isNotUnicast(to)) {
            flood(from, null, packet);
            return;
        }
        Node owner = owner(from.realm(), to);
        Node farthest = ownerAnywhere(from.realm(), to);
        String apart = farthest == null ? null : faults.separation(from, farthest);
        if (apart != null) {
            refuse(from, packet, apart);
            return;
        }
        Pipe pipe = owner == null ? defaultWay(from) : way(from, owner);
        if (pipe == null) {
            observers.forEach(c -> c.left(from, packet, false, "dropped: no route"));
            cloud.unreachable(packet, from);
        } else if (pipe.to() instanceof Station && packet.length() > pipe.conditions().mtu()) {
            observers.forEach(c -> c.left(from, packet, false, "dropped: longer than the path's MTU"));
            cloud.tooBig(packet, from, pipe.conditions().mtu());
        } else {
            pipe.accept(packet);
        }
    }

    /// On an Ethernet the sender has chosen who gets it, and the switch knows where that is.
    private void departFramed(Station from, Packet frame) {
        String apart = faults.separationOfFrame(from, frame);
        if (apart != null || from.pipes().isEmpty()) {
            refuse(from, frame, true, apart != null ? apart : Internet.name(Delivery.NO_ROUTE));
        } else {
            from.pipes().getFirst().accept(frame);
        }
    }

    private void refuse(Node from, Packet packet, String reason) {
        refuse(from, packet, false, reason);
    }

    private void refuse(Node from, Packet packet, boolean frame, String reason) {
        observers.forEach(c -> c.left(from, packet, frame, "dropped: " + reason));
        count(reason);
        packet.release();
    }

    /// Ends a packet at a node that is no host.
    void end(Node at, Packet packet, String reason) {
        end(at, packet, false, reason);
    }

    /// Ends a packet, or a frame, at a node.
    void end(Node at, Packet packet, boolean frame, String reason) {
        observers.forEach(c -> c.lost(at, packet, frame, reason));
        count(reason);
        packet.release();
    }

    /// Copies to all subnets that a node is on, but the one that it came from.
    void flood(Node from, Pipe via, Packet packet) {
        boolean sent = false;
        for (Pipe p : from.pipes()) {
            boolean back = via != null && p.to() == via.from();
            if (!back && (from instanceof Subnet || p.to() instanceof Subnet)) {
                p.accept(packet.copy());
                sent = true;
            }
        }
        if (sent || from instanceof Subnet) {
            packet.release();
        } else {
            refuse(from, packet, Internet.name(Delivery.NOT_UNICAST));
        }
    }

    /// Who has an address, seen from a realm: its host, or the translator that leads to the world; `null` if nobody.
    static Node owner(Realm realm, IpAddress to) {
        Node owner = realm.routes().find(to);
        return owner != null ? owner : realm.gateway();
    }

    /// Who has an address, seen from a realm or, if nobody there has it, from outside of it; `null` if nobody.
    static Node ownerAnywhere(Realm realm, IpAddress to) {
        Node owner = null;
        for (Realm r = realm; r != null && owner == null; r = r.gateway() == null ? null : r.gateway().realm()) {
            owner = r.routes().find(to);
        }
        return owner;
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
    private Pipe defaultWay(Node at) {
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
        var pipe = new Pipe(this, from, to, kept(from, to, conditions));
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
        var link = new NetworkLink(this, existing(a, b), existing(b, a));
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
        var link = new NetworkLink(this, directPipe(a, b, conditions), directPipe(b, a, conditions));
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
        return new NetworkLink(this, existing(a, b), existing(b, a));
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
                    wires.computeIfAbsent(station.name(), _ -> new Wires(station, new LinkedHashSet<>())).others.add(p.to());
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
        if (before == null || station.isOnEthernet() || before.of.realm() != station.realm()) {
            return;
        }
        for (Node other : before.others) {
            // Another host of that name is where its maker puts it: behind a box, perhaps.
            boolean meant = before.of == station || other.realm() == station.realm();
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
        return pipes.stream().map(Pipe::warning).filter(java.util.Objects::nonNull).toList();
    }

    /// Ends all cuts, those of links to hosts that are gone as well.
    void healAll() {
        pipes.forEach(p -> p.state().healAll());
        kept.values().forEach(PipeState::healAll);
    }

    // ---- observers

    void observe(NetworkObserver observer) {
        observers.add(observer);
    }

    void unobserve(NetworkObserver observer) {
        observers.remove(observer);
    }

    /// Resets the connection of a segment that a host has just sent, if one to its destination is to be reset: the segment is
    /// not sent then.
    boolean reset(Packet packet, boolean frame, Node from) {
        var view = new PacketView(packet, frame, from, null);
        if (frame || !view.isTcp() || view.hasFlags(TcpHeader.SYN) || view.hasFlags(TcpHeader.RST) || !view.hasFlags(TcpHeader.ACK)) {
            return false;
        }
        Node to = ownerAnywhere(from.realm(), view.destination());
        if (to == null || !faults.takeReset(from, to)) {
            return false;
        }
        observers.forEach(o -> o.left(from, packet, false, "dropped: reset"));
        count("reset");
        // RFC 5961 §3.2: only what stands where the next byte is expected is believed; an acknowledgement says where that is.
        sendReset(ResetSegments.toDestination(view), to);
        sendReset(ResetSegments.toSource(view), from);
        return true;
    }

    private void sendReset(Packet reset, Node to) {
        if (to instanceof Station) {
            post(nowNs(), new Delivering(reset, to));
        } else {
            reset.release();
        }
    }

    private record Delivering(Packet packet, Node to) implements Clockwork.Discardable {
        @Override
        public void run() {
            to.receive(packet, null);
        }

        @Override
        public void discard() {
            packet.release();
        }
    }

    /// A packet has entered a pipe.
    ///
    /// @param remark what happens to it there, `null` for nothing worth a word
    void left(Pipe pipe, Packet packet, String remark, boolean dropped) {
        for (NetworkObserver c : observers) {
            String text = dropped ? "dropped: " + remark + " (" + pipe.name() + ")" : remark;
            if (pipe.from() instanceof Station) {
                c.left(pipe.from(), packet, pipe.carriesFrames(), text);
            } else if (dropped) {
                c.lost(pipe.from(), packet, pipe.carriesFrames(), text);
            }
        }
    }

    /// A packet was lost in a pipe after it had entered.
    void lostLater(Pipe pipe, Packet packet, String reason) {
        observers.forEach(c -> c.lost(pipe.from(), packet, pipe.carriesFrames(), "dropped: " + reason + " (" + pipe.name() + ")"));
    }

    /// Something else has happened.
    void note(String what) {
        observers.forEach(o -> o.note(what));
    }

    /// A host has received a packet.
    void arrived(Station at, Packet packet) {
        observers.forEach(c -> c.arrived(at, packet, at.isOnEthernet()));
    }

    void started(Host host) {
        clockwork.now(() -> note("restart: " + host.name() + ", life " + host.life()));
    }

    void hostAdded(Host host) {
        clockwork.now(() -> observers.forEach(o -> o.host(host)));
    }

    /// Has `action` run when the network is closed.
    void onClose(Runnable action) {
        closing.add(action);
    }

    void close() {
        closing.forEach(Runnable::run);
        pipes.forEach(Pipe::close);
    }
}
