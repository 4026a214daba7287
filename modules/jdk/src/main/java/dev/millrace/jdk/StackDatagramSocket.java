package dev.millrace.jdk;

import dev.millrace.Udp;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// A datagram socket of a stack. It overrides all that [DatagramSocket] does, whose own state is never used.
final class StackDatagramSocket extends DatagramSocket {
    private static final int DEFAULT_SEND_BUFFER = 212_992;

    private final Udp udp;
    private final PacketRoom room = new PacketRoom();
    /// Guarded by this: the options that the program has set.
    private final Map<SocketOption<?>, Object> chosen = new LinkedHashMap<>();
    /// Guarded by this: has the options until it is known what to bind to, and is what is bound if nothing is said; or `null`.
    private UdpSocket draft;
    // Guarded by this where they are set. As those of the JDK they stay when the socket is closed.
    private volatile UdpSocket socket;
    private volatile InetSocketAddress peer;
    private volatile boolean closed;
    private volatile int timeoutMs;
    private volatile boolean reuseAddress;
    private volatile int sendBuffer = DEFAULT_SEND_BUFFER;

    StackDatagramSocket(Udp udp) {
        super(new NoDatagramSocketImpl());
        this.udp = udp;
        // As the JDK's.
        chosen.put(StandardSocketOptions.SO_BROADCAST, true);
    }

    private void checkOpen() throws SocketException {
        if (closed) {
            throw new SocketException(SocketExceptions.IS_CLOSED);
        }
    }

    // ---- binding and connecting

    @Override
    public synchronized void bind(SocketAddress wanted) throws SocketException {
        checkOpen();
        if (socket != null) {
            throw new SocketException("Already bound");
        }
        if (wanted != null && !(wanted instanceof InetSocketAddress)) {
            throw new UnsupportedAddressTypeException();
        }
        InetSocketAddress local = Addresses.local(wanted);
        try {
            UdpSocket made = reuseAddress ? udp.bindShared(local) : udp.bind(local);
            prepare(made);
            socket = made;
        } catch (IOException e) {
            throw SocketExceptions.ofSocket(e);
        }
        if (draft != null) {
            draft.close();
            draft = null;
        }
    }

