package dev.millrace.udp;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.Path;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
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
            StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.IP_TOS, TcpOptions.HOP_LIMIT);
    private static final int MAX_DATAGRAM = 65535 - UdpHeader.LENGTH;

    private final UdpProtocol protocol;
    private final DatagramEndpoint endpoint;
    /// The last way that was sent over; most sockets talk to one peer at a time.
    private volatile Way lastWay;
    private volatile Sender lastSender;
    private volatile long readTimeoutNs;
    private volatile boolean broadcast;
    private volatile int trafficClass;
    private volatile int hopLimit;

    /// A destination with the path to it.
    private record Way(InetSocketAddress to, IpAddress address, Path path) {
    }

    /// A source as programs see it, kept because the next datagram often comes from there too.
    private record Sender(long hi, long lo, int port, InetSocketAddress address) {
    }

    DatagramSocketView(UdpProtocol protocol, DatagramEndpoint endpoint) {
        this.protocol = protocol;
        this.endpoint = endpoint;
    }

    // ---- sending

    @Override
    public void send(ByteBuffer src, InetSocketAddress to) throws IOException {
        checkOpen();
        IpAddress peer = endpoint.remote();
        if (peer != null) {
            throwPending();
        }
        Way way = way(to, peer);
        int length = src.remaining();
        if (length > MAX_DATAGRAM - (way.address().isV4() ? 20 : 0) || length + UdpHeader.LENGTH > way.path().mtu()) {
            throw SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG);
        }
        Packet packet = Packet.allocate(Packet.HEADROOM, UdpHeader.LENGTH + length);
        int at = packet.append(UdpHeader.LENGTH + length);
        UdpHeader.write(packet.memory(), at, endpoint.place().localPort(), way.to().getPort(),
                UdpHeader.LENGTH + length);
        MemorySegment.copy(MemorySegment.ofBuffer(src), 0, packet.memory(), at + UdpHeader.LENGTH, length);
        src.position(src.limit());
        packet.wantChecksum(0, UdpHeader.CHECKSUM_OFFSET);
        protocol.sent.add(1);
        PacketList list = OUT.get();
        list.add(packet);
        way.path().send(list, trafficClass, hopLimit);
    }

    private static final ThreadLocal<PacketList> OUT = ThreadLocal.withInitial(PacketList::new);

    /// The way to a destination: the last one if it still leads there.
    private Way way(InetSocketAddress to, IpAddress peer) throws IOException {
        Way way = lastWay;
        InetSocketAddress target = to;
        if (peer != null) {
            if (to != null && (to.getPort() != endpoint.remotePort() || !IpAddress.of(to.getAddress()).equals(peer))) {
                throw new IllegalArgumentException("Connected address not equal to target address");
            }
            if (way != null && way.address().equals(peer) && way.path().isCurrent()) {
                return way;
            }
            target = remoteAddress();
        } else if (to == null) {
            throw SocketErrors.of(ErrorCode.NOT_CONNECTED, "Destination address required");
        } else if (way != null && (way.to() == to || way.to().equals(to)) && way.path().isCurrent()) {
            return way;
        }
        if (target.isUnresolved()) {
            throw new UnknownHostException(target.getHostString());
        }
        if (target.getPort() == 0) {
            throw SocketErrors.of(ErrorCode.INVALID_ADDRESS, "Can't send to port 0");
        }
        IpAddress address = IpAddress.of(target.getAddress());
        if (protocol.ctx.isBroadcast(address) && !broadcast) {
            // The kernel's EACCES, which tells a program that it has to ask for this (RFC 919 §7).
            throw SocketErrors.of(ErrorCode.INVALID_ADDRESS, "Permission denied");
        }
        Way found = new Way(target, address, protocol.ctx.path(sourceAddress(), address));
        lastWay = found;
        return found;
    }

    /// The address to send from: the one bound to, unless that is a group or broadcast address.
    private IpAddress sourceAddress() {
        IpAddress local = endpoint.place().local();
        return local == null || local.isUnspecified() || local.isMulticast() || protocol.ctx.isBroadcast(local)
                ? null : local;
    }

    // ---- receiving

    @Override
    public InetSocketAddress receive(ByteBuffer dst) throws IOException {
        InetSocketAddress from = tryReceive(dst);
        if (from != null) {
            return from;
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
            from = tryReceive(dst);
            if (from != null) {
                return from;
            }
            if (deadline != Long.MAX_VALUE && protocol.ctx.clock().nanoTime() - deadline >= 0) {
                throw SocketErrors.of(ErrorCode.RECEIVE_TIMEOUT);
            }
        }
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

    @Override
    public InetSocketAddress tryReceive(ByteBuffer dst) throws IOException {
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
        checkOpen();
        Packet packet = endpoint.poll();
        if (packet == null) {
            throwPending();
            return null;
        }
        try {
            int length = Math.min(packet.length() - UdpHeader.LENGTH, dst.remaining());
            packet.copyTo(UdpHeader.LENGTH, MemorySegment.ofBuffer(dst), 0, length);
            dst.position(dst.position() + length);
            return sender(packet);
        } finally {
            packet.release();
        }
    }

    private InetSocketAddress sender(Packet p) {
        int port = DatagramEndpoint.sourcePort(p);
        Sender s = lastSender;
        if (s == null || s.lo() != p.sourceLo() || s.hi() != p.sourceHi() || s.port() != port) {
            s = new Sender(p.sourceHi(), p.sourceLo(), port,
                    new InetSocketAddress(new IpAddress(p.sourceHi(), p.sourceLo()).toInetAddress(), port));
            lastSender = s;
        }
        return s.address();
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
        IpAddress asked = IpAddress.of(remote.getAddress());
        Path path = protocol.ctx.path(sourceAddress(), asked);
        endpoint.disconnect();
        EndpointTable.Entry<DatagramEndpoint> entry = protocol.endpoints.connect(path.local(),
                endpoint.place().localPort(), path.remote(), remote.getPort(), endpoint, null);
        endpoint.connect(entry, path.remote(), remote.getPort());
        lastWay = new Way(new InetSocketAddress(path.remote().toInetAddress(), remote.getPort()), path.remote(), path);
        if (endpoint.closed() != null) {
            entry.release();
        }
    }

    @Override
    public void disconnect() throws IOException {
        checkOpen();
        endpoint.disconnect();
        lastWay = null;
    }

    // ---- the rest

    @Override
    public void onReady(Consumer<Readiness> listener) {
        endpoint.onReady(listener);
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
            broadcast = (Boolean) value;
            return this;
        }
        int number = (Integer) value;
        if (option == StandardSocketOptions.SO_RCVBUF) {
            if (number <= 0) {
                throw new IllegalArgumentException("SO_RCVBUF: " + number + " is not positive");
            }
            endpoint.setReceiveBuffer(Math.clamp(number, 4096, 1 << 30));
        } else if (option == StandardSocketOptions.IP_TOS) {
            trafficClass = within(option, number, 0, 255);
        } else {
            hopLimit = within(option, number, 1, 255);
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
            value = broadcast;
        } else if (option == StandardSocketOptions.SO_RCVBUF) {
            value = endpoint.receiveBuffer();
        } else if (option == StandardSocketOptions.IP_TOS) {
            value = trafficClass;
        } else if (option == TcpOptions.HOP_LIMIT) {
            value = hopLimit;
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
        Way way = endpoint.remote() == null ? null : lastWay;
        IpAddress local = way != null ? way.path().local() : endpoint.place().local();
        int port = endpoint.place().localPort();
        return local == null ? new InetSocketAddress(port) : new InetSocketAddress(local.toInetAddress(), port);
    }

    @Override
    public InetSocketAddress remoteAddress() {
        IpAddress remote = endpoint.remote();
        return remote == null ? null : new InetSocketAddress(remote.toInetAddress(), endpoint.remotePort());
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
