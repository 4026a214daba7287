package dev.millrace.ip;

/// IPv4 addresses that cannot be where a packet says they are (RFC 1122 §3.2.1.3).
final class Ipv4Martians {
    private Ipv4Martians() {
    }

    /// Whether nothing can have sent a packet from this address: "this network" (0/8), multicast (224/4), reserved and
    /// limited broadcast (240/4), and 127/8 unless it came from a loopback link.
    static boolean isImpossibleSource(int source, boolean loopback) {
        return source >>> 24 == 0 || source >>> 28 >= 0xe || !loopback && isLoopback(source);
    }

    static boolean isLoopback(int address) {
        return address >>> 24 == 127;
    }
}
