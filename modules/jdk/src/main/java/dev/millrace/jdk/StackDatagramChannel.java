package dev.millrace.jdk;

import dev.millrace.Readiness;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.SelectorProvider;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// A channel for datagrams.
final class StackDatagramChannel extends DatagramChannel implements Watched {
    private final DatagramPort port;
    private final Audience audience;
    /// Guarded by this.
    private DatagramSocket adaptor;
    /// Guarded by this.
    private final Map<InetAddress, GroupKey> memberships = new HashMap<>();

    StackDatagramChannel(SelectorProvider provider, DatagramPort port, Waiting waiting) {
        super(provider);
        this.port = port;
        audience = new Audience(this, waiting);
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    // ---- binding and connecting

    @Override
    public DatagramChannel bind(SocketAddress local) throws IOException {
        checkOpen();
        if (port.socket() != null) {
            throw new AlreadyBoundException();
        }
        InetSocketAddress wanted = local == null ? new InetSocketAddress(0) : ChannelExceptions.checked(local);
        try {
            if (!port.bind(wanted)) {
                throw new AlreadyBoundException();
            }
        } catch (IOException e) {
            throw ChannelExceptions.of(e, this);
        }
        return this;
    }

    @Override
    public DatagramChannel connect(SocketAddress remote) throws IOException {
        InetSocketAddress to = ChannelExceptions.checked(remote);
        synchronized (this) {
            checkOpen();
            if (port.peer() != null) {
                throw new AlreadyConnectedException();
            }
            try {
                port.connect(to);
            } catch (IOException e) {
                throw ChannelExceptions.of(e, this);
            }
        }
        return this;
    }

    @Override
    public DatagramChannel disconnect() throws IOException {
        port.disconnect();
        return this;
    }

    @Override
    public boolean isConnected() {
        return isOpen() && port.peer() != null;
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        checkOpen();
        return port.peer();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        checkOpen();
        UdpSocket s = port.socket();
        return s == null ? null : s.localAddress();
    }

    // ---- datagrams

    @Override
    public SocketAddress receive(ByteBuffer dst) throws IOException {
        ChannelExceptions.checkRoom(dst);
        checkOpen();
        return take(dst);
    }

    private InetSocketAddress take(ByteBuffer dst) throws IOException {
        try {
            return next(dst);
        } catch (IOException e) {
            throw ChannelExceptions.of(e, this);
        }
    }

    /// Takes the next datagram, and says of what went wrong what the stack says.
    private InetSocketAddress next(ByteBuffer dst) throws IOException {
        boolean waits = isBlocking();
        if (waits) {
            ChannelExceptions.checkInterrupt(this);
        }
        UdpSocket s = port.bound();
        return waits ? s.receive(dst) : s.tryReceive(dst);
    }

    /// The same for who is connected: `false` if there is none.
    private boolean takes(ByteBuffer dst) throws IOException {
        try {
            return next(dst) != null;
        } catch (IOException e) {
            throw ChannelExceptions.ofReader(e, this);
        }
    }

    /// As [#receive(ByteBuffer)], for who waits so long and no longer.
    ///
    /// @param timeoutMs in milliseconds, 0 for ever
    InetSocketAddress receive(ByteBuffer dst, int timeoutMs) throws IOException {
        if (timeoutMs == 0) {
            return take(dst);
        }
        UdpSocket s = port.bound();
        long deadline = audience.waiting().deadline(timeoutMs);
        while (true) {
            boolean inTime = audience.await(SelectionKey.OP_READ, deadline);
            IOException over = ChannelExceptions.ofWaiter(this);
            if (over != null) {
                throw over;
            }
            InetSocketAddress from = s.tryReceive(dst);
            if (from != null) {
                return from;
            }
            if (!inTime) {
                throw new SocketTimeoutException("Receive timed out");
            }
        }
    }

    @Override
    public int send(ByteBuffer src, SocketAddress target) throws IOException {
        Objects.requireNonNull(src);
        InetSocketAddress to = ChannelExceptions.checked(target);
        checkOpen();
        InetSocketAddress peer = port.peer();
        if (peer != null && !peer.equals(to)) {
            throw new AlreadyConnectedException();
        }
        int n = src.remaining();
        try {
            give(src, to);
        } catch (IOException e) {
            // To its peer the JDK's writes.
            throw peer == null ? ChannelExceptions.of(e, this) : ChannelExceptions.ofReader(e, this);
        }
        return n;
    }

    /// Sends, and says of what went wrong what the stack says.
    void give(ByteBuffer src, InetSocketAddress to) throws IOException {
        if (isBlocking()) {
            ChannelExceptions.checkInterrupt(this);
        }
        port.bound().send(src, to);
    }

    private InetSocketAddress connectedTo() throws ClosedChannelException {
        checkOpen();
        InetSocketAddress peer = port.peer();
        if (peer == null) {
            throw new NotYetConnectedException();
        }
        return peer;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        connectedTo();
        ChannelExceptions.checkRoom(dst);
        if (!dst.hasRemaining()) {
            // As the JDK's: the datagram waits for who has room.
            return 0;
        }
        int before = dst.position();
        return takes(dst) ? dst.position() - before : 0;
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        connectedTo();
        // One datagram for all of them: what has no room in the last is lost.
        long room = 0;
        for (int i = offset; i < offset + length; i++) {
            ChannelExceptions.checkRoom(dsts[i]);
            room += dsts[i].remaining();
        }
        if (room == 0) {
            return 0;
        }
        ByteBuffer whole = ByteBuffer.allocate((int) Math.min(room, 0xffff));
        if (!takes(whole)) {
            return 0;
        }
        whole.flip();
        long n = whole.remaining();
        for (int i = offset; i < offset + length && whole.hasRemaining(); i++) {
            int part = Math.min(dsts[i].remaining(), whole.remaining());
            dsts[i].put(whole.slice(whole.position(), part));
            whole.position(whole.position() + part);
        }
        return n;
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        int n = src.remaining();
        write(src, connectedTo());
        return n;
    }

    /// As the JDK's, a write of nothing is no datagram. A [#send] of nothing is.
    private void write(ByteBuffer src, InetSocketAddress to) throws IOException {
        if (!src.hasRemaining()) {
            return;
        }
        try {
            give(src, to);
        } catch (IOException e) {
            throw ChannelExceptions.ofReader(e, this);
        }
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        InetSocketAddress to = connectedTo();
        long all = 0;
        for (int i = offset; i < offset + length; i++) {
            all += srcs[i].remaining();
        }
        // More than any datagram has room for is refused below, at the size at which it shows.
        ByteBuffer whole = ByteBuffer.allocate((int) Math.min(all, 0x1_0000));
        for (int i = offset; i < offset + length && whole.hasRemaining(); i++) {
            ByteBuffer src = srcs[i].duplicate();
            src.limit(src.position() + Math.min(src.remaining(), whole.remaining()));
            whole.put(src);
        }
        write(whole.flip(), to);
        for (int i = offset; i < offset + length; i++) {
            srcs[i].position(srcs[i].limit());
        }
        return all;
    }

    // ---- groups

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface nic) throws IOException {
        return GroupKey.join(this, port, group, nic);
    }

