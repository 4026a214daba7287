package dev.millrace.spi;

import dev.millrace.wire.IpAddress;
import java.net.BindException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Which endpoint of a transport protocol has which addresses and ports. Look-ups take no lock and allocate nothing.
///
/// There are two kinds of entries: bound ones (a local address or any, and a port) and connected ones (local and remote
/// address and port). Addresses are of both IP versions; an entry bound to `null` takes both, one bound to
/// `0.0.0.0` IPv4 only, one bound to `::` both too (RFC 3493 §5.3).
///
/// @param <E> the endpoint
public interface EndpointTable<E> {
    /// Binds a local address and port.
    ///
    /// @param local the address, or `null` for any
    /// @param port 1 to 65535, or 0 to choose an ephemeral port (RFC 6056)
    /// @param endpoint who gets the packets, or `null` to reserve the place: look-ups do not see it until
    ///     [Entry#replace] puts an endpoint there
    /// @throws BindException `Address already in use` if an overlapping entry is bound or every ephemeral port is taken
    Entry<E> bind(IpAddress local, int port, E endpoint) throws BindException;

    /// Enters a connection.
    ///
    /// @param local the local address
    /// @param localPort 1 to 65535, or 0 to choose an ephemeral port (RFC 6056)
    /// @param remote the remote address
    /// @param remotePort 1 to 65535
    /// @param endpoint who gets the packets, or `null` to reserve the place: look-ups do not see it until
    ///     [Entry#replace] puts an endpoint there
    /// @param mayReplace whether an endpoint that has these addresses and ports may give way (TIME-WAIT, RFC 6191); it is
    ///     removed then. May be `null`: none may
    /// @throws BindException `Address already in use`, or `Cannot assign requested address` if every ephemeral port is
    ///     taken
    Entry<E> connect(IpAddress local, int localPort, IpAddress remote, int remotePort, E endpoint,
            Predicate<? super E> mayReplace) throws BindException;

    /// The connected endpoint for a packet that came in, or `null`.
    E findConnected(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort);

    /// The bound endpoint for a packet that came in: the one bound to its address, else the one bound to any, else
    /// `null`.
    E findBound(long localHi, long localLo, int localPort);

    /// Calls `action` for every endpoint; reserved places have none.
    void forEach(Consumer<? super E> action);

    /// The number of entries, bound, connected and reserved.
    int size();

    /// The number of connected entries, reserved ones included.
    int connected();

    /// A place in the table.
    interface Entry<E> {
        /// The local address, or `null` for any.
        IpAddress local();

        /// The local port.
        int localPort();

        /// Puts another endpoint in the place of `old`, as when a connection becomes a TIME-WAIT record, or of `null`, which
        /// stands for a reserved place. Returns `false` if `old` is no longer there or the place was given up.
        boolean replace(E old, E endpoint);

        /// Gives the place up. Further calls do nothing.
        void release();
    }
}
