package dev.millrace.bench;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;

/// Sockets of ours: on one stack over loopback, or on two whose virtual NICs are joined.
final class StackNetwork implements Network {
    private static final String SERVER = "10.7.0.2";

    private final Stack clients;
    private final Stack servers;
    private final int mtu;

    private StackNetwork(Stack clients, Stack servers, int mtu) {
        this.clients = clients;
        this.servers = servers;
        this.mtu = mtu;
    }

    static StackNetwork open(String link, int mtu) throws IOException {
        if (link.equals("loopback")) {
            Stack stack = Stack.builder().name("bench")
                    .nic("nic", "loopback:", nic -> nic.mtu(mtu).address(SERVER + "/24")).option("stack", "memory", "2GiB")
                    .open();
            return new StackNetwork(stack, stack, mtu);
        }
        var a = new Vnic(mtu);
        var b = new Vnic(mtu);
        Vnic.connect(a, b);
        Stack clients = Stack.builder().name("bench-client").nic("nic", a, nic -> nic.address("10.7.0.1/24"))
                .option("stack", "memory", "2GiB").open();
        try {
            return new StackNetwork(clients, Stack.builder().name("bench-server")
                    .nic("nic", b, nic -> nic.address(SERVER + "/24")).option("stack", "memory", "2GiB").open(), mtu);
        } catch (Throwable t) {
            clients.close();
            throw t;
        }
    }

    @Override
    public Server listen() throws IOException {
        TcpListener listener = servers.tcp().listen(new InetSocketAddress(0), 65536);
        var address = new InetSocketAddress(SERVER, listener.localAddress().getPort());
        return new Server() {
            @Override
            public Connection accept() throws IOException {
                return new Stream(listener.accept());
            }

            @Override
            public Connection connect() throws IOException {
                return new Stream(clients.tcp().connect(address, Duration.ofSeconds(5)));
            }

            @Override
            public void close() {
                listener.close();
            }
        };
    }

    record Stream(TcpSocket socket) implements Connection {
        @Override
        public int read(ByteBuffer dst) throws IOException {
            return socket.read(dst);
        }

        @Override
        public void write(ByteBuffer src) throws IOException {
            socket.write(src);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Override
    public Datagrams bind() throws IOException {
        return new Socket(servers.udp().bind(new InetSocketAddress(SERVER, 0)));
    }

    private final class Socket implements Datagrams {
        private final UdpSocket socket;
        private InetSocketAddress last;

        Socket(UdpSocket socket) {
            this.socket = socket;
        }

        @Override
        public void send(ByteBuffer src) throws IOException {
            socket.send(src, last);
        }

        @Override
        public void receive(ByteBuffer dst) throws IOException {
            InetSocketAddress from = socket.receive(dst);
            last = socket.remoteAddress() == null ? from : null;
        }

        @Override
        public Datagrams peer() throws IOException {
            return new Socket(clients.udp().connect(socket.localAddress()));
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    @Override
    public long packets() {
        return sent(clients) + (servers == clients ? 0 : sent(servers));
    }

    private static long sent(Stack stack) {
        return stack.counters().getOrDefault("nic", Map.of()).getOrDefault("packets-out", 0L);
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public String variant() {
        return "millrace";
    }

    @Override
    public void close() {
        clients.close();
        servers.close();
    }
}
