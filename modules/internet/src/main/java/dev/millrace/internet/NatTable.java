package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// The mappings of a NAT, and the sessions that keep them alive: a mapping ends with its last session.
///
/// An endpoint, which is a protocol, an IPv4 address and a port, is one `long`. Sessions are found by the internal endpoint
/// and the peer's, or by the external endpoint and the peer's, so that a packet of a known flow costs one look-up.
final class NatTable {
    private final NatOptions options;
    private final List<Integer> addresses;
    private final NatPorts ports;
    private final IdleTable idle;
    private final Map<Pair, Mapping> inside = new HashMap<>();
    private final Map<Long, Mapping> outside = new HashMap<>();
    private final Map<Long, Mapping> forwards = new HashMap<>();
    private final Map<Pair, Session> insideSessions = new HashMap<>();
    private final Map<Pair, Session> outsideSessions = new HashMap<>();
    private final Map<Pair, Integer> peerAddresses = new HashMap<>();
    private int mappings;

    /// Two endpoints. Comparable, so that a hash table stays fast if somebody makes hashes collide.
    private record Pair(long a, long b) implements Comparable<Pair> {
        @Override
        public int hashCode() {
            long h = (a * 0x9e37_79b9_7f4a_7c15L ^ b) * 0xbf58_476d_1ce4_e5b9L;
            return (int) (h >>> 32);
        }

        @Override
        public int compareTo(Pair o) {
            return a != o.a ? Long.compare(a, o.a) : Long.compare(b, o.b);
        }
    }

    /// An internal endpoint and the external one that stands for it.
    static final class Mapping {
        private final long internal;
        private final long external;
        private final Pair key;
        private int sessions;

        /// @param key by what packets from inside find it; `null` for a forward
        private Mapping(long internal, long external, Pair key) {
            this.internal = internal;
            this.external = external;
            this.key = key;
        }

        boolean isForward() {
            return key == null;
        }

        int internalAddress() {
            return address(internal);
        }

        int internalPort() {
            return port(internal);
        }

        int externalAddress() {
            return address(external);
        }

        int externalPort() {
            return port(external);
        }
    }

    /// A mapping and a peer.
    static final class Session extends IdleTable.Entry {
        private final Mapping mapping;
        private final long peer;
        private final TcpFlow tcp;
        private final boolean fromInside;

        private Session(Mapping mapping, long peer, TcpFlow tcp, boolean fromInside) {
            this.mapping = mapping;
            this.peer = peer;
            this.tcp = tcp;
            this.fromInside = fromInside;
        }

        Mapping mapping() {
            return mapping;
        }
    }

    NatTable(NatOptions options, List<IpAddress> external, RandomGenerator random) {
        this.options = options;
        addresses = external.stream().map(IpAddress::v4Bits).toList();
        ports = new NatPorts(options, random);
        idle = new IdleTable(options.timeouts());
        openForwards();
    }

    static long endpoint(int protocol, int address, int port) {
        return (long) protocol << 48 | Integer.toUnsignedLong(address) << 16 | port;
    }

    /// The same as a peer's: ICMP has one identifier, which is the near end's, so that a peer has none.
    static long peer(long endpoint) {
        return protocol(endpoint) == IpProtocol.ICMP ? endpoint & ~0xffffL : endpoint;
    }

    private static int protocol(long endpoint) {
        return (int) (endpoint >>> 48);
    }

    private static int address(long endpoint) {
        return (int) (endpoint >>> 16);
    }

    private static int port(long endpoint) {
        return (int) endpoint & 0xffff;
    }

    private void openForwards() {
        for (PortForward f : options.forwards()) {
            int protocol = f.protocol().number();
            var m = new Mapping(
                    endpoint(protocol, IpAddress.of(f.internal().getAddress()).v4Bits(), f.internal().getPort()),
                    endpoint(protocol, addresses.getFirst(), f.externalPort()), null);
            ports.reserve(protocol, address(m.external), port(m.external));
            outside.put(m.external, m);
            forwards.putIfAbsent(m.internal, m);
        }
    }

    /// The session of a packet from inside, or `null`.
    Session fromInside(long internal, long peer) {
        return insideSessions.get(new Pair(internal, peer));
    }

    /// The session of a packet from outside, or `null`.
    Session fromOutside(long external, long peer) {
        return outsideSessions.get(new Pair(external, peer));
    }

    /// The mapping that a new session from inside belongs to, or `null` if it needs one (RFC 4787 §4.1).
    Mapping mappingFor(long internal, long peer) {
        Mapping forward = forwards.get(internal);
        return forward != null ? forward : inside.get(key(internal, peer));
    }

    private Pair key(long internal, long peer) {
        return new Pair(internal, switch (options.mapping()) {
            case ENDPOINT_INDEPENDENT -> 0;
            case ADDRESS_DEPENDENT -> peer & ~0xffffL;
            case ADDRESS_AND_PORT_DEPENDENT -> peer;
        });
    }

