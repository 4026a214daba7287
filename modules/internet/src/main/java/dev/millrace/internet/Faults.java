package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// What is wrong with the network now, beside the conditions of its links. The thread that has the turn uses it.
final class Faults {
    private final List<Dropping> droppings = new ArrayList<>();
    private final List<Delaying> delayings = new ArrayList<>();
    private final List<Separation> separations = new ArrayList<>();

    private record Dropping(Fault fault, Predicate<PacketView> which) {
    }

    private record Delaying(Fault fault, Predicate<PacketView> which, long byNs) {
    }

    /// Two groups of hosts that cannot reach each other; an empty second group is all others.
    ///
    /// @param fault what it is called
    /// @param one the names on one side
    /// @param other those on the other
    record Separation(Fault fault, Set<String> one, Set<String> other) {
        boolean separates(String a, String b) {
            return one.contains(a) && isOther(b) || one.contains(b) && isOther(a);
        }

        private boolean isOther(String name) {
            return other.isEmpty() ? !one.contains(name) : other.contains(name);
        }
    }

    void drop(Fault fault, Predicate<PacketView> which) {
        var d = new Dropping(fault, which);
        droppings.add(d);
        fault.setHealing(() -> droppings.remove(d));
    }

    void delay(Fault fault, Predicate<PacketView> which, long byNs) {
        var d = new Delaying(fault, which, byNs);
        delayings.add(d);
        fault.setHealing(() -> delayings.remove(d));
    }

    void separate(Fault fault, Set<String> one, Set<String> other) {
        var s = new Separation(fault, one, other);
        separations.add(s);
        fault.setHealing(() -> separations.remove(s));
    }

    /// What keeps `a` from `b`.
    List<Fault> between(String a, String b) {
        return separations.stream().filter(s -> s.separates(a, b)).map(Separation::fault).toList();
    }

    /// Why a packet may not go this way, or `null`.
    ///
    /// @param frame whether it is one of an Ethernet
    String refusal(Packet packet, boolean frame, Node from, Node to) {
        if (droppings.isEmpty()) {
            return null;
        }
        var view = new PacketView(packet, frame, from, to);
        for (Dropping d : droppings) {
            if (d.which.test(view)) {
                d.fault.hit();
                return d.fault.name();
            }
        }
        return null;
    }

    /// How much longer a packet takes, in nanoseconds.
    ///
    /// @param frame whether it is one of an Ethernet
    long delayNs(Packet packet, boolean frame, Node from, Node to) {
        if (delayings.isEmpty()) {
            return 0;
        }
        var view = new PacketView(packet, frame, from, to);
        long sum = 0;
        for (Delaying d : delayings) {
            if (d.which.test(view)) {
                d.fault.hit();
                sum += d.byNs;
            }
        }
        return sum;
    }

    /// Why a packet that has come to a host does not get in, or `null`: what keeps its sender and the host apart may have
    /// come while it was on its way.
    String separation(Station at, Packet packet) {
        if (separations.isEmpty()) {
            return null;
        }
        Node source = at.isOnEthernet() ? at.ethernet().station(LinkHeader.source(packet)) : null;
        if (source == null) {
            IpAddress from = Destination.read(packet, at.isOnEthernet() ? LinkHeader.ipOffset(packet) : 0, true);
            source = from == null ? null : Fabric.ownerAnywhere(at.realm(), from);
        }
        return source == null ? null : separation(source, at);
    }

    /// Why a frame that a host sends does not reach who it is for, or `null`.
    String separationOfFrame(Station source, Packet frame) {
        if (separations.isEmpty()) {
            return null;
        }
        Node destination = source.ethernet().station(LinkHeader.destination(frame));
        if (destination == null) {
            IpAddress to = Destination.read(frame, LinkHeader.ipOffset(frame), false);
            destination = to == null ? null : Fabric.ownerAnywhere(source.realm(), to);
        }
        return destination == null ? null : separation(source, destination);
    }

    /// Why packets of one host do not reach another, or `null`.
    String separation(Node source, Node destination) {
        for (Separation s : separations) {
            if (s.separates(Station.hostName(source), Station.hostName(destination))) {
                s.fault.hit();
                return s.fault.name();
            }
        }
        return null;
    }
}
