package dev.millrace.internet;

import java.time.Duration;
import java.util.Objects;

/// How long a NAT or a firewall remembers a flow in which no packet passes.
///
/// @param tcpEstablished TCP connections whose handshake was seen; 2 h 4 min by default, the least that RFC 5382 REQ-5 allows
/// @param tcpTransitory TCP connections that are being opened, or ended by both FINs or a RST; 4 min by default, the least
///     that RFC 5382 REQ-5 and RFC 7857 §2 allow
/// @param udp UDP; 5 min by default as RFC 4787 REQ-5 recommends; many NATs at home have 30 s
/// @param icmp ICMP queries, such as pings; 60 s by default, the least that RFC 5508 REQ-2 allows
/// @param other other protocols, which only firewalls follow; 10 min by default
public record FlowTimeouts(Duration tcpEstablished, Duration tcpTransitory, Duration udp, Duration icmp, Duration other) {
    /// The defaults.
    public static final FlowTimeouts DEFAULT = new FlowTimeouts(Duration.ofMinutes(124), Duration.ofMinutes(4),
            Duration.ofMinutes(5), Duration.ofSeconds(60), Duration.ofMinutes(10));

    /// Checks that all are longer than zero.
    ///
    /// @throws IllegalArgumentException if one is not
    public FlowTimeouts {
        check("tcpEstablished", tcpEstablished);
        check("tcpTransitory", tcpTransitory);
        check("udp", udp);
        check("icmp", icmp);
        check("other", other);
    }

    private static void check(String name, Duration d) {
        if (!Objects.requireNonNull(d, name).isPositive()) {
            throw new IllegalArgumentException(name + " is " + d + "; it must be longer than zero");
        }
    }

    /// The same with another time for established TCP connections.
    public FlowTimeouts withTcpEstablished(Duration d) {
        return new FlowTimeouts(d, tcpTransitory, udp, icmp, other);
    }

    /// The same with another time for TCP connections that open or have ended.
    public FlowTimeouts withTcpTransitory(Duration d) {
        return new FlowTimeouts(tcpEstablished, d, udp, icmp, other);
    }

    /// The same with another time for UDP.
    public FlowTimeouts withUdp(Duration d) {
        return new FlowTimeouts(tcpEstablished, tcpTransitory, d, icmp, other);
    }

    /// The same with another time for ICMP queries.
    public FlowTimeouts withIcmp(Duration d) {
        return new FlowTimeouts(tcpEstablished, tcpTransitory, udp, d, other);
    }

    /// The same with another time for other protocols.
    public FlowTimeouts withOther(Duration d) {
        return new FlowTimeouts(tcpEstablished, tcpTransitory, udp, icmp, d);
    }

    Duration of(IdleTable.Kind kind) {
        return switch (kind) {
            case TCP_TRANSITORY -> tcpTransitory;
            case TCP_ESTABLISHED -> tcpEstablished;
            case UDP -> udp;
            case ICMP -> icmp;
            case OTHER -> other;
        };
    }
}
