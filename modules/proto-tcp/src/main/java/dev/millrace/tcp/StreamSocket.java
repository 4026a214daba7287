package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpInfo;
import dev.millrace.TcpSocket;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.SocketErrors;
import dev.millrace.tcp.engine.ReceivedBytes;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// What a program holds of a connection: blocks its threads, turns the engine's state into exceptions.
///
/// One thread at a time reads and one writes, each under a lock of its own that it keeps while it waits; the engine's
/// lock is never kept while waiting.
final class StreamSocket implements TcpSocket {
    /// How much is written under the engine's lock at once: enough to cut a batch of segments from, little enough that
    /// they leave while the rest is copied.
    private static final int WRITE_STEP = 256 * 1024;

    private final TcpProtocol protocol;
    private final DirectionLock readLock = new DirectionLock();
    private final DirectionLock writeLock = new DirectionLock();
    /// Guarded by readLock.
    private final ReceivedBytes received = new ReceivedBytes();
    /// Guarded by readLock.
    private final ProgramMemory target = new ProgramMemory();
    /// Guarded by writeLock.
    private final ProgramMemory source = new ProgramMemory();
    private final SocketSettings settings;
    private volatile ConnectionEndpoint endpoint;
    private volatile EndpointTable.Entry<TcpEndpoint> bound;
    private volatile IpAddress boundAddress;
    private volatile int boundPort;
    private volatile ErrorCode closed;
    private volatile boolean inputShut;
    private volatile long readTimeoutNs;
    private volatile Consumer<Readiness> callback;

    StreamSocket(TcpProtocol protocol, ConnectionEndpoint accepted) {
        this.protocol = protocol;
        this.endpoint = accepted;
        this.settings = new SocketSettings(protocol, accepted);
    }

    // ---- connecting

    @Override
    public void bind(InetSocketAddress local) throws IOException {
        checkOpen();
        if (endpoint != null || boundPort != 0 || boundAddress != null) {
            throw SocketErrors.of(ErrorCode.ADDRESS_IN_USE, "Already bound");
        }
        IpAddress address = protocol.bindAddress(local);
        if (local.getPort() != 0) {
            // Holds the port until the connection takes it over, so that nobody listens on it meanwhile.
            bound = protocol.endpoints.bind(address, local.getPort(), new BoundPort(protocol));
        }
        boundAddress = address;
        boundPort = local.getPort();
    }

    @Override
    public void connect(InetSocketAddress remote, Duration timeout) throws IOException {
        long timeoutNs = Durations.toNanos(timeout);
        startConnect(remote);
        long deadline = timeoutNs == 0 ? Long.MAX_VALUE : protocol.ctx.clock().nanoTime() + timeoutNs;
        try {
            while (!finishConnect()) {
                if (!await(ConnectionEndpoint.CONNECTED | ConnectionEndpoint.FAILED, deadline, Waiter.WATCHER)) {
                    throw SocketErrors.of(ErrorCode.CONNECT_TIMEOUT);
                }
            }
        } catch (Throwable t) {
            // A socket whose attempt failed is of no further use, as in java.net.
            closeQuietly(ErrorCode.SOCKET_CLOSED);
            throw t;
        }
        // In process the connection stands before anyone had to wait: a virtual thread that connects again and again
        // would never let go of its carrier, and the one that accepts would never run.
        Thread.yield();
    }

