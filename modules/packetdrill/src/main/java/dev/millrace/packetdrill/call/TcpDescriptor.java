package dev.millrace.packetdrill.call;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.Tcp;
import dev.millrace.TcpInfo;
import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.packetdrill.run.Flows;
import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// A TCP socket as a kernel has it: one thing that may become a listener or a connection, and that tells an error once.
final class TcpDescriptor extends Descriptor {
    private static final Set<String> FINISHED_BY_PEER = Set.of("CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT", "CLOSED");

    private final Tcp tcp;
    private final Flows flows;
    private TcpSocket socket;
    private TcpListener listener;
    /// Set so far, for the listener or the next attempt to connect.
    private final Map<SocketOption<?>, Object> options = new LinkedHashMap<>();
    private InetSocketAddress bound;
    private boolean connecting;
    private boolean failed;
    private boolean told;
    private boolean readShut;
    private boolean writeShut;
    private long receiveTimeoutNs;
    private long sendTimeoutNs;

    /// A new socket.
    TcpDescriptor(Tcp tcp, Flows flows) throws IOException {
        this(tcp, flows, tcp.open());
    }

    private TcpDescriptor(Tcp tcp, Flows flows, TcpSocket socket) {
        this.tcp = tcp;
        this.flows = flows;
        this.socket = socket;
        socket.onReady(_ -> news++);
    }

    /// The connection's socket, or one that is not connected.
    TcpSocket socket() {
        return socket;
    }

    boolean isListener() {
        return listener != null;
    }

    TcpInfo info() {
        return socket.info();
    }

    // ---- options

    <T> void set(SocketOption<T> option, T value) throws IOException {
        if (listener != null) {
            listener.setOption(option, value);
        } else {
            socket.setOption(option, value);
            options.put(option, value);
        }
    }

    <T> T get(SocketOption<T> option) throws IOException {
        return listener != null ? listener.getOption(option) : socket.getOption(option);
    }

    void setTimeout(boolean reading, long ns) {
        if (reading) {
            receiveTimeoutNs = ns;
        } else {
            sendTimeoutNs = ns;
        }
    }

    @Override
    long timeoutNs(boolean reading) {
        return reading ? receiveTimeoutNs : sendTimeoutNs;
    }

    @SuppressWarnings("unchecked") // what set has put there
    private void replay() throws IOException {
        for (Map.Entry<SocketOption<?>, Object> e : options.entrySet()) {
            if (listener != null) {
                listener.setOption((SocketOption<Object>) e.getKey(), e.getValue());
            } else {
                socket.setOption((SocketOption<Object>) e.getKey(), e.getValue());
            }
        }
    }

    /// The connection's error if it was not told yet, which it is now.
    Optional<ErrorCode> takeError() {
        Optional<ErrorCode> error = told || listener != null ? Optional.empty() : socket.pendingError();
        told |= error.isPresent();
        return error;
    }

    // ---- beginning

    @Override
    Outcome bind(InetSocketAddress address) throws IOException {
        if (bound != null || listener != null || socket.isConnected()) {
            return Outcome.of(Errno.EINVAL);
        }
        socket.bind(address);
        bound = address;
        return Outcome.of(0);
    }

    @Override
    Outcome listen(int backlog) throws IOException {
        if (connecting || socket.isConnected()) {
            return Outcome.of(Errno.EINVAL);
        }
        if (listener != null) {
            return Outcome.of(0);
        }
        // Who waits to listen holds the port; it is given back for the moment in which nothing else happens.
        socket.close();
        listener = tcp.listen(bound == null ? new InetSocketAddress(0) : bound, Math.max(1, backlog));
        listener.onReady(_ -> news++);
        replay();
        flows.await(listener.localAddress().getPort());
        return Outcome.of(0);
    }

    @Override
    Attempt accept(Consumer<Descriptor> taker) {
        return _ -> {
            if (listener == null) {
                return Outcome.of(Errno.EINVAL);
            }
            TcpSocket accepted = listener.tryAccept();
            if (accepted == null) {
                return null;
            }
            taker.accept(new TcpDescriptor(tcp, flows, accepted));
            return Outcome.of(0);
        };
    }

