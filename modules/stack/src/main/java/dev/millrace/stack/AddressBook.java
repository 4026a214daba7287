package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.Nic;
import dev.millrace.NicAddress.State;
import dev.millrace.NicConfig;
import dev.millrace.RouteConfig;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Route;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// The addresses and routes of a stack as they change: who asks sees one state or the next, never a part of a change. What
/// has a lifetime ends here.
final class AddressBook {
    private final AssembledStack stack;
    private final InternalLoop internalLoop;
    private final Object lock = new Object();
    private volatile Addressing now = new Addressing(0, List.of(), List.of());
    private final Route.Table table = new Route.Table() {
        @Override
        public long generation() {
            return now.generation;
        }

        @Override
        public boolean isOwn(IpAddress source) {
            return now.isOwn(source);
        }
    };
    /// Runs out when the next lifetime does; made when the first comes. Guarded by `lock`.
    private Timers.Timer timer;

    private interface Change {
        Addressing apply(Addressing before);
    }

    AddressBook(AssembledStack stack) {
        this.stack = stack;
        internalLoop = new InternalLoop(stack);
    }

    /// What holds now.
    Addressing now() {
        return now;
    }

    /// What the configuration says, before anybody asks.
    void begin(List<Owned> owned, List<RouteEntry> routes) {
        now = new Addressing(1, owned, routes);
    }

    /// The first address of this version that may be used, or `null`.
    IpAddress ownAddress(int version) {
        return now.owned.stream().filter(Owned::isUsable).map(o -> o.cidr().address()).filter(a -> a.version() == version)
                .findFirst().orElse(null);
    }

    // ---- routes

    /// The route to an address, or `null`.
    Route route(IpAddress destination) {
        return route(destination, null);
    }

    /// The route to an address for packets from `source`, or `null`.
    ///
    /// @param source an address of the stack, or `null` if it is not chosen yet
    Route route(IpAddress destination, IpAddress source) {
        Addressing current = now;
        StackNic answering = current.answering(destination);
        if (answering != null || destination.isLoopback()) {
            // RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3: no default route leads a loopback address out of the host.
            NicPort port = answering != null && answering.link().isLoopback() ? answering : internalLoop;
            return current.routeOfOwn(destination, port, table);
        }
        RouteEntry best = source == null || source.isV4() || !source.isLinkLocal() ? null
                : ofLink(current, destination, source);
        if (best == null) {
            best = current.match(destination);
        }
        if (best == null && (destination.isMulticast() || destination.isLimitedBroadcast())) {
            best = onFirstEthernet(destination);
        }
        // No gateway takes what is for all stations of the link.
        boolean group = destination.isMulticast() || current.isBroadcast(destination);
        if (best == null) {
            return null;
        }
        return group && best.via() != null && best.nic().stationAddress() != 0
                ? new Route(best.to(), null, best.nic(), false, current.generation, table)
                : current.routeOf(best, table);
    }

    /// The route to all stations of a group on a NIC's link.
    Route routeBy(StackNic nic, IpAddress group) {
        return new Route(Addressing.single(group), null, nic, false, now.generation, table);
    }

    /// To an address of a link from a link-local one: through the NIC that has it, since every link has such addresses (RFC
    /// 4007 §6). `null` for others.
    private static RouteEntry ofLink(Addressing current, IpAddress destination, IpAddress source) {
        StackNic nic = current.owner(source.hi(), source.lo());
        boolean ofLink = destination.isLinkLocal() || destination.isMulticast() && (destination.hi() >>> 48 & 0xf) == 2;
        return nic == null || !ofLink || !nic.isUp() ? null : RouteEntry.given(Addressing.single(destination), null, nic);
    }

    /// All stations of a network are reached without a route: on the first Ethernet that is up, as nothing says which.
    private RouteEntry onFirstEthernet(IpAddress destination) {
        for (Nic nic : stack.nics()) {
            if (nic instanceof StackNic n && n.stationAddress() != 0 && n.isUp()) {
                return RouteEntry.given(Addressing.single(destination), null, n);
            }
        }
        return null;
    }

