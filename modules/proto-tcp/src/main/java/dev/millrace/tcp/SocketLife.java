package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;

/// The life of a socket: bound, connecting, connected, closed, each step at most once and each with what the step before
/// has left. Its lock is held for the steps only, never while anything is sent.
final class SocketLife {
    private final TcpProtocol protocol;

    // Guarded by this; read without.
    private volatile ConnectionEndpoint endpoint;
    private volatile ErrorCode closed;
    private volatile IpAddress boundAddress;
    private volatile int boundPort;
    /// Its reading side, which may have bytes that the engine knows nothing of any more; `null` until it is first needed.
    volatile SocketInput input;
    /// How long a read waits; 0 is for ever.
    volatile long readTimeoutNs;
    /// Guarded by this. Holds the port until a connection takes it over, so that nobody listens on it meanwhile.
    private EndpointTable.Entry<TcpEndpoint> heldPort;
    /// Guarded by this.
    private boolean connecting;

    SocketLife(TcpProtocol protocol, ConnectionEndpoint accepted) {
        this.protocol = protocol;
        this.endpoint = accepted;
    }

    /// The connection, or `null`.
    ConnectionEndpoint endpoint() {
        return endpoint;
    }

    /// Why the socket was closed, or `null`.
    ErrorCode closed() {
        return closed;
    }

    void checkOpen() throws IOException {
        ErrorCode c = closed;
        if (c != null) {
            throw SocketErrors.closed(c, false);
        }
        if (protocol.ctx.isClosing()) {
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
    }

    /// Whether the socket or its stack was closed.
    boolean isOver() {
        return closed != null || protocol.ctx.isClosing();
    }

    ConnectionEndpoint connected() throws IOException {
        checkOpen();
        ConnectionEndpoint e = endpoint;
        if (e == null) {
            throw new NotYetConnectedException();
        }
        return e;
    }

    // ---- the steps

    synchronized void bind(InetSocketAddress local) throws IOException {
        checkOpen();
        if (endpoint != null || connecting || boundPort != 0 || boundAddress != null) {
            throw SocketErrors.of(ErrorCode.ADDRESS_IN_USE, "Already bound");
        }
        IpAddress address = protocol.bindAddress(local);
        if (local.getPort() != 0) {
            heldPort = protocol.endpoints.bind(address, local.getPort(), new BoundPort(protocol));
        }
        boundAddress = address;
        boundPort = local.getPort();
    }

    /// Begins to connect; the SYN leaves on this thread.
    ConnectionEndpoint connect(InetSocketAddress remote, SocketSettings settings) throws IOException {
        synchronized (this) {
            checkOpen();
            if (endpoint != null) {
                throw new AlreadyConnectedException();
            }
            if (connecting) {
                throw new ConnectionPendingException();
            }
            connecting = true;
        }
        ConnectionEndpoint e = null;
        try {
            e = protocol.startConnect(boundAddress, boundPort, remote, settings);
        } finally {
            connecting(e);
        }
        return e;
    }

    /// The attempt has a connection, or it has failed and the socket is as before.
    private void connecting(ConnectionEndpoint e) {
        EndpointTable.Entry<TcpEndpoint> held = null;
        boolean late;
        synchronized (this) {
            connecting = false;
            endpoint = e;
            late = closed != null;
            if (e != null || late) {
                held = heldPort;
                heldPort = null;
            }
        }
        try {
            if (held != null) {
                held.release();
            }
        } finally {
            if (late && e != null) {
                e.abort();
            }
        }
    }

    /// Closes; returns `false` if it was closed before.
    boolean close(ErrorCode why) {
        EndpointTable.Entry<TcpEndpoint> held;
        synchronized (this) {
            if (closed != null) {
                return false;
            }
            closed = why;
            held = connecting ? null : heldPort;
            if (held != null) {
                heldPort = null;
            }
        }
        if (held != null) {
            held.release();
        }
        return true;
    }

    /// Closes without waiting, for a thread that was interrupted or an attempt that failed. A thread that still reads gives
    /// back what it has when it leaves.
    void closeAtOnce(ErrorCode why) {
        ConnectionEndpoint e = endpoint;
        if (close(why) && e != null) {
            end(e);
            e.wakeups.wakeAll(protocol);
            SocketInput in = input;
            if (in != null) {
                in.discard(e);
            }
        }
    }

    /// The connection of a closed socket ends. What was taken from the engine and not read is lost data, as what it still
    /// holds (RFC 9293 SHLD-3).
    void end(ConnectionEndpoint e) {
        if (hasLeft()) {
            e.abort();
        } else {
            e.gate.close();
        }
    }

    boolean hasLeft() {
        SocketInput in = input;
        return in != null && in.hasLeft();
    }

    InetSocketAddress localAddress() {
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
}
