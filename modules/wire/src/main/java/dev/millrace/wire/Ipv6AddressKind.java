package dev.millrace.wire;

/// Kinds of addresses in IPv6 headers, which [IpAddress] cannot tell where one is IPv4-mapped: here that is none of these
/// kinds.
final class Ipv6AddressKind {
    private static final long ALL_NODES_SCOPE = 0xff02L << 48;

    private Ipv6AddressKind() {
    }

    static boolean isMulticast(long hi) {
        return hi >>> 56 == 0xff;
    }

    /// fe80::/10.
    static boolean isLinkLocal(long hi) {
        return hi >>> 54 == 0xfe80 >>> 6;
    }

    static boolean isUnspecified(long hi, long lo) {
        return (hi | lo) == 0;
    }

    /// ff02::1:ff00:0/104 (RFC 4291 §2.7.1).
    static boolean isSolicitedNode(long hi, long lo) {
        return hi == ALL_NODES_SCOPE && lo >>> 24 == 0x1ff;
    }
}
