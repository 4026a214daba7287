package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/// A port of a NAT's external address behind which a host inside can be reached from anywhere.
///
/// @param protocol what it is for
/// @param externalPort the port outside, 1 to 65535
/// @param internal the IPv4 address and port inside
public record PortForward(Protocol protocol, int externalPort, InetSocketAddress internal) {
    /// The protocols that have ports.
    public enum Protocol {
        /// TCP.
        TCP(6),
        /// UDP.
        UDP(17);

        private final int number;

        Protocol(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    /// Checks the ports and the address.
    ///
    /// @throws IllegalArgumentException if a port is 0 or too large, or the address is none of IPv4
    public PortForward {
        Objects.requireNonNull(protocol, "protocol");
        InetAddress address = Objects.requireNonNull(internal, "internal").getAddress();
        if (externalPort < 1 || externalPort > 65535 || internal.getPort() < 1) {
            throw new IllegalArgumentException("a forward from port " + externalPort + " to port " + internal.getPort()
                    + "; both must be 1 to 65535");
        }
        if (address == null || !IpAddress.of(address).isV4()) {
            throw new IllegalArgumentException("a forward to " + internal + "; it must be an IPv4 address");
        }
    }

    /// For TCP.
    ///
    /// @param internalAddress an IPv4 address, such as `10.0.0.2`
    public static PortForward tcp(int externalPort, String internalAddress, int internalPort) {
        return new PortForward(Protocol.TCP, externalPort, socketAddress(internalAddress, internalPort));
    }

    /// For UDP.
    ///
    /// @param internalAddress an IPv4 address, such as `10.0.0.2`
    public static PortForward udp(int externalPort, String internalAddress, int internalPort) {
        return new PortForward(Protocol.UDP, externalPort, socketAddress(internalAddress, internalPort));
    }

    private static InetSocketAddress socketAddress(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }
}
