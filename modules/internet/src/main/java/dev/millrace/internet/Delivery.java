package dev.millrace.internet;

/// What became of a packet that was to be delivered to a host.
public enum Delivery {
    /// The host's stack has processed it.
    DELIVERED,
    /// It is empty.
    EMPTY,
    /// It begins with neither an IPv4 nor an IPv6 header.
    NOT_IP,
    /// It is shorter than its header.
    TRUNCATED,
    /// It goes to a broadcast or multicast address, which leads to no single host.
    NOT_UNICAST,
    /// No host has the destination address, and no route leads to one.
    NO_ROUTE,
    /// The host is closed.
    HOST_CLOSED,
    /// It is longer than the host's MTU.
    TOO_BIG,
    /// The Internet is closed.
    CLOSED
}
