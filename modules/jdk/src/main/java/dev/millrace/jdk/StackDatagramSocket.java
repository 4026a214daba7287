package dev.millrace.jdk;

import dev.millrace.ErrorCode;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.time.Duration;
import java.util.Set;

/// A datagram socket of a stack, with a channel or without. It overrides all that [DatagramSocket] does, whose own state is never used.
final class StackDatagramSocket extends OptionDatagramSocket {
    private final DatagramPort port;
    private final StackDatagramChannel channel;
    private final Options options;
    private final PacketRoom room = new PacketRoom();
    private volatile int timeoutMs;

    /// @param channel its channel, or `null`
    StackDatagramSocket(DatagramPort port, StackDatagramChannel channel) {
        this.port = port;
        this.channel = channel;
        options = new Options(port::supportedOptions, port::setOption, port::getOption);
    }

    @Override
    Options options() {
        return options;
    }

    // ---- binding and connecting

    @Override
    public void bind(SocketAddress wanted) throws SocketException {
        checkOpen();
        if (isBound()) {
            throw new SocketException("Already bound");
        }
        if (wanted != null && !(wanted instanceof InetSocketAddress)) {
            throw new UnsupportedAddressTypeException();
        }
        InetSocketAddress local = Addresses.local(wanted);
        try {
            if (!port.bind(local)) {
                throw new SocketException("Already bound");
            }
        } catch (IOException e) {
            throw SocketExceptions.ofSocket(e);
        }
    }

    @Override
    public void connect(InetAddress address, int port) {
        if (address == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        try {
            connect(new InetSocketAddress(address, port));
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void connect(SocketAddress remote) throws SocketException {
        if (remote == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        if (!(remote instanceof InetSocketAddress to)) {
            throw new UnsupportedAddressTypeException();
        }
        if (to.isUnresolved()) {
            throw new SocketException("Unresolved address");
        }
        if (isClosed()) {
            // As the JDK's, which says nothing.
            return;
        }
        try {
            port.connect(to);
        } catch (IOException e) {
            throw SocketExceptions.ofSocket(e);
        }
    }

    @Override
    public void disconnect() {
        try {
            port.disconnect();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean isBound() {
        return port.socket() != null;
    }

    @Override
    public boolean isConnected() {
        return port.peer() != null;
    }

    @Override
    public InetAddress getInetAddress() {
        InetSocketAddress peer = port.peer();
        return peer == null ? null : peer.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress peer = port.peer();
        return peer == null ? -1 : peer.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return port.peer();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return isClosed() || !isBound() ? null : new InetSocketAddress(getLocalAddress(), getLocalPort());
    }

    @Override
    public InetAddress getLocalAddress() {
        UdpSocket s = port.socket();
        return isClosed() ? null : s == null ? Addresses.any() : s.localAddress().getAddress();
    }

    @Override
    public int getLocalPort() {
        UdpSocket s = port.socket();
        return isClosed() ? -1 : s == null ? 0 : s.localAddress().getPort();
    }

    // ---- datagrams

    @Override
    public void send(DatagramPacket p) throws IOException {
        InetSocketAddress to;
        ByteBuffer data;
        boolean connected;
        synchronized (p) {
            checkBlocking();
            InetSocketAddress known = port.peer();
            InetAddress address = p.getAddress();
            if (address == null && known == null) {
                throw new IllegalArgumentException("Address not set");
            }
            connected = known != null;
            to = address == null ? known : new InetSocketAddress(address, p.getPort());
            if (known != null && !to.equals(known)) {
                throw new IllegalArgumentException("Connected and packet address differ");
            }
            if (known == null && p.getPort() <= 0) {
                throw new SocketException("Can't send to port " + p.getPort());
            }
            if (address == null) {
                p.setSocketAddress(known);
            }
            data = ByteBuffer.wrap(p.getData(), p.getOffset(), p.getLength());
        }
        try {
            if (channel == null) {
                port.bound().send(data, to);
            } else {
                channel.give(data, to);
            }
        } catch (ClosedByInterruptException e) {
            // Here the JDK's is no channel any more, but where it receives it is.
            throw SocketExceptions.because(SocketExceptions.CLOSED, e);
        } catch (IOException e) {
            throw connected ? SocketExceptions.of(ChannelExceptions.withoutClass(e)) : SocketExceptions.of(e);
        }
    }

    @Override
    public void receive(DatagramPacket p) throws IOException {
        synchronized (p) {
            checkBlocking();
            int bytes = room.of(p);
            var data = ByteBuffer.wrap(p.getData(), p.getOffset(), bytes);
            InetSocketAddress from;
            try {
                from = channel == null ? port.bound().receive(data) : channel.receive(data, timeoutMs);
            } catch (IOException e) {
                // An interrupt is a channel's own matter.
                throw channel != null && e instanceof ClosedByInterruptException ? e : SocketExceptions.of(e);
            }
            p.setSocketAddress(from);
            room.filled(p, data.position() - p.getOffset(), bytes);
        }
    }

    /// The JDK's sockets name groups by interfaces of the kernel, which a stack has none of.
    @Override
    public void joinGroup(SocketAddress group, NetworkInterface nic) throws IOException {
        join(group, nic, true);
    }

    @Override
    public void leaveGroup(SocketAddress group, NetworkInterface nic) throws IOException {
        join(group, nic, false);
    }

    private void join(SocketAddress group, NetworkInterface nic, boolean joins) throws IOException {
        if (!(group instanceof InetSocketAddress address)) {
            throw new IllegalArgumentException("Unsupported address type");
        }
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("Unresolved address");
        }
        if (!address.getAddress().isMulticastAddress()) {
            throw new SocketException("Not a multicast address");
        }
        if (nic != null) {
            throw DatagramPort.noInterface();
        }
        checkOpen();
        try {
            if (joins) {
                port.join(address.getAddress());
            } else {
                port.leave(address.getAddress());
            }
        } catch (IOException e) {
            throw switch (ErrorCode.of(e).orElse(null)) {
                case ADDRESS_IN_USE -> SocketExceptions.because("Already a member of group", e);
                case ADDRESS_NOT_AVAILABLE -> SocketExceptions.because("Not a member of group", e);
                case null, default -> SocketExceptions.of(e);
            };
        }
    }

    private void checkBlocking() {
        if (channel != null && !channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
    }

    /// `null` for a socket that was not made by a channel.
    @Override
    public DatagramChannel getChannel() {
        return channel;
    }

    // ---- options

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        checkOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeoutMs = timeout;
        if (channel == null) {
            port.setReadTimeout(Duration.ofMillis(timeout));
        }
    }

    @Override
    public int getSoTimeout() throws SocketException {
        checkOpen();
        return timeoutMs;
    }

    @Override
    public <T> DatagramSocket setOption(SocketOption<T> name, T value) throws IOException {
        // As the JDK's, whose sockets are channels beneath.
        DatagramPort.checked(name, value);
        port.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        DatagramPort.check(name);
        return port.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options.supported();
    }

    // ---- the end

    @Override
    public boolean isClosed() {
        return port.isClosed();
    }

    @Override
    public void close() {
        if (channel == null) {
            port.close();
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
