package dev.millrace;

import dev.millrace.wire.IpAddress;
import java.net.InetAddress;

/// An address with the length of its network's prefix, such as `10.0.0.2/24` or `fd00::1/64`.
///
/// @param address the address, host bits included
/// @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
public record Cidr(IpAddress address, int prefixLength) {
    /// Checks the length.
    public Cidr {
        int max = address.isV4() ? 32 : 128;
        if (prefixLength < 0 || prefixLength > max) {
            throw new IllegalArgumentException("prefix length " + prefixLength + " is not in 0.." + max);
        }
    }

    /// Reads `ADDRESS/LENGTH`; without a length it is a single address (/32 or /128).
    ///
    /// @throws IllegalArgumentException if the text is neither
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        IpAddress address;
        try {
            address = IpAddress.parse(literal);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no IP address with a prefix, such as 10.0.0.2/24", e);
        }
        if (slash < 0) {
            return new Cidr(address, address.isV4() ? 32 : 128);
        }
        try {
            return new Cidr(address, Integer.parseInt(text.substring(slash + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + text + "\" has no number behind the slash", e);
        }
    }

    /// The address as `java.net` holds it.
    public InetAddress inetAddress() {
        return address.toInetAddress();
    }

    /// Whether the network contains this address.
    public boolean contains(IpAddress other) {
        return other.matches(address, prefixLength);
    }

    /// The same prefix with the host bits cleared.
    public Cidr network() {
        return new Cidr(address.network(prefixLength), prefixLength);
    }

    @Override
    public String toString() {
        return address + "/" + prefixLength;
    }
}
