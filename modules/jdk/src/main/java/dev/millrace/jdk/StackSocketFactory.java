package dev.millrace.jdk;

import dev.millrace.Names;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;

/// Makes sockets of a stack. It is public for libraries that are told the name of a class, and perhaps a string, which is the stack's name
/// then:
///
/// ```
/// jdbc:postgresql://10.0.0.5/app?socketFactory=dev.millrace.jdk.StackSocketFactory&socketFactoryArg=lab
/// jdbc:mariadb://10.0.0.5/app?socketFactory=dev.millrace.jdk.StackSocketFactory
/// ```
///
/// Others ask [StackSockets#socketFactory()].
public final class StackSocketFactory extends SocketFactory {
    private final Maker maker;
    private final Names names;

    private interface Maker {
        Socket make() throws IOException;
    }

    /// One whose sockets choose when they are bound or connected, as channels of a [JvmSelectorProvider] do, also where that is not the
    /// JVM's: the stack of the running program, the one that has the address, the one that the JVM was told of, or the kernel.
    public StackSocketFactory() {
        maker = () -> JvmSelectorProvider.ANY.openSocketChannel().socket();
        names = host -> LateBinding.names().orElse(StackSockets.JVM_NAMES).addresses(host);
    }

    /// One of whatever open stack has this name when a socket is made.
    public StackSocketFactory(String stack) {
        this(StackSockets.named(stack));
    }

    StackSocketFactory(StackSockets sockets) {
        maker = sockets::socket;
        names = sockets::addresses;
    }

    /// As [#StackSocketFactory()], for libraries that call this, such as the JDK's for LDAP.
    public static SocketFactory getDefault() {
        return new StackSocketFactory();
    }

    @Override
    public Socket createSocket() throws IOException {
        return maker.make();
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
        return new InetSocketAddress(HostText.address(host, names), port);
    }

    private Socket connected(SocketAddress remote, SocketAddress local) throws IOException {
        Socket socket = maker.make();
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
