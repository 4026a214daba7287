package dev.millrace.jdk;

import dev.millrace.Tcp;
import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/// What a server's socket or channel listens with: it has options as soon as there is one, and a listener when it is bound. Any thread
/// may call any method.
final class ListeningPort {
    /// What the JDK takes for a backlog that is none.
    static final int BACKLOG = 50;
    private static final Set<SocketOption<?>> OF_CONNECTIONS = Set.of(StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.SO_LINGER,
            StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.IP_TOS);

    private final Tcp tcp;
    /// A socket that is never connected: it has the options until there is a listener.
    private final TcpSocket before;
    /// Guarded by this: those that the program has set on it.
    private final Set<SocketOption<?>> chosen = new LinkedHashSet<>();
    /// Guarded by this where they are set. As those of the JDK they stay when it is closed.
    private volatile TcpListener listener;
    private volatile InetSocketAddress local;
    private volatile boolean closed;
    /// Guarded by this.
    private Duration acceptTimeout = Duration.ZERO;

    ListeningPort(Tcp tcp) throws IOException {
        this.tcp = tcp;
        before = tcp.open();
        // As the JDK's on every system but Windows.
        setOption(StandardSocketOptions.SO_REUSEADDR, true);
        setOption(TcpOptions.URGENT_INLINE, false);
    }

    /// Listens.
    ///
    /// @param backlog the JDK's own if it is none
    /// @return `false` if it was bound before
    boolean bind(InetSocketAddress wanted, int backlog) throws IOException {
        synchronized (this) {
            checkOpen();
            if (listener != null) {
                return false;
            }
            TcpListener made = tcp.listen(wanted, backlog < 1 ? BACKLOG : backlog);
            try {
                for (SocketOption<?> option : chosen) {
                    copy(option, made);
                }
                made.setAcceptTimeout(acceptTimeout);
                local = made.localAddress();
            } catch (Throwable t) {
                made.close();
                throw t;
            }
            listener = made;
            return true;
        }
    }

    private <T> void copy(SocketOption<T> option, TcpListener made) throws IOException {
        made.setOption(option, before.getOption(option));
    }

    private void checkOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    /// The listener, or `null` before it is bound.
    TcpListener listener() {
        return listener;
    }

    /// What it is bound to, or was; `null` before.
    InetSocketAddress local() {
        return local;
    }

    boolean isClosed() {
        return closed;
    }

    synchronized void setAcceptTimeout(Duration timeout) {
        acceptTimeout = timeout;
        if (listener != null) {
            listener.setAcceptTimeout(timeout);
        }
    }

    synchronized <T> Object setOption(SocketOption<T> option, T value) throws IOException {
        Options.check(supportedOptions(), option);
        if (listener == null) {
            before.setOption(option, value);
            chosen.add(option);
        } else {
            listener.setOption(option, value);
        }
        return this;
    }

    <T> T getOption(SocketOption<T> option) throws IOException {
        Options.check(supportedOptions(), option);
        TcpListener l = listener;
        return l == null ? before.getOption(option) : l.getOption(option);
    }

    /// Of a connection's options those that the JDK's servers have, and the stack's own.
    Set<SocketOption<?>> supportedOptions() {
        Set<SocketOption<?>> all = new LinkedHashSet<>(before.supportedOptions());
        all.removeAll(OF_CONNECTIONS);
        return Collections.unmodifiableSet(all);
    }

    /// Further calls do nothing.
    void close() throws IOException {
        TcpListener l;
        synchronized (this) {
            closed = true;
            l = listener;
        }
        try {
            before.close();
        } finally {
            if (l != null) {
                l.close();
            }
        }
    }
}
