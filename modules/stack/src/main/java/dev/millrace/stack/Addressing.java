package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.spi.NetworkContext.Destination;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The addresses and routes of a stack at one moment: an immutable value, replaced as a whole when something changes.
final class Addressing {
    /// 224.0.0.1, ff01::1 and ff02::1: all systems on this network.
    private static final IpAddress ALL_HOSTS = IpAddress.parse("224.0.0.1");
    private static final IpAddress ALL_NODES_INTERFACE = IpAddress.parse("ff01::1");
    private static final IpAddress ALL_NODES_LINK = IpAddress.parse("ff02::1");
    private static final IpAddress SOLICITED_NODE = IpAddress.parse("ff02::1:ff00:0");
    private static final IpAddress LOCALHOST = IpAddress.parse("127.0.0.1");
    private static final long LOOPBACK_V4 = 0x7f00_0000L;
    private static final int MOST_OWN = 256;

    final long generation;
    final List<Owned> owned;
    private final List<RouteEntry> configured;
    private final List<RouteEntry> routes;
    private final long[] hashHi;
    private final long[] hashLo;
    private final StackNic[] hashNic;
    /// The routes that these entries have become, and those to addresses that are the stack's own, made when they are first asked for:
    /// connections are many, and their routes are few. Whoever sees none makes one, and each is as good.
    private final Route[] made;
    private final Map<IpAddress, Route> own = new ConcurrentHashMap<>();

    Addressing(long generation, List<Owned> owned, List<RouteEntry> configured) {
        this.generation = generation;
        this.owned = List.copyOf(owned);
        this.configured = List.copyOf(configured);
        var all = new ArrayList<RouteEntry>();
        for (Owned o : owned) {
            if (o.connected() && o.isUsable()) {
                all.add(RouteEntry.connected(o));
            }
        }
        all.addAll(configured);
        all.sort(RouteEntry.ORDER);
        this.routes = List.copyOf(all);
        this.made = new Route[routes.size()];
        int size = Integer.highestOneBit(Math.max(4, 4 * owned.size()));
        hashHi = new long[size];
        hashLo = new long[size];
        hashNic = new StackNic[size];
        for (Owned o : owned) {
            if (!o.isUsable()) {
                continue;
            }
            int i = slot(o.cidr().address().hi(), o.cidr().address().lo());
            hashHi[i] = o.cidr().address().hi();
            hashLo[i] = o.cidr().address().lo();
            hashNic[i] = o.nic();
        }
    }

    private int slot(long hi, long lo) {
        int mask = hashNic.length - 1;
        long h = (hi * 0x9E3779B97F4A7C15L ^ lo) * 0x9E3779B97F4A7C15L;
        int i = (int) (h >>> 32) & mask;
        while (hashNic[i] != null && (hashHi[i] != hi || hashLo[i] != lo)) {
            i = i + 1 & mask;
        }
        return i;
    }

    /// The route of an entry of this moment, or of one that was made up for a destination.
    Route routeOf(RouteEntry entry, Route.Table table) {
        for (int i = 0; i < made.length; i++) {
            if (routes.get(i) == entry) {
                Route known = made[i];
                if (known == null) {
                    known = new Route(entry.to(), entry.via(), entry.nic(), false, generation, table);
                    made[i] = known;
                }
                return known;
            }
        }
        return new Route(entry.to(), entry.via(), entry.nic(), false, generation, table);
    }

    /// The route to an address of the stack itself.
    Route routeOfOwn(IpAddress address, NicPort port, Route.Table table) {
        Route known = own.get(address);
        if (known == null) {
            known = new Route(single(address), null, port, true, generation, table);
            // There are 2^24 loopback addresses.
            if (own.size() < MOST_OWN) {
                own.put(address, known);
            }
        }
        return known;
    }

    /// The network that is one address.
    static Cidr single(IpAddress address) {
        return new Cidr(address, address.isV4() ? 32 : 128);
    }

    List<RouteEntry> configured() {
        return configured;
    }

    List<RouteEntry> routes() {
        return routes;
    }

    /// The address as it is entered, usable or not, or `null`.
    Owned find(IpAddress address) {
        for (Owned o : owned) {
            if (o.cidr().address().equals(address)) {
                return o;
            }
        }
        return null;
    }

    /// The NIC that may use exactly this address, or `null`.
    StackNic owner(long hi, long lo) {
        return hashNic[slot(hi, lo)];
    }

    /// The NIC that answers for this address, as its own or as one of a subnet that it owns, or `null`.
    StackNic answering(IpAddress address) {
        StackNic nic = owner(address.hi(), address.lo());
        if (nic != null) {
            return nic;
        }
        for (Owned o : owned) {
            if (o.nic().ownsSubnets() && o.isUsable() && o.cidr().contains(address) && !isSubnetBroadcast(o.cidr(), address.hi(),
                    address.lo())) {
                return o.nic();
            }
        }
        return null;
    }