    /// The mapping of an external endpoint, or `null`.
    Mapping mappingAt(long external) {
        return outside.get(external);
    }

    /// Whether the filter lets a peer begin a session with a mapping (RFC 4787 §5).
    boolean admits(Mapping m, long peer) {
        return m.isForward() || switch (options.filtering()) {
            case ENDPOINT_INDEPENDENT -> true;
            case ADDRESS_DEPENDENT -> peerAddresses.containsKey(new Pair(m.external, peer & ~0xffffL));
            case ADDRESS_AND_PORT_DEPENDENT -> false;
        };
    }

    /// Whether there is room for a session, and with `mappingToo` for a mapping; if not, why.
    BoxDrop room(boolean mappingToo) {
        return mappingToo && mappings >= options.maxMappings() ? BoxDrop.NAT_TABLE_FULL
                : insideSessions.size() >= options.maxSessions() ? BoxDrop.NAT_SESSIONS_FULL : null;
    }

    /// A new mapping, or `null` if no port is free. A session must follow. All of a host's mappings have one address
    /// (RFC 4787 REQ-2).
    Mapping map(long internal, long peer) {
        int external = addresses.get(Integer.remainderUnsigned(address(internal) * 0x9e37_79b1, addresses.size()));
        int port = ports.take(protocol(internal), external, port(internal));
        if (port < 0) {
            return null;
        }
        var m = new Mapping(internal, endpoint(protocol(internal), external, port), key(internal, peer));
        inside.put(m.key, m);
        outside.put(m.external, m);
        mappings++;
        return m;
    }

    /// A new session, or `null` if another has the same endpoints inside, which only forwards bring about.
    Session open(Mapping m, long peer, TcpFlow tcp, boolean fromInside, long nowNs) {
        var s = new Session(m, peer, tcp, fromInside);
        if (insideSessions.putIfAbsent(new Pair(m.internal, peer), s) != null) {
            return null;
        }
        outsideSessions.put(new Pair(m.external, peer), s);
        m.sessions++;
        if (fromInside && options.filtering() == NatBehavior.ADDRESS_DEPENDENT) {
            peerAddresses.merge(new Pair(m.external, peer & ~0xffffL), 1, Integer::sum);
        }
        idle.use(s, kind(s), nowNs);
        return s;
    }

    private static IdleTable.Kind kind(Session s) {
        return s.tcp != null ? s.tcp.kind()
                : protocol(s.peer) == IpProtocol.UDP ? IdleTable.Kind.UDP : IdleTable.Kind.ICMP;
    }

    /// A packet of a session passed.
    ///
    /// @param tcpFlags of a TCP segment
    void passed(Session s, boolean fromInside, int tcpFlags, long nowNs) {
        boolean used = s.tcp == null || s.tcp.onSegment(fromInside, tcpFlags);
        if (used && (fromInside || options.inboundRefresh() || s.tcp != null)) {
            idle.use(s, kind(s), nowNs);
        }
    }

    /// Ends the sessions that were idle too long. To be called before a packet is looked at, so that no session that is
    /// over is ever found. A session ends once, so this costs no more than opening them did.
    void expire(long nowNs) {
        while (idle.over(nowNs) instanceof Session s) {
            end(s);
        }
    }

    private void end(Session s) {
        Mapping m = s.mapping;
        idle.remove(s);
        insideSessions.remove(new Pair(m.internal, s.peer));
        outsideSessions.remove(new Pair(m.external, s.peer));
        if (s.fromInside && options.filtering() == NatBehavior.ADDRESS_DEPENDENT) {
            peerAddresses.computeIfPresent(new Pair(m.external, s.peer & ~0xffffL), (_, n) -> n == 1 ? null : n - 1);
        }
        if (--m.sessions == 0 && !m.isForward()) {
            inside.remove(m.key);
            outside.remove(m.external);
            ports.free(protocol(m.external), address(m.external), port(m.external));
            mappings--;
        }
    }

    /// Ends all sessions and mappings but the forwards, as a restart does.
    void forget() {
        for (Session s : List.copyOf(insideSessions.values())) {
            end(s);
        }
    }

    int mappings() {
        return mappings;
    }

    int sessions() {
        return insideSessions.size();
    }

    /// The mappings as lines, such as `udp 10.0.0.2:5000 -> 203.0.113.1:5000, 2 sessions`, in the order of what is outside.
    List<String> describe() {
        var lines = new ArrayList<String>();
        for (long external : outside.keySet().stream().sorted().toList()) {
            Mapping m = outside.get(external);
            String name = switch (protocol(external)) {
                case IpProtocol.TCP -> "tcp ";
                case IpProtocol.UDP -> "udp ";
                default -> "icmp ";
            };
            lines.add(name + text(m.internal) + " -> " + text(m.external) + (m.isForward() ? ", forward, " : ", ")
                    + m.sessions + (m.sessions == 1 ? " session" : " sessions"));
        }
        return lines;
    }

    private static String text(long endpoint) {
        return IpAddress.v4(address(endpoint)) + ":" + port(endpoint);
    }
}
