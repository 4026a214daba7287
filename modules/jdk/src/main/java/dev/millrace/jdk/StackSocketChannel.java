package dev.millrace.jdk;

import dev.millrace.Readiness;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// A channel over a [TcpSocket]. Reading and writing have no lock in common.
final class StackSocketChannel extends SocketChannel implements Watched {
    private final TcpSocket socket;
    private final Audience audience;
    // Guarded by this where they are set.
    private volatile State state;
    private volatile InetSocketAddress remote;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private Socket adaptor;

    private enum State {
        UNCONNECTED, PENDING, CONNECTED
    }

    /// @param socket new, or accepted; the channel's from now on
    StackSocketChannel(SelectorProvider provider, TcpSocket socket, Waiting waiting) {
        super(provider);
        this.socket = socket;
        audience = new Audience(this, waiting);
        state = socket.isConnected() ? State.CONNECTED : State.UNCONNECTED;
        remote = socket.remoteAddress();
    }

    TcpSocket tcpSocket() {
        return socket;
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    private void checkConnected() throws ClosedChannelException {
        checkOpen();
        if (state != State.CONNECTED) {
            throw new NotYetConnectedException();
        }
    }

    // ---- binding and connecting

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        synchronized (this) {
            checkOpen();
            if (state == State.PENDING) {
                throw new ConnectionPendingException();
            }
            if (socket.localAddress() != null) {
                throw new AlreadyBoundException();
            }
            try {
                socket.bind(local == null ? new InetSocketAddress(0) : ChannelExceptions.checked(local));
            } catch (IOException e) {
                throw ChannelExceptions.of(e, this);
            }
        }
        return this;
    }

    @Override
    public boolean connect(SocketAddress wanted) throws IOException {
        InetSocketAddress to = ChannelExceptions.checked(wanted);
        begin(to);
        return connect(to, isBlocking(), 0);
    }

    /// As [#connect(SocketAddress)], for who waits so long and no longer.
    ///
    /// @param timeoutMs in milliseconds, 0 for as long as the protocol tries
    void connect(InetSocketAddress to, int timeoutMs) throws IOException {
        if (!isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        begin(to);
        connect(to, true, timeoutMs);
    }

    private void begin(InetSocketAddress to) throws IOException {
        synchronized (this) {
            checkOpen();
            switch (state) {
                case CONNECTED -> throw new AlreadyConnectedException();
                case PENDING -> throw new ConnectionPendingException();
                case UNCONNECTED -> state = State.PENDING;
            }
            remote = to;
        }
    }

    private boolean connect(InetSocketAddress to, boolean waits, int timeoutMs) throws IOException {
        try {
            if (waits) {
                socket.connect(to, Duration.ofMillis(timeoutMs));
            } else {
                socket.startConnect(to);
                if (!socket.finishConnect()) {
                    return false;
                }
            }
        } catch (IOException | RuntimeException e) {
            throw failed(e);
        }
        state = State.CONNECTED;
        return true;
    }

    /// As those of the JDK, a channel whose attempt has failed is closed.
    private IOException failed(Exception e) {
        try {
            close();
        } catch (IOException failure) {
            e.addSuppressed(failure);
        }
        if (e instanceof RuntimeException r) {
            throw r;
        }
        return ChannelExceptions.of((IOException) e, this);
    }

    @Override
    public boolean finishConnect() throws IOException {
        checkOpen();
        switch (state) {
            case CONNECTED -> {
                return true;
            }
            case UNCONNECTED -> throw new NoConnectionPendingException();
            case PENDING -> {
            }
        }
        while (true) {
            boolean stands;
            try {
                stands = socket.finishConnect();
            } catch (IOException | RuntimeException e) {
                throw failed(e);
            }
            if (stands) {
                state = State.CONNECTED;
                return true;
            }
            if (!isBlocking() || !audience.await(SelectionKey.OP_CONNECT, Long.MAX_VALUE)) {
                return false;
            }
            IOException over = ChannelExceptions.ofWaiter(this);
            if (over != null) {
                throw over;
            }
        }
    }

    @Override
    public boolean isConnected() {
        return state == State.CONNECTED;
    }

    @Override
    public boolean isConnectionPending() {
        return state == State.PENDING && isOpen();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        checkOpen();
        return remote;
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        checkOpen();
        return socket.localAddress();
    }

    // ---- reading and writing

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        checkConnected();
        if (inputShut) {
            return -1;
        }
        try {
            return isBlocking() ? socket.read(dst) : socket.tryRead(dst);
        } catch (IOException e) {
            throw ChannelExceptions.of(e, this);
        }
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        checkConnected();
        if (inputShut) {
            return -1;
        }
        long n = 0;
        try {
            for (int i = offset; i < offset + length; i++) {
                ByteBuffer dst = dsts[i];
                if (!dst.hasRemaining()) {
                    continue;
                }
                // It waits for the first byte only.
                int got = n == 0 && isBlocking() ? socket.read(dst) : socket.tryRead(dst);
                if (got <= 0) {
                    return n == 0 ? got : n;
                }
                n += got;
                if (dst.hasRemaining()) {
                    break;
                }
            }
        } catch (IOException e) {
            if (n > 0) {
                // The next call tells.
                return n;
            }
            throw ChannelExceptions.of(e, this);
        }
        return n;
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        checkWritable();
        try {
            return isBlocking() ? socket.write(src) : socket.tryWrite(src);
        } catch (IOException e) {
            throw ChannelExceptions.of(e, this);
        }
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        checkWritable();
        try {
            return isBlocking() ? socket.write(srcs, offset, length) : socket.tryWrite(srcs, offset, length);
        } catch (IOException e) {
            throw ChannelExceptions.of(e, this);
        }
    }

