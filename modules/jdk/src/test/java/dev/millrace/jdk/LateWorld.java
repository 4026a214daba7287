package dev.millrace.jdk;

import dev.millrace.Stack;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.spi.SelectorProvider;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/// A stack whose sockets nobody asked for: the JVM was told of it, and they choose it when they are bound or connected.
final class LateWorld extends World {
    private final Stack stack;

    LateWorld() throws IOException {
        stack = Stack.builder().name("late").nic("lo", "loopback:", "127.0.0.1/8", "::1/128").option("tcp", "time-wait", "20ms")
                .option("stack", "close-timeout", "0").open();
        System.setProperty(LateBinding.PROPERTY, "late");
    }

    @Override
    SelectorProvider provider() {
        return JvmSelectorProvider.ANY;
    }

    @Override
    SocketFactory clients() {
        return new StackSocketFactory();
    }

    @Override
    ServerSocketFactory servers() {
        return StackSockets.of(stack).serverSocketFactory();
    }

    @Override
    DatagramSocket newDatagrams(SocketAddress local) throws IOException {
        return StackSockets.of(stack).datagramSocket(local);
    }

    /// What `new Socket()` is after [JvmSockets#install].
    @Override
    Socket newSocket() throws IOException {
        return new Socket(JvmSocketImpl.ofClient()) {
        };
    }

    /// What `new ServerSocket()` is then.
    @Override
    ServerSocket newServer() throws IOException {
        return new ServerSocket(JvmSocketImpl.ofServer()) {
            @Override
            public Socket accept() throws IOException {
                if (isClosed()) {
                    throw new java.net.SocketException("Socket is closed");
                }
                if (!isBound()) {
                    throw new java.net.SocketException("Socket is not bound yet");
                }
                Socket s = newSocket();
                implAccept(s);
                return s;
            }
        };
    }

    @Override
    public void close() throws Exception {
        System.clearProperty(LateBinding.PROPERTY);
        try (stack) {
            super.close();
        }
    }
}
