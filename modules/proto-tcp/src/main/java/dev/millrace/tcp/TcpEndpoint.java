package dev.millrace.tcp;

import dev.millrace.wire.buffer.Packet;

/// What stands in the endpoint table and takes segments. Any thread may call any method.
sealed interface TcpEndpoint permits BoundPort, ConnectionEndpoint, ListenEndpoint, TimeWaitEndpoint {
    /// Takes a packet whose header and checksum were found right, and owns it.
    void receive(Packet packet);

    /// The stack is being closed: tell the peer, wake whoever waits, give everything up.
    void stackClosed();
}