    @Override
    Attempt connect(InetSocketAddress address) {
        boolean[] begun = new boolean[1];
        return _ -> {
            if (!begun[0]) {
                if (listener != null || socket.isConnected()) {
                    return Outcome.of(Errno.EISCONN);
                }
                if (connecting && !failed()) {
                    return Outcome.of(Errno.EALREADY);
                }
                if (failed && takeError().isPresent()) {
                    return Outcome.of(Errno.of(socket.pendingError().orElseThrow()));
                }
                begun[0] = true;
                begin(address);
            }
            return finish();
        };
    }

    private void begin(InetSocketAddress address) throws IOException {
        if (failed) {
            // A kernel's socket may try again; ours is of no further use.
            socket.close();
            socket = tcp.open();
            socket.onReady(_ -> news++);
            replay();
            if (bound != null) {
                socket.bind(bound);
            }
            failed = false;
            told = false;
        }
        socket.startConnect(address);
        connecting = true;
        InetSocketAddress local = socket.localAddress();
        flows.begin(IpAddress.of(local.getAddress()), local.getPort(), IpAddress.of(address.getAddress()), address.getPort());
    }

    private Outcome finish() throws IOException {
        if (failed()) {
            connecting = false;
            return Outcome.of(takeError().map(Errno::of).orElse(Errno.ECONNABORTED));
        }
        if (!socket.isConnected()) {
            return null;
        }
        connecting = false;
        return Outcome.of(0);
    }

    /// Whether the attempt to connect has failed.
    private boolean failed() {
        failed |= connecting && !socket.isConnected() && socket.pendingError().isPresent();
        return failed;
    }

    /// Whether there is or was a connection, or an attempt.
    private boolean isUsed() {
        return listener == null && (connecting || socket.isConnected() || socket.remoteAddress() != null);
    }

    // ---- reading and writing

    @Override
    Attempt read(int length, long flags) throws SkipException {
        if ((flags & (Symbols.MSG_OOB | Symbols.MSG_ERRQUEUE)) != 0) {
            throw new SkipException(null, "MSG_OOB and MSG_ERRQUEUE of reads");
        }
        var buffer = ByteBuffer.allocate(length);
        boolean all = (flags & Symbols.MSG_WAITALL) != 0;
        return waits -> {
            if (!isUsed()) {
                return Outcome.of(Errno.ENOTCONN);
            }
            if (readShut || length == 0) {
                return Outcome.of(0);
            }
            if (connecting && !failed() && !socket.isConnected()) {
                return null;
            }
            try {
                int n = (flags & Symbols.MSG_PEEK) != 0 ? socket.peek(buffer.clear()) : socket.tryRead(buffer);
                boolean more = n >= 0 && (n == 0 || all && waits && buffer.hasRemaining());
                return more ? null : Outcome.of(buffer.position());
            } catch (IOException e) {
                return buffer.position() > 0 ? Outcome.of(buffer.position()) : once(e, Outcome.of(0));
            }
        };
    }

    /// A kernel tells an error once; from then on it is as if the connection had ended.
    private Outcome once(IOException e, Outcome later) {
        if (told) {
            return later;
        }
        told = true;
        Errno errno = Errno.of(e);
        return Outcome.of(errno == null ? Errno.ECONNABORTED : errno);
    }

    @Override
    Attempt write(int length, long flags, InetSocketAddress to) throws SkipException {
        if ((flags & Symbols.MSG_ZEROCOPY) != 0) {
            throw new SkipException(null, "the stack has no MSG_ZEROCOPY");
        }
        var buffer = ByteBuffer.allocate(length);
        boolean[] opening = {(flags & Symbols.MSG_FASTOPEN) != 0};
        return waits -> {
            if (opening[0]) {
                if (to == null || listener != null || isUsed()) {
                    return Outcome.of(to == null ? Errno.EINVAL : connecting && !socket.isConnected() ? Errno.EALREADY : Errno.EISCONN);
                }
                opening[0] = false;
                set(TcpOptions.FAST_OPEN_CONNECT, true);
                begin(to);
            }
            if (!isUsed() || writeShut) {
                return Outcome.of(Errno.EPIPE);
            }
            if (connecting && !failed() && !socket.isConnected()) {
                return null;
            }
            if (length == 0) {
                return Outcome.of(0);
            }
            Optional<ErrorCode> error = socket.pendingError();
            if (error.isPresent()) {
                return buffer.position() > 0 ? Outcome.of(buffer.position()) : takeError().map(e -> Outcome.of(Errno.of(e)))
                        .orElse(Outcome.of(Errno.EPIPE));
            }
            try {
                write(buffer, flags);
            } catch (IOException e) {
                return buffer.position() > 0 ? Outcome.of(buffer.position()) : once(e, Outcome.of(Errno.EPIPE));
            }
            boolean done = waits ? !buffer.hasRemaining() : buffer.position() > 0;
            return done ? Outcome.of(buffer.position()) : null;
        };
    }

