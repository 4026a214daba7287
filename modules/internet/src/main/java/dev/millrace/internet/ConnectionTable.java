package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import java.util.HashMap;
import java.util.Map;

/// The connections that a firewall has allowed: of TCP, and what looks like one in other protocols, which are two addresses
/// and ports, or the identifier of an ICMP query, or two addresses alone.
final class ConnectionTable {
    private final int capacity;
    private final IdleTable idle;
    private final Map<Key, Connection> connections = new HashMap<>();

    /// The same for both directions: the lower end is `a`. Comparable, so that a hash table stays fast if somebody makes
    /// hashes collide.
    private record Key(int protocol, IpAddress a, int aPort, IpAddress b, int bPort) implements Comparable<Key> {
        static Key of(Headers h) {
            return sourceIsLower(h)
                    ? new Key(h.protocol(), h.source(), h.sourcePort(), h.destination(), h.destinationPort())
                    : new Key(h.protocol(), h.destination(), h.destinationPort(), h.source(), h.sourcePort());
        }

        private static boolean sourceIsLower(Headers h) {
            int c = compare(h.source(), h.destination());
            return c != 0 ? c < 0 : h.sourcePort() <= h.destinationPort();
        }

        private static int compare(IpAddress x, IpAddress y) {
            return x.hi() != y.hi() ? Long.compare(x.hi(), y.hi()) : Long.compare(x.lo(), y.lo());
        }

        private static long mix(long h, long more) {
            long x = (h ^ more) * 0x9e37_79b9_7f4a_7c15L;
            return x ^ x >>> 32;
        }

        @Override
        public int hashCode() {
            long h = mix(mix(mix(mix(protocol, a.hi()), a.lo()), b.hi()), b.lo());
            return (int) mix(h, (long) aPort << 16 | bPort);
        }

        @Override
        public int compareTo(Key o) {
            int c = compare(a, o.a);
            c = c != 0 ? c : compare(b, o.b);
            c = c != 0 ? c : Integer.compare(aPort, o.aPort);
            c = c != 0 ? c : Integer.compare(bPort, o.bPort);
            return c != 0 ? c : Integer.compare(protocol, o.protocol);
        }
    }

    /// A connection.
    static final class Connection extends IdleTable.Entry {
        private final Key key;
        private final IpAddress initiator;
        private final int initiatorPort;
        private final TcpFlow tcp;

        private Connection(Key key, Headers first) {
            this.key = key;
            initiator = first.source();
            initiatorPort = first.sourcePort();
            tcp = first.isTcp() ? new TcpFlow(!TcpFlow.isOpening(first.tcpFlags()), true) : null;
        }

        /// Whether a packet of it comes from who began it.
        boolean isFromInitiator(Headers h) {
            return h.source().equals(initiator) && h.sourcePort() == initiatorPort;
        }

        private IdleTable.Kind kind() {
            if (tcp != null) {
                return tcp.kind();
            }
            return switch (key.protocol) {
                case IpProtocol.UDP -> IdleTable.Kind.UDP;
                case IpProtocol.ICMP, IpProtocol.ICMPV6 -> IdleTable.Kind.ICMP;
                default -> IdleTable.Kind.OTHER;
            };
        }
    }

    ConnectionTable(int capacity, FlowTimeouts timeouts) {
        this.capacity = capacity;
        idle = new IdleTable(timeouts);
    }

    /// The connection that a packet, or a quoted one, belongs to, or `null`. Its ports have been read.
    Connection find(Headers h) {
        return connections.get(Key.of(h));
    }

    /// Begins a connection with its first packet. `false` if there is no room. Nothing happens if it is there already.
    boolean open(Headers first, long nowNs) {
        Key key = Key.of(first);
        if (connections.containsKey(key)) {
            return true;
        }
        if (connections.size() >= capacity) {
            return false;
        }
        var c = new Connection(key, first);
        connections.put(key, c);
        passed(c, first, nowNs);
        return true;
    }

    /// A packet of a connection passed.
    void passed(Connection c, Headers h, long nowNs) {
        if (c.tcp == null || c.tcp.onSegment(c.isFromInitiator(h), h.tcpFlags())) {
            idle.use(c, c.kind(), nowNs);
        }
    }

    /// Ends the connections that were idle too long. To be called before a packet is looked at. A connection ends once, so
    /// this costs no more than opening them did.
    void expire(long nowNs) {
        while (idle.over(nowNs) instanceof Connection c) {
            idle.remove(c);
            connections.remove(c.key);
        }
    }

    /// Ends all.
    void clear() {
        connections.values().forEach(idle::remove);
        connections.clear();
    }

    int size() {
        return connections.size();
    }
}
