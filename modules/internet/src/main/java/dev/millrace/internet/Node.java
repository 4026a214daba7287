package dev.millrace.internet;

import dev.millrace.wire.buffer.Packet;
import java.util.ArrayList;
import java.util.List;

/// What links join: hosts, routers, subnets, boxes. The thread that has the turn uses it.
abstract class Node {
    private final String name;
    private final Realm realm;
    /// The directions of links that lead away from it.
    private final List<Pipe> pipes = new ArrayList<>(2);

    /// @param realm whose addresses it has
    Node(String name, Realm realm) {
        if (name.isEmpty() || name.matches(".*[\\s,>*].*")) {
            throw new IllegalArgumentException("\"" + name + "\" is no name for a host: use no spaces, commas, > or *");
        }
        this.name = name;
        this.realm = realm;
    }

    /// Its name.
    public String name() {
        return name;
    }

    /// Whether what it receives and sends are frames of an Ethernet, whoever is at the other end.
    boolean carriesFrames() {
        return false;
    }

    /// How often there was one of this name, with this one; hosts come back.
    int life() {
        return 1;
    }

    /// Its name, with its life from the second on: no name has a `*`.
    String lifeName() {
        return life() == 1 ? name : name + "*" + life();
    }

    Realm realm() {
        return realm;
    }

    List<Pipe> pipes() {
        return pipes;
    }

    /// A packet has come in, which now is this node's.
    ///
    /// @param via the direction of the link that it came over
    abstract void receive(Packet packet, Pipe via);

    @Override
    public String toString() {
        return name;
    }
}