    @Override
    public void startConnect(InetSocketAddress remote) throws IOException {
        Objects.requireNonNull(remote, "remote");
        synchronized (this) {
            checkOpen();
            if (endpoint != null) {
                throw new AlreadyConnectedException();
            }
            EndpointTable.Entry<TcpEndpoint> held = bound;
            if (held != null) {
                held.release();
                bound = null;
            }
            endpoint = protocol.startConnect(boundAddress, boundPort, remote, settings);
        }
        ConnectionEndpoint e = endpoint;
        if (callback != null) {
            e.onReady(callback);
        }
        if (closed != null) {
            e.abort();
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        checkOpen();
        ConnectionEndpoint e = endpoint;
        if (e == null) {
            throw SocketErrors.of(ErrorCode.NOT_CONNECTED);
        }
        int status = e.status();
        if ((status & ConnectionEndpoint.CONNECTED) != 0) {
            return true;
        }
        if ((status & ConnectionEndpoint.FAILED) != 0) {
            throw Failures.onConnect(e.failure());
        }
        return false;
    }

    @Override
    public boolean isConnected() {
        ConnectionEndpoint e = endpoint;
        return e != null && (e.status() & ConnectionEndpoint.CONNECTED) != 0;
    }

    // ---- reading

    @Override
    public int read(ByteBuffer dst) throws IOException {
        ConnectionEndpoint e = connected();
        if (!dst.hasRemaining()) {
            return 0;
        }
        long deadline = lockForReading();
        try {
            int n = read(e, target.writable(dst), dst.position(), dst.remaining(), deadline);
            if (n > 0) {
                dst.position(dst.position() + n);
            }
            return n;
        } finally {
            readLock.give(e);
        }
    }

    @Override
    public int read(byte[] dst, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dst.length);
        ConnectionEndpoint e = connected();
        if (length == 0) {
            return 0;
        }
        long deadline = lockForReading();
        try {
            return read(e, target.of(dst), offset, length, deadline);
        } finally {
            readLock.give(e);
        }
    }

    /// Takes the read lock and returns when the time for reading is over.
    private long lockForReading() throws IOException {
        long timeoutNs = readTimeoutNs;
        long deadline = timeoutNs == 0 ? Long.MAX_VALUE : protocol.ctx.clock().nanoTime() + timeoutNs;
        lock(readLock, deadline, ErrorCode.READ_TIMEOUT);
        return deadline;
    }

    /// Called with the read lock held.
    private int read(ConnectionEndpoint e, MemorySegment dst, int at, int length, long deadline) throws IOException {
        while (true) {
            int n = tryRead(e, dst, at, length);
            if (n != 0) {
                return n;
            }
            if (!await(ConnectionEndpoint.READABLE, deadline, Waiter.READER)) {
                throw SocketErrors.of(ErrorCode.READ_TIMEOUT);
            }
        }
    }

    @Override
    public int tryRead(ByteBuffer dst) throws IOException {
        ConnectionEndpoint e = connected();
        if (!dst.hasRemaining() || !readLock.tryTake()) {
            return 0;
        }
        try {
            int n = tryRead(e, target.writable(dst), dst.position(), dst.remaining());
            if (n > 0) {
                dst.position(dst.position() + n);
            }
            return n;
        } finally {
            readLock.give(e);
        }
    }

    /// Called with the read lock held. The bytes are copied after the engine's lock was given back.
    private int tryRead(ConnectionEndpoint e, MemorySegment dst, int at, int length) throws IOException {
        checkOpen();
        if (inputShut) {
            return -1;
        }
        if ((e.status() & ConnectionEndpoint.READABLE) == 0) {
            return 0;
        }
        int n = e.read(received, length);
        if (n > 0) {
            received.copyTo(dst, at);
        }
        return n;
    }

    @Override
    public int available() throws IOException {
        return inputShut ? 0 : connected().available();
    }

    @Override
    public void shutdownInput() throws IOException {
        ConnectionEndpoint e = connected();
        inputShut = true;
        e.shutdownInput();
        wakeAll(e);
    }

    // ---- writing

    @Override
    public int write(ByteBuffer src) throws IOException {
        ConnectionEndpoint e = connected();
        lock(writeLock, Long.MAX_VALUE, ErrorCode.SOCKET_CLOSED);
        try {
            int n = src.remaining();
            write(e, source.of(src), src.position(), n);
            src.position(src.limit());
            return n;
        } finally {
            writeLock.give(e);
        }
    }