    /// Sets what the program has set, or closes the socket.
    private void prepare(UdpSocket made) throws IOException {
        try {
            made.setReadTimeout(Duration.ofMillis(timeoutMs));
            for (Map.Entry<SocketOption<?>, Object> e : chosen.entrySet()) {
                @SuppressWarnings("unchecked")
                SocketOption<Object> option = (SocketOption<Object>) e.getKey();
                made.setOption(option, e.getValue());
            }
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /// The socket, bound to some port if it was not bound before.
    private UdpSocket bound() throws SocketException {
        if (closed) {
            throw new SocketException(SocketExceptions.CLOSED);
        }
        UdpSocket s = socket;
        if (s == null) {
            synchronized (this) {
                if (socket == null && draft != null) {
                    socket = draft;
                    draft = null;
                } else if (socket == null) {
                    bind(null);
                }
                s = socket;
            }
        }
        return s;
    }

    private synchronized Options options() throws SocketException {
        checkOpen();
        if (socket == null && draft == null) {
            try {
                UdpSocket made = udp.bind(0);
                prepare(made);
                draft = made;
            } catch (IOException e) {
                throw SocketExceptions.ofSocket(e);
            }
        }
        UdpSocket s = socket == null ? draft : socket;
        return new Options(s::supportedOptions, s::setOption, s::getOption);
    }

    @Override
    public void connect(InetAddress address, int port) {
        if (address == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        try {
            connect(new InetSocketAddress(address, port));
        } catch (SocketException e) {
            throw new java.io.UncheckedIOException(e);
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
        if (closed) {
            // As the JDK's, which says nothing.
            return;
        }
        UdpSocket s = bound();
        synchronized (this) {
            try {
                s.connect(to);
            } catch (IOException e) {
                throw SocketExceptions.ofSocket(e);
            }
            peer = to;
        }
    }

    @Override
    public synchronized void disconnect() {
        UdpSocket s = socket;
        if (s != null && peer != null && !closed) {
            peer = null;
            try {
                s.disconnect();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    @Override
    public boolean isBound() {
        return socket != null;
    }

    @Override
    public boolean isConnected() {
        return peer != null;
    }

    @Override
    public InetAddress getInetAddress() {
        return peer == null ? null : peer.getAddress();
    }

    @Override
    public int getPort() {
        return peer == null ? -1 : peer.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return peer;
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return closed || socket == null ? null : new InetSocketAddress(getLocalAddress(), getLocalPort());
    }

    @Override
    public InetAddress getLocalAddress() {
        UdpSocket s = socket;
        return closed ? null : s == null ? Addresses.any() : s.localAddress().getAddress();
    }

    @Override
    public int getLocalPort() {
        UdpSocket s = socket;
        return closed ? -1 : s == null ? 0 : s.localAddress().getPort();
    }

    // ---- datagrams

    @Override
    public void send(DatagramPacket p) throws IOException {
        InetSocketAddress to;
        ByteBuffer data;
        synchronized (p) {
            InetSocketAddress known = peer;
            InetAddress address = p.getAddress();
            if (address == null && known == null) {
                throw new IllegalArgumentException("Address not set");
            }
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
            bound().send(data, to);
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    @Override
    public void receive(DatagramPacket p) throws IOException {
        UdpSocket s = bound();
        synchronized (p) {
            int bytes = room.of(p);
            var data = ByteBuffer.wrap(p.getData(), p.getOffset(), bytes);
            InetSocketAddress from;
            try {
                from = s.receive(data);
            } catch (IOException e) {
                throw SocketExceptions.of(e);
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
        if (nic != null) {
            throw new IllegalArgumentException("a stack has no NetworkInterface: null is the NIC that datagrams to the group leave by");
        }
        UdpSocket s = bound();
        try {
            if (joins) {
                s.join(address.getAddress(), null);
            } else {
                s.leave(address.getAddress(), null);
            }
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    /// Always `null`, as for every socket that was not made by a channel.
    @Override
    public DatagramChannel getChannel() {
        return null;
    }

    // ---- options

    @Override
    public synchronized void setSoTimeout(int timeout) throws SocketException {
        checkOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeoutMs = timeout;
        UdpSocket s = socket == null ? draft : socket;
        if (s != null) {
            s.setReadTimeout(Duration.ofMillis(timeout));
        }
    }

    @Override
    public int getSoTimeout() throws SocketException {
        checkOpen();
        return timeoutMs;
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        checkOpen();
        if (size <= 0) {
            throw new IllegalArgumentException("Invalid send size");
        }
        // Nothing waits here: a datagram is the NIC's when send returns.
        sendBuffer = size;
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        checkOpen();
        return sendBuffer;
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("Invalid receive size");
        }
        set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    /// Before it is bound: sockets that have it may share an address and a port ([Udp#bindShared]).
    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        checkOpen();
        reuseAddress = on;
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        checkOpen();
        return reuseAddress;
    }

    @Override
    public void setBroadcast(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_BROADCAST, on);
    }

    @Override
    public boolean getBroadcast() throws SocketException {
        return get(StandardSocketOptions.SO_BROADCAST);
    }

    @Override
    public void setTrafficClass(int tc) throws SocketException {
        if (tc < 0 || tc > 255) {
            throw new IllegalArgumentException("Invalid IP_TOS value");
        }
        set(StandardSocketOptions.IP_TOS, tc);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return get(StandardSocketOptions.IP_TOS);
    }

    private synchronized <T> void set(SocketOption<T> option, T value) throws SocketException {
        options().set(option, value);
        chosen.put(option, value);
    }

    private <T> T get(SocketOption<T> option) throws SocketException {
        return options().get(option);
    }

    @Override
    public <T> DatagramSocket setOption(SocketOption<T> name, T value) throws IOException {
        Objects.requireNonNull(name);
        set(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Objects.requireNonNull(name);
        return get(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        try {
            return options().supported();
        } catch (SocketException e) {
            return Set.of();
        }
    }

    // ---- the end

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        UdpSocket s;
        synchronized (this) {
            closed = true;
            s = socket == null ? draft : socket;
        }
        if (s != null) {
            s.close();
        }
    }
}
