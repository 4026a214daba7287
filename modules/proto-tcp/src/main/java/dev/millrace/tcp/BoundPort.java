package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.wire.buffer.Packet;

/// A port that a socket is bound to while it is not connected: nobody listens there.
final class BoundPort implements TcpEndpoint {
    private final TcpProtocol protocol;

    BoundPort(TcpProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public void receive(Packet packet) {
        protocol.replies.reset(packet, DropReason.NO_SOCKET);
    }

    @Override
    public void stackClosed() {
        // Nobody waits here.
    }
}