    private void checkWritable() throws ClosedChannelException {
        checkConnected();
        if (outputShut) {
            throw new ClosedChannelException();
        }
    }

    /// Waits for bytes, the end of the stream or an error, which the next read tells.
    ///
    /// @return `false` if the deadline came first
    /// @throws IOException if the channel is closed, now or meanwhile, or the thread is interrupted, which closes it
    boolean awaitReadable(long deadlineNs) throws IOException {
        checkConnected();
        boolean ready = audience.await(SelectionKey.OP_READ, deadlineNs);
        IOException over = ChannelExceptions.ofWaiter(this);
        if (over != null) {
            throw over;
        }
        return ready;
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        synchronized (this) {
            checkConnected();
            if (inputShut) {
                return this;
            }
            try {
                socket.shutdownInput();
            } catch (IOException e) {
                throw ChannelExceptions.of(e, this);
            }
            inputShut = true;
        }
        audience.tell();
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        synchronized (this) {
            checkConnected();
            if (outputShut) {
                return this;
            }
            try {
                socket.shutdownOutput();
            } catch (IOException e) {
                throw ChannelExceptions.of(e, this);
            }
            outputShut = true;
        }
        audience.tell();
        return this;
    }

    boolean isInputShut() {
        return inputShut;
    }

    boolean isOutputShut() {
        return outputShut;
    }

    // ---- options

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        Objects.requireNonNull(name);
        checkOpen();
        socket.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Objects.requireNonNull(name);
        checkOpen();
        return socket.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return socket.supportedOptions();
    }

    @Override
    public Socket socket() {
        synchronized (this) {
            if (adaptor == null) {
                adaptor = ChannelSocket.of(this);
            }
            return adaptor;
        }
    }

    // ---- selection

    @Override
    public int readyOps() {
        if (!isOpen()) {
            return validOps();
        }
        Readiness r = socket.readiness();
        return switch (state) {
            case UNCONNECTED -> 0;
            case PENDING -> r.writable() || r.closed() ? SelectionKey.OP_CONNECT : 0;
            case CONNECTED -> (r.readable() || r.closed() || inputShut ? SelectionKey.OP_READ : 0)
                    | (r.writable() || r.closed() || outputShut ? SelectionKey.OP_WRITE : 0);
        };
    }

    @Override
    public Audience audience() {
        return audience;
    }

    @Override
    public void onReady(Consumer<Readiness> listener) {
        socket.onReady(listener);
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // Each call looks which it is.
    }

    // ---- the end

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        try {
            socket.close();
        } finally {
            audience.tell();
        }
    }

    @Override
    public String toString() {
        String about = !isOpen() ? "closed" : switch (state) {
            case UNCONNECTED -> "unconnected";
            case PENDING -> "connection-pending";
            case CONNECTED -> (inputShut ? "connected ishut" : "connected") + (outputShut ? " oshut" : "");
        };
        String local = isOpen() && socket.localAddress() != null ? " local=" + socket.localAddress() : "";
        String peer = isOpen() && remote != null ? " remote=" + remote : "";
        return SocketChannel.class.getName() + "[" + about + local + peer + "]";
    }
}
