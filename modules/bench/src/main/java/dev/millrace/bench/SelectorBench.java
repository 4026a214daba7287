package dev.millrace.bench;

import dev.millrace.Stack;
import dev.millrace.jdk.StackSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Many connections on one selector, of which a few are in use: what an event costs must not grow with those that are not.
public final class SelectorBench {
    private final boolean kernel;
    private final int connections;
    private final int active;
    private final double seconds;
    private final double warmupSeconds;

    /// @param kernel whether over the kernel's loopback
    /// @param connections on the selector
    /// @param active of them, on which a byte goes to and fro
    public SelectorBench(boolean kernel, int connections, int active, double seconds, double warmupSeconds) {
        if (active < 1 || connections < active || !(seconds > 0) || !(warmupSeconds >= 0)) {
            throw new IllegalArgumentException("one connection at least must be in use, and no more than there are; seconds must be more than 0");
        }
        this.kernel = kernel;
        this.connections = connections;
        this.active = active;
        this.seconds = seconds;
        this.warmupSeconds = warmupSeconds;
    }

    /// Measures.
    ///
    /// @throws IOException if a connection fails
    public BenchResult run() throws IOException {
        if (kernel) {
            return measure(SelectorProvider.provider(), InetAddress.ofLiteral("127.0.0.1"));
        }
        try (Stack stack = Stack.builder().name("bench").nic("nic", "loopback:", "10.7.0.2/16").option("stack", "memory", "4GiB").open()) {
            return measure(StackSockets.of(stack).selectorProvider(), InetAddress.ofLiteral("10.7.0.2"));
        }
    }

    private BenchResult measure(SelectorProvider provider, InetAddress address) throws IOException {
        List<SocketChannel> clients = new ArrayList<>();
        try (Selector selector = provider.openSelector(); ServerSocketChannel server = provider.openServerSocketChannel()) {
            server.bind(new InetSocketAddress(address, 0), 1024);
            for (int i = 0; i < connections; i++) {
                SocketChannel client = provider.openSocketChannel();
                clients.add(client);
                client.connect(server.getLocalAddress());
                SocketChannel accepted = server.accept();
                accepted.configureBlocking(false);
                accepted.register(selector, SelectionKey.OP_READ);
            }
            run(selector, clients, warmupSeconds);
            long begin = System.nanoTime();
            long events = run(selector, clients, seconds);
            double spent = System.nanoTime() - begin;
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("work", "selector");
            figures.put("sockets", kernel ? "kernel" : "millrace");
            figures.put("connections", connections);
            figures.put("active", active);
            figures.put("event_us", spent / events / 1000);
            figures.put("per_s", events / spent * 1e9);
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            return new BenchResult(figures);
        } finally {
            for (SocketChannel c : clients) {
                c.close();
            }
        }
    }

    /// One thread does everything: writes on those in use, spread over all, and serves until each has its answer.
    private long run(Selector selector, List<SocketChannel> clients, double howLong) throws IOException {
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        long end = System.nanoTime() + (long) (howLong * 1e9);
        long events = 0;
        while (System.nanoTime() - end < 0) {
            for (int i = 0; i < active; i++) {
                clients.get((int) ((long) i * connections / active)).write(one.clear());
            }
            int served = 0;
            while (served < active) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    var channel = (SocketChannel) key.channel();
                    if (channel.read(one.clear()) == 1) {
                        channel.write(one.flip());
                        served++;
                    }
                }
                selector.selectedKeys().clear();
            }
            events += served;
            for (int i = 0; i < active; i++) {
                clients.get((int) ((long) i * connections / active)).read(one.clear());
            }
        }
        return events;
    }
}
