package dev.millrace.jdk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;

/// Makes sockets of a stack. It is public for libraries that are told the name of a class and a string, which is the stack's name then:
///
/// ```
/// jdbc:postgresql://10.0.0.5/app?socketFactory=dev.millrace.jdk.StackSocketFactory&socketFactoryArg=lab
/// ```
///
/// Others ask [StackSockets#socketFactory()].
public final class StackSocketFactory extends SocketFactory {
    private final StackSockets sockets;

    /// One of whatever open stack has this name when a socket is made.
    public StackSocketFactory(String stack) {
        this(StackSockets.named(stack));
    }

    StackSocketFactory(StackSockets sockets) {
        this.sockets = sockets;
    }

    @Override
    public Socket createSocket() throws IOException {
        return sockets.socket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(named(host, port), null);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(named(host, port), new InetSocketAddress(localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    private InetSocketAddress named(String host, int port) throws IOException {
        return new InetSocketAddress(sockets.address(host), port);
    }

    private Socket connected(SocketAddress remote, SocketAddress local) throws IOException {
        Socket socket = sockets.socket();
        try {
            if (local != null) {
                socket.bind(local);
            }
            socket.connect(remote);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
        return socket;
    }
}
