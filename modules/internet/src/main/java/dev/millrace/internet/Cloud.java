package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;

/// The middle of the Internet, of which nothing is known but that it leads from each host to each other. Links may lead to
/// it as to a router.
final class Cloud extends Node {
    static final String NAME = "internet";
    /// It answers from addresses that are for documents, so that no host has them.
    private static final IpAddress V4 = IpAddress.parse("192.0.2.1");
    private static final IpAddress V6 = IpAddress.parse("2001:db8::1");

    private final Fabric fabric;
    private final RouterHop hop;

    Cloud(Fabric fabric, Realm realm) {
        super(NAME, realm);
        this.fabric = fabric;
        hop = new RouterHop(new RouterIcmp(0));
    }

    @Override
    void receive(Packet packet, Pipe via) {
        Router.forward(fabric, this, realm(), hop, V4, V6, packet, via);
    }

    /// A host has sent what leads nowhere.
    void unreachable(Packet packet, Node from) {
        Router.unreachable(fabric, this, hop, V4, V6, packet, from);
    }

    /// A host has sent what is too long for the path.
    void tooBig(Packet packet, Node from, int mtu) {
        Router.tooBig(fabric, this, hop, V4, V6, packet, from, mtu);
    }
}
