package dev.millrace;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/// The TCP of a stack (RFC 9293).
public interface Tcp {
    /// Listens on a port of all the stack's addresses, of both IP versions, with the default backlog.
    ///
    /// @param port 1 to 65535, or 0 for an ephemeral one
    /// @throws java.net.BindException if the port is taken
    default TcpListener listen(int port) throws IOException {
        return listen(new InetSocketAddress(port), 0);
    }

    /// Listens on one address.
    ///
    /// @param local one of the stack's addresses or the unspecified one; port 0 chooses an ephemeral port. The
    ///     unspecified IPv6 address, and `new InetSocketAddress(port)`, listen on both IP versions
    /// @param backlog the connections that may wait to be accepted, or 0 for the default
    /// @throws java.net.BindException if the address is not the stack's or the port is taken
    TcpListener listen(InetSocketAddress local, int backlog) throws IOException;

    /// Connects, and waits until the connection stands or `timeout` has passed (zero: as long as the protocol tries).
    ///
    /// @throws java.net.ConnectException if the peer refuses, or does not answer for as long as the protocol tries
    /// @throws java.net.SocketTimeoutException if `timeout` has passed
    /// @throws java.net.NoRouteToHostException if the host cannot be reached
    /// @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted
    default TcpSocket connect(InetSocketAddress remote, Duration timeout) throws IOException {
        TcpSocket socket = open();
        try {
            socket.connect(remote, timeout);
            return socket;
        } catch (Throwable t) {
            socket.close();
            throw t;
        }
    }

    /// A socket that is neither bound nor connected, to be set up step by step.
    ///
    /// @throws IOException if the stack is closed
    TcpSocket open() throws IOException;

    /// How many connections there are, in whatever state, TIME-WAIT included.
    int connectionCount();
}
