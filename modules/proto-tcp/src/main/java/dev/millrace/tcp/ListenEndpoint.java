package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.Path;
import dev.millrace.spi.SocketErrors;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.TcpSettings;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// A listening port: answers SYNs with connections of its own, and keeps those that stand until they are accepted.
///
/// Handshakes under way and connections waiting to be accepted count against one backlog each; a SYN that finds it full
/// is dropped and counted, so that the peer tries again (RFC 9293 leaves it to the implementation).
final class ListenEndpoint implements TcpEndpoint, TcpListener {
    private final TcpProtocol protocol;
    private final TcpSettings settings;
    private final int backlog;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final Set<ConnectionEndpoint> handshakes = new HashSet<>();
    private final ArrayDeque<ConnectionEndpoint> accepted = new ArrayDeque<>();
    private final ArrayDeque<Thread> waiting = new ArrayDeque<>();
    private volatile ErrorCode closed;

    private volatile int ready;
    private volatile EndpointTable.Entry<TcpEndpoint> entry;
    private volatile long acceptTimeoutNs;
    private volatile Consumer<Readiness> callback;

    ListenEndpoint(TcpProtocol protocol, TcpSettings settings, int backlog) {
        this.protocol = protocol;
        this.settings = settings;
        this.backlog = backlog;
    }

    void entered(EndpointTable.Entry<TcpEndpoint> place) {
        entry = place;
    }

    // ---- segments

    @Override
    public void receive(Packet packet) {
        Segment segment = protocol.segment();
        segment.parse(packet);
        // RFC 9293 §3.10.7.2, LISTEN: first RST, second ACK, third SYN.
        if ((segment.flags & TcpHeader.RST) != 0) {
            protocol.ctx.drop(packet, DropReason.NO_SOCKET);
        } else if ((segment.flags & TcpHeader.ACK) != 0) {
            protocol.replies.reset(packet, DropReason.NO_SOCKET);
        } else if ((segment.flags & TcpHeader.SYN) == 0) {
            protocol.ctx.drop(packet, DropReason.BAD_FLAGS);
        } else {
            answer(packet, segment, null);
        }
    }

    /// Begins a connection with a peer that sent SYN. `previous` is the connection in TIME-WAIT that it follows, or
    /// `null`.
    void answer(Packet packet, Segment syn, TimeWaitEndpoint previous) {
        DropReason refused = admit(packet);
        if (refused != null) {
            protocol.ctx.drop(packet, refused);
            return;
        }
        var local = new IpAddress(packet.destinationHi(), packet.destinationLo());
        var remote = new IpAddress(packet.sourceHi(), packet.sourceLo());
        int remotePort = TcpHeader.sourcePort(packet.memory(), packet.start());
        int localPort = TcpHeader.destinationPort(packet.memory(), packet.start());
        ConnectionEndpoint child;
        EndpointTable.Entry<TcpEndpoint> place;
        try {
            child = new ConnectionEndpoint(protocol, protocol.ctx.path(local, remote), remotePort, settings,
                    new ConnectionOptions(settings), protocol.congestionControl(), this);
            place = protocol.endpoints.connect(local, localPort, remote, remotePort, child, null);
        } catch (BindException e) {
            // A second SYN of the same pair overtook this one on another thread.
            protocol.ctx.drop(packet, DropReason.DUPLICATE);
            return;
        } catch (IOException e) {
            protocol.ctx.drop(packet, DropReason.NO_ROUTE);
            return;
        }
        lock.lock();
        boolean open = closed == null;
        if (open) {
            handshakes.add(child);
        }
        lock.unlock();
        if (!open) {
            place.release();
            protocol.replies.reset(packet, DropReason.NO_SOCKET);
            return;
        }
        protocol.passiveOpens.add(1);
        child.openPassive(place, syn, previous);
        packet.release();
    }

    private DropReason admit(Packet packet) {
        // RFC 9293 §3.9.2.3: MUST-57 (a SYN to a broadcast address), MUST-63 (from what cannot be one host).
        var source = new IpAddress(packet.sourceHi(), packet.sourceLo());
        if (packet.isBroadcast() || source.isUnspecified() || source.isMulticast()
                || protocol.ctx.isBroadcast(source)) {
            return DropReason.MARTIAN_SOURCE;
        }
        lock.lock();
        try {
            if (handshakes.size() >= backlog || accepted.size() >= backlog) {
                protocol.backlogDrops.add(1);
                return DropReason.BACKLOG_FULL;
            }
        } finally {
            lock.unlock();
        }
        return protocol.connectionCount() >= protocol.maxConnections ? DropReason.MEMORY_LIMIT : null;
    }

