package dev.millrace.jdk;

import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.time.Duration;

/// How a channel comes to its peer: bound, connecting, connected. As those of the JDK, a channel whose attempt has failed is closed. Any
/// thread may call any method.
final class ChannelConnection {
    private final StackSocketChannel channel;
    private final TcpSocket socket;
    private final Audience audience;
    // Guarded by this where they are set. They stay when the channel is closed.
    private volatile State state;
    private volatile InetSocketAddress remote;
    /// What a program has asked to be bound to; from when it is connected on, the socket knows.
    private volatile InetSocketAddress bound;

    enum State {
        UNCONNECTED, PENDING, CONNECTED
    }

    ChannelConnection(StackSocketChannel channel, TcpSocket socket, Audience audience) {
        this.channel = channel;
        this.socket = socket;
        this.audience = audience;
        state = socket.isConnected() ? State.CONNECTED : State.UNCONNECTED;
        remote = socket.remoteAddress();
    }

    State state() {
        return state;
    }

    /// Whom it is connected to, or was to be; `null` if nobody.
    InetSocketAddress remote() {
        return remote;
    }

    /// What it is bound to, or was; `null` if it never was.
    InetSocketAddress local() {
        return state == State.CONNECTED ? socket.localAddress() : bound;
    }

    void checkStands() throws IOException {
        channel.checkOpen();
        if (state != State.CONNECTED) {
            throw new NotYetConnectedException();
        }
    }

    void bind(SocketAddress local) throws IOException {
        synchronized (this) {
            channel.checkOpen();
            if (state == State.PENDING) {
                throw new ConnectionPendingException();
            }
            if (local() != null) {
                throw new AlreadyBoundException();
            }
            InetSocketAddress wanted = ChannelExceptions.local(local);
            try {
                socket.bind(wanted);
            } catch (IOException e) {
                throw ChannelExceptions.of(e, channel);
            }
            bound = wanted;
        }
    }

    /// Connects, or begins to where the channel does not block. Returns whether it stands.
    boolean connect(SocketAddress wanted) throws IOException {
        InetSocketAddress to = ChannelExceptions.peer(wanted);
        boolean waits = channel.isBlocking();
        begin(to, waits);
        return connect(to, waits, 0);
    }

    /// The same, for who waits so long and no longer.
    ///
    /// @param timeoutMs in milliseconds, 0 for as long as the protocol tries
    void connect(InetSocketAddress to, int timeoutMs) throws IOException {
        if (!channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        begin(to, true);
        connect(to, true, timeoutMs);
    }

    private void begin(InetSocketAddress to, boolean waits) throws IOException {
        channel.checkOpen();
        if (waits) {
            ChannelExceptions.checkInterrupt(channel);
        }
        synchronized (this) {
            channel.checkOpen();
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
                // Also where it stands at once: some programs wait for OP_CONNECT whatever they are told here, and the kernel
                // never tells them otherwise.
                socket.startConnect(to);
                return false;
            }
        } catch (Throwable t) {
            throw failed(t);
        }
        stands();
        return true;
    }

    /// Those who wait to read or to write could not before.
    private void stands() {
        state = State.CONNECTED;
        audience.tell();
    }

    /// Whatever it was, be it that there is no memory: what neither is connected nor tries to be is of no use to anybody.
    private IOException failed(Throwable t) {
        try {
            channel.close();
        } catch (IOException | RuntimeException failure) {
            t.addSuppressed(failure);
        }
        return switch (t) {
            case IOException e -> ChannelExceptions.of(e, channel);
            case RuntimeException r -> throw r;
            case Error e -> throw e;
            default -> throw new AssertionError(t);
        };
    }

    /// Returns whether it stands.
    boolean finish() throws IOException {
        channel.checkOpen();
        if (state == State.CONNECTED) {
            return true;
        }
        if (channel.isBlocking()) {
            ChannelExceptions.checkInterrupt(channel);
        }
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
            } catch (Throwable t) {
                throw failed(t);
            }
            if (stands) {
                stands();
                return true;
            }
            if (!channel.isBlocking() || !audience.await(SelectionKey.OP_CONNECT, Long.MAX_VALUE)) {
                return false;
            }
            IOException over = ChannelExceptions.ofWaiter(channel);
            if (over != null) {
                throw over;
            }
        }
    }
}
