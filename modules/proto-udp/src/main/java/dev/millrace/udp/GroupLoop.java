package dev.millrace.udp;

import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.buffer.Packet;
import java.util.ArrayDeque;

/// Gives what a socket sends to a group to the members in the same stack (RFC 1112 §6.4), on the thread that sends. A callback that
/// sends to a group in turn is served when the one before is done, so that the thread's stack does not grow.
final class GroupLoop {
    private static final ThreadLocal<ArrayDeque<Copy>> UNDER_WAY = new ThreadLocal<>();

    private final UdpProtocol protocol;

    private record Copy(UdpProtocol protocol, Packet packet, DatagramEndpoint[] members) {
    }

    GroupLoop(UdpProtocol protocol) {
        this.protocol = protocol;
    }

    /// A copy of a datagram that is about to be sent, or `null` if nobody here wants one.
    Packet copy(Packet datagram, Path path, int trafficClass) {
        NicPort nic = path.nic();
        // From a loopback link it comes back by itself.
        if (nic == null || nic.link().isLoopback()
                || protocol.groups.of(nic, path.remote().hi(), path.remote().lo()).length == 0) {
            return null;
        }
        Packet copy = datagram.copy();
        copy.setChecksumming(Packet.Checksumming.VOUCHED);
        copy.setAddresses(path.local().hi(), path.local().lo(), path.remote().hi(), path.remote().lo());
        copy.setIpFacts(IpProtocol.UDP, 1, trafficClass);
        copy.setBroadcast(true);
        return copy;
    }

    /// Delivers a copy, which ends there.
    void deliver(Packet copy, Path path) {
        DatagramEndpoint[] members = protocol.groups.of(path.nic(), path.remote().hi(), path.remote().lo());
        ArrayDeque<Copy> before = UNDER_WAY.get();
        if (before != null) {
            before.add(new Copy(protocol, copy, members));
            return;
        }
        var underWay = new ArrayDeque<Copy>();
        UNDER_WAY.set(underWay);
        try {
            underWay.add(new Copy(protocol, copy, members));
            for (Copy c = underWay.poll(); c != null; c = underWay.poll()) {
                c.protocol.deliver(c.packet, c.members);
            }
        } finally {
            UNDER_WAY.remove();
            underWay.forEach(c -> c.packet.release());
        }
    }
}
