package dev.millrace.udp;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpOptions;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.Path;
import dev.millrace.spi.SocketErrors;
import dev.millrace.udp.DatagramEndpoint.Peer;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// What a program holds of a UDP socket: sends, blocks its threads, turns errors into exceptions.
final class DatagramSocketView implements UdpSocket {
    private static final Set<SocketOption<?>> SUPPORTED = Set.of(StandardSocketOptions.SO_RCVBUF,
            StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.IP_TOS, TcpOptions.HOP_LIMIT,
            UdpOptions.DONT_FRAGMENT, UdpOptions.PATH_MTU, UdpOptions.SOFT_ERRORS, StandardSocketOptions.IP_MULTICAST_TTL,
            StandardSocketOptions.IP_MULTICAST_LOOP, UdpOptions.MULTICAST_NIC);

    private static final IpAddress ANY_GROUP = IpAddress.parse("224.0.0.1");

    private final UdpProtocol protocol;
    private final DatagramEndpoint endpoint;
    private final DatagramOutput output;
    /// Kept because the next datagram often comes from there too.
    private volatile Sender lastSender;
    private volatile long readTimeoutNs;

    /// A sender of a datagram and whom it asked, as numbers and as programs see it.
    private record Sender(long hi, long lo, int port, long localHi, long localLo, DatagramSender address) {
    }

    DatagramSocketView(UdpProtocol protocol, DatagramEndpoint endpoint) {
        this.protocol = protocol;
        this.endpoint = endpoint;
        output = new DatagramOutput(protocol, endpoint);
    }

    // ---- sending

    @Override
    public void send(ByteBuffer src, InetSocketAddress to) throws IOException {
        checkMaySend();
        output.send(src, to);
    }

    @Override
    public void send(ByteBuffer src, InetSocketAddress to, InetAddress from) throws IOException {
        checkMaySend();
        output.send(src, to, from);
    }

    private void checkMaySend() throws IOException {
        checkOpen();
        if (endpoint.peer() != null) {
            throwPending();
        }
    }

    // ---- receiving

    @Override
    public InetSocketAddress receive(ByteBuffer dst) throws IOException {
        Packet packet = await(dst);
        try {
            move(packet, dst);
            return sender(packet);
        } finally {
            packet.release();
        }
    }

    @Override
    public InetSocketAddress tryReceive(ByteBuffer dst) throws IOException {
        Packet packet = next(dst);
        if (packet == null) {
            return null;
        }
        try {
            move(packet, dst);
            return sender(packet);
        } finally {
            packet.release();
        }
    }

    @Override
    public Datagram receiveDatagram(ByteBuffer dst) throws IOException {
        return describe(await(dst), dst);
    }

    @Override
    public Datagram tryReceiveDatagram(ByteBuffer dst) throws IOException {
        Packet packet = next(dst);
        return packet == null ? null : describe(packet, dst);
    }

    private Datagram describe(Packet packet, ByteBuffer dst) {
        try {
            move(packet, dst);
            DatagramSender sender = sender(packet);
            return new Datagram(sender, sender.local, packet.length() - UdpHeader.LENGTH);
        } finally {
            packet.release();
        }
    }

    /// The next datagram, which becomes the caller's, or `null`.
    private Packet next(ByteBuffer dst) throws IOException {
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
        checkOpen();
        Packet packet = endpoint.poll();
        if (packet == null) {
            throwPending();
        }
        return packet;
    }

    private Packet await(ByteBuffer dst) throws IOException {
        Packet packet = next(dst);
        if (packet != null) {
            return packet;
        }
        long timeoutNs = readTimeoutNs;
        long deadline = timeoutNs == 0 ? Long.MAX_VALUE : protocol.ctx.clock().nanoTime() + timeoutNs;
        Thread self = Thread.currentThread();
        while (true) {
            spin();
            if (!endpoint.isReady()) {
                endpoint.register(self);
                try {
                    if (!endpoint.isReady() && !self.isInterrupted()) {
                        protocol.ctx.waits().park(this, deadline);
                    }
                } finally {
                    endpoint.deregister(self);
                }
            }
            if (endpoint.closed() != null) {
                throw SocketErrors.closed(endpoint.closed(), true);
            }
            if (self.isInterrupted()) {
                endpoint.close(ErrorCode.INTERRUPTED);
                throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
            }
            packet = next(dst);
            if (packet != null) {
                return packet;
            }
            if (deadline != Long.MAX_VALUE && protocol.ctx.clock().nanoTime() - deadline >= 0) {
                throw SocketErrors.of(ErrorCode.RECEIVE_TIMEOUT);
            }
        }
    }

