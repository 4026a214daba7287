package dev.millrace.jdk;

import dev.millrace.TcpListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/// A server's socket of a stack, with a channel or without. It overrides all that [ServerSocket] does, whose own state is never used.
final class StackServerSocket extends ServerSocket {
    private final ListeningPort port;
    private final StackServerSocketChannel channel;
    private final Options options;
    private volatile int timeoutMs;

    /// @param channel its channel, or `null`
    StackServerSocket(ListeningPort port, StackServerSocketChannel channel) throws IOException {
        super(new NoSocketImpl());
        this.port = port;
        this.channel = channel;
        options = new Options(port::supportedOptions, port::setOption, port::getOption);
    }

    private void checkOpen() throws SocketException {
        if (isClosed()) {
            throw new SocketException(SocketExceptions.IS_CLOSED);
        }
    }

    @Override
    public void bind(SocketAddress endpoint) throws IOException {
        bind(endpoint, ListeningPort.BACKLOG);
    }

    @Override
    public void bind(SocketAddress endpoint, int backlog) throws IOException {
        if (channel != null) {
            ChannelSocket.bind(a -> channel.bind(a, backlog), endpoint);
            return;
        }
        checkOpen();
        InetSocketAddress local = Addresses.local(endpoint);
        try {
            if (!port.bind(local, backlog)) {
                throw new SocketException("Already bound");
            }
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    @Override
    public Socket accept() throws IOException {
        if (channel != null) {
            try {
                return channel.accept(timeoutMs).socket();
            } catch (NotYetBoundException e) {
                throw new SocketException("Socket is not bound yet", e);
            }
        }
        checkOpen();
        TcpListener l = port.listener();
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
        InetSocketAddress local = port.local();
        return local == null ? null : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = port.local();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return port.local();
    }

    @Override
    public boolean isBound() {
        return port.local() != null;
    }

    @Override
    public boolean isClosed() {
        return port.isClosed();
    }

    /// `null` for a socket that was not made by a channel.
    @Override
    public ServerSocketChannel getChannel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        } else {
            port.close();
        }
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
            port.setAcceptTimeout(Duration.ofMillis(timeout));
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
            throw new IllegalArgumentException(channel == null ? "negative receive size" : "size cannot be 0 or negative");
        }
        set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    private <T> void set(SocketOption<T> option, T value) throws SocketException {
        checkOpen();
        options.set(option, value);
    }

    private <T> T get(SocketOption<T> option) throws SocketException {
        checkOpen();
        return options.get(option);
    }

    @Override
    public <T> ServerSocket setOption(SocketOption<T> name, T value) throws IOException {
        Objects.requireNonNull(name);
        if (channel != null) {
            channel.setOption(name, value);
        } else {
            set(name, value);
        }
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Objects.requireNonNull(name);
        return channel == null ? get(name) : channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options.supported();
    }

    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        // A hint, and there is nothing to choose from.
    }

    @Override
    public String toString() {
        return isBound() ? "ServerSocket[addr=" + getInetAddress() + ",localport=" + getLocalPort() + "]" : "ServerSocket[unbound]";
    }
}
