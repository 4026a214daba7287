package dev.millrace.jdk;

import dev.millrace.TcpOptions;
import dev.millrace.Udp;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// What a datagram socket or channel of the JDK sends and receives with: it has options as soon as there is one, and a [UdpSocket] when it
/// is bound, which happens at the latest when it is first used. Any thread may call any method.
final class DatagramPort {
    private static final int DEFAULT_SEND_BUFFER = 212_992;
    /// Those of a [UdpSocket], known without one, and those that are its port's own.
    private static final Set<SocketOption<?>> SUPPORTED = Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.IP_TOS,
            StandardSocketOptions.IP_MULTICAST_TTL, StandardSocketOptions.IP_MULTICAST_LOOP, TcpOptions.HOP_LIMIT,
            UdpOptions.DONT_FRAGMENT, UdpOptions.PATH_MTU, UdpOptions.SOFT_ERRORS, UdpOptions.MULTICAST_NIC);

    private final Udp udp;
    /// Guarded by this: the options that the program has set.
    private final Map<SocketOption<?>, Object> chosen = new LinkedHashMap<>();
    /// Guarded by this.
    private final Set<InetAddress> groups = new LinkedHashSet<>();
    /// Guarded by this: has the options and the groups until it is known what to bind to, and is what is bound if nothing is said; or
    /// `null`.
    private UdpSocket draft;
    // Guarded by this where they are set. As those of the JDK they stay when it is closed.
    private volatile UdpSocket socket;
    private volatile InetSocketAddress peer;
    private volatile boolean closed;
    private volatile boolean reuseAddress;
    private volatile int sendBuffer = DEFAULT_SEND_BUFFER;
    /// Guarded by this.
    private Duration readTimeout = Duration.ZERO;
    /// Guarded by this: is told once there is a socket.
    private Consumer<UdpSocket> onBound;

    DatagramPort(Udp udp) {
        this.udp = udp;
        // As the kernel's.
        chosen.put(UdpOptions.SOFT_ERRORS, false);
    }

    /// As an option that the program has set, before there is a socket.
    synchronized <T> void begin(SocketOption<T> option, T value) {
        chosen.put(option, value);
    }

    // ---- binding and connecting

    /// @return `false` if it was bound before
    boolean bind(InetSocketAddress local) throws IOException {
        synchronized (this) {
            checkOpen();
            if (socket != null) {
                return false;
            }
            if (draft != null) {
                // First: it may have the very port. What it keeps is kept here as well.
                draft.close();
                draft = null;
            }
            UdpSocket made = reuseAddress ? udp.bindShared(local) : udp.bind(local);
            prepare(made);
            become(made);
            return true;
        }
    }

    private void become(UdpSocket made) {
        socket = made;
        if (onBound != null) {
            onBound.accept(made);
        }
    }

    /// Tells of the socket, now or when there is one.
    synchronized void whenBound(Consumer<UdpSocket> action) {
        onBound = action;
        if (socket != null) {
            action.accept(socket);
        }
    }

    private void checkOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    /// Sets what the program has set, or closes the socket.
    private void prepare(UdpSocket made) throws IOException {
        try {
            made.setReadTimeout(readTimeout);
            for (Map.Entry<SocketOption<?>, Object> e : chosen.entrySet()) {
                @SuppressWarnings("unchecked")
                SocketOption<Object> option = (SocketOption<Object>) e.getKey();
                made.setOption(option, e.getValue());
            }
            for (InetAddress group : groups) {
                made.join(group, null);
            }
        } catch (Throwable t) {
            made.close();
            throw t;
        }
    }

    /// The socket, bound to some port if it was not bound before.
    UdpSocket bound() throws IOException {
        checkOpen();
        UdpSocket s = socket;
        if (s == null) {
            synchronized (this) {
                checkOpen();
                if (socket == null && draft != null) {
                    become(draft);
                    draft = null;
                } else if (socket == null) {
                    bind(new InetSocketAddress(0));
                }
                s = socket;
            }
        }
        return s;
    }

    /// The socket, or `null` if it is not bound.
    UdpSocket socket() {
        return socket;
    }

    void connect(InetSocketAddress to) throws IOException {
        UdpSocket s = bound();
        synchronized (this) {
            s.connect(to);
            peer = to;
            forget(s);
        }
    }

    /// What came before it was connected may be anybody's.
    private static void forget(UdpSocket s) throws IOException {
        ByteBuffer nowhere = ByteBuffer.allocate(0);
        while (s.tryReceive(nowhere) != null) {
            // Until there is none.
        }
    }

    synchronized void disconnect() throws IOException {
        UdpSocket s = socket;
        if (s != null && peer != null && !closed) {
            peer = null;
            s.disconnect();
        }
    }

    /// Whom it is connected to, or `null`.
    InetSocketAddress peer() {
        return peer;
    }

    // ---- groups

    /// Binds it to no place that anybody has chosen: whatever is bound later has joined what has been joined before.
    synchronized void join(InetAddress group) throws IOException {
        optionsHolder().join(group, null);
        groups.add(group);
    }

    synchronized void leave(InetAddress group) throws IOException {
        optionsHolder().leave(group, null);
        groups.remove(group);
    }

    /// What those are told who name a NIC as programs of the kernel do.
    static IllegalArgumentException noInterface() {
        return new IllegalArgumentException("a stack has no NetworkInterface: null is the NIC that datagrams to the group leave by");
    }

    // ---- options

    synchronized void setReadTimeout(Duration timeout) {
        readTimeout = timeout;
        UdpSocket s = holder();
        if (s != null) {
            s.setReadTimeout(timeout);
        }
    }

    private UdpSocket holder() {
        return socket == null ? draft : socket;
    }

    private UdpSocket optionsHolder() throws IOException {
        checkOpen();
        if (holder() == null) {
            UdpSocket made = udp.bind(0);
            prepare(made);
            draft = made;
        }
        return holder();
    }

    /// @throws UnsupportedOperationException if there is no such option
    static void check(SocketOption<?> option) {
        Options.check(SUPPORTED, option);
    }

    static <T> T checked(SocketOption<T> option, T value) {
        return Options.checked(SUPPORTED, option, value);
    }

    synchronized <T> Object setOption(SocketOption<T> option, T wanted) throws IOException {
        T value = checked(option, wanted);
        checkOpen();
        if (option == StandardSocketOptions.SO_REUSEADDR) {
            // Before it is bound: those that have it may share an address and a port (Udp.bindShared).
            reuseAddress = (Boolean) value;
        } else if (option == StandardSocketOptions.SO_SNDBUF) {
            // Nothing waits here: a datagram is the NIC's when send returns.
            sendBuffer = (Integer) value;
        } else {
            optionsHolder().setOption(option, value);
            chosen.put(option, value);
        }
        return this;
    }

    synchronized <T> T getOption(SocketOption<T> option) throws IOException {
        check(option);
        checkOpen();
        if (option == StandardSocketOptions.SO_REUSEADDR) {
            return option.type().cast(reuseAddress);
        }
        return option == StandardSocketOptions.SO_SNDBUF ? option.type().cast(sendBuffer) : optionsHolder().getOption(option);
    }

    Set<SocketOption<?>> supportedOptions() {
        return SUPPORTED;
    }

    // ---- the end

    boolean isClosed() {
        return closed;
    }

    /// Further calls do nothing.
    void close() {
        UdpSocket s;
        synchronized (this) {
            closed = true;
            s = holder();
        }
        if (s != null) {
            s.close();
        }
    }
}
