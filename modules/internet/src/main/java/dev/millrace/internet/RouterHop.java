package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;
import java.util.List;

/// What a router does with a packet on its way from one link to another: checks the header, takes one off TTL or hop
/// limit, and sees that it fits the next link (RFC 1812 §5.2, §5.3; RFC 8200 §3). Which link is next others decide.
///
/// Ask [#problem] first, as one must before looking at addresses, then [#forward] or [#unreachable]. One thread at a time.
final class RouterHop {
    private final RouterIcmp icmp;
    private final Headers headers = new Headers();
    private final Ipv4Fragmenter fragmenter = new Ipv4Fragmenter();
    private final BoxCounters counters = new BoxCounters();

    /// A router that answers with `icmp`.
    RouterHop(RouterIcmp icmp) {
        this.icmp = icmp;
    }

    /// What it answers with.
    RouterIcmp icmp() {
        return icmp;
    }

    /// What became of the packets so far.
    BoxCounters counters() {
        return counters;
    }

    /// Why no router may forward a packet, or `null` (RFC 1812 §5.2.2, §5.3.7). The packet, unchanged, stays the caller's.
    BoxDrop problem(Packet packet) {
        headers.peek(packet);
        if (headers.problem() != null) {
            return headers.problem();
        }
        if (headers.isV4() && !Ipv4Header.checksumIsRight(headers.memory(), headers.at())) {
            return BoxDrop.BAD_HEADER_CHECKSUM;
        }
        return isMartianSource(headers.source()) || isMartianDestination(headers.destination()) ? BoxDrop.MARTIAN : null;
    }

    private static boolean isMartianSource(IpAddress a) {
        return a.isUnspecified() || a.isMulticast() || a.isLoopback() || a.isLinkLocal()
                || a.isV4() && (a.v4Bits() >>> 24 == 0 || a.v4Bits() >>> 28 == 0xf);
    }

    /// Neither the unspecified nor a loopback address is on any wire; link-local and limited broadcast stay on one.
    private static boolean isMartianDestination(IpAddress a) {
        return a.isUnspecified() || a.isLoopback() || a.isLinkLocal()
                || a.isV4() && (a.v4Bits() >>> 24 == 0 || a.v4Bits() >>> 28 == 0xf);
    }

    /// Forwards a packet to a link, or tells its sender why not.
    ///
    /// @param mtu of that link in bytes
    /// @param from the router's address of the packet's version, on the link where the packet came in; `null` for a router
    ///     that answers nothing
    Verdict forward(Packet packet, int mtu, IpAddress from, long nowNs) {
        BoxDrop problem = problem(packet);
        if (problem != null) {
            return counters.count(new Verdict.Drop(packet, problem));
        }
        boolean v4 = headers.isV4();
        int hopsLeft = v4 ? Ipv4Header.ttl(headers.memory(), headers.at())
                : Ipv6Header.hopLimit(headers.memory(), headers.at());
        if (hopsLeft <= 1) {
            Packet p = headers.read(packet);
            return end(p, from == null ? null : icmp.timeExceeded(p, from, nowNs), BoxDrop.HOP_LIMIT);
        }
        if (headers.length() > mtu) {
            return tooLong(headers.read(packet), mtu, from, hopsLeft - 1, nowNs);
        }
        setHops(packet, v4, hopsLeft - 1);
        return counters.count(new Verdict.Forward(packet));
    }

    private Verdict tooLong(Packet packet, int mtu, IpAddress from, int hopsLeft, long nowNs) {
        boolean v4 = headers.isV4();
        if (!v4 || Ipv4Header.dontFragment(headers.memory(), headers.at())) {
            return end(packet, from == null ? null : icmp.tooBig(packet, mtu, from, nowNs), BoxDrop.TOO_BIG);
        }
        setHops(packet, true, hopsLeft);
        List<Packet> pieces = fragmenter.cut(packet, mtu);
        return counters.count(pieces.isEmpty() ? new Verdict.Drop(packet, BoxDrop.TOO_BIG)
                : new Verdict.Pieces(packet, pieces));
    }

    private static void setHops(Packet packet, boolean v4, int hops) {
        if (v4) {
            Ipv4Header.setTtl(packet.memory(), packet.start(), hops);
        } else {
            Ipv6Header.setHopLimit(packet.memory(), packet.start(), hops);
        }
    }

    /// Tells the sender of a packet, which [#problem] has found right, that it does not reach its destination.
    ///
    /// @param from as for [#forward]
    Verdict unreachable(Packet packet, RouterIcmp.Unreachable why, IpAddress from, long nowNs) {
        Packet p = headers.read(packet);
        return end(p, from == null ? null : icmp.unreachable(p, why, from, nowNs), BoxDrop.UNREACHABLE);
    }

    private Verdict end(Packet packet, Packet reply, BoxDrop reason) {
        return counters.count(Verdict.end(packet, reply, reason, ""));
    }
}
