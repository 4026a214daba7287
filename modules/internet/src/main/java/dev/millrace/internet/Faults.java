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
    private final List<Slowing> slowings = new ArrayList<>();
    private final List<Resetting> resettings = new ArrayList<>();

    private record Dropping(Fault fault, Predicate<PacketView> which) {
    }

    private record Delaying(Fault fault, Predicate<PacketView> which, long byNs) {
    }

    /// Two groups of hosts that cannot reach each other; an empty second group is all others.
    ///
    /// @param fault what it is called
    /// @param one the names on one side
    /// @param other those on the other
    /// @param oneWay whether only what the first group sends is lost
    record Separation(Fault fault, Set<String> one, Set<String> other, boolean oneWay) {
        boolean separates(String from, String to) {
            return one.contains(from) && isOther(to) || !oneWay && one.contains(to) && isOther(from);
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

    /// Packets of some hosts to others, or back, take longer.
    private record Slowing(Fault fault, Separation between, long byNs) {
    }

    /// @param byNs in nanoseconds, at the first link of their way
    void slow(Fault fault, Set<String> one, Set<String> other, long byNs) {
        var s = new Slowing(fault, new Separation(fault, one, other, false), byNs);
        slowings.add(s);
        fault.setHealing(() -> slowings.remove(s));
    }

    /// A connection between two hosts is to be reset.
    record Resetting(Fault fault, String one, String other) {
    }

    void reset(Fault fault, String one, String other) {
        var r = new Resetting(fault, one, other);
        resettings.add(r);
        fault.setHealing(() -> resettings.remove(r));
    }

    boolean hasResets() {
        return !resettings.isEmpty();
    }

    /// Whether a TCP segment on its way from one host to another is where a connection is to be reset; that is then done.
    boolean takeReset(Node source, Node destination) {
        String from = Station.hostName(source);
        String to = Station.hostName(destination);
        for (Resetting r : resettings) {
            if (r.one.equals(from) && r.other.equals(to) || r.one.equals(to) && r.other.equals(from)) {
                r.fault.hit();
                resettings.remove(r);
                return true;
            }
        }
        return false;
    }

    void separate(Fault fault, Set<String> one, Set<String> other, boolean oneWay) {
        var s = new Separation(fault, one, other, oneWay);
        separations.add(s);
        fault.setHealing(() -> separations.remove(s));
    }

    /// What keeps `a` from `b`, or `b` from `a`.
    List<Fault> between(String a, String b) {
        return separations.stream().filter(s -> s.separates(a, b) || s.separates(b, a)).map(Separation::fault).toList();
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
        if (delayings.isEmpty() && slowings.isEmpty()) {
            return 0;
        }
        var view = new PacketView(packet, frame, from, to);
        long sum = slowings.isEmpty() || !(from instanceof Station s) ? 0 : slowedNs(s, view);
        for (Delaying d : delayings) {
            if (d.which.test(view)) {
                d.fault.hit();
                sum += d.byNs;
            }
        }
        return sum;
    }

    private long slowedNs(Station from, PacketView view) {
        Node to = view.destination() == null ? null : Fabric.ownerAnywhere(from.realm(), view.destination());
        long sum = 0;
        for (Slowing s : slowings) {
            if (to != null && s.between.separates(from.host().name(), Station.hostName(to))) {
                s.fault.hit();
                sum += s.byNs;
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
