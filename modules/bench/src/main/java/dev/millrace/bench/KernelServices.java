package dev.millrace.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/// The services that benchmarks of another process talk to, on the kernel's sockets: TCP sink, source, echo and
/// accept-read-close, UDP echo, on the ports of [PeerOptions]. Each connection has a platform thread of its own.
public final class KernelServices implements AutoCloseable {
    private static final int CHUNK = 256 * 1024;

    private final List<AutoCloseable> listeners = new ArrayList<>();

    /// Begins to serve on this address.
    ///
    /// @throws IOException if a port is taken
    public KernelServices(InetAddress address) throws IOException {
        try {
            listen(address, PeerOptions.SINK, KernelServices::sink);
            listen(address, PeerOptions.SOURCE, KernelServices::source);
            listen(address, PeerOptions.ECHO, KernelServices::echo);
            listen(address, PeerOptions.ACCEPT, null);
            DatagramChannel datagrams = DatagramChannel.open();
            listeners.add(datagrams);
            datagrams.bind(new InetSocketAddress(address, PeerOptions.ECHO));
            start("udp-echo", () -> echo(datagrams));
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private interface Service {
        void serve(SocketChannel channel, ByteBuffer buffer) throws IOException;
    }

    private interface Body {
        void run() throws IOException;
    }

    private void listen(InetAddress address, int port, Service service) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listeners.add(listener);
        listener.bind(new InetSocketAddress(address, port), 4096);
        start("accept-" + port, () -> {
            ByteBuffer small = ByteBuffer.allocateDirect(4096);
            while (true) {
                SocketChannel channel = listener.accept();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                if (service == null) {
                    // On the thread that accepts: a thread for so short a life would be most of what is measured.
                    try (channel) {
                        small.clear();
                        channel.read(small);
                    } catch (IOException e) {
                        continue;
                    }
                } else {
                    start("serve-" + port, () -> {
                        try (channel) {
                            service.serve(channel, ByteBuffer.allocateDirect(CHUNK));
                        }
                    });
                }
            }
        });
    }

    private static void start(String name, Body body) {
        Thread.ofPlatform().daemon().name("bench-peer-" + name).start(() -> {
            try {
                body.run();
            } catch (IOException e) {
                // The connection is over, or the listener closed: the thread has nothing else to do.
                return;
            }
        });
    }

    private static void sink(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (channel.read(buffer) >= 0) {
            buffer.clear();
        }
    }

    private static void source(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (true) {
            buffer.clear();
            channel.write(buffer);
        }
    }

    private static void echo(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (channel.read(buffer) >= 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            buffer.clear();
        }
    }

    private static void echo(DatagramChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
        while (true) {
            buffer.clear();
            SocketAddress from = channel.receive(buffer);
            buffer.flip();
            channel.send(buffer, from);
        }
    }

    @Override
    public void close() throws IOException {
        for (AutoCloseable listener : listeners) {
            try {
                listener.close();
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
