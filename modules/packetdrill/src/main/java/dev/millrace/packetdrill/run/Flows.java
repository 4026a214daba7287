package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.packet.Flow;
import dev.millrace.packetdrill.packet.LivePacket;
import dev.millrace.packetdrill.script.PacketBody;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import java.util.ArrayList;
import java.util.List;

/// Which connection is meant where a script names none: the one of the socket that was last connected, accepted or bound.
public final class Flows {
    private static final int FIRST_EPHEMERAL = 49152;

    private final IpAddress local;
    private final IpAddress remote;
    private final int bindPort;
    private final List<Flow> all = new ArrayList<>();
    private Flow current;
    private int ephemeral = FIRST_EPHEMERAL;
    private int awaitedPort;

    Flows(Settings s) {
        local = s.local();
        remote = s.remote();
        bindPort = s.bindPort();
    }

    /// The next packet to the stack begins a flow of its own: a socket listens or waits for datagrams.
    ///
    /// @param port where
    public void await(int port) {
        awaitedPort = port;
        current = null;
    }

    /// A socket has, or is about to have, this connection.
    public void begin(IpAddress from, int localPort, IpAddress to, int remotePort) {
        for (Flow f : all) {
            if (f.local().equals(from) && f.localPort() == localPort && f.remote().equals(to) && f.remotePort() == remotePort) {
                f.renew();
                current = f;
                return;
            }
        }
        current = new Flow(from, localPort, to, remotePort);
        all.add(current);
    }

    /// The flow that is meant by default, or `null` if there is none yet.
    Flow current() {
        return current;
    }

    /// The flow that a packet of the script belongs to.
    Flow forInbound(PacketBody body) {
        PacketBody.Ports ports = switch (body) {
            case PacketBody.Tcp t -> t.ports();
            case PacketBody.Udp u -> u.ports();
            case PacketBody.Icmp _ -> null;
        };
        if (ports != null) {
            begin(ports);
        } else if (current == null) {
            begin(local, awaitedPort == 0 ? bindPort : awaitedPort, remote, ephemeral++);
        }
        if (body instanceof PacketBody.Tcp t && (t.flags() & (TcpHeader.SYN | TcpHeader.ACK)) == TcpHeader.SYN) {
            current.onPeerSyn(t.seq().first());
        }
        return current;
    }

    private void begin(PacketBody.Ports ports) {
        for (Flow f : all) {
            if (f.localPort() == ports.destination() && f.remotePort() == ports.source()) {
                current = f;
                return;
            }
        }
        begin(local, ports.destination(), remote, ports.source());
    }

    /// The flow that a packet of the stack belongs to, or `null`.
    Flow of(LivePacket p) {
        return switch (p.body()) {
            case LivePacket.Tcp t -> of(p, t.sourcePort(), t.destinationPort());
            case LivePacket.Udp u -> udp(p, u);
            case LivePacket.Icmp _, LivePacket.Other _ -> current;
        };
    }

    private Flow of(LivePacket p, int source, int destination) {
        return all.stream().filter(f -> f.isFrom(p, source, destination)).findFirst().orElse(null);
    }

    /// A datagram to somebody new begins a flow.
    private Flow udp(LivePacket p, LivePacket.Udp u) {
        Flow found = of(p, u.sourcePort(), u.destinationPort());
        if (found == null) {
            begin(p.source(), u.sourcePort(), p.destination(), u.destinationPort());
            found = current;
        }
        return found;
    }
}
