package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpInfo;
import dev.millrace.TcpSocket;
import dev.millrace.spi.SocketErrors;
import dev.millrace.tcp.engine.FastOpen;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// What a program holds of a connection: joins the steps of its life, its two directions and its options.
final class StreamSocket implements TcpSocket {
    private final TcpProtocol protocol;
    private final SocketLife life;
    private final SocketSettings settings;
    // Made when it is first needed, as the input: a server may hold many connections that say nothing.
    private volatile SocketOutput output;
    private volatile Consumer<Readiness> callback;

    /// A socket that is not connected yet.
    StreamSocket(TcpProtocol protocol) {
        this(protocol, null, new SocketSettings(protocol));
    }

    /// The socket of an accepted connection, which begins with its listener's options.
    StreamSocket(TcpProtocol protocol, ConnectionEndpoint accepted, SocketSettings listener) {
        this.protocol = protocol;
        life = new SocketLife(protocol, accepted);
        settings = accepted == null ? listener : new SocketSettings(listener, accepted);
    }

    private SocketInput input() {
        SocketInput in = life.input;
        if (in == null) {
            synchronized (this) {
                in = life.input;
                if (in == null) {
                    in = new SocketInput(life, protocol.blocking);
                    life.input = in;
                }
            }
        }
        return in;
    }

    private SocketOutput output() {
        SocketOutput out = output;
        if (out == null) {
            synchronized (this) {
                out = output;
                if (out == null) {
                    out = new SocketOutput(life, protocol.blocking);
                    output = out;
                }
            }
        }
        return out;
    }

    // ---- connecting

    @Override
    public void bind(InetSocketAddress local) throws IOException {
        life.bind(Objects.requireNonNull(local, "local"));
    }

    @Override
    public void connect(InetSocketAddress remote, Duration timeout) throws IOException {
        long timeoutNs = Durations.toNanos(timeout);
        startConnect(remote);
        long deadline = protocol.blocking.deadline(timeoutNs);
        try {
            while (!finishConnect()) {
                if (!protocol.blocking.await(life, Wakeups.CONNECTED | Wakeups.FAILED, deadline, Wakeups.Role.CONNECTS)) {
                    throw SocketErrors.of(ErrorCode.CONNECT_TIMEOUT);
                }
            }
            if (deadline != Long.MAX_VALUE && settings.fastOpenConnect()) {
                EngineGate gate = life.endpoint().gate;
                gate.changeOptions(_ -> FastOpen.giveUpAt(gate.engine(), deadline));
            }
        } catch (Throwable t) {
            // A socket whose attempt failed is of no further use, as in java.net.
            life.closeAtOnce(ErrorCode.SOCKET_CLOSED);
            throw t;
        }
        // In process the connection stands before anyone had to wait: a virtual thread that connects again and again
        // would never let go of its carrier, and the one that accepts would never run.
        Thread.yield();
    }

    @Override
    public void startConnect(InetSocketAddress remote) throws IOException {
        ConnectionEndpoint e = life.connect(Objects.requireNonNull(remote, "remote"), settings);
        Consumer<Readiness> c = callback;
        if (c != null) {
            e.wakeups.onReady(this::readiness, c, protocol);
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        life.checkOpen();
        ConnectionEndpoint e = life.endpoint();
        if (e == null) {
            throw SocketErrors.of(ErrorCode.NOT_CONNECTED);
        }
        if (e.wakeups.is(Wakeups.CONNECTED)) {
            return true;
        }
        if (e.wakeups.is(Wakeups.FAILED)) {
            throw Failures.onConnect(e.gate.failure());
        }
        return false;
    }

    @Override
    public boolean isConnected() {
        ConnectionEndpoint e = life.endpoint();
        return e != null && e.wakeups.is(Wakeups.CONNECTED);
    }

    // ---- reading and writing

    @Override
    public int read(ByteBuffer dst) throws IOException {
        return input().read(dst);
    }

    @Override
    public int read(byte[] dst, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dst.length);
        return input().read(dst, offset, length);
    }

    @Override
    public int tryRead(ByteBuffer dst) throws IOException {
        return input().tryRead(dst);
    }

    @Override
    public int peek(ByteBuffer dst) throws IOException {
        return input().peek(dst);
    }

    @Override
    public int available() throws IOException {
        return input().available();
    }

