package dev.millrace.jdk;

import dev.millrace.Stack;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/// Where channels for datagrams, pipes and multicast sockets come from. Datagrams to groups stay on the loopback NIC.
class DatagramWorld extends World {
    private final Stack stack;
    private final StackSockets sockets;

    /// @param stack `null` for the kernel
    private DatagramWorld(Stack stack) {
        this.stack = stack;
        sockets = stack == null ? null : StackSockets.of(stack);
    }

    static DatagramWorld ofKernel() {
        return new DatagramWorld(null);
    }

    /// A stack whose channels nobody asked for: they choose it when they are bound or connected.
    static DatagramWorld late() throws IOException {
        System.setProperty(LateBinding.PROPERTY, "datagrams");
        return new DatagramWorld(open()) {
            @Override
            SelectorProvider provider() {
                return JvmSelectorProvider.ANY;
            }

            @Override
            public void close() throws Exception {
                System.clearProperty(LateBinding.PROPERTY);
                super.close();
            }
        };
    }

    static DatagramWorld ofStack() throws IOException {
        return new DatagramWorld(open());
    }

    private static Stack open() throws IOException {
        return Stack.builder().name("datagrams").nic("lo", "loopback:", "127.0.0.1/8", "::1/128")
                .route("224.0.0.0/4", "lo").route("ff00::/8", "lo").option("stack", "close-timeout", "0").open();
    }

    boolean isKernel() {
        return stack == null;
    }

    @Override
    SelectorProvider provider() {
        return isKernel() ? SelectorProvider.provider() : sockets.selectorProvider();
    }

    @Override
    SocketFactory clients() {
        return isKernel() ? SocketFactory.getDefault() : sockets.socketFactory();
    }

    @Override
    ServerSocketFactory servers() {
        return isKernel() ? ServerSocketFactory.getDefault() : sockets.serverSocketFactory();
    }

    @Override
    DatagramSocket newDatagrams(SocketAddress local) throws IOException {
        return isKernel() ? new DatagramSocket(local) : sockets.datagramSocket(local);
    }

    @Override
    Socket newSocket() throws IOException {
        return isKernel() ? new Socket() : sockets.socket();
    }

    @Override
    ServerSocket newServer() throws IOException {
        return isKernel() ? new ServerSocket() : sockets.serverSocket();
    }

    /// Not bound.
    DatagramChannel datagramChannel() throws IOException {
        return keep(provider().openDatagramChannel());
    }

    /// Bound to a port of its own.
    DatagramChannel receivingChannel() throws IOException {
        return datagramChannel().bind(new InetSocketAddress(HERE, 0));
    }

    /// A port where nobody receives.
    InetSocketAddress nobodyReceives() throws IOException {
        try (DatagramSocket s = newDatagrams(new InetSocketAddress(HERE, 0))) {
            return (InetSocketAddress) s.getLocalSocketAddress();
        }
    }

    /// What a multicast socket names the loopback NIC by.
    NetworkInterface loopback() throws IOException {
        return isKernel() ? NetworkInterface.getByName("lo") : null;
    }

    /// One whose datagrams to groups leave by the loopback NIC.
    MulticastSocket multicast(SocketAddress local) throws IOException {
        MulticastSocket s = keep(isKernel() ? new MulticastSocket(local) : sockets.multicastSocket(local));
        if (isKernel()) {
            s.setNetworkInterface(loopback());
        }
        return s;
    }

    Selector selector() throws IOException {
        return keep(provider().openSelector());
    }

    Pipe pipe() throws IOException {
        Pipe p = provider().openPipe();
        keep(p.source());
        keep(p.sink());
        return p;
    }

    @Override
    public void close() throws Exception {
        try (stack) {
            super.close();
        }
    }
}
