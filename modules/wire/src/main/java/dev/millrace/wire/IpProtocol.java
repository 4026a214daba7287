package dev.millrace.wire;

/// Protocol numbers of the IPv4 protocol and IPv6 next-header fields (IANA).
public final class IpProtocol {
    /// IPv6 hop-by-hop options.
    public static final int HOP_BY_HOP = 0;
    /// ICMP for IPv4.
    public static final int ICMP = 1;
    /// IGMP, any version.
    public static final int IGMP = 2;
    /// TCP.
    public static final int TCP = 6;
    /// UDP.
    public static final int UDP = 17;
    /// IPv6 routing header.
    public static final int ROUTING = 43;
    /// IPv6 fragment header.
    public static final int FRAGMENT = 44;
    /// IPv6 and IPv4 authentication header (RFC 4302).
    public static final int AUTHENTICATION = 51;
    /// ICMP for IPv6.
    public static final int ICMPV6 = 58;
    /// IPv6: nothing follows.
    public static final int NO_NEXT_HEADER = 59;
    /// IPv6 destination options.
    public static final int DESTINATION_OPTIONS = 60;

    private IpProtocol() {
    }
}
