package dev.millrace;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/// A UDP socket. Any thread may call any method. Blocking calls end as those of [TcpSocket] do.
public interface UdpSocket extends AutoCloseable {
    /// Fixes the peer: only its datagrams are received, and ICMP errors about it are reported.
    void connect(InetSocketAddress remote) throws IOException;

    /// Undoes [#connect].
    void disconnect() throws IOException;

    /// Sends what remains in `src` as one datagram.
    ///
    /// @param to the destination, or `null` on a connected socket to send to its peer
    /// @throws java.net.PortUnreachableException on a connected socket after ICMP said that nobody listens there
    /// @throws java.net.SocketException `Message too long` if the datagram does not fit
    void send(ByteBuffer src, InetSocketAddress to) throws IOException;

    /// Waits for a datagram, moves as much of it to `dst` as has room (the rest is lost, as everywhere), and returns the
    /// sender.
    ///
    /// @throws java.net.SocketTimeoutException if [#setReadTimeout] has passed
    /// @throws java.net.PortUnreachableException on a connected socket after ICMP said that nobody listens there
    InetSocketAddress receive(ByteBuffer dst) throws IOException;

    /// As [#receive] without waiting: `null` if there is no datagram.
    InetSocketAddress tryReceive(ByteBuffer dst) throws IOException;

    /// Has `listener` called whenever a datagram or an error may be there, or the socket was closed. The call comes on
    /// whatever thread found out, without a lock; it must not block. One callback at most; `null` removes it.
    void onReady(Consumer<Readiness> listener);

    /// How long [#receive] waits; zero is for ever.
    void setReadTimeout(Duration timeout);

    /// Sets an option; see [#supportedOptions()].
    ///
    /// @throws UnsupportedOperationException if the option is not supported
    <T> UdpSocket setOption(SocketOption<T> option, T value) throws IOException;

    /// The value of an option.
    <T> T getOption(SocketOption<T> option) throws IOException;

    /// SO_RCVBUF, IP_TOS, SO_BROADCAST and [TcpOptions#HOP_LIMIT].
    Set<SocketOption<?>> supportedOptions();

    /// The local address and port.
    InetSocketAddress localAddress();

    /// The peer of a connected socket, or `null`.
    InetSocketAddress remoteAddress();

    /// Datagrams thrown away because the receive buffer was full.
    long dropped();

    /// Whether [#close()] has not been called.
    boolean isOpen();

    /// Closes the socket; datagrams not yet received are lost.
    @Override
    void close();
}