    /// The routes that a configured one stands for: a default route without a gateway is of both versions.
    static List<RouteEntry> entries(RouteConfig route, StackNic nic) {
        if (route.to() != null) {
            return List.of(RouteEntry.given(route.to().network(), route.via(), nic));
        }
        var v4 = RouteEntry.given(new Cidr(IpAddress.ANY_V4, 0), route.via(), nic);
        var v6 = RouteEntry.given(new Cidr(IpAddress.ANY_V6, 0), route.via(), nic);
        if (route.via() == null) {
            return List.of(v4, v6);
        }
        return List.of(route.via().isV4() ? v4 : v6);
    }

    // ---- changes

    private void change(Change change) {
        synchronized (lock) {
            Addressing next = change.apply(now);
            if (next != now) {
                now = next;
                setTimer(next);
            }
        }
    }

    /// The state after a change of addresses. Who has paths must ask anew only if packets go otherwise now.
    private static Addressing withOwned(Addressing a, List<Owned> owned, boolean sameToPaths) {
        return new Addressing(sameToPaths ? a.generation : a.generation + 1, owned, a.configured());
    }

    private static Addressing withRoutes(Addressing a, List<RouteEntry> routes, boolean sameToPaths) {
        return new Addressing(sameToPaths ? a.generation : a.generation + 1, a.owned, routes);
    }

    /// A NIC went up or down, or has another MTU: paths are to be found anew.
    void renew() {
        change(a -> new Addressing(a.generation + 1, a.owned, a.configured()));
    }

    void addAddress(StackNic nic, Cidr cidr) {
        ConfigurationCheck.checkAddress("address", cidr, runs(cidr), nic.mtu());
        stack.whileOpen(() -> change(a -> {
            Owned taken = a.find(cidr.address());
            if (taken != null) {
                throw new ConfigurationException("address",
                        cidr.address() + " is given twice: NIC \"" + taken.nic().name() + "\" has it already");
            }
            return withOwned(a, plus(a.owned, Owned.given(nic, cidr)), false);
        }));
        nic.addressAdded(cidr.address());
    }

    private boolean runs(Cidr cidr) {
        return stack.networks().internet(cidr.address().version()) != null;
    }

    private static <T> List<T> plus(List<T> list, T one) {
        var more = new ArrayList<>(list);
        more.add(one);
        return more;
    }

    private static <T> List<T> replaced(List<T> list, T old, T other) {
        var copy = new ArrayList<>(list);
        copy.set(copy.indexOf(old), other);
        return copy;
    }

    /// Removes the addresses of which this is true, and tells of them; returns how many there were.
    int removeAddresses(Predicate<Owned> which) {
        var removed = new ArrayList<Owned>();
        change(a -> {
            a.owned.stream().filter(which).forEach(removed::add);
            return removed.isEmpty() ? a : withOwned(a, a.owned.stream().filter(o -> !removed.contains(o)).toList(), false);
        });
        removed.forEach(AddressBook::tellRemoved);
        return removed.size();
    }

    private static void tellRemoved(Owned o) {
        o.nic().addressRemoved(o.cidr().address());
        if (o.source() != null) {
            o.source().tell(l -> l.addressRemoved(o.nic(), o.cidr().address()));
        }
    }

    /// What a plug-in has learned: `false` if another has the address, or no NIC can have it.
    boolean put(StackNic nic, HostConfiguration.Assignment address, LearnedConfiguration source) {
        IpAddress a = address.cidr().address();
        long nowNs = nowNs();
        if (stack.isClosing() || !runs(address.cidr()) || a.isUnspecified() || a.isMulticast() || a.isLimitedBroadcast()
                || a.isLoopback() || !a.isV4() && nic.mtu() < 1280 || Owned.isOver(address.validUntilNs(), nowNs)) {
            return false;
        }
        boolean[] outcome = new boolean[2];
        change(before -> {
            Owned known = before.find(a);
            if (known == null) {
                outcome[0] = true;
                outcome[1] = true;
                return withOwned(before, plus(before.owned, Owned.learned(nic, address, source.origin(), source, nowNs)), false);
            }
            if (known.source() != source || known.nic() != nic) {
                return before;
            }
            outcome[0] = true;
            Owned renewed = known.renewed(address, nowNs);
            return withOwned(before, replaced(before.owned, known, renewed), renewed.isAsGoodAs(known));
        });
        if (outcome[1]) {
            nic.addressAdded(a);
        }
        return outcome[0];
    }