    private static void move(Packet packet, ByteBuffer dst) {
        int length = Math.min(packet.length() - UdpHeader.LENGTH, dst.remaining());
        packet.copyTo(UdpHeader.LENGTH, MemorySegment.ofBuffer(dst), 0, length);
        dst.position(dst.position() + length);
    }

    private DatagramSender sender(Packet p) {
        int port = DatagramEndpoint.sourcePort(p);
        Sender s = lastSender;
        if (s == null || s.lo() != p.sourceLo() || s.hi() != p.sourceHi() || s.port() != port
                || s.localLo() != p.destinationLo() || s.localHi() != p.destinationHi()) {
            var asked = new IpAddress(p.destinationHi(), p.destinationLo());
            s = new Sender(p.sourceHi(), p.sourceLo(), port, asked.hi(), asked.lo(),
                    new DatagramSender(new IpAddress(p.sourceHi(), p.sourceLo()).toInetAddress(), port, asked,
                            asked.toInetAddress()));
            lastSender = s;
        }
        return s.address();
    }

    private void spin() {
        long spin = protocol.ctx.waits().spinNs();
        if (spin > 0) {
            long until = protocol.ctx.clock().nanoTime() + spin;
            do {
                for (int i = 0; i < 32; i++) {
                    if (endpoint.isReady()) {
                        return;
                    }
                    Thread.onSpinWait();
                }
            } while (protocol.ctx.clock().nanoTime() - until < 0);
        }
    }

    private void throwPending() throws IOException {
        ErrorCode e = endpoint.takeError();
        if (e != null) {
            throw SocketErrors.of(e);
        }
    }

    // ---- the peer

    @Override
    public void connect(InetSocketAddress remote) throws IOException {
        checkOpen();
        Objects.requireNonNull(remote, "remote");
        if (remote.isUnresolved()) {
            throw new UnknownHostException(remote.getHostString());
        }
        if (remote.getPort() == 0) {
            throw SocketErrors.of(ErrorCode.INVALID_ADDRESS, "Can't connect to port 0");
        }
        IpAddress address = IpAddress.of(remote.getAddress());
        output.checkMayReach(address);
        Path path = output.path(address);
        var peer = new Peer(path.remote(), remote.getPort());
        // Connecting again to the same peer takes over the place. If the place is another's, the socket stays as it was.
        EndpointTable.Entry<DatagramEndpoint> entry = protocol.endpoints.connect(path.local(),
                endpoint.place().localPort(), path.remote(), remote.getPort(), endpoint, e -> e == endpoint);
        endpoint.connect(entry, peer);
        ErrorCode closed = endpoint.closed();
        if (closed != null) {
            // By another thread meanwhile: the place was given back.
            throw SocketErrors.closed(closed, true);
        }
        output.connected(peer, path);
    }

    @Override
    public void disconnect() throws IOException {
        checkOpen();
        endpoint.disconnect();
        output.connected(null, null);
    }

    // ---- groups

    @Override
    public void join(InetAddress group, String nic) throws IOException {
        checkOpen();
        protocol.groups.join(endpoint, IpAddress.of(group), nic);
        ErrorCode closed = endpoint.closed();
        if (closed != null) {
            // By another thread meanwhile, which may not have found it.
            protocol.groups.leaveAll(endpoint);
            throw SocketErrors.closed(closed, true);
        }
    }

    @Override
    public void leave(InetAddress group, String nic) throws IOException {
        checkOpen();
        protocol.groups.leave(endpoint, IpAddress.of(group), nic);
    }

    // ---- the rest

    @Override
    public void onReady(Consumer<Readiness> listener) {
        endpoint.onReady(listener);
    }

    @Override
    public Readiness readiness() {
        return endpoint.readiness();
    }

