package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;

/// A subnet of an [Internet], such as a LAN: all that is linked to it reaches all else on it, and broadcasts and multicasts
/// reach all of it. Made by [Internet#subnet].
public final class Subnet extends Node {
    private final Fabric fabric;
    private final Cidr network;

    /// @param network its addresses, or `null` if it has none of its own
    Subnet(Fabric fabric, String name, Realm realm, Cidr network) {
        super(name, realm);
        this.fabric = fabric;
        this.network = network;
    }

    /// Its addresses, as `10.1.0.0/16`; empty if nobody has said.
    public String network() {
        return network == null ? "" : network.toString();
    }

    @Override
    void receive(Packet packet, Pipe via) {
        Delivery problem = Destination.problem(packet);
        if (problem != null) {
            fabric.end(this, packet, Internet.name(problem));
            return;
        }
        IpAddress to = Destination.read(packet, false);
        if (Destination.isNotUnicast(to) || isBroadcast(to)) {
            fabric.flood(this, via, packet);
            return;
        }
        Node owner = Fabric.owner(realm(), to);
        Pipe out = owner == null ? router(via) : fabric.wiring().way(this, owner);
        if (out == null || out.to() == via.from()) {
            fabric.end(this, packet, Internet.name(Delivery.NO_ROUTE));
        } else {
            out.accept(packet);
        }
    }

    /// What nobody owns goes to a router, which says so to its sender.
    private Pipe router(Pipe via) {
        return pipes().stream().filter(p -> !(p.to() instanceof Station) && p.to() != via.from()).findFirst().orElse(null);
    }

    private boolean isBroadcast(IpAddress to) {
        if (network == null || !to.isV4() || !network.contains(to)) {
            return false;
        }
        int hostBits = 32 - network.prefixLength();
        long mask = (1L << hostBits) - 1;
        return hostBits > 1 && (to.v4Bits() & mask) == mask;
    }
}