    /// Neighbours were asked for an address.
    void checked(NicPort nic, IpAddress address, boolean unique) {
        Owned[] done = new Owned[1];
        change(a -> {
            Owned known = a.find(address);
            if (known == null || known.nic() != nic || known.state() != State.TENTATIVE) {
                return a;
            }
            done[0] = known.checked(unique, nowNs());
            return withOwned(a, replaced(a.owned, known, done[0]), false);
        });
        if (done[0] != null && done[0].source() != null) {
            done[0].source().tell(l -> {
                if (unique) {
                    l.addressUsable(nic, address);
                } else {
                    l.addressDuplicate(nic, address);
                }
            });
        }
    }

    void addRoute(RouteConfig route, List<StackNic> nics) {
        List<NicConfig> known = nics.stream()
                .map(n -> new NicConfig(n.name(), n.linkName(), null, n.mtu(), n.addresses(), null, Map.of())).toList();
        NicConfig through = ConfigurationCheck.checkRoute("route", route, known);
        StackNic nic = nics.get(known.indexOf(through));
        stack.whileOpen(() -> change(a -> {
            var more = new ArrayList<>(a.configured());
            more.addAll(entries(route, nic));
            return withRoutes(a, more, false);
        }));
    }

    int removeRoutes(Cidr to) {
        return removeRoutes(e -> to == null ? e.to().prefixLength() == 0 : e.to().equals(to.network()));
    }

    int removeRoutes(Predicate<RouteEntry> which) {
        int[] removed = new int[1];
        change(a -> {
            List<RouteEntry> fewer = a.configured().stream().filter(which.negate()).toList();
            removed[0] = a.configured().size() - fewer.size();
            return removed[0] == 0 ? a : withRoutes(a, fewer, false);
        });
        return removed[0];
    }

    /// A route that a plug-in has learned: `false` if the stack is closed.
    boolean putRoute(RouteEntry route) {
        if (stack.isClosing()) {
            return false;
        }
        change(a -> {
            RouteEntry known = a.configured().stream().filter(route::isSame).findFirst().orElse(null);
            return known == null ? withRoutes(a, plus(a.configured(), route), false)
                    : withRoutes(a, replaced(a.configured(), known, route), route.isAsGoodAs(known));
        });
        return true;
    }

    // ---- time

    private long nowNs() {
        return stack.surroundings().clock().nanoTime();
    }

    /// Called with the lock.
    private void setTimer(Addressing state) {
        long nowNs = nowNs();
        long next = Long.MAX_VALUE;
        for (Owned o : state.owned) {
            next = Math.min(next, until(o.validUntilNs(), nowNs));
            if (o.state() == State.PREFERRED) {
                next = Math.min(next, until(o.preferredUntilNs(), nowNs));
            }
        }
        for (RouteEntry e : state.configured()) {
            next = Math.min(next, until(e.untilNs(), nowNs));
        }
        if (next != Long.MAX_VALUE) {
            if (timer == null) {
                timer = stack.timers().create(this::expire);
            }
            timer.set(nowNs + next);
        } else if (timer != null) {
            timer.cancel();
        }
    }

    private static long until(long untilNs, long nowNs) {
        return untilNs == HostConfiguration.FOREVER ? Long.MAX_VALUE : Math.max(0, untilNs - nowNs);
    }

    private void expire(long nowNs) {
        var removed = new ArrayList<Owned>();
        change(a -> {
            List<Owned> owned = a.owned.stream().filter(o -> !Owned.isOver(o.validUntilNs(), nowNs)).map(o -> o.at(nowNs))
                    .toList();
            List<RouteEntry> routes = a.configured().stream().filter(e -> !Owned.isOver(e.untilNs(), nowNs)).toList();
            a.owned.stream().filter(o -> Owned.isOver(o.validUntilNs(), nowNs)).forEach(removed::add);
            // Also if nothing has ended: the timer is set anew.
            boolean same = owned.equals(a.owned) && routes.size() == a.configured().size();
            return new Addressing(same ? a.generation : a.generation + 1, owned, routes);
        });
        removed.forEach(AddressBook::tellRemoved);
    }

    void close() {
        synchronized (lock) {
            if (timer != null) {
                timer.cancel();
            }
        }
    }
}
