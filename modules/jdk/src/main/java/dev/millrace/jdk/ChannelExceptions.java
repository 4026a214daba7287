package dev.millrace.jdk;

import dev.millrace.ErrorCode;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
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
            return e instanceof AsynchronousCloseException && ErrorCode.of(e).orElse(null) == ErrorCode.SOCKET_CLOSED
                    ? because(new AsynchronousCloseException(), e) : e;
        }
        // The JDK's channels have no class of their own for this one.
        return ErrorCode.of(e).orElse(null) == ErrorCode.BROKEN_PIPE ? new IOException(e.getMessage(), e) : e;
    }

    /// As [#of], for who writes: the JDK's channels tell then what the system says, and do not translate it.
    static IOException ofWriter(IOException e, Channel channel) {
        return ErrorCode.of(e).orElse(null) == ErrorCode.CONNECTION_RESET ? new IOException("Connection reset by peer", e) : of(e, channel);
    }

    private static IOException because(IOException e, IOException cause) {
        e.initCause(cause);
        return e;
    }

    /// Who is about to call what may block is not interrupted, or that closes the channel, whether it would have blocked or not.
    static void checkInterrupt(Channel channel) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            channel.close();
            throw new ClosedByInterruptException();
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