    private void write(ByteBuffer buffer, long flags) throws IOException, SkipException {
        if ((flags & Symbols.MSG_OOB) != 0) {
            socket.tryWriteUrgent(buffer);
        } else if ((flags & Symbols.MSG_MORE) != 0) {
            TcpInfo.Sending s = socket.info().sending();
            if (s.buffer() - s.bytesInFlight() - s.bytesUnsent() < buffer.remaining()) {
                throw new SkipException(null, "MSG_MORE of more than fits into the send buffer");
            }
            socket.writeMore(buffer);
        } else {
            socket.tryWrite(buffer);
        }
    }

    @Override
    int available() throws IOException {
        return isUsed() ? socket.available() : 0;
    }

    @Override
    long queued() {
        TcpInfo.Sending s = socket.info().sending();
        return s.bytesInFlight() + s.bytesUnsent();
    }

    /// What was written and never sent.
    long unsent() {
        return socket.info().sending().bytesUnsent();
    }

    // ---- readiness

    @Override
    int ready() throws IOException {
        if (listener != null) {
            return listener.readiness().readable() ? Symbols.POLLIN : 0;
        }
        if (!isUsed()) {
            return Symbols.POLLOUT | Symbols.POLLHUP;
        }
        if (connecting && !failed() && !socket.isConnected()) {
            return 0;
        }
        Readiness r = socket.readiness();
        Optional<ErrorCode> error = socket.pendingError();
        if (error.isPresent()) {
            return Symbols.POLLIN | Symbols.POLLOUT | Symbols.POLLHUP | Symbols.POLLRDHUP | (told ? 0 : Symbols.POLLERR);
        }
        boolean finished = FINISHED_BY_PEER.contains(socket.info().state());
        int bits = r.readable() || readShut || finished ? Symbols.POLLIN : 0;
        bits |= r.writable() || writeShut ? Symbols.POLLOUT : 0;
        bits |= finished || readShut ? Symbols.POLLRDHUP : 0;
        return (finished || readShut) && writeShut ? bits | Symbols.POLLHUP : bits;
    }

    // ---- ending

    @Override
    Outcome shutdown(int how) throws IOException, SkipException {
        if (listener != null) {
            throw new SkipException(null, "shutdown of a socket that listens");
        }
        if (!socket.isConnected() || socket.pendingError().isPresent()) {
            return Outcome.of(Errno.ENOTCONN);
        }
        if (how < 0 || how > 2) {
            return Outcome.of(Errno.EINVAL);
        }
        if (how != 1) {
            readShut = true;
            socket.shutdownInput();
        }
        if (how != 0) {
            writeShut = true;
            socket.shutdownOutput();
        }
        return Outcome.of(0);
    }

    @Override
    Attempt close() throws IOException {
        if (listener != null) {
            listener.close();
            return _ -> Outcome.of(0);
        }
        int linger = socket.getOption(StandardSocketOptions.SO_LINGER);
        boolean waits = linger > 0 && socket.isConnected() && !nonBlocking;
        if (waits) {
            setTimeout(false, linger * 1_000_000_000L);
        }
        socket.close();
        // A timer of the stack resets it when the time is over.
        return _ -> waits && isUnfinished() ? null : Outcome.of(0);
    }

    private boolean isUnfinished() {
        return switch (socket.info().state()) {
            case "FIN_WAIT_1", "CLOSING", "LAST_ACK" -> true;
            default -> false;
        };
    }

    @Override
    void abandon() {
        if (listener != null) {
            listener.close();
        }
        socket.abort();
    }
}
