package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.Map;

/// A router of an [Internet]: forwards between its links, takes one off the TTL, cuts what is too long or says so, answers
/// pings. Made by [Internet#router].
public final class Router extends Node {
    private final Fabric fabric;
    private final IpAddress v4;
    private final IpAddress v6;
    private final RouterHop hop;

    Router(Fabric fabric, String name, Realm realm, IpAddress v4, IpAddress v6) {
        super(name, realm);
        this.fabric = fabric;
        this.v4 = v4;
        this.v6 = v6;
        hop = new RouterHop(new RouterIcmp(fabric.nowNs()));
    }

    @Override
    void receive(Packet packet, Pipe via) {
        EthernetGateway from = via.from() instanceof EthernetGateway g ? g : null;
        forward(fabric, this, realm(), hop, answering(from, true), answering(from, false), packet, via);
    }

    /// The address to answer from: on an Ethernet the one that hosts there know (RFC 1812 §4.3.2.4).
    private IpAddress answering(EthernetGateway on, boolean ofV4) {
        IpAddress there = on == null ? null : ofV4 ? on.v4() : on.v6();
        return there != null ? there : ofV4 ? v4 : v6;
    }

    /// A packet that it had passed on to an Ethernet has found nobody there.
    void unreachable(Packet packet, EthernetGateway at) {
        unreachable(fabric, this, hop, answering(at, true), answering(at, false), packet, this);
    }

    /// What it has forwarded, and what it has dropped for which reason.
    public Map<String, Long> counters() {
        return hop.counters().snapshot();
    }

    // ---- what all nodes do that forward

    /// Sends a packet on, or ends it, and tells its sender.
    ///
    /// @param realm whose addresses the packet's are
    /// @param v4 the node's address for answers, or `null`
    /// @param v6 the node's address for answers, or `null`
    static void forward(Fabric fabric, Node at, Realm realm, RouterHop hop, IpAddress v4, IpAddress v6, Packet packet,
            Pipe via) {
        BoxDrop problem = hop.problem(packet);
        if (problem != null) {
            fabric.end(at, packet, problem.counterName());
            return;
        }
        IpAddress to = Destination.read(packet, false);
        if (Destination.isNotUnicast(to)) {
            fabric.end(at, packet, Internet.name(Delivery.NOT_UNICAST));
            return;
        }
        Node owner = Fabric.owner(realm, to);
        if (to.equals(v4) || to.equals(v6) || owner == at && at instanceof Router) {
            answer(fabric, at, realm, hop, packet);
            return;
        }
        Pipe out = owner == null || owner == at ? null : fabric.wiring().way(at, owner);
        IpAddress from = to.isV4() ? v4 : v6;
        Verdict verdict = out == null ? hop.unreachable(packet, reason(owner), from, fabric.nowNs())
                : hop.forward(packet, out.conditions().mtu(), from, fabric.nowNs());
        carryOut(fabric, at, realm, verdict, out);
    }

    private static RouterIcmp.Unreachable reason(Node owner) {
        return owner == null ? RouterIcmp.Unreachable.NETWORK : RouterIcmp.Unreachable.HOST;
    }

    private static void answer(Fabric fabric, Node at, Realm realm, RouterHop hop, Packet packet) {
        Packet reply = hop.icmp().echoReply(packet, fabric.nowNs());
        packet.release();
        fabric.count("delivered-to-routers");
        originate(fabric, at, realm, reply);
    }

    /// Does what a box has decided.
    ///
    /// @param out where packets go that go on
    static void carryOut(Fabric fabric, Node at, Realm realm, Verdict verdict, Pipe out) {
        switch (verdict) {
            case Verdict.Forward f -> out.accept(f.packet());
            case Verdict.Pieces p -> {
                p.packet().release();
                p.pieces().forEach(out::accept);
            }
            case Verdict.Reply r -> {
                fabric.end(at, r.packet(), r.reason().counterName());
                originate(fabric, at, realm, r.reply());
            }
            case Verdict.Drop d -> fabric.end(at, d.packet(), d.reason().counterName());
            case Verdict.Hairpin h -> fabric.end(at, h.packet(), "hairpin");
            case Verdict.Local l -> fabric.end(at, l.packet(), "local");
        }
    }

    /// Sends a packet that a node has made itself; `null` for none.
    static void originate(Fabric fabric, Node at, Realm realm, Packet packet) {
        if (packet == null) {
            return;
        }
        Node owner = Fabric.owner(realm, Destination.read(packet, false));
        Pipe out = owner == null || owner == at ? null : fabric.wiring().way(at, owner);
        if (out == null) {
            fabric.end(at, packet, Internet.name(Delivery.NO_ROUTE));
        } else {
            out.accept(packet);
        }
    }

    static void unreachable(Fabric fabric, Node at, RouterHop hop, IpAddress v4, IpAddress v6, Packet packet, Node sender) {
        BoxDrop problem = hop.problem(packet);
        IpAddress from = packet.length() > 0 && Destination.read(packet, false).isV4() ? v4 : v6;
        carryOut(fabric, at, sender.realm(), problem != null ? new Verdict.Drop(packet, problem)
                : hop.unreachable(packet, RouterIcmp.Unreachable.HOST, from, fabric.nowNs()), null);
    }

    static void tooBig(Fabric fabric, Node at, RouterHop hop, IpAddress v4, IpAddress v6, Packet packet, Node sender,
            int mtu) {
        IpAddress to = Destination.read(packet, false);
        Verdict verdict = hop.forward(packet, mtu, to.isV4() ? v4 : v6, fabric.nowNs());
        Node owner = Fabric.owner(sender.realm(), to);
        carryOut(fabric, at, sender.realm(), verdict, owner == null ? null : fabric.wiring().way(sender, owner));
    }
}
