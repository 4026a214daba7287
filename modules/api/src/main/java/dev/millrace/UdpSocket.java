package dev.millrace;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/// A UDP socket. Any thread may call any method. Blocking calls end as those of [TcpSocket] do.
public interface UdpSocket extends AutoCloseable {
    /// Fixes the peer: only its datagrams are received, and ICMP errors about it are reported ([UdpOptions#SOFT_ERRORS]). As for sending, a broadcast
    /// address needs `SO_BROADCAST`.
    void connect(InetSocketAddress remote) throws IOException;

    /// Undoes [#connect].
    void disconnect() throws IOException;

    /// Sends what remains in `src` as one datagram. It leaves from the address that the socket is bound to; on a socket for
    /// all addresses from the one that the stack chooses for the destination, unless `to` came from [#receive]: then from the
    /// address that its datagram was sent to, if that is one that can be sent from.
    ///
    /// @param to the destination, or `null` on a connected socket to send to its peer
    /// @throws java.net.PortUnreachableException on a connected socket after ICMP said that nobody listens there
    /// @throws java.net.SocketException `Message too long` if the datagram is larger than UDP can have it (65507 bytes over
    ///     IPv4, 65527 over IPv6) or, with [UdpOptions#DONT_FRAGMENT] and over IPv4 with `dont-fragment`, than fits into a
    ///     packet of the NIC and of what routers have told of the path. On a connected socket also after a router has said
    ///     that an earlier datagram did not fit; the next one is cut, or refused, accordingly
    void send(ByteBuffer src, InetSocketAddress to) throws IOException;

    /// Sends what remains in `src` as one datagram from an address of the program's choice (what IP_PKTINFO does for
    /// kernels).
    ///
    /// @param to as for [#send(ByteBuffer, InetSocketAddress)]
    /// @param from one of the stack's addresses, of the destination's IP version; `null` and addresses that nobody sends from
    ///     (unspecified, broadcast and multicast ones, so that [Datagram#local()] may be given as it is) leave the choice to
    ///     the stack. A connected socket sends from its own address only
    /// @throws java.net.BindException if `from` is not an address of the stack
    /// @throws IOException as [#send(ByteBuffer, InetSocketAddress)]
    void send(ByteBuffer src, InetSocketAddress to, InetAddress from) throws IOException;

    /// Waits for a datagram, moves as much of it to `dst` as has room (the rest is lost, as everywhere), and returns the
    /// sender. The address remembers to which of this stack's addresses the datagram was sent: an answer that is sent to it,
    /// to this very object, leaves from there, as the one who asked expects it to.
    ///
    /// @throws java.net.SocketTimeoutException if [#setReadTimeout] has passed
    /// @throws java.net.PortUnreachableException on a connected socket after ICMP said that nobody listens there
    InetSocketAddress receive(ByteBuffer dst) throws IOException;

    /// As [#receive] without waiting: `null` if there is no datagram.
    InetSocketAddress tryReceive(ByteBuffer dst) throws IOException;

    /// As [#receive], and tells what else is known of the datagram.
    Datagram receiveDatagram(ByteBuffer dst) throws IOException;

    /// As [#tryReceive], and tells what else is known of the datagram; `null` if there is none.
    Datagram tryReceiveDatagram(ByteBuffer dst) throws IOException;

    /// What is known of a datagram that was received.
    ///
    /// @param sender who sent it
    /// @param local the address that it was sent to: one of the stack's, or a broadcast or multicast address
    /// @param length the bytes it had; more than were received if the buffer was too short
    record Datagram(InetSocketAddress sender, InetAddress local, int length) {
    }

    /// Receives what is sent to a multicast group and comes in on a NIC (RFC 1112, RFC 3493 §5.2): datagrams to the port that
    /// the socket is bound to, if it is bound to all addresses or to the group. Routers and switches are told, on Ethernet, by IGMP
    /// or MLD. What sockets of this stack send there is received as well, unless the sender has `IP_MULTICAST_LOOP` off.
    ///
    /// @param nic the NIC's name, or `null` for the one that datagrams to the group leave by
    /// @throws IllegalArgumentException if `group` is no multicast address, or there is no such NIC
    /// @throws java.net.SocketException if the socket has joined it there already (`Address already in use`), or the socket (256)
    ///     or the stack (`[stack] groups`) has joined as many as it may
    void join(InetAddress group, String nic) throws IOException;

    /// Undoes a [#join]; closing the socket does so, too.
    ///
    /// @throws java.net.SocketException `Cannot assign requested address` if it was not joined there
    void leave(InetAddress group, String nic) throws IOException;

    /// Has `listener` called whenever a datagram or an error may be there, or the socket was closed. The call comes on
    /// whatever thread found out, without a lock; it must not block. One callback at most; `null` removes it.
    void onReady(Consumer<Readiness> listener);

    /// The present readiness, for those who poll: readable if there is a datagram or an error to be told.
    Readiness readiness();

    /// How long [#receive] waits; zero is for ever.
    void setReadTimeout(Duration timeout);

    /// Sets an option; see [#supportedOptions()].
    ///
    /// @throws UnsupportedOperationException if the option is not supported
    <T> UdpSocket setOption(SocketOption<T> option, T value) throws IOException;

    /// The value of an option.
    <T> T getOption(SocketOption<T> option) throws IOException;

    /// SO_RCVBUF, IP_TOS, SO_BROADCAST, [TcpOptions#HOP_LIMIT] (for datagrams to one host), [UdpOptions#DONT_FRAGMENT],
    /// [UdpOptions#PATH_MTU], [UdpOptions#SOFT_ERRORS]; and for datagrams to groups IP_MULTICAST_TTL (0 to 255, 1 to begin with; 0 stays in the stack),
    /// IP_MULTICAST_LOOP (`true` to begin with) and [UdpOptions#MULTICAST_NIC].
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
