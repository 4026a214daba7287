package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/// What moves packets when the program does not, along its [Wiring], and tells those who look on. Everything in it happens one
/// thing at a time, in the turns of the clockwork.
final class Fabric {
    private final Clockwork clockwork;
    private final Chance chance;
    private final Faults faults = new Faults();
    private final Cloud cloud;
    private final Wiring wiring;
    private final Map<String, long[]> counters = new TreeMap<>();
    /// Who is told of something may stop listening.
    private final List<NetworkObserver> observers = new CopyOnWriteArrayList<>();
    private final List<Runnable> closing = new CopyOnWriteArrayList<>();

    /// @param usual the conditions of pipes that nobody has described
    /// @param nodes whether a node is still there
    Fabric(Clockwork clockwork, Chance chance, Realm realm, LinkConditions usual, Predicate<Node> nodes) {
        this.clockwork = clockwork;
        this.chance = chance;
        List.of("sent", "loss", "cut", "too-big", "queue-full", "codel", "host-crashed").forEach(r -> counters.put(r, new long[1]));
        cloud = new Cloud(this, realm);
        wiring = new Wiring(this, cloud, usual, nodes);
    }

    Wiring wiring() {
        return wiring;
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
        Pipe pipe = owner == null ? wiring.defaultWay(from) : wiring.way(from, owner);
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

    // ---- observers

    void observe(NetworkObserver observer) {
        observers.add(observer);
    }

    void unobserve(NetworkObserver observer) {
        observers.remove(observer);
    }

    /// Resets the connection of a segment that a host has just sent, if one to its destination is to be reset.
    ///
    /// @return what is sent in its place, `null` for nothing; the segment if nothing is to be reset
    Packet reset(Packet packet, boolean frame, Station from) {
        var view = new PacketView(packet, frame, from, null);
        if (!view.isTcp() || view.hasFlags(TcpHeader.SYN) || view.hasFlags(TcpHeader.RST) || !view.hasFlags(TcpHeader.ACK)) {
            return packet;
        }
        Node to = ownerAnywhere(from.realm(), view.destination());
        if (to == null || !faults.takeReset(from, to)) {
            return packet;
        }
        observers.forEach(o -> o.left(from, packet, frame, "dropped: reset"));
        count("reset");
        // RFC 5961 §3.2: only what stands where the next byte is expected is believed; an acknowledgement says where that is.
        Packet there = ResetSegments.toDestination(view);
        Packet back = ResetSegments.toSource(view);
        boolean asItIs = !frame && to instanceof Station s && !s.isOnEthernet() && s.realm() == from.realm();
        if (asItIs) {
            post(nowNs(), new Delivering(there, to));
        }
        post(nowNs(), new Delivering(frame ? EthernetFrames.like(back, packet, true) : back, from));
        // Where frames or translators are in between, it goes the segment's way, and may be lost as that.
        return asItIs ? null : frame ? EthernetFrames.like(there, packet, false) : there;
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
        wiring.close();
    }
}
