package dev.millrace.jdk;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.Callable;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/// An end whose sockets and channels nobody asks it for: they choose it when they are bound or connected. Of a stack it is because the JVM
/// was told of it; of the kernel, because no stack has the address and no program runs. It is as no end of the kernel is.
final class LateEnd extends End {
    private final End chosen;

    LateEnd(End chosen) {
        super(chosen.v4, chosen.v6);
        this.chosen = chosen;
    }

    @Override
    <T> T call(Callable<T> body) throws IOException {
        return chosen.call(body);
    }

    @Override
    boolean isKernel() {
        return false;
    }

    @Override
    ServerSocketFactory servers() {
        return chosen.servers();
    }

    @Override
    DatagramSocket datagrams(SocketAddress local) throws IOException {
        return chosen.datagrams(local);
    }

    @Override
    MulticastSocket multicast(SocketAddress local) throws IOException {
        return chosen.multicast(local);
    }

    @Override
    NetworkInterface nic() throws IOException {
        return chosen.nic();
    }

    @Override
    public void close() {
        chosen.close();
    }

    @Override
    SelectorProvider provider() {
        return JvmSelectorProvider.ANY;
    }

    @Override
    SocketFactory clients() {
        return new StackSocketFactory();
    }

    /// What `new Socket()` is after [JvmSockets#install].
    @Override
    Socket socket() throws IOException {
        return jvmSocket();
    }

    static Socket jvmSocket() throws IOException {
        return new Socket(JvmSocketImpl.ofClient()) {
        };
    }

    /// What `new ServerSocket()` is then.
    @Override
    ServerSocket server() throws IOException {
        return jvmServer();
    }

    static ServerSocket jvmServer() throws IOException {
        return new ServerSocket(JvmSocketImpl.ofServer()) {
            @Override
            public Socket accept() throws IOException {
                if (isClosed()) {
                    throw new SocketException("Socket is closed");
                }
                if (!isBound()) {
                    throw new SocketException("Socket is not bound yet");
                }
                Socket s = jvmSocket();
                implAccept(s);
                return s;
            }
        };
    }
}
