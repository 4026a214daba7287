package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.SocketErrors;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;

/// A listening port: LISTEN of RFC 9293 towards the network, and what a program accepts from. Handshakes are the affair
/// of [PassiveOpens], finished ones wait in the [AcceptQueue].
final class ListenEndpoint implements TcpEndpoint, TcpListener {
    /// Handshakes that even a listener with a small backlog may have under way.
    private static final int MIN_HALF_OPEN = 128;

    private final TcpProtocol protocol;
    private final EndpointTable.Entry<TcpEndpoint> entry;
    private final SocketSettings settings;
    private final AcceptQueue queue;
    private final PassiveOpens opens;
    private volatile long acceptTimeoutNs;

    /// @param place in the endpoint table, reserved for this listener but not showing it yet
    ListenEndpoint(TcpProtocol protocol, EndpointTable.Entry<TcpEndpoint> place, int backlog) {
        this.protocol = protocol;
        this.entry = place;
        this.settings = new SocketSettings(protocol);
        this.queue = new AcceptQueue(protocol, backlog);
        this.opens = new PassiveOpens(protocol, settings, queue, Math.max(backlog, MIN_HALF_OPEN));
    }

    // ---- segments

    @Override
    public void receive(Packet packet) {
        Segment segment = protocol.segment();
        segment.parse(packet);
        if (queue.closed() != null) {
            protocol.replies.reset(packet, DropReason.NO_SOCKET);
        } else if (!opens.receive(packet, segment)) {
            receiveFromStranger(packet, segment);
        }
    }

    /// RFC 9293 §3.10.7.2, LISTEN: first RST, second ACK, third SYN.
    private void receiveFromStranger(Packet packet, Segment segment) {
        if (segment.has(TcpHeader.RST)) {
            protocol.ctx.drop(packet, DropReason.NO_SOCKET);
        } else if (segment.has(TcpHeader.ACK) && !segment.has(TcpHeader.SYN) && opens.mayHaveForgotten()) {
            // Differs: RFC 9293 resets it. That would end a connection whose ACK and first text were lost.
            protocol.ctx.drop(packet, DropReason.UNACCEPTABLE_ACK);
        } else if (segment.has(TcpHeader.ACK)) {
            protocol.replies.reset(packet, DropReason.NO_SOCKET);
        } else if (!segment.has(TcpHeader.SYN) || segment.has(TcpHeader.FIN)) {
            // Differs: a SYN with FIN begins nothing (RFC 9293 would take it): only scanners send it.
            protocol.ctx.drop(packet, DropReason.BAD_FLAGS);
        } else {
            opens.begin(packet, segment, null);
        }
    }

    /// Why this SYN of a peer in TIME-WAIT begins nothing now, or `null`.
    DropReason refuses(Packet packet) {
        return opens.admit(packet, 1);
    }

    /// Begins a connection with a peer whose previous one is in TIME-WAIT.
    void reopen(Packet packet, Segment syn, TimeWaitEndpoint previous) {
        opens.begin(packet, syn, previous);
    }

    void onUnreachable(IpAddress local, IpAddress remote, int remotePort, int quotedSequence) {
        opens.onUnreachable(local, entry.localPort(), remote, remotePort, quotedSequence);
    }

    /// How many handshakes are under way.
    int handshakes() {
        return opens.size();
    }

    /// How many connections count that were opened fast ([FastOpenQueue]).
    int openedFast() {
        return opens.openedFast();
    }

    /// How many connections wait to be accepted.
    int waiting() {
        return queue.size();
    }

    // ---- programs

    @Override
    public TcpSocket accept() throws IOException {
        long timeoutNs = acceptTimeoutNs;
        long deadline = timeoutNs == 0 ? Long.MAX_VALUE : protocol.ctx.clock().nanoTime() + timeoutNs;
        ConnectionEndpoint next = queue.take(deadline);
        if (next == null && Thread.currentThread().isInterrupted()) {
            close(ErrorCode.INTERRUPTED);
            throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
        }
        if (next == null) {
            throw SocketErrors.of(ErrorCode.ACCEPT_TIMEOUT);
        }
        return accepted(next);
    }

    @Override
    public TcpSocket tryAccept() throws IOException {
        ConnectionEndpoint next = queue.poll(false);
        return next == null ? null : accepted(next);
    }

    private TcpSocket accepted(ConnectionEndpoint connection) {
        try {
            return new StreamSocket(protocol, connection, settings);
        } catch (Throwable t) {
            // Out of memory: a connection that nobody can hold is not left behind.
            connection.abort();
            throw t;
        }
    }

    @Override
    public void setAcceptTimeout(Duration timeout) {
        acceptTimeoutNs = Durations.toNanos(timeout);
    }

    @Override
    public void onReady(Consumer<Readiness> listener) {
        queue.onReady(listener);
    }

    @Override
    public Readiness readiness() {
        return queue.readiness();
    }

    @Override
    public <T> TcpListener setOption(SocketOption<T> option, T value) throws IOException {
        if (queue.closed() != null) {
            throw SocketErrors.closed(queue.closed(), false);
        }
        settings.set(option, value, null);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> option) {
        return settings.get(option, null);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return SocketSettings.SUPPORTED;
    }

    @Override
    public InetSocketAddress localAddress() {
        IpAddress address = entry.local();
        return address == null
                ? new InetSocketAddress(entry.localPort())
                : new InetSocketAddress(address.toInetAddress(), entry.localPort());
    }

    @Override
    public boolean isOpen() {
        return queue.closed() == null;
    }

    @Override
    public void close() {
        close(ErrorCode.SOCKET_CLOSED);
    }

    @Override
    public void stackClosed() {
        close(ErrorCode.STACK_CLOSED);
    }

    /// Peers of handshakes under way hear of it when their ACK comes: it meets a closed port.
    private void close(ErrorCode why) {
        Queue<ConnectionEndpoint> orphans = queue.close(why);
        if (orphans == null) {
            return;
        }
        // Without closures: not even the memory for those may keep one step from following the other.
        try {
            entry.release();
        } catch (Throwable t) {
            protocol.ctx.failed("listener-place", t);
        }
        try {
            opens.close();
        } catch (Throwable t) {
            protocol.ctx.failed("listener-handshakes", t);
        }
        // RFC 9293 §3.10.4, LISTEN; a kernel resets what nobody accepted.
        ConnectionEndpoint orphan;
        while ((orphan = orphans.poll()) != null) {
            try {
                orphan.abort();
            } catch (Throwable t) {
                protocol.ctx.failed("connection-that-nobody-accepted", t);
            }
        }
        queue.tell();
    }
}
