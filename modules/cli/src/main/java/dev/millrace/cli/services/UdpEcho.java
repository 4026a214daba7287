package dev.millrace.cli.services;

import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/// Sends every datagram back to where it came from: one thread, one buffer.
final class UdpEcho {
    private static final int LONGEST_DATAGRAM = 65_535;

    private final UdpSocket socket;
    private final Figures figures;

    /// Binds and begins to answer.
    ///
    /// @param local where to listen; an answer comes from the address that was asked, also if this is the unspecified one
    UdpEcho(Stack stack, InetSocketAddress local, Figures figures, ThreadKind threads) throws IOException {
        socket = stack.udp().bind(local);
        this.figures = figures;
        threads.start("udp-echo", this::serve);
    }

    private void serve() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(LONGEST_DATAGRAM);
        while (socket.isOpen()) {
            try {
                InetSocketAddress from = socket.receive(buffer.clear());
                figures.received.add(buffer.flip().remaining());
                int bytes = buffer.remaining();
                socket.send(buffer, from);
                figures.sent.add(bytes);
            } catch (IOException e) {
                // One datagram could not be answered, or the socket was closed, which ends the loop.
                figures.failed.increment();
            }
        }
    }
}
