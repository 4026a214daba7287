package dev.millrace.jdk;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Timeout;

/// The same for the factories of both.
@Timeout(60)
class SocketFactoriesParityTest extends Parity {
    SocketFactoriesParityTest() {
        factories();
    }

    private void factories() {
        add("factories of clients", w -> {
            SocketFactory clients = w.here.clients();
            String there = w.there.v4.getHostAddress();
            int port = w.listening().getLocalPort();
            int nobody = w.nobody().getPort();
            return each(w, _ -> w.keep(clients.createSocket()).isConnected(), client(() -> clients.createSocket(there, port)),
                    client(() -> clients.createSocket(w.there.v4, port)), client(() -> clients.createSocket(there, port, w.here.v4, 0)),
                    client(() -> clients.createSocket(w.there.v4, port, w.here.v4, 0)),
                    client(() -> clients.createSocket(there, nobody)),
                    client(() -> clients.createSocket(w.there.v4, port, InetAddress.ofLiteral("203.0.113.9"), 0)),
                    client(() -> clients.createSocket(there, 70_000)));
        });
        add("factories of servers", w -> {
            ServerSocketFactory servers = w.there.servers();
            int taken = w.listening().getLocalPort();
            return each(w, _ -> w.keep(servers.createServerSocket()).isBound(), server(() -> servers.createServerSocket(0)),
                    server(() -> servers.createServerSocket(0, 5)), server(() -> servers.createServerSocket(0, 5, w.there.v4)),
                    server(() -> servers.createServerSocket(70_000)),
                    server(() -> servers.createServerSocket(taken, 5, w.there.v4)));
        });
    }

    /// What is made connected or bound is made where it is to belong.
    private static Case client(Callable<Socket> made) {
        return w -> {
            Socket s = w.keep(w.here.call(made));
            return List.of(s.isConnected(), s.getLocalAddress());
        };
    }

    private static Case server(Callable<ServerSocket> made) {
        return w -> {
            ServerSocket s = w.keep(w.there.call(made));
            return List.of(s.isBound(), s.getInetAddress());
        };
    }
}