    /// Whether packets may leave from this address and sockets be bound to it. Loopback addresses are the stack's also if no NIC
    /// answers for them: programs expect to reach themselves by them on whatever host they run.
    boolean isOwn(IpAddress address) {
        return address.isLoopback() || answering(address) != null;
    }

    Destination classify(NicPort port, long hi, long lo) {
        if (owner(hi, lo) != null) {
            return Destination.LOCAL;
        }
        boolean v4 = IpAddress.isV4(hi, lo);
        if (port instanceof InternalLoop && (v4 ? (lo & 0xff00_0000L) == LOOPBACK_V4 : hi == 0 && lo == 1)) {
            return Destination.LOCAL;
        }
        if (v4 && (int) lo == -1) {
            return Destination.BROADCAST;
        }
        if (v4 ? (lo & 0xf000_0000L) == 0xe000_0000L : hi >>> 56 == 0xff) {
            return isGroup(port, hi, lo, v4) ? Destination.MULTICAST : Destination.FOREIGN;
        }
        for (int i = 0; i < owned.size(); i++) {
            Owned o = owned.get(i);
            if (o.isUsable() && (o.nic() == port || port instanceof InternalLoop)) {
                if (v4 && isSubnetBroadcast(o.cidr(), hi, lo)) {
                    return Destination.BROADCAST;
                }
                if (o.nic().ownsSubnets() && covers(o.cidr(), hi, lo, v4)) {
                    return Destination.LOCAL;
                }
            }
        }
        return Destination.FOREIGN;
    }

    private boolean isGroup(NicPort port, long hi, long lo, boolean v4) {
        if (v4) {
            return lo == ALL_HOSTS.lo();
        }
        if (lo == 1 && (hi == ALL_NODES_LINK.hi() || hi == ALL_NODES_INTERFACE.hi())) {
            return true;
        }
        if (hi == SOLICITED_NODE.hi() && lo >>> 24 == SOLICITED_NODE.lo() >>> 24) {
            for (int i = 0; i < owned.size(); i++) {
                Owned o = owned.get(i);
                IpAddress a = o.cidr().address();
                // A tentative one as well: who has it already says so to this group (RFC 4862 §5.4.2).
                if (!a.isV4() && o.nic() == port && (a.lo() & 0xff_ffff) == (lo & 0xff_ffff)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean covers(Cidr cidr, long hi, long lo, boolean v4) {
        IpAddress a = cidr.address();
        if (a.isV4() != v4) {
            return false;
        }
        int bits = v4 ? cidr.prefixLength() + 96 : cidr.prefixLength();
        if (bits <= 64) {
            return bits == 0 || (hi ^ a.hi()) >>> 64 - bits == 0;
        }
        return hi == a.hi() && (lo ^ a.lo()) >>> 128 - bits == 0;
    }

    /// Whether the address is the last one of an IPv4 network of at least four addresses (RFC 919; RFC 3021 for /31).
    private static boolean isSubnetBroadcast(Cidr cidr, long hi, long lo) {
        if (!cidr.address().isV4() || cidr.prefixLength() > 30 || cidr.prefixLength() == 0 || hi != 0) {
            return false;
        }
        int hostMask = -1 >>> cidr.prefixLength();
        int address = (int) lo;
        return IpAddress.isV4(hi, lo) && (address & hostMask) == hostMask
                && (address & ~hostMask) == (cidr.address().v4Bits() & ~hostMask);
    }

    boolean isBroadcast(IpAddress address) {
        if (address.isLimitedBroadcast()) {
            return true;
        }
        for (Owned o : owned) {
            if (o.isUsable() && isSubnetBroadcast(o.cidr(), address.hi(), address.lo())) {
                return true;
            }
        }
        return false;
    }

    boolean canBind(IpAddress address) {
        return isOwn(address) || isBroadcast(address) || address.isMulticast();
    }

    /// The best entry for a destination outside the stack, or `null`. Routes through NICs that are down do not count, so
    /// that new connections fail at once; those that stand keep their path until the NIC is back.
    RouteEntry match(IpAddress destination) {
        for (RouteEntry e : routes) {
            if (e.to().contains(destination) && e.nic().isUp()) {
                return e;
            }
        }
        return null;
    }

    /// The address to send from, or `null`.
    IpAddress sourceFor(Route route, IpAddress destination) {
        if (owner(destination.hi(), destination.lo()) != null) {
            return destination;
        }
        if (destination.isLoopback() && route.nic() instanceof InternalLoop) {
            return destination.isV4() ? LOCALHOST : destination;
        }
        return SourceChoice.of(owned, route, destination);
    }
}
