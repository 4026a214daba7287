package dev.millrace.internet;

import java.util.Locale;

/// Why a router, a NAT or a firewall let a packet go.
enum BoxDrop {
    /// It is no IP packet, or its headers contradict themselves or its length.
    MALFORMED("malformed packet"),
    /// The IPv4 header checksum is wrong (RFC 1812 §5.2.2).
    BAD_HEADER_CHECKSUM("bad IP header checksum"),
    /// The ICMP checksum of an error is wrong (RFC 5508 REQ-3).
    BAD_ICMP_CHECKSUM("bad ICMP checksum"),
    /// An address that cannot be on a wire, or not there (RFC 1812 §5.3.7).
    MARTIAN("martian address"),
    /// TTL or hop limit ran out.
    HOP_LIMIT("hop limit exceeded"),
    /// Longer than the MTU of the next link, and routers must not cut it.
    TOO_BIG("longer than the next MTU"),
    /// No route leads to the destination.
    UNREACHABLE("destination unreachable"),
    /// The beginning of a fragmented packet does not hold the transport header, or a later fragment would overwrite it
    /// (RFC 1858).
    TINY_FRAGMENT("fragment splits the transport header"),
    /// A fragment whose first one did not come before it, or was not let through.
    FRAGMENT_WITHOUT_FIRST("fragment without its first"),
    /// A TCP segment that begins no connection and belongs to none.
    OUT_OF_STATE("TCP segment of no connection"),
    /// An ICMP error about a packet that did not pass here.
    UNRELATED_ICMP_ERROR("ICMP error about an unknown packet"),
    /// The NAT does not translate this protocol.
    NAT_PROTOCOL("NAT cannot translate the protocol"),
    /// The NAT has no mapping for the port.
    NAT_NO_MAPPING("NAT has no mapping"),
    /// The NAT's filter: nothing was sent to this peer.
    NAT_FILTERED("NAT filter"),
    /// The NAT's table of mappings is full.
    NAT_TABLE_FULL("NAT table is full"),
    /// The NAT's table of sessions is full.
    NAT_SESSIONS_FULL("NAT session table is full"),
    /// All ports of the NAT's address are in use.
    NAT_NO_PORT("NAT has no free port"),
    /// Two external ports lead to one internal one, and the peer uses the same port for both.
    NAT_CLASH("NAT session clashes with another"),
    /// The NAT's address is not the destination, so nothing says to whom it goes.
    NAT_NOT_OURS("not for the NAT"),
    /// A prefix translator cannot map the address (RFC 6296 §3).
    NAT_PREFIX("address cannot be mapped to the other prefix"),
    /// A rule of the firewall, or what it does by default.
    FIREWALL("firewall"),
    /// The firewall's table of connections is full.
    FIREWALL_TABLE_FULL("firewall table is full");

    private final String text;

    BoxDrop(String text) {
        this.text = text;
    }

    /// The reason in words, as captures show it.
    String text() {
        return text;
    }

    /// The reason as the name of a counter.
    String counterName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
