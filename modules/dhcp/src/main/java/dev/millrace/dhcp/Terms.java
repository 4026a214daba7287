package dev.millrace.dhcp;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a server offers or grants, as far as it makes sense. A server is not to be trusted: what cannot be is refused, what is
/// too much is cut.
///
/// @param address the address with its prefix
/// @param server who grants it
/// @param leaseNs how long, nanoseconds, or [Long#MAX_VALUE] for ever
/// @param t1Ns when to ask the server for more, nanoseconds from the beginning
/// @param t2Ns when to ask any server for more
/// @param routers its routers, the best first
/// @param routes the routes that it wants, the default route among them; gateways may be outside of the prefix, and `null`
///     means that the destination is on the link
/// @param nameServers the name servers, the best first
/// @param domain the client's domain, or an empty string
/// @param search the domains to look names up in
/// @param mtu the link's MTU, bytes, or 0
record Terms(Cidr address, IpAddress server, long leaseNs, long t1Ns, long t2Ns, List<IpAddress> routers, List<Hop> routes,
        List<IpAddress> nameServers, String domain, List<String> search, int mtu) {
    static final long SECOND = 1_000_000_000L;
    static final long INFINITE = 0xffff_ffffL;
    /// Differs: RFC 2131 knows no shortest lease. One that is shorter counts as this long, so that no server can have the
    /// network filled with requests.
    static final long MIN_LEASE_SECONDS = 30;
    /// Longer than anything lasts (34 years), and short enough for sums of nanoseconds.
    static final long MAX_LEASE_SECONDS = 1L << 30;
    static final long MIN_T1_SECONDS = 10;
    static final int MAX_SERVERS = 16;
    /// RFC 791 §3.1: every host takes this much.
    static final int MIN_MTU = 576;

    /// One route.
    ///
    /// @param to the destination network
    /// @param via the gateway, or `null`
    record Hop(Cidr to, IpAddress via) {
    }

    Terms {
        routers = List.copyOf(routers);
        routes = List.copyOf(routes);
        nameServers = List.copyOf(nameServers);
        search = List.copyOf(search);
    }

    boolean isInfinite() {
        return leaseNs == Long.MAX_VALUE;
    }

    /// The terms in an offer or acknowledgement, or nothing if nobody could keep them.
    static Optional<Terms> of(DhcpMessage m) {
        IpAddress server = m.address(DhcpOption.SERVER_IDENTIFIER);
        Cidr address = address(m);
        long lease = m.seconds(DhcpOption.LEASE_TIME, 0);
        if (address == null || server == null || !isHost(server) || server.equals(address.address()) || lease == 0) {
            return Optional.empty();
        }
        long seconds = Math.clamp(lease, MIN_LEASE_SECONDS, MAX_LEASE_SECONDS);
        long t1 = m.seconds(DhcpOption.RENEWAL_TIME, 0);
        long t2 = m.seconds(DhcpOption.REBINDING_TIME, 0);
        if (t1 < MIN_T1_SECONDS || t1 >= t2 || t2 >= seconds) {
            // RFC 2131 §4.4.5.
            t1 = seconds / 2;
            t2 = seconds - seconds / 8;
        }
        List<IpAddress> routers = hosts(m, DhcpOption.ROUTER, address);
        byte[] mtu = m.option(DhcpOption.INTERFACE_MTU);
        int bytes = mtu == null || mtu.length != 2 ? 0 : DhcpMessage.i16(mtu, 0);
        return Optional.of(new Terms(address, server, lease == INFINITE ? Long.MAX_VALUE : seconds * SECOND, t1 * SECOND,
                t2 * SECOND, routers, routes(m, address, routers), hosts(m, DhcpOption.NAME_SERVERS, null),
                Domains.name(m.option(DhcpOption.DOMAIN_NAME)), Domains.searchList(m.option(DhcpOption.DOMAIN_SEARCH)),
                bytes < MIN_MTU ? 0 : bytes));
    }

    private static Cidr address(DhcpMessage m) {
        IpAddress a = m.yourAddress();
        if (!isHost(a)) {
            return null;
        }
        int prefix = naturalPrefix(a);
        if (m.option(DhcpOption.SUBNET_MASK) != null) {
            IpAddress mask = m.address(DhcpOption.SUBNET_MASK);
            int bits = mask == null ? 0 : mask.v4Bits();
            prefix = Integer.numberOfLeadingZeros(~bits);
            if (bits == 0 || prefix < 32 && bits << prefix != 0) {
                return null;
            }
        }
        int hostMask = prefix == 32 ? 0 : -1 >>> prefix;
        int host = a.v4Bits() & hostMask;
        // The network's own address and its broadcast address are nobody's (RFC 1122 §3.2.1.3; RFC 3021 for /31).
        return prefix <= 30 && (host == 0 || host == hostMask) ? null : new Cidr(a, prefix);
    }

    /// Without a mask the network is that of the address's class (RFC 791 §3.2), as it was when such servers were written.
    private static int naturalPrefix(IpAddress a) {
        int first = a.v4Bits() >>> 24;
        return first < 128 ? 8 : first < 192 ? 16 : 24;
    }

    /// Whether a station can have this address.
    static boolean isHost(IpAddress a) {
        int first = a.v4Bits() >>> 24;
        return first != 0 && first != 127 && first < 224;
    }

    /// The hosts that an option names.
    ///
    /// @param own the client's own address, which is none of them, or `null`
    private static List<IpAddress> hosts(DhcpMessage m, int code, Cidr own) {
        var all = new ArrayList<IpAddress>();
        for (IpAddress a : m.addresses(code, MAX_SERVERS)) {
            if (isHost(a) && !all.contains(a) && (own == null || !a.equals(own.address()))) {
                all.add(a);
            }
        }
        return all;
    }

    /// RFC 3442: where there are classless routes, the routers do not count.
    private static List<Hop> routes(DhcpMessage m, Cidr address, List<IpAddress> routers) {
        byte[] classless = m.option(DhcpOption.CLASSLESS_ROUTES);
        if (classless != null) {
            List<Hop> routes = ClasslessRoutes.read(classless, address.address());
            if (routes != null) {
                return routes;
            }
        }
        return routers.isEmpty() ? List.of() : List.of(new Hop(new Cidr(IpAddress.ANY_V4, 0), routers.getFirst()));
    }
}
