package dev.millrace.jdk;

import dev.millrace.Stack;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/// Where sockets come from: the kernel, or a stack. Both have 127.0.0.1.
abstract class World implements AutoCloseable {
    static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

    private final List<AutoCloseable> opened = new ArrayList<>();

    static World kernel() {
        return new World() {
            @Override
            SelectorProvider provider() {
                return SelectorProvider.provider();
            }

            @Override
            SocketFactory clients() {
                return SocketFactory.getDefault();
            }

            @Override
            ServerSocketFactory servers() {
                return ServerSocketFactory.getDefault();
            }

            @Override
            DatagramSocket newDatagrams(SocketAddress local) throws IOException {
                return new DatagramSocket(local);
            }

            @Override
            Socket newSocket() {
                return new Socket();
            }

            @Override
            ServerSocket newServer() throws IOException {
                return new ServerSocket();
            }
        };
    }

    static World stack() throws IOException {
        Stack stack = Stack.builder().name("jdk").nic("lo", "loopback:", "127.0.0.1/8", "::1/128").option("tcp", "time-wait", "20ms")
                .option("stack", "close-timeout", "0").open();
        StackSockets sockets = StackSockets.of(stack);
        SelectorProvider provider = sockets.selectorProvider();
        return new World() {
            @Override
            SelectorProvider provider() {
                return provider;
            }

            @Override
            SocketFactory clients() {
                return sockets.socketFactory();
            }

            @Override
            ServerSocketFactory servers() {
                return sockets.serverSocketFactory();
            }

            @Override
            DatagramSocket newDatagrams(SocketAddress local) throws IOException {
                return sockets.datagramSocket(local);
            }

            @Override
            Socket newSocket() throws IOException {
                return sockets.socket();
            }

            @Override
            ServerSocket newServer() throws IOException {
                return sockets.serverSocket();
            }

            @Override
            public void close() throws Exception {
                try (stack) {
                    super.close();
                }
            }
        };
    }

    abstract SelectorProvider provider();

    abstract SocketFactory clients();

    abstract ServerSocketFactory servers();

    abstract DatagramSocket newDatagrams(SocketAddress local) throws IOException;

    /// Not bound.
    DatagramSocket datagrams() throws IOException {
        return keep(newDatagrams(null));
    }

    /// Bound to a port of its own.
    DatagramSocket receiving() throws IOException {
        return keep(newDatagrams(new InetSocketAddress(HERE, 0)));
    }

    abstract Socket newSocket() throws IOException;

    abstract ServerSocket newServer() throws IOException;

    Socket socket() throws IOException {
        return keep(newSocket());
    }

    ServerSocket server() throws IOException {
        return keep(newServer());
    }

    /// One that is bound to a port of its own.
    ServerSocket listening() throws IOException {
        ServerSocket s = server();
        s.bind(new InetSocketAddress(HERE, 0));
        return s;
    }

    /// Both ends of a connection: who has connected, and who was accepted.
    Socket[] pair() throws IOException {
        ServerSocket s = listening();
        Socket client = socket();
        client.connect(s.getLocalSocketAddress());
        return new Socket[] {client, keep(s.accept())};
    }

    // ---- channels

    /// Blocking and not connected.
    SocketChannel channel() throws IOException {
        return keep(provider().openSocketChannel());
    }

    SocketChannel nonBlocking() throws IOException {
        SocketChannel c = channel();
        c.configureBlocking(false);
        return c;
    }

    ServerSocketChannel serverChannel() throws IOException {
        return keep(provider().openServerSocketChannel());
    }

    /// One that is bound to a port of its own.
    ServerSocketChannel listeningChannel() throws IOException {
        return serverChannel().bind(new InetSocketAddress(HERE, 0));
    }

    /// The same, and so many may wait to be accepted.
    ServerSocketChannel listeningChannelFor(int backlog) throws IOException {
        return serverChannel().bind(new InetSocketAddress(HERE, 0), backlog);
    }

    /// Both ends of a connection: who has connected, and who was accepted. Both block.
    SocketChannel[] channels() throws IOException {
        ServerSocketChannel s = listeningChannel();
        SocketChannel client = channel();
        client.connect(s.getLocalAddress());
        return new SocketChannel[] {client, keep(s.accept())};
    }

    /// One that does not block and whose peer does not answer, because nobody accepts.
    SocketChannel pending() throws Exception {
        return pending(listeningChannelFor(1));
    }

    /// The same, with a server that has connections to accept before.
    SocketChannel pending(ServerSocketChannel server) throws Exception {
        while (true) {
            SocketChannel c = nonBlocking();
            if (!c.connect(server.getLocalAddress()) && !isAnswered(c)) {
                return c;
            }
        }
    }

    private static boolean isAnswered(SocketChannel c) throws Exception {
        // The kernel answers on another thread.
        for (int i = 0; i < 100; i++) {
            if (c.finishConnect()) {
                return true;
            }
            Thread.sleep(5);
        }
        return false;
    }

    Selector selector() throws IOException {
        return keep(provider().openSelector());
    }

    /// What a text tells without the ports in it.
    static String hide(Object told) {
        return ("" + told).replaceAll("[0-9]{4,5}", "P");
    }

    /// A port where nobody listens.
    InetSocketAddress nobody() throws IOException {
        try (ServerSocket s = newServer()) {
            s.bind(new InetSocketAddress(HERE, 0));
            return (InetSocketAddress) s.getLocalSocketAddress();
        }
    }

    <T extends AutoCloseable> T keep(T socket) {
        opened.add(socket);
        return socket;
    }

    /// Something that waits, on a virtual thread; returns when it does.
    static <T> CompletableFuture<T> waiting(Callable<T> body) throws InterruptedException {
        var result = new CompletableFuture<T>();
        waiting(body, result);
        return result;
    }

    static <T> Thread waiting(Callable<T> body, CompletableFuture<T> result) throws InterruptedException {
        Thread t = Thread.startVirtualThread(() -> {
            try {
                result.complete(body.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        while (t.getState() != Thread.State.WAITING && t.getState() != Thread.State.TIMED_WAITING
                && t.getState() != Thread.State.TERMINATED) {
            Thread.sleep(1);
        }
        return t;
    }

    static <T> T of(CompletableFuture<T> result) throws Exception {
        try {
            return result.get(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable c : opened) {
            c.close();
        }
    }
}
