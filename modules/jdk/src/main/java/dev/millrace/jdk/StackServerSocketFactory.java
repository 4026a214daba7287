package dev.millrace.jdk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import javax.net.ServerSocketFactory;

/// Makes servers' sockets of a stack.
final class StackServerSocketFactory extends ServerSocketFactory {
    /// As the JDK's: its sockets have it as their default.
    private static final int BACKLOG = 50;

    private final StackSockets sockets;

    StackServerSocketFactory(StackSockets sockets) {
        this.sockets = sockets;
    }

    @Override
    public ServerSocket createServerSocket() throws IOException {
        return sockets.serverSocket();
    }

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
        return createServerSocket(port, BACKLOG, null);
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) throws IOException {
        return createServerSocket(port, backlog, null);
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress ifAddress) throws IOException {
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("Port value out of range: " + port);
        }
        ServerSocket socket = sockets.serverSocket();
        try {
            socket.bind(new InetSocketAddress(ifAddress, port), backlog);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
        return socket;
    }
}
