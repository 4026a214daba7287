package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A translator of addresses in an [Internet], and the hosts behind it, whose addresses nobody outside knows: other hosts may
/// have the same. Made by [Internet#nat]; any translator may be behind another.
public final class NatBox extends Node {
    /// From where it speaks of IPv6 packets: nobody has this address, since it is for documents.
    private static final IpAddress GATEWAY_V6 = IpAddress.parse("2001:db8:c000:2fe::fe");

    private final Internet internet;
    private final Fabric fabric;
    private final Realm inner;
    private final IpAddress outside;
    private final IpAddress gateway;
    private final LinkConditions lan;
    private final RouterHop hop;
    private final Nat nat;
    private final Cidr outsidePrefix;

    /// @param outside its address outside
    /// @param gateway its address inside, or `null`
    NatBox(Internet internet, String name, Realm realm, IpAddress outside, IpAddress gateway, NatOptions options,
            LinkConditions lan) {
        super(name, realm);
        this.internet = internet;
        this.outside = outside;
        this.gateway = gateway;
        this.lan = lan;
        fabric = internet.fabric();
        inner = new Realm(new Routes(), this);
        outsidePrefix = options.externalPrefix();
        var icmp = new RouterIcmp(fabric.nowNs());
        hop = new RouterHop(icmp);
        nat = new Nat(options, List.of(outside), gateway, icmp, internet.generator("nat " + name));
    }

    /// Adds a host behind it.
    ///
    /// @param addresses its addresses, unique behind this translator
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, String... addresses) throws IOException {
        return host(name, internet.mtu(), List.of(addresses), _ -> {
        });
    }

    /// Adds a host behind it; see [Internet#host(String, int, List, Consumer)].
    ///
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, int mtu, List<String> addresses, Consumer<Stack.Builder> settings) throws IOException {
        Host host = internet.host(inner, name, mtu, addresses, settings);
        internet.link(name, name(), lan);
        return host;
    }

    /// Adds a translator behind it.
    ///
    /// @param address its address on this side
    public NatBox nat(String name, String address, NatOptions options) {
        NatBox box = internet.nat(inner, name, address, options);
        internet.link(name, name(), lan);
        return box;
    }

    /// Forgets all flows, as one does that reboots.
    public void forget() {
        fabric.clockwork().now(nat::forget);
    }

    /// What it has translated, and what it has dropped for which reason; with `mappings` and `sessions`.
    public Map<String, Long> counters() {
        return nat.snapshot();
    }

    @Override
    void receive(Packet packet, Pipe via) {
        BoxDrop problem = hop.problem(packet);
        if (problem != null) {
            fabric.end(this, packet, problem.counterName());
            return;
        }
        IpAddress to = Destination.read(packet, false);
        if (Destination.isNotUnicast(to)) {
            fabric.end(this, packet, Internet.name(Delivery.NOT_UNICAST));
        } else if (via.from().realm() == inner) {
            fromInside(packet, to, via);
        } else {
            fromOutside(packet);
        }
    }

    private void fromInside(Packet packet, IpAddress to, Pipe via) {
        Node owner = inner.routes().find(to);
        if (owner != null || to.equals(gateway)) {
            Router.forward(fabric, this, inner, hop, gateway, null, packet, via);
            return;
        }
        boolean local = to.equals(outside) || outsidePrefix != null && outsidePrefix.contains(to);
        IpAddress from = to.isV4() ? gateway : GATEWAY_V6;
        Pipe out = local ? null : outerWay(to);
        // Before the translation: what the sender is told must quote what it has sent.
        Verdict hopped = local ? new Verdict.Forward(packet)
                : out == null ? hop.unreachable(packet, RouterIcmp.Unreachable.NETWORK, from, fabric.nowNs())
                : hop.forward(packet, out.conditions().mtu(), from, fabric.nowNs());
        switch (hopped) {
            case Verdict.Forward f -> carryOut(nat.outbound(f.packet(), fabric.nowNs()), out);
            case Verdict.Pieces p -> {
                p.packet().release();
                p.pieces().forEach(piece -> carryOut(nat.outbound(piece, fabric.nowNs()), out));
            }
            default -> Router.carryOut(fabric, this, inner, hopped, null);
        }
    }

    private Pipe outerWay(IpAddress to) {
        Node owner = Fabric.owner(realm(), to);
        return owner == null || owner == this ? null : fabric.wiring().way(this, owner);
    }

    private void carryOut(Verdict verdict, Pipe out) {
        switch (verdict) {
            case Verdict.Hairpin h -> toInside(h.packet());
            case Verdict.Local l -> answer(l.packet(), inner);
            default -> Router.carryOut(fabric, this, inner, verdict, out);
        }
    }

    private void fromOutside(Packet packet) {
        Verdict verdict = nat.inbound(packet, fabric.nowNs());
        switch (verdict) {
            case Verdict.Forward f -> toInside(f.packet());
            case Verdict.Hairpin h -> toInside(h.packet());
            case Verdict.Local l -> answer(l.packet(), realm());
            default -> Router.carryOut(fabric, this, realm(), verdict, null);
        }
    }

    /// A packet that was translated for a host inside: only now it is known which link is next, and what fits it.
    private void toInside(Packet packet) {
        IpAddress to = Destination.read(packet, false);
        Node owner = inner.routes().find(to);
        Pipe out = owner == null ? null : fabric.wiring().way(this, owner);
        if (out == null) {
            fabric.end(this, packet, Internet.name(Delivery.NO_ROUTE));
            return;
        }
        Verdict hopped = hop.forward(packet, out.conditions().mtu(), to.isV4() ? outside : GATEWAY_V6, fabric.nowNs());
        if (hopped instanceof Verdict.Reply r) {
            fabric.end(this, r.packet(), r.reason().counterName());
            sayOutside(r.reply());
        } else {
            Router.carryOut(fabric, this, inner, hopped, out);
        }
    }

    /// The error quotes a packet as hosts inside would see it; its sender knows only what is outside.
    private void sayOutside(Packet error) {
        switch (nat.ownError(error, fabric.nowNs())) {
            case Verdict.Forward f -> Router.originate(fabric, this, realm(), f.packet());
            case Verdict.Hairpin h -> Router.originate(fabric, this, inner, h.packet());
            case Verdict other -> other.packet().release();
        }
    }

    private void answer(Packet packet, Realm side) {
        Packet reply = hop.icmp().echoReply(packet, fabric.nowNs());
        packet.release();
        fabric.count("delivered-to-routers");
        Router.originate(fabric, this, side, reply);
    }
}
