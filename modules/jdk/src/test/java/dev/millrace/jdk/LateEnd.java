package dev.millrace.jdk;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.spi.SelectorProvider;
import javax.net.SocketFactory;

/// A stack whose sockets and channels nobody asks for: the JVM was told of it, and they choose it when they are bound or connected.
final class LateEnd extends End.OnStack {
    LateEnd(StackSockets sockets, String v4, String v6) {
        super(sockets, v4, v6);
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
