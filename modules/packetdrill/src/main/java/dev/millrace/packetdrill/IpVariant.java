package dev.millrace.packetdrill;

/// Which version of IP a script is run with.
public enum IpVariant {
    /// IPv4.
    IPV4("ipv4"),
    /// IPv6.
    IPV6("ipv6"),
    /// IPv6 sockets, and IPv4 on the wire (RFC 4291 §2.5.5.2).
    MAPPED("ipv4-mapped-ipv6");

    private final String text;

    IpVariant(String text) {
        this.text = text;
    }

    /// As `--ip_version` has it.
    @Override
    public String toString() {
        return text;
    }
}