    @Override
    public void shutdownInput() throws IOException {
        input().shutdown();
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        return output().write(src, WriteKind.PLAIN);
    }

    @Override
    public int writeMore(ByteBuffer src) throws IOException {
        return output().write(src, WriteKind.MORE);
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        return output().write(srcs, offset, length);
    }

    @Override
    public void write(byte[] src, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, src.length);
        output().write(src, offset, length);
    }

    @Override
    public int tryWrite(ByteBuffer src) throws IOException {
        return output().tryWrite(src, WriteKind.PLAIN);
    }

    @Override
    public long tryWrite(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        return output().tryWrite(srcs, offset, length);
    }

    @Override
    public int writeUrgent(ByteBuffer src) throws IOException {
        return output().write(src, WriteKind.URGENT);
    }

    @Override
    public int tryWriteUrgent(ByteBuffer src) throws IOException {
        return output().tryWrite(src, WriteKind.URGENT);
    }

    @Override
    public long urgentBytes() throws IOException {
        return input().urgentBytes();
    }

    @Override
    public void onUrgent(Runnable listener) throws IOException {
        ConnectionEndpoint e = life.connected();
        e.wakeups.onUrgent(this::readiness, listener, protocol);
        if (listener != null && urgentBytes() > 0) {
            e.wakeups.tellUrgent();
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        life.connected().gate.shutdownOutput();
    }

    // ---- views, options, state

    @Override
    public void onReady(Consumer<Readiness> listener) {
        callback = listener;
        ConnectionEndpoint e = life.endpoint();
        if (e != null) {
            e.wakeups.onReady(this::readiness, listener, protocol);
        }
    }

    @Override
    public Readiness readiness() {
        ConnectionEndpoint e = life.endpoint();
        if (life.isOver()) {
            return Readiness.of(true, true, true);
        }
        if (e == null) {
            return Readiness.of(false, false, false);
        }
        Readiness r = e.wakeups.readiness();
        return life.hasLeft() ? Readiness.of(true, r.writable(), r.closed()) : r;
    }

    @Override
    public Optional<ErrorCode> pendingError() {
        ConnectionEndpoint e = life.endpoint();
        return e == null ? Optional.empty() : Optional.ofNullable(e.gate.failure());
    }

    @Override
    public void setReadTimeout(Duration timeout) {
        life.readTimeoutNs = Durations.toNanos(timeout);
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
        life.checkOpen();
        settings.set(option, value, life.endpoint());
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> option) throws IOException {
        life.checkOpen();
        return settings.get(option, life.endpoint());
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return SocketSettings.SUPPORTED;
    }

    @Override
    public InetSocketAddress localAddress() {
        return life.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        ConnectionEndpoint e = life.endpoint();
        return e == null ? null : new InetSocketAddress(e.remote.toInetAddress(), e.remotePort);
    }

    @Override
    public TcpInfo info() {
        ConnectionEndpoint e = life.endpoint();
        return e == null
                ? TcpInfo.CLOSED
                : e.gate.inspect(engine -> engine.info(protocol.ctx.clock().nanoTime()));
    }

    @Override
    public boolean isOpen() {
        return !life.isOver();
    }

    // ---- closing

    @Override
    public void close() throws IOException {
        if (!life.close(ErrorCode.SOCKET_CLOSED)) {
            return;
        }
        ConnectionEndpoint e = life.endpoint();
        if (e == null) {
            return;
        }
        int linger = settings.lingerSeconds();
        if (linger == 0) {
            e.abort();
        } else {
            life.end(e);
            if (linger > 0) {
                // Who reads or writes is not to wait for that.
                e.wakeups.wakeAll(protocol);
                protocol.blocking.linger(e, TimeUnit.SECONDS.toNanos(linger));
            }
        }
        letGo(e);
    }

    @Override
    public void abort() {
        life.close(ErrorCode.SOCKET_CLOSED);
        ConnectionEndpoint e = life.endpoint();
        if (e != null) {
            e.abort();
            letGo(e);
        }
    }

    private void letGo(ConnectionEndpoint e) {
        e.wakeups.wakeAll(protocol);
        SocketInput in = life.input;
        if (in != null) {
            in.discard(e);
        }
        SocketOutput out = output;
        if (out != null) {
            out.discard(e);
        }
    }

    @Override
    public String toString() {
        return "TcpSocket(" + localAddress() + " -> " + remoteAddress() + ")";
    }
}
