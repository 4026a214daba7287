package dev.millrace;

import java.io.IOException;
import java.net.InetSocketAddress;

/// The UDP of a stack (RFC 768).
public interface Udp {
    /// A socket bound to a port of all the stack's addresses, of both IP versions.
    ///
    /// @param port 1 to 65535, or 0 for an ephemeral one
    /// @throws java.net.BindException if the port is taken
    default UdpSocket bind(int port) throws IOException {
        return bind(new InetSocketAddress(port));
    }

    /// A socket bound to one address.
    ///
    /// @param local one of the stack's addresses, or the unspecified one (IPv6's and `new InetSocketAddress(port)` are
    ///     for both versions); port 0 chooses an ephemeral port
    /// @throws java.net.BindException if the address is not the stack's or the port is taken
    UdpSocket bind(InetSocketAddress local) throws IOException;

    /// A socket bound to an address and port that others have, or will have, in the same way (what SO_REUSEADDR does for
    /// multicast): each gets the datagrams to groups that it has joined ([UdpSocket#join]). Others come to whoever was bound
    /// first.
    ///
    /// @param local as for [#bind(InetSocketAddress)]
    /// @throws java.net.BindException if the address is not the stack's, or the port is taken by a socket that does not share it
    UdpSocket bindShared(InetSocketAddress local) throws IOException;

    /// A socket on an ephemeral port, connected to `remote`.
    ///
    /// @throws java.net.NoRouteToHostException or [java.net.SocketException] if no route leads there
    default UdpSocket connect(InetSocketAddress remote) throws IOException {
        UdpSocket socket = bind(0);
        try {
            socket.connect(remote);
            return socket;
        } catch (Throwable t) {
            socket.close();
            throw t;
        }
    }

    /// How many sockets are open.
    int socketCount();
}
