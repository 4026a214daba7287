package dev.millrace.jdk;

import dev.millrace.ErrorCode;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Objects;

/// What a stack's exceptions are for `java.nio.channels`, and what channels say of addresses.
final class ChannelExceptions {
    private ChannelExceptions() {
    }

    /// The exception that a channel throws for one of its socket's. A socket that has ended ends its channel.
    static IOException of(IOException e, Channel channel) {
        if (e instanceof ClosedChannelException) {
            try {
                channel.close();
            } catch (IOException failure) {
                e.addSuppressed(failure);
            }
            return withoutMessage(e);
        }
        if (e instanceof PortUnreachableException) {
            return because(e, new PortUnreachableException());
        }
        return e;
    }

    /// As [#of], for who reads: the JDK's channels tell then what the system says, and have a class of their own for a reset only.
    static IOException ofReader(IOException e, Channel channel) {
        return of(withoutClass(e), channel);
    }

    /// As [#ofReader], for who writes, and hears of a reset what the system says as well.
    static IOException ofWriter(IOException e, Channel channel) {
        return ErrorCode.of(e).orElse(null) == ErrorCode.CONNECTION_RESET ? new IOException("Connection reset by peer", e)
                : ofReader(e, channel);
    }

    /// The JDK's say nothing; that it was the stack which was closed is worth to be told, for there nobody expects it.
    private static IOException withoutMessage(IOException e) {
        if (ErrorCode.of(e).orElse(null) != ErrorCode.SOCKET_CLOSED) {
            return e;
        }
        return because(e, e instanceof AsynchronousCloseException ? new AsynchronousCloseException() : new ClosedChannelException());
    }

    private static IOException because(IOException cause, IOException told) {
        told.initCause(cause);
        return told;
    }

    /// What a read or a write throws where a connect, a receive or a send throws this: of what went wrong on the way the JDK's have
    /// classes of their own in the latter only.
    static IOException withoutClass(IOException e) {
        return switch (ErrorCode.of(e).orElse(null)) {
            case CONNECTION_TIMED_OUT, CONNECTION_ABORTED, INTERNAL_FAILURE, BROKEN_PIPE, NETWORK_UNREACHABLE, HOST_UNREACHABLE,
                    PROTOCOL_UNREACHABLE, MESSAGE_TOO_LONG, ADDRESS_NOT_AVAILABLE, INVALID_ADDRESS, LIMIT_REACHED, LINK_FAILED ->
                new IOException(e.getMessage(), e);
            case null, default -> e;
        };
    }

    /// A call that might wait does nothing if the thread is interrupted already.
    static void checkInterrupt(Channel channel) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw ofWaiter(channel);
        }
    }

    /// The exception of a thread that has waited in a channel and found it closed, or was interrupted; `null` if neither is so. An
    /// interrupt closes the channel.
    static IOException ofWaiter(Channel channel) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            channel.close();
            return new ClosedByInterruptException();
        }
        return channel.isOpen() ? null : new AsynchronousCloseException();
    }

    /// An address to connect a stream to: any is this host, as for the JDK's.
    static InetSocketAddress peer(SocketAddress address) {
        InetSocketAddress inet = checked(address);
        if (!inet.getAddress().isAnyLocalAddress()) {
            return inet;
        }
        return new InetSocketAddress(InetAddress.ofLiteral(inet.getAddress() instanceof Inet4Address ? "127.0.0.1" : "::1"),
                inet.getPort());
    }

    /// What is read into can be written to.
    static void checkRoom(ByteBuffer dst) {
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
    }

    /// An address to bind to: none is any.
    static InetSocketAddress local(SocketAddress address) {
        return address == null ? new InetSocketAddress(0) : checked(address);
    }

    /// An address to connect, bind or send to.
    static InetSocketAddress checked(SocketAddress address) {
        Objects.requireNonNull(address);
        if (!(address instanceof InetSocketAddress inet)) {
            throw new UnsupportedAddressTypeException();
        }
        if (inet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        return inet;
    }
}
