package dev.millrace.stack;

import dev.millrace.NicAddress.State;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import java.util.List;

/// Which address packets leave from when nobody says (RFC 6724 §5).
final class SourceChoice {
    private static final int LINK_LOCAL = 2;
    private static final int GLOBAL = 14;

    private SourceChoice() {
    }

    /// The address to send from, or `null` if the stack has none of that version.
    static IpAddress of(List<Owned> owned, Route route, IpAddress destination) {
        Owned best = null;
        for (Owned o : owned) {
            if (o.isUsable() && o.cidr().address().isV4() == destination.isV4() && isCandidate(o, route)
                    && (best == null || isBetter(o, best, route, destination))) {
                best = o;
            }
        }
        return best == null ? null : best.cidr().address();
    }

    /// RFC 6724 §4: a link-local address means nothing on another link.
    private static boolean isCandidate(Owned o, Route route) {
        IpAddress a = o.cidr().address();
        return a.isV4() || !a.isLinkLocal() || route.local() || o.nic() == route.nic();
    }

    /// Whether `a` is to be taken rather than `b`, which came first. The rules 4 and 5.5 are about what a host has not: a home,
    /// and addresses that are one router's.
    private static boolean isBetter(Owned a, Owned b, Route route, IpAddress destination) {
        IpAddress x = a.cidr().address();
        IpAddress y = b.cidr().address();
        // Rule 1.
        if (x.equals(destination) || y.equals(destination)) {
            return x.equals(destination);
        }
        // Rule 2: the smallest scope that reaches the destination.
        int scopeX = scope(x);
        int scopeY = scope(y);
        if (scopeX != scopeY) {
            return scopeX < scopeY ? scopeX >= scope(destination) : scopeY < scope(destination);
        }
        // Rule 3.
        if ((a.state() == State.DEPRECATED) != (b.state() == State.DEPRECATED)) {
            return b.state() == State.DEPRECATED;
        }
        // Rule 5.
        if ((a.nic() == route.nic()) != (b.nic() == route.nic())) {
            return a.nic() == route.nic();
        }
        // Rule 6, in so far as private addresses (ULA) and others are concerned: the labels of the others are history.
        if (!destination.isV4() && isUnique(x) != isUnique(y)) {
            return isUnique(x) == isUnique(destination);
        }
        // Rule 7.
        if (a.isTemporary() != b.isTemporary()) {
            return a.isTemporary();
        }
        // Rule 8.
        return commonPrefix(a, destination) > commonPrefix(b, destination);
    }

    /// RFC 6724 §3.1, §3.2.
    private static int scope(IpAddress a) {
        if (a.isMulticast() && !a.isV4()) {
            return (int) (a.hi() >>> 48) & 0xf;
        }
        return a.isLinkLocal() || a.isLoopback() ? LINK_LOCAL : GLOBAL;
    }

    private static boolean isUnique(IpAddress a) {
        return a.hi() >>> 57 == 0xfc >>> 1;
    }

    /// Bits that are equal, those of the prefix at most (RFC 6724 §2.2).
    private static int commonPrefix(Owned o, IpAddress b) {
        IpAddress a = o.cidr().address();
        int bits = a.hi() != b.hi() ? Long.numberOfLeadingZeros(a.hi() ^ b.hi()) : 64 + Long.numberOfLeadingZeros(a.lo() ^ b.lo());
        return a.isV4() ? bits : Math.min(bits, o.cidr().prefixLength());
    }
}