    /// Those that are in force, for who holds the lock on this.
    Map<InetAddress, GroupKey> memberships() {
        return memberships;
    }

    /// A stack does not filter by sender.
    @Override
    public MembershipKey join(InetAddress group, NetworkInterface nic, InetAddress source) {
        throw new UnsupportedOperationException("a stack has no source-specific multicast");
    }

    // ---- options

    @Override
    public <T> DatagramChannel setOption(SocketOption<T> name, T value) throws IOException {
        DatagramPort.checked(name, value);
        checkOpen();
        port.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        DatagramPort.check(name);
        checkOpen();
        return port.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return port.supportedOptions();
    }

    @Override
    public DatagramSocket socket() {
        synchronized (this) {
            if (adaptor == null) {
                adaptor = new StackDatagramSocket(port, this);
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
        UdpSocket s = port.socket();
        if (s == null) {
            return SelectionKey.OP_WRITE;
        }
        Readiness r = s.readiness();
        return SelectionKey.OP_WRITE | (r.readable() || r.closed() ? SelectionKey.OP_READ : 0);
    }

    @Override
    public Audience audience() {
        return audience;
    }

    @Override
    public void onReady(Consumer<Readiness> listener) {
        port.whenBound(s -> s.onReady(listener));
    }

    @Override
    protected void implConfigureBlocking(boolean block) {
        // Each call looks which it is.
    }

    // ---- the end

    @Override
    protected void implCloseSelectableChannel() {
        try {
            port.close();
        } finally {
            audience.tell();
        }
    }

    @Override
    public String toString() {
        return DatagramChannel.class.getName() + "[" + (!isOpen() ? "closed" : "local=" + (port.socket() == null ? null
                : port.socket().localAddress()) + (port.peer() == null ? "" : ", remote=" + port.peer())) + "]";
    }
}