    @Override
    public void setReadTimeout(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout can't be negative");
        }
        readTimeoutNs = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE / 4)) > 0 ? 0 : timeout.toNanos();
    }

    @Override
    public <T> UdpSocket setOption(SocketOption<T> option, T value) throws IOException {
        checkOpen();
        if (!SUPPORTED.contains(Objects.requireNonNull(option, "option"))) {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
        if (value == null || !option.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "' for " + option.name());
        }
        if (option == StandardSocketOptions.SO_BROADCAST) {
            output.broadcast = (Boolean) value;
            return this;
        }
        if (option == UdpOptions.DONT_FRAGMENT) {
            endpoint.dontFragment = (Boolean) value;
            return this;
        }
        if (option == UdpOptions.SOFT_ERRORS) {
            endpoint.softErrors = (Boolean) value;
            return this;
        }
        if (option == StandardSocketOptions.IP_MULTICAST_LOOP) {
            output.groupLoop = (Boolean) value;
            return this;
        }
        if (option == UdpOptions.MULTICAST_NIC) {
            String name = (String) value;
            if (!name.isEmpty()) {
                // In vain, so that a name that is none is found out now.
                protocol.ctx.groupNic(ANY_GROUP, name);
            }
            output.groupNic = name;
            return this;
        }
        if (option == UdpOptions.PATH_MTU) {
            throw new UnsupportedOperationException("'" + option + "' can only be read");
        }
        int number = (Integer) value;
        if (option == StandardSocketOptions.SO_RCVBUF) {
            if (number <= 0) {
                throw new IllegalArgumentException("SO_RCVBUF: " + number + " is not positive");
            }
            endpoint.setReceiveBuffer(Math.clamp(number, 4096, 1 << 30));
        } else if (option == StandardSocketOptions.IP_TOS) {
            output.trafficClass = within(option, number, 0, 255);
        } else if (option == StandardSocketOptions.IP_MULTICAST_TTL) {
            output.groupTtl = within(option, number, 0, 255);
        } else {
            output.hopLimit = within(option, number, 1, 255);
        }
        return this;
    }

    private static int within(SocketOption<?> option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(option.name() + ": " + value + " is not in " + min + ".." + max);
        }
        return value;
    }

    @Override
    public <T> T getOption(SocketOption<T> option) throws IOException {
        checkOpen();
        Object value;
        if (option == StandardSocketOptions.SO_BROADCAST) {
            value = output.broadcast;
        } else if (option == StandardSocketOptions.SO_RCVBUF) {
            value = endpoint.receiveBuffer();
        } else if (option == StandardSocketOptions.IP_TOS) {
            value = output.trafficClass;
        } else if (option == TcpOptions.HOP_LIMIT) {
            value = output.hopLimit;
        } else if (option == UdpOptions.DONT_FRAGMENT) {
            value = endpoint.dontFragment;
        } else if (option == UdpOptions.SOFT_ERRORS) {
            value = endpoint.softErrors;
        } else if (option == StandardSocketOptions.IP_MULTICAST_TTL) {
            value = output.groupTtl;
        } else if (option == StandardSocketOptions.IP_MULTICAST_LOOP) {
            value = output.groupLoop;
        } else if (option == UdpOptions.MULTICAST_NIC) {
            value = output.groupNic;
        } else if (option == UdpOptions.PATH_MTU) {
            value = output.pathMtu();
        } else {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
        return option.type().cast(value);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return SUPPORTED;
    }

    @Override
    public InetSocketAddress localAddress() {
        IpAddress connected = output.connectedSource();
        IpAddress local = connected != null ? connected : endpoint.place().local();
        int port = endpoint.place().localPort();
        return local == null ? new InetSocketAddress(port) : new InetSocketAddress(local.toInetAddress(), port);
    }

    @Override
    public InetSocketAddress remoteAddress() {
        Peer peer = endpoint.peer();
        return peer == null ? null : new InetSocketAddress(peer.address().toInetAddress(), peer.port());
    }

    @Override
    public long dropped() {
        return endpoint.dropped();
    }

    @Override
    public boolean isOpen() {
        return endpoint.closed() == null;
    }

    @Override
    public void close() {
        endpoint.close(ErrorCode.SOCKET_CLOSED);
    }

    private void checkOpen() throws IOException {
        ErrorCode closed = endpoint.closed();
        if (closed != null) {
            throw SocketErrors.closed(closed, false);
        }
    }

    @Override
    public String toString() {
        return "UdpSocket(" + localAddress() + ")";
    }
}
