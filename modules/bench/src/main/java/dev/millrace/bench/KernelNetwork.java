package dev.millrace.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// The kernel's sockets on its loopback interface, as `java.net` streams or as NIO channels: the baseline.
final class KernelNetwork implements Network {
    /// Each connection of `connect` leaves its pair of addresses in TIME-WAIT for a minute, and there are some 28 000
    /// ephemeral ports for one address; so the server has 64, which is enough for two million connections a minute.
    private static final int ADDRESSES = 64;

    private final boolean channels;
    private int next;

    KernelNetwork(boolean channels) {
        this.channels = channels;
    }

    private InetSocketAddress address(int port) {
        next = (next + 1) % ADDRESSES;
        return new InetSocketAddress("127.0.0." + (1 + next), port);
    }

    @Override
    public Server listen() throws IOException {
        return channels ? new ChannelServer() : new StreamServer();
    }

    private final class ChannelServer implements Server {
        private final ServerSocketChannel listener =
                ServerSocketChannel.open().bind(new InetSocketAddress("0.0.0.0", 0), 4096);

        ChannelServer() throws IOException {
        }

        @Override
        public Connection accept() throws IOException {
            return new Channel(listener.accept());
        }

        @Override
        public Connection connect() throws IOException {
            return new Channel(SocketChannel.open(address(listener.socket().getLocalPort())));
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    static final class Channel implements Connection {
        private final SocketChannel channel;

        Channel(SocketChannel channel) throws IOException {
            this.channel = channel;
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            return channel.read(dst);
        }

        @Override
        public void write(ByteBuffer src) throws IOException {
            while (src.hasRemaining()) {
                channel.write(src);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private final class StreamServer implements Server {
        private final ServerSocket listener = new ServerSocket(0, 4096);

        StreamServer() throws IOException {
        }

        @Override
        public Connection accept() throws IOException {
            return new Stream(listener.accept());
        }

        @Override
        public Connection connect() throws IOException {
            InetSocketAddress to = address(listener.getLocalPort());
            return new Stream(new Socket(to.getAddress(), to.getPort()));
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    private static final class Stream implements Connection {
        private final Socket socket;
        private InputStream in;
        private OutputStream out;

        Stream(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            if (in == null) {
                in = socket.getInputStream();
            }
            int n = in.read(dst.array(), dst.arrayOffset() + dst.position(), dst.remaining());
            if (n > 0) {
                dst.position(dst.position() + n);
            }
            return n;
        }

        @Override
        public void write(ByteBuffer src) throws IOException {
            if (out == null) {
                out = socket.getOutputStream();
            }
            out.write(src.array(), src.arrayOffset() + src.position(), src.remaining());
            src.position(src.limit());
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Override
    public Datagrams bind() throws IOException {
        return new Datagram(DatagramChannel.open().bind(new InetSocketAddress("127.0.0.1", 0)), false);
    }

    static final class Datagram implements Datagrams {
        private final DatagramChannel channel;
        private final boolean connected;
        private SocketAddress last;

        Datagram(DatagramChannel channel, boolean connected) {
            this.channel = channel;
            this.connected = connected;
        }

        @Override
        public void send(ByteBuffer src) throws IOException {
            if (connected) {
                channel.write(src);
            } else {
                channel.send(src, last);
            }
        }

        @Override
        public void receive(ByteBuffer dst) throws IOException {
            if (connected) {
                channel.read(dst);
            } else {
                last = channel.receive(dst);
            }
        }

        @Override
        public Datagrams peer() throws IOException {
            return new Datagram(DatagramChannel.open().connect(channel.getLocalAddress()), true);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Override
    public ByteBuffer buffer(int size) {
        return channels ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
    }

    @Override
    public long packets() {
        return 0;
    }

    @Override
    public int mtu() throws IOException {
        NetworkInterface loopback = NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"));
        return loopback == null ? 65536 : loopback.getMTU();
    }

    @Override
    public String variant() {
        return channels ? "NIO channels" : "java.net sockets";
    }

    @Override
    public void close() {
        // Nothing is shared between works.
    }
}