    /// A handshake has come to its end: the connection stands, or it failed. Called without the child's lock.
    void childReady(ConnectionEndpoint child, boolean connected) {
        Thread wake = null;
        boolean orphan = false;
        lock.lock();
        try {
            handshakes.remove(child);
            if (connected) {
                orphan = closed != null;
                if (!orphan) {
                    accepted.add(child);
                    ready = accepted.size();
                    wake = waiting.poll();
                }
            }
        } finally {
            lock.unlock();
        }
        if (orphan) {
            child.abort();
        } else if (connected) {
            if (wake != null) {
                protocol.ctx.waits().unpark(wake);
            }
            tell();
        }
    }

    private void tell() {
        Consumer<Readiness> c = callback;
        if (c != null) {
            c.accept(Readiness.of(ready > 0, false, closed != null));
        }
    }

    // ---- programs

    @Override
    public TcpSocket accept() throws IOException {
        long timeoutNs = acceptTimeoutNs;
        long deadline = timeoutNs == 0 ? Long.MAX_VALUE : protocol.ctx.clock().nanoTime() + timeoutNs;
        Thread self = Thread.currentThread();
        boolean blocked = false;
        while (true) {
            lock.lock();
            try {
                TcpSocket socket = poll(blocked);
                if (socket != null) {
                    return socket;
                }
                waiting.add(self);
            } finally {
                lock.unlock();
            }
            blocked = true;
            boolean expired = false;
            try {
                if (!spinForOne() && !self.isInterrupted()) {
                    protocol.ctx.waits().park(this, deadline);
                }
                expired = deadline != Long.MAX_VALUE && protocol.ctx.clock().nanoTime() - deadline >= 0;
            } finally {
                leave(self, expired || self.isInterrupted());
            }
            if (self.isInterrupted()) {
                close(ErrorCode.INTERRUPTED);
                throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
            }
            if (expired && ready == 0 && closed == null) {
                throw SocketErrors.of(ErrorCode.ACCEPT_TIMEOUT);
            }
        }
    }

    private boolean spinForOne() {
        long spin = protocol.ctx.waits().spinNs();
        if (spin > 0) {
            long until = protocol.ctx.clock().nanoTime() + spin;
            do {
                for (int i = 0; i < 16; i++) {
                    if (ready > 0 || closed != null) {
                        return true;
                    }
                    Thread.onSpinWait();
                }
            } while (protocol.ctx.clock().nanoTime() - until < 0);
        }
        return ready > 0 || closed != null;
    }

    /// Stops waiting; one who leaves with nothing passes on the wake-up that it may have been given.
    private void leave(Thread self, boolean givingUp) {
        Thread next = null;
        lock.lock();
        try {
            waiting.remove(self);
            if (givingUp && !accepted.isEmpty()) {
                next = waiting.poll();
            }
        } finally {
            lock.unlock();
        }
        if (next != null) {
            protocol.ctx.waits().unpark(next);
        }
    }

    /// The next connection, or `null`; called with the lock held.
    private TcpSocket poll(boolean blocked) throws IOException {
        if (closed != null) {
            throw SocketErrors.closed(closed, blocked);
        }
        ConnectionEndpoint child = accepted.poll();
        if (child == null) {
            return null;
        }
        ready = accepted.size();
        return new StreamSocket(protocol, child);
    }

    @Override
    public TcpSocket tryAccept() throws IOException {
        lock.lock();
        try {
            return poll(false);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void setAcceptTimeout(Duration timeout) {
        acceptTimeoutNs = Durations.toNanos(timeout);
    }

    @Override
    public void onReady(Consumer<Readiness> listener) {
        callback = listener;
        if (listener != null && ready > 0) {
            tell();
        }
    }

    @Override
    public InetSocketAddress localAddress() {
        EndpointTable.Entry<TcpEndpoint> place = entry;
        IpAddress address = place.local();
        return address == null
                ? new InetSocketAddress(place.localPort())
                : new InetSocketAddress(address.toInetAddress(), place.localPort());
    }

    @Override
    public boolean isOpen() {
        return closed == null;
    }

    @Override
    public void close() {
        close(ErrorCode.SOCKET_CLOSED);
    }

    @Override
    public void stackClosed() {
        close(ErrorCode.STACK_CLOSED);
    }

    private void close(ErrorCode why) {
        List<ConnectionEndpoint> orphans = new ArrayList<>();
        List<Thread> threads;
        lock.lock();
        try {
            if (closed != null) {
                return;
            }
            closed = why;
            orphans.addAll(handshakes);
            orphans.addAll(accepted);
            handshakes.clear();
            accepted.clear();
            ready = 0;
            threads = List.copyOf(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        entry.release();
        threads.forEach(protocol.ctx.waits()::unpark);
        // RFC 9293 §3.10.4, LISTEN and SYN-RECEIVED; a kernel resets what nobody accepted.
        orphans.forEach(ConnectionEndpoint::abort);
        tell();
    }
}
