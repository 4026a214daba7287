package dev.millrace.internet;

import dev.millrace.wire.buffer.Packet;

/// A further NIC of a host, `host/nic` to links and captures. The thread that has the turn uses it.
final class HostNic extends Station {
    private final Host host;

    HostNic(Internet internet, Host host, NicPlan plan, int mtu) {
        super(internet, host.name() + "/" + plan.name(), host.realm(), plan, mtu);
        this.host = host;
    }

    @Override
    Host host() {
        return host;
    }

    @Override
    int life() {
        return host.life();
    }

    @Override
    void receive(Packet packet, Pipe via) {
        host.receive(this, packet);
    }
}
