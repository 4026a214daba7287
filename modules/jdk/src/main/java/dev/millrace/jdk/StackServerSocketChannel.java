package dev.millrace.jdk;

import dev.millrace.Readiness;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import java.util.function.Consumer;

/// A channel that connections are accepted from.
final class StackServerSocketChannel extends ServerSocketChannel implements Watched {
    private final ListeningPort port;
    private final Audience audience;
    /// Guarded by this: who has asked for news before there was a listener to give them.
    private Consumer<Readiness> asked;
    /// Guarded by this.
    private ServerSocket adaptor;

    StackServerSocketChannel(SelectorProvider provider, ListeningPort port, Waiting waiting) {
        super(provider);
        this.port = port;
        audience = new Audience(this, waiting);
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        checkOpen();
        if (port.local() != null) {
            throw new AlreadyBoundException();
        }
        InetSocketAddress wanted = ChannelExceptions.local(local);
        try {
            if (!port.bind(wanted, backlog)) {
                throw new AlreadyBoundException();
            }
        } catch (IOException e) {
            throw ChannelExceptions.of(e, this);
        }
        synchronized (this) {
            if (asked != null) {
                port.listener().onReady(asked);
            }
        }
        return this;
    }

    @Override
    public SocketChannel accept() throws IOException {
        checkOpen();
        boolean waits = isBlocking();
        if (waits) {
            ChannelExceptions.checkInterrupt(this);
        }
        TcpListener l = listener();
        try {
            TcpSocket accepted = waits ? l.accept() : l.tryAccept();
            return accepted == null ? null : channel(accepted);
        } catch (IOException e) {
            throw ChannelExceptions.of(e, this);
        }
    }

    /// As [#accept()], for who waits so long and no longer.
    ///
    /// @param timeoutMs in milliseconds, 0 for ever
    SocketChannel accept(int timeoutMs) throws IOException {
        checkOpen();
        if (!isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        if (timeoutMs == 0) {
            return accept();
        }
        TcpListener l = listener();
        long deadline = audience.waiting().deadline(timeoutMs);
        while (true) {
            boolean inTime = audience.await(SelectionKey.OP_ACCEPT, deadline);
            IOException over = ChannelExceptions.ofWaiter(this);
            if (over != null) {
                throw over;
            }
            TcpSocket accepted = l.tryAccept();
            if (accepted != null) {
                return channel(accepted);
            }
            if (!inTime) {
                throw new SocketTimeoutException("Accept timed out");
            }
        }
    }

    private TcpListener listener() throws ClosedChannelException {
        checkOpen();
        TcpListener l = port.listener();
        if (l == null) {
            throw new NotYetBoundException();
        }
        return l;
    }

    private SocketChannel channel(TcpSocket accepted) throws IOException {
        try {
            return new StackSocketChannel(provider(), accepted, audience.waiting());
        } catch (Throwable t) {
            accepted.abort();
            throw t;
        }
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        checkOpen();
        return port.local();
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        T checked = Options.checked(port.supportedOptions(), name, value);
        checkOpen();
        port.setOption(name, checked);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Options.check(port.supportedOptions(), name);
        checkOpen();
        return port.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return port.supportedOptions();
    }

    @Override
    public ServerSocket socket() {
        synchronized (this) {
            if (adaptor == null) {
                try {
                    adaptor = new StackServerSocket(port, this);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
            return adaptor;
        }
    }

    // ---- selection

    @Override
    public int readyOps() {
        TcpListener l = port.listener();
        if (!isOpen()) {
            return SelectionKey.OP_ACCEPT;
        }
        if (l == null) {
            return 0;
        }
        Readiness r = l.readiness();
        return r.readable() || r.closed() ? SelectionKey.OP_ACCEPT : 0;
    }

    @Override
    public Audience audience() {
        return audience;
    }

    @Override
    public void onReady(Consumer<Readiness> listener) {
        synchronized (this) {
            asked = listener;
            if (port.listener() == null) {
                return;
            }
        }
        port.listener().onReady(listener);
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // Each call looks which it is.
    }

    // ---- the end

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        try {
            port.close();
        } finally {
            audience.tell();
        }
    }

    @Override
    public String toString() {
        return ServerSocketChannel.class.getName() + "[" + (!isOpen() ? "closed" : port.local() == null ? "unbound" : port.local()) + "]";
    }
}
