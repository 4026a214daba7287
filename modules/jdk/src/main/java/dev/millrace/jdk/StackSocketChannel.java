package dev.millrace.jdk;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpSocket;
import dev.millrace.jdk.ChannelConnection.State;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// A channel over a [TcpSocket]. Reading and writing have no lock in common.
final class StackSocketChannel extends SocketChannel implements Watched {
    private final TcpSocket socket;
    private final Audience audience;
    private final ChannelConnection connection;
    // Guarded by this where they are set, but for the first. They stay when it is closed.
    /// Whether a read has told that the peer reset the connection: from then on all of them do.
    private volatile boolean reset;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private Socket adaptor;

    /// @param socket new, or accepted; the channel's from now on
    StackSocketChannel(SelectorProvider provider, TcpSocket socket, Waiting waiting) {
        super(provider);
        this.socket = socket;
        audience = new Audience(this, waiting);
        connection = new ChannelConnection(this, socket, audience);
    }

    TcpSocket tcpSocket() {
        return socket;
    }

    void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    // ---- binding and connecting

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        connection.bind(local);
        return this;
    }

    @Override
    public boolean connect(SocketAddress to) throws IOException {
        return connection.connect(to);
    }

    @Override
    public boolean finishConnect() throws IOException {
        return connection.finish();
    }

    @Override
    public boolean isConnected() {
        return connection.state() == State.CONNECTED && isOpen();
    }

    @Override
    public boolean isConnectionPending() {
        return connection.state() == State.PENDING && isOpen();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        checkOpen();
        return connection.remote();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        checkOpen();
        return connection.local();
    }

    /// How it comes to its peer, for its socket.
    ChannelConnection connection() {
        return connection;
    }

    // ---- reading and writing

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        boolean waits = beginRead();
        if (inputShut) {
            return -1;
        }
        ChannelExceptions.checkRoom(dst);
        try {
            return waits ? socket.read(dst) : socket.tryRead(dst);
        } catch (IOException e) {
            throw readFailed(e);
        }
    }

    /// Returns whether the call may wait.
    private boolean beginRead() throws IOException {
        connection.checkStands();
        boolean waits = isBlocking();
        if (waits) {
            ChannelExceptions.checkInterrupt(this);
        }
        if (reset) {
            throw new SocketException("Connection reset");
        }
        return waits;
    }

    private IOException readFailed(IOException e) {
        if (ErrorCode.of(e).orElse(null) == ErrorCode.CONNECTION_RESET) {
            reset = true;
        }
        return ChannelExceptions.ofReader(e, this);
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        boolean waits = beginRead();
        if (inputShut) {
            return -1;
        }
        for (int i = offset; i < offset + length; i++) {
            ChannelExceptions.checkRoom(dsts[i]);
        }
        long n = 0;
        try {
            for (int i = offset; i < offset + length; i++) {
                ByteBuffer dst = dsts[i];
                if (!dst.hasRemaining()) {
                    continue;
                }
                // It waits for the first byte only.
                int got = n == 0 && waits ? socket.read(dst) : socket.tryRead(dst);
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
            throw readFailed(e);
        }
        return n;
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        boolean waits = beginWrite();
        try {
            return waits ? socket.write(src) : socket.tryWrite(src);
        } catch (IOException e) {
            throw writeFailed(e);
        }
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        boolean waits = beginWrite();
        try {
            return waits ? socket.write(srcs, offset, length) : socket.tryWrite(srcs, offset, length);
        } catch (IOException e) {
            throw writeFailed(e);
        }
    }

    /// For its socket: one byte of urgent data. Returns 0 if there is no room and the channel does not block.
    int writeUrgent(byte b) throws IOException {
        boolean waits = beginWrite();
        ByteBuffer src = ByteBuffer.wrap(new byte[] {b});
        try {
            return waits ? socket.writeUrgent(src) : socket.tryWriteUrgent(src);
        } catch (IOException e) {
            throw writeFailed(e);
        }
    }

    /// Returns whether the call may wait.
    private boolean beginWrite() throws IOException {
        connection.checkStands();
        boolean waits = isBlocking();
        if (waits) {
            ChannelExceptions.checkInterrupt(this);
        }
        if (outputShut) {
            // So the JDK's: it does not look when the output was shut.
            throw new AsynchronousCloseException();
        }
        return waits;
    }

    private IOException writeFailed(IOException e) {
        return outputShut && isOpen() && !(e instanceof ClosedChannelException)
                ? new AsynchronousCloseException() : ChannelExceptions.ofWriter(e, this);
    }

    /// As [#read(ByteBuffer)], for who waits so long and no longer, also if another thread is faster each time.
    ///
    /// @param timeoutMs in milliseconds, 0 for ever
    int read(ByteBuffer dst, int timeoutMs) throws IOException {
        if (timeoutMs == 0) {
            return read(dst);
        }
        long deadline = audience.waiting().deadline(timeoutMs);
        while (true) {
            connection.checkStands();
            boolean inTime = audience.await(SelectionKey.OP_READ, deadline);
            IOException over = ChannelExceptions.ofWaiter(this);
            if (over != null) {
                throw over;
            }
            int n = readNow(dst);
            if (n != 0) {
                return n;
            }
            if (!inTime) {
                throw new SocketTimeoutException("Read timed out");
            }
        }
    }

    private int readNow(ByteBuffer dst) throws IOException {
        beginRead();
        if (inputShut) {
            return -1;
        }
        try {
            return socket.tryRead(dst);
        } catch (IOException e) {
            throw readFailed(e);
        }
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        synchronized (this) {
            connection.checkStands();
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
            connection.checkStands();
            if (outputShut) {
                return this;
            }
            // First: who writes meanwhile fails because of it.
            outputShut = true;
            try {
                socket.shutdownOutput();
            } catch (IOException e) {
                throw ChannelExceptions.of(e, this);
            }
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
        T checked = Options.checked(socket.supportedOptions(), name, value);
        checkOpen();
        socket.setOption(name, checked);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Options.check(socket.supportedOptions(), name);
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
        return switch (connection.state()) {
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
        String about = !isOpen() ? "closed" : switch (connection.state()) {
            case UNCONNECTED -> "unconnected";
            case PENDING -> "connection-pending";
            case CONNECTED -> (inputShut ? "connected ishut" : "connected") + (outputShut ? " oshut" : "");
        };
        InetSocketAddress ours = connection.local();
        InetSocketAddress remote = connection.remote();
        String local = isOpen() && ours != null ? " local=" + ours : "";
        String peer = isOpen() && remote != null ? " remote=" + remote : "";
        return SocketChannel.class.getName() + "[" + about + local + peer + "]";
    }
}
