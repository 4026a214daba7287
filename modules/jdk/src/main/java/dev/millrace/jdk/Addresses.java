package dev.millrace.jdk;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;

/// What `java.net` takes and tells as an address.
final class Addresses {
    private Addresses() {
    }

    /// The address that is any.
    static InetAddress any() {
        return new InetSocketAddress(0).getAddress();
    }

    /// What a program has asked to be bound to; `null` is any.
    ///
    /// @throws SocketException if nobody knows the name's address
    /// @throws IllegalArgumentException if it is no address of the Internet
    static InetSocketAddress local(SocketAddress wanted) throws SocketException {
        if (wanted == null) {
            return new InetSocketAddress(0);
        }
        if (!(wanted instanceof InetSocketAddress address)) {
            throw new IllegalArgumentException("Unsupported address type");
        }
        if (address.isUnresolved()) {
            throw new SocketException("Unresolved address");
        }
        return address;
    }
}
