package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.NicAddress;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.LearnedRoute;
import dev.millrace.wire.IpAddress;
import java.util.Comparator;

/// A route of a stack. An immutable value.
///
/// @param to the network
/// @param via the gateway, or `null`
/// @param nic where packets leave
/// @param connected whether it follows from an address
/// @param origin where it comes from, in a word
/// @param source through what it was entered, or `null` for configuration and program
/// @param preference of routes to the same network (RFC 4191)
/// @param isReachable whether the gateway answers, as far as is known
/// @param untilNs when it goes, [HostConfiguration#FOREVER] for never
record RouteEntry(Cidr to, IpAddress via, StackNic nic, boolean connected, String origin, LearnedConfiguration source,
        int preference, boolean isReachable, long untilNs) {
    /// The longer prefix first; then what is connected, what was configured, what is on the link, whose gateway answers, and what
    /// is preferred (RFC 4191 §3.2). The rest is as it came, for a sort that is stable.
    static final Comparator<RouteEntry> ORDER = Comparator.comparingInt((RouteEntry e) -> -e.to.prefixLength())
            .thenComparingInt(RouteEntry::kind).thenComparing(e -> !e.isReachable).thenComparingInt(e -> -e.preference);

    static RouteEntry given(Cidr to, IpAddress via, StackNic nic) {
        return new RouteEntry(to, via, nic, false, NicAddress.CONFIGURATION, null, 0, true, HostConfiguration.FOREVER);
    }

    static RouteEntry connected(Owned o) {
        return new RouteEntry(o.cidr().network(), null, o.nic(), true, o.origin(), o.source(), 0, true, o.validUntilNs());
    }

    static RouteEntry learned(StackNic nic, LearnedRoute r, String origin, LearnedConfiguration source) {
        return new RouteEntry(r.to().network(), r.via(), nic, false, origin, source, r.preference(), r.isReachable(),
                r.untilNs());
    }

    private int kind() {
        return connected ? 0 : source == null ? 1 : via == null ? 2 : 3;
    }

    /// Whether it is the same route, whatever is thought of it.
    boolean isSame(RouteEntry other) {
        return isOf(other.source, other.nic, other.to, other.via);
    }

    boolean isOf(LearnedConfiguration owner, StackNic of, Cidr network, IpAddress gateway) {
        return source == owner && nic == of && to.equals(network) && (via == null ? gateway == null : via.equals(gateway));
    }

    /// Whether packets go alike with this in the place of another.
    boolean isAsGoodAs(RouteEntry other) {
        return isSame(other) && preference == other.preference && isReachable == other.isReachable;
    }
}
