package dev.millrace.ip;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;

/// IPv6 addresses that cannot be where a packet says they are (RFC 4291 §2.5, §2.7).
final class Ipv6Martians {
    private Ipv6Martians() {
    }

    /// Whether nothing can have sent a packet from this address: multicast, IPv4-mapped (which the stack would take for
    /// IPv4; draft-itojun-v6ops-v4mapped-harmful), ::1 unless it came from a loopback link.
    static boolean isImpossibleSource(long hi, long lo, boolean loopback) {
        return isMulticast(hi) || IpAddress.isV4(hi, lo) || !loopback && isLoopback(hi, lo);
    }

    /// Whether no packet may be sent to this address over a link: unspecified, IPv4-mapped, ::1 and interface-local
    /// multicast unless the link is a loopback link, multicast of the reserved scope 0.
    static boolean isImpossibleDestination(long hi, long lo, boolean loopback) {
        if (isMulticast(hi)) {
            int scope = (int) (hi >>> 48) & 0xf;
            return scope == 0 || scope == 1 && !loopback;
        }
        return isUnspecified(hi, lo) || IpAddress.isV4(hi, lo) || !loopback && isLoopback(hi, lo);
    }

    /// The unspecified address is a source for neighbour discovery and MLD alone (RFC 4861 §4.3, RFC 3590).
    static boolean maySendUnspecified(int nextHeader) {
        return nextHeader == IpProtocol.ICMPV6 || nextHeader == IpProtocol.HOP_BY_HOP;
    }

    static boolean isUnspecified(long hi, long lo) {
        return hi == 0 && lo == 0;
    }

    static boolean isMulticast(long hi) {
        return hi >>> 56 == 0xff;
    }

    private static boolean isLoopback(long hi, long lo) {
        return hi == 0 && lo == 1;
    }
}
