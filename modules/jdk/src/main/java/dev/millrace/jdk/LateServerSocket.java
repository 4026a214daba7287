package dev.millrace.jdk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.util.Set;

/// A server's channel that chooses late, as a socket. What it is bound to answers where there is something.
final class LateServerSocket extends ServerSocket {
    private final LateServerSocketChannel channel;
    private final Options options;
    private volatile int timeoutMs;

    private LateServerSocket(LateServerSocketChannel channel) throws IOException {
        super(new NoSocketImpl());
        this.channel = channel;
        options = new Options(channel::supportedOptions, channel::setOption, channel::getOption);
    }

    static ServerSocket of(LateServerSocketChannel channel) {
        try {
            return new LateServerSocket(channel);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
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
        ChannelSocket.bind(a -> channel.bind(a, backlog), endpoint);
    }

    @Override
    public Socket accept() throws IOException {
        if (isClosed()) {
            throw new ClosedChannelException();
        }
        if (!channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        ServerSocketChannel c = channel.chosen();
        if (c == null) {
            throw new SocketException("Socket is not bound yet");
        }
        try {
            ServerSocket s = c.socket();
            s.setSoTimeout(timeoutMs);
            return channel.selectable(s.accept().getChannel()).socket();
        } finally {
            if (!c.isOpen()) {
                close();
            }
        }
    }

    private InetSocketAddress local() {
        ServerSocketChannel c = channel.chosen();
        return c == null ? null : (InetSocketAddress) c.socket().getLocalSocketAddress();
    }

    @Override
    public InetAddress getInetAddress() {
        InetSocketAddress local = local();
        return local == null ? null : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = local();
        return local == null ? -1 : local.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return local();
    }

    @Override
    public boolean isBound() {
        return local() != null;
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public ServerSocketChannel getChannel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        checkOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeoutMs = timeout;
    }

    @Override
    public int getSoTimeout() throws IOException {
        checkOpen();
        return timeoutMs;
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        checkOpen();
        options.set(StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        checkOpen();
        return options.get(StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("size cannot be 0 or negative");
        }
        checkOpen();
        options.set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        checkOpen();
        return options.get(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public <T> ServerSocket setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return channel.getOption(name);
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
