package dev.millrace;

import java.net.SocketOption;

/// Socket options of UDP beside [java.net.StandardSocketOptions].
public final class UdpOptions {
    /// Whether datagrams leave whole or not at all: neither this stack nor, over IPv4, routers (DF is set) fragment them, and
    /// what does not fit into a packet of the path fails with `Message too long`. `false` to begin with: what does not fit
    /// is sent in fragments, over IPv4 without DF, over IPv6 of the size that is known of the path. (The kernel's
    /// IP_MTU_DISCOVER, IP_PMTUDISC_DO.)
    public static final SocketOption<Boolean> DONT_FRAGMENT = new Option<>("DONT_FRAGMENT", Boolean.class);
    /// The largest IP packet, in bytes with the IP header, that is known to fit the path to the peer of a connected socket;
    /// read only. It is the NIC's MTU or less, once routers have told of a narrower link, which over IPv4 they do only for
    /// packets with DF. (The kernel's IP_MTU.)
    public static final SocketOption<Integer> PATH_MTU = new Option<>("PATH_MTU", Integer.class);

    /// The name of the NIC by which datagrams to multicast groups leave; an empty string, as to begin with, leaves it to the
    /// routes, and without one to the first NIC on Ethernet that is up. (The kernel's IP_MULTICAST_IF.)
    public static final SocketOption<String> MULTICAST_NIC = new Option<>("MULTICAST_NIC", String.class);

    /// Whether a connected socket is also told of what may pass: that ICMP calls a network or a host unreachable, or that a hop limit
    /// ran out. `true` to begin with (RFC 1122 §4.1.3.3); without it only of what lasts, such as a port where nobody listens. (The
    /// kernel's IP_RECVERR, which is off to begin with.)
    public static final SocketOption<Boolean> SOFT_ERRORS = new Option<>("SOFT_ERRORS", Boolean.class);

    private UdpOptions() {
    }

    private record Option<T>(String name, Class<T> type) implements SocketOption<T> {
        @Override
        public String toString() {
            return name;
        }
    }
}