    @Override
    public void write(byte[] src, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, src.length);
        ConnectionEndpoint e = connected();
        lock(writeLock, Long.MAX_VALUE, ErrorCode.SOCKET_CLOSED);
        try {
            write(e, source.of(src), offset, length);
        } finally {
            writeLock.give(e);
        }
    }

    /// Called with the write lock held.
    private void write(ConnectionEndpoint e, MemorySegment src, int at, int length) throws IOException {
        int done = 0;
        while (done < length) {
            checkOpen();
            int n = e.write(src, at + done, Math.min(length - done, WRITE_STEP));
            done += n;
            if (n == 0) {
                await(ConnectionEndpoint.WRITABLE, Long.MAX_VALUE, Waiter.WRITER);
            }
        }
    }

    @Override
    public int tryWrite(ByteBuffer src) throws IOException {
        ConnectionEndpoint e = connected();
        if (!src.hasRemaining() || !writeLock.tryTake()) {
            return 0;
        }
        try {
            checkOpen();
            int n = e.write(source.of(src), src.position(), src.remaining());
            src.position(src.position() + n);
            return n;
        } finally {
            writeLock.give(e);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        connected().shutdownOutput();
    }

    // ---- waiting

    /// Which of the endpoint's places for a waiting thread is meant.
    private enum Waiter {
        READER, WRITER, WATCHER;

        void set(ConnectionEndpoint e, Thread thread) {
            switch (this) {
                case READER -> e.reader = thread;
                case WRITER -> e.writer = thread;
                case WATCHER -> e.watcher = thread;
            }
        }
    }

    /// Waits until one of `bits` is set, or the deadline has passed: then it returns `false`.
    private boolean await(int bits, long deadlineNs, Waiter as) throws IOException {
        ConnectionEndpoint e = endpoint;
        Thread self = Thread.currentThread();
        long spin = protocol.ctx.waits().spinNs();
        if (spin > 0 && spin(e, bits, spin)) {
            checkOpen();
            return true;
        }
        try {
            while (true) {
                as.set(e, self);
                if (closed != null) {
                    throw SocketErrors.closed(closed, true);
                }
                if ((e.status() & bits) != 0) {
                    return true;
                }
                if (self.isInterrupted()) {
                    closeQuietly(ErrorCode.INTERRUPTED);
                    throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
                }
                if (inputShut && as == Waiter.READER) {
                    return true;
                }
                if (deadlineNs != Long.MAX_VALUE && protocol.ctx.clock().nanoTime() - deadlineNs >= 0) {
                    return false;
                }
                protocol.ctx.waits().park(this, deadlineNs);
            }
        } finally {
            as.set(e, null);
        }
    }

    private boolean spin(ConnectionEndpoint e, int bits, long spinNs) {
        long until = protocol.ctx.clock().nanoTime() + spinNs;
        do {
            for (int i = 0; i < 32; i++) {
                if ((e.status() & bits) != 0 || closed != null) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (protocol.ctx.clock().nanoTime() - until < 0);
        return false;
    }

    private void lock(ReentrantLock lock, long deadlineNs, ErrorCode onTimeout) throws IOException {
        if (lock.tryLock()) {
            return;
        }
        try {
            if (!protocol.ctx.waits().lock(lock, deadlineNs)) {
                throw SocketErrors.of(onTimeout);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closeQuietly(ErrorCode.INTERRUPTED);
            throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
        }
    }

    private void wakeAll(ConnectionEndpoint e) {
        for (Thread t : new Thread[] {e.reader, e.writer, e.watcher}) {
            if (t != null) {
                protocol.ctx.waits().unpark(t);
            }
        }
    }

    private void checkOpen() throws IOException {
        ErrorCode c = closed;
        if (c != null) {
            throw SocketErrors.closed(c, false);
        }
        if (protocol.ctx.isClosing()) {
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
    }

    private ConnectionEndpoint connected() throws IOException {
        checkOpen();
        ConnectionEndpoint e = endpoint;
        if (e == null) {
            throw new NotYetConnectedException();
        }
        return e;
    }

    // ---- views, options, state

    @Override
    public void onReady(Consumer<Readiness> listener) {
        callback = listener;
        ConnectionEndpoint e = endpoint;
        if (e != null) {
            e.onReady(listener);
        }
    }

    @Override
    public void setReadTimeout(Duration timeout) {
        readTimeoutNs = Durations.toNanos(timeout);
    }

    @Override
    public InputStream inputStream() {
        return new SocketViews.Input(this);
    }

    @Override
    public OutputStream outputStream() {
        return new SocketViews.Output(this);
    }

    @Override
    public ReadableByteChannel readableChannel() {
        return new SocketViews.Source(this);
    }

    @Override
    public WritableByteChannel writableChannel() {
        return new SocketViews.Sink(this);
    }

    @Override
    public <T> TcpSocket setOption(SocketOption<T> option, T value) throws IOException {
        checkOpen();
        settings.set(option, value, endpoint);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> option) throws IOException {
        checkOpen();
        return settings.get(option, endpoint);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return SocketSettings.SUPPORTED;
    }

    @Override
    public InetSocketAddress localAddress() {
        ConnectionEndpoint e = endpoint;
        if (e != null) {
            return new InetSocketAddress(e.local.toInetAddress(), e.localPort());
        }
        if (boundPort == 0 && boundAddress == null) {
            return null;
        }
        return boundAddress == null
                ? new InetSocketAddress(boundPort)
                : new InetSocketAddress(boundAddress.toInetAddress(), boundPort);
    }

    @Override
    public InetSocketAddress remoteAddress() {
        ConnectionEndpoint e = endpoint;
        return e == null ? null : new InetSocketAddress(e.remote.toInetAddress(), e.remotePort);
    }

    @Override
    public TcpInfo info() {
        ConnectionEndpoint e = endpoint;
        return e == null
                ? TcpInfo.CLOSED
                : e.inspect(engine -> engine.info(e.protocol.ctx.clock().nanoTime()));
    }

    @Override
    public boolean isOpen() {
        return closed == null && !protocol.ctx.isClosing();
    }

    // ---- closing

    @Override
    public void close() throws IOException {
        if (!markClosed(ErrorCode.SOCKET_CLOSED)) {
            return;
        }
        ConnectionEndpoint e = endpoint;
        if (e == null) {
            return;
        }
        int linger = settings.lingerSeconds();
        if (linger == 0) {
            e.abort();
        } else {
            e.close();
            if (linger > 0) {
                lingerFor(e, linger);
            }
        }
        wakeAll(e);
        discardReceived();
    }

    /// SO_LINGER: waits until all was sent and acknowledged, or resets when the time is over.
    private void lingerFor(ConnectionEndpoint e, int seconds) {
        long deadline = protocol.ctx.clock().nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Thread self = Thread.currentThread();
        try {
            while ((e.status() & ConnectionEndpoint.FINISHED) == 0) {
                e.watcher = self;
                if ((e.status() & ConnectionEndpoint.FINISHED) != 0) {
                    return;
                }
                if (self.isInterrupted() || protocol.ctx.clock().nanoTime() - deadline >= 0) {
                    e.abort();
                    return;
                }
                protocol.ctx.waits().park(this, deadline);
            }
        } finally {
            e.watcher = null;
        }
    }

    private synchronized boolean markClosed(ErrorCode why) {
        if (closed != null) {
            return false;
        }
        closed = why;
        EndpointTable.Entry<TcpEndpoint> held = bound;
        if (held != null) {
            held.release();
            bound = null;
        }
        return true;
    }

    private void closeQuietly(ErrorCode why) {
        if (markClosed(why)) {
            ConnectionEndpoint e = endpoint;
            if (e != null) {
                e.close();
                wakeAll(e);
                discardReceived();
            }
        }
    }

    private void discardReceived() {
        if (readLock.tryLock()) {
            try {
                received.clear();
                target.forget();
            } finally {
                readLock.unlock();
            }
        }
        if (writeLock.tryLock()) {
            try {
                source.forget();
            } finally {
                writeLock.unlock();
            }
        }
    }

    @Override
    public void abort() {
        markClosed(ErrorCode.SOCKET_CLOSED);
        ConnectionEndpoint e = endpoint;
        if (e != null) {
            e.abort();
            wakeAll(e);
            discardReceived();
        }
    }

    @Override
    public String toString() {
        return "TcpSocket(" + localAddress() + " -> " + remoteAddress() + ")";
    }
}
