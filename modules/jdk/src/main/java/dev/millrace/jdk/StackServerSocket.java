package dev.millrace.jdk;

import dev.millrace.Tcp;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/// A server's socket of a stack. It overrides all that [ServerSocket] does, whose own state is never used.
final class StackServerSocket extends ServerSocket {
    /// What the JDK takes for a backlog that is none.
    private static final int BACKLOG = 50;

    private final Tcp tcp;
    /// A socket that is never connected: it has the options until there is a listener.
    private final TcpSocket before;
    /// Guarded by this: those that the program has set on it.
    private final Set<SocketOption<?>> chosen = new LinkedHashSet<>();
    /// Guarded by this where it is set.
    private volatile TcpListener listener;
    private volatile InetSocketAddress local;
    private volatile boolean closed;
    private volatile int timeoutMs;

    StackServerSocket(Tcp tcp) throws IOException {
        super(new NoSocketImpl());
        this.tcp = tcp;
        before = tcp.open();
        // As the JDK's on every system but Windows.
        set(StandardSocketOptions.SO_REUSEADDR, true);
    }

    private void checkOpen() throws SocketException {
        if (closed) {
            throw new SocketException(SocketExceptions.IS_CLOSED);
        }
    }

    @Override
    public void bind(SocketAddress endpoint) throws IOException {
        bind(endpoint, BACKLOG);
    }

    @Override
    public synchronized void bind(SocketAddress endpoint, int backlog) throws IOException {
        checkOpen();
        if (listener != null) {
            throw new SocketException("Already bound");
        }
        TcpListener made;
        try {
            made = tcp.listen(Addresses.local(endpoint), backlog < 1 ? BACKLOG : backlog);
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
        try {
            for (SocketOption<?> option : chosen) {
                copy(option, made);
            }
            made.setAcceptTimeout(Duration.ofMillis(timeoutMs));
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
        local = made.localAddress();
        listener = made;
    }

    private <T> void copy(SocketOption<T> option, TcpListener made) throws IOException {
        made.setOption(option, before.getOption(option));
    }

    @Override
    public Socket accept() throws IOException {
        checkOpen();
        TcpListener l = listener;
        if (l == null) {
            throw new SocketException("Socket is not bound yet");
        }
        try {
            return new StackSocket(l.accept());
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    @Override
    public InetAddress getInetAddress() {
        return local == null ? null : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        return local == null ? -1 : local.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return local;
    }

    @Override
    public boolean isBound() {
        return local != null;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    /// Always `null`, as for every socket that was not made by a channel.
    @Override
    public ServerSocketChannel getChannel() {
        return null;
    }

    @Override
    public void close() throws IOException {
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

    // ---- options

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        checkOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        synchronized (this) {
            timeoutMs = timeout;
            if (listener != null) {
                listener.setAcceptTimeout(Duration.ofMillis(timeout));
            }
        }
    }

    @Override
    public int getSoTimeout() throws IOException {
        checkOpen();
        return timeoutMs;
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return get(StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("negative receive size");
        }
        set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    private synchronized <T> void set(SocketOption<T> option, T value) throws SocketException {
        checkOpen();
        options().set(option, value);
        chosen.add(option);
    }

    private <T> T get(SocketOption<T> option) throws SocketException {
        checkOpen();
        return options().get(option);
    }

    private Options options() {
        TcpListener l = listener;
        return l == null ? new Options(before::supportedOptions, before::setOption, before::getOption)
                : new Options(l::supportedOptions, l::setOption, l::getOption);
    }

    @Override
    public <T> ServerSocket setOption(SocketOption<T> name, T value) throws IOException {
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
        return options().supported();
    }

    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        // A hint, and there is nothing to choose from.
    }

    @Override
    public String toString() {
        return local == null ? "ServerSocket[unbound]" : "ServerSocket[addr=" + local.getAddress() + ",localport=" + local.getPort() + "]";
    }
}
