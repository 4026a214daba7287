package dev.millrace.jdk;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Timeout;

/// The same for the factories of both.
@Timeout(60)
class SocketFactoriesParityTest extends Parity {
    SocketFactoriesParityTest() {
        factories();
    }

    private void factories() {
        add("factories of clients", w -> {
            ServerSocket server = w.listening();
            int port = server.getLocalPort();
            return each(w, _ -> w.keep(w.clients().createSocket()).isConnected(), _ -> w.keep(w.clients().createSocket("127.0.0.1", port))
                    .isConnected(), _ -> w.keep(w.clients().createSocket(World.HERE, port)).isConnected(),
                    _ -> w.keep(w.clients().createSocket("127.0.0.1", port, World.HERE, 0)).isConnected(),
                    _ -> w.keep(w.clients().createSocket(World.HERE, port, World.HERE, 0)).getLocalAddress(),
                    _ -> w.clients().createSocket("127.0.0.1", w.nobody().getPort()),
                    _ -> w.clients().createSocket(World.HERE, port, InetAddress.ofLiteral("203.0.113.9"), 0),
                    _ -> w.clients().createSocket("127.0.0.1", 70_000));
        });
        add("factories of servers", w -> each(w, _ -> w.keep(w.servers().createServerSocket()).isBound(),
                _ -> w.keep(w.servers().createServerSocket(0)).getInetAddress().isAnyLocalAddress(),
                _ -> w.keep(w.servers().createServerSocket(0, 5)).isBound(),
                _ -> w.keep(w.servers().createServerSocket(0, 5, World.HERE)).getInetAddress(),
                _ -> w.servers().createServerSocket(70_000),
                _ -> w.servers().createServerSocket(w.listening().getLocalPort(), 5, World.HERE)));
    }
}
