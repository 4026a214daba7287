package dev.millrace.internet;

import dev.millrace.internet.NatTable.Mapping;
import dev.millrace.internet.NatTable.Session;
import dev.millrace.internet.RouterIcmp.Unreachable;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.buffer.Packet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/// A network address translator between an inside and an outside: IPv4 by ports (RFC 4787, 5382, 5508, 7857), IPv6 by
/// prefixes or not at all (RFC 6296). What it does is a function of the packets, of `nowNs` and of the given chance.
///
/// Differs: an unsolicited SYN from outside is dropped and never answered (RFC 5382 REQ-4 would have it answered after six
/// seconds unless policy says no; ours does). Identifications of IPv4 are left alone (RFC 6864 would have them made unique).
///
/// One thread at a time; the counters any thread may read.
final class Nat {
    private final NatOptions options;
    private final Set<IpAddress> external;
    private final NatTable table;
    private final NatErrors errors;
    private final NatPrefixes prefixes;
    private final RouterIcmp icmp;
    private final IpAddress insideAddress;
    private final Headers headers = new Headers();
    private final FragmentTable<Fate> outboundFragments = new FragmentTable<>();
    private final FragmentTable<Fate> inboundFragments = new FragmentTable<>();
    private final BoxCounters counters = new BoxCounters();
    private Mapping arrived;

    /// How a packet's addresses are rewritten; `null` leaves one as it is.
    private record Fate(Mapping newSource, Mapping newDestination) {
    }

    /// @param external the IPv4 addresses outside, which are the NAT's alone; with none IPv4 goes through as it is
    /// @param insideAddress the NAT's own IPv4 address inside, from which it tells hosts that there is no room for them
    ///     (RFC 5508 REQ-8), or `null` if it does not
    /// @param icmp what makes those answers
    /// @throws IllegalArgumentException if an external address is none of IPv4 or is there twice, or forwards have none
    Nat(NatOptions options, List<IpAddress> external, IpAddress insideAddress, RouterIcmp icmp, RandomGenerator random) {
        this.options = options;
        this.external = new HashSet<>(external);
        if (this.external.size() != external.size() || external.stream().anyMatch(a -> !a.isV4())) {
            throw new IllegalArgumentException("external addresses " + external + "; each must be another IPv4 address");
        }
        if (external.isEmpty() && !options.forwards().isEmpty()) {
            throw new IllegalArgumentException("port forwards need an external IPv4 address");
        }
        this.insideAddress = insideAddress;
        this.icmp = icmp;
        table = new NatTable(options, external, random);
        errors = new NatErrors(table);
        prefixes = options.internalPrefix() == null ? null
                : new NatPrefixes(new Nptv6(options.internalPrefix(), options.externalPrefix()));
    }

    /// A packet that comes from inside.
    Verdict outbound(Packet given, long nowNs) {
        Packet p = headers.read(given);
        if (headers.problem() != null) {
            return drop(p, headers.problem());
        }
        table.expire(nowNs);
        if (!headers.isV4()) {
            return counters.count(prefixes == null ? new Verdict.Forward(p) : prefixes.outbound(p, headers));
        }
        return external.isEmpty() ? counters.count(new Verdict.Forward(p)) : outboundV4(p, nowNs);
    }

    private Verdict outboundV4(Packet p, long nowNs) {
        if (external.contains(headers.source()) || isMany(headers.source())) {
            return drop(p, BoxDrop.MARTIAN);
        }
        BoxDrop problem = headers.isLaterFragment() ? null : headers.readPorts();
        if (problem != null) {
            return drop(p, problem);
        }
        if (headers.isLaterFragment()) {
            return follow(p, outboundFragments, nowNs);
        }
        if (headers.isIcmpError()) {
            return outboundError(p);
        }
        if (!isTranslatable()) {
            return drop(p, BoxDrop.NAT_PROTOCOL);
        }
        boolean back = external.contains(headers.destination());
        if (back && headers.isEchoRequest()) {
            return counters.count(new Verdict.Local(p));
        }
        if (back && (!options.hairpinning() || table.mappingAt(destination()) == null)) {
            return drop(p, BoxDrop.NAT_NO_MAPPING);
        }
        Object session = sessionFromInside(nowNs);
        if (session instanceof BoxDrop full) {
            return refuse(p, full, nowNs);
        }
        Mapping from = ((Session) session).mapping();
        Mapping to = null;
        if (back) {
            // RFC 4787 REQ-9(a): the other host sees the external address and port, as if the packet had come from outside.
            problem = arrive(destination(), NatTable.peer(NatTable.endpoint(headers.protocol(), from.externalAddress(),
                    from.externalPort())), nowNs);
            if (problem != null) {
                return drop(p, problem);
            }
            to = arrived;
        }
        return rewrite(p, new Fate(from, to), outboundFragments, nowNs);
    }

    /// The session of a packet from inside, which is begun if there is none, or why that cannot be.
    private Object sessionFromInside(long nowNs) {
        long internal = NatTable.endpoint(headers.protocol(), headers.source().v4Bits(), headers.sourcePort());
        long peer = NatTable.peer(destination());
        int flags = headers.isTcp() ? headers.tcpFlags() : 0;
        Session s = table.fromInside(internal, peer);
        if (s == null) {
            boolean midStream = options.midStream() && !TcpFlow.isReset(flags);
            if (headers.isTcp() && !TcpFlow.isOpening(flags) && !midStream) {
                return BoxDrop.OUT_OF_STATE;
            }
            if (headers.isIcmp() && !headers.isIcmpRequest()) {
                return BoxDrop.NAT_NO_MAPPING;
            }
            Mapping m = table.mappingFor(internal, peer);
            BoxDrop full = table.room(m == null);
            if (full != null) {
                return full;
            }
            m = m == null ? table.map(internal, peer) : m;
            if (m == null) {
                return BoxDrop.NAT_NO_PORT;
            }
            s = table.open(m, peer, tcpFlow(flags, true), true, nowNs);
            assert s != null : "the session was looked for";
        }
        table.passed(s, true, flags, nowNs);
        return s;
    }

    private TcpFlow tcpFlow(int flags, boolean fromInside) {
        return headers.isTcp() ? new TcpFlow(!TcpFlow.isOpening(flags), fromInside) : null;
    }

    /// A packet that comes from outside.
    Verdict inbound(Packet given, long nowNs) {
        Packet p = headers.read(given);
        if (headers.problem() != null) {
            return drop(p, headers.problem());
        }
        table.expire(nowNs);
        if (!headers.isV4()) {
            return counters.count(prefixes == null ? new Verdict.Forward(p) : prefixes.inbound(p, headers));
        }
        return external.isEmpty() ? counters.count(new Verdict.Forward(p)) : inboundV4(p, nowNs);
    }

    private Verdict inboundV4(Packet p, long nowNs) {
        if (!external.contains(headers.destination())) {
            return drop(p, BoxDrop.NAT_NOT_OURS);
        }
        if (external.contains(headers.source()) || isMany(headers.source())) {
            return drop(p, BoxDrop.MARTIAN);
        }
        BoxDrop problem = headers.isLaterFragment() ? null : headers.readPorts();
        if (problem != null) {
            return drop(p, problem);
        }
        if (headers.isLaterFragment()) {
            return follow(p, inboundFragments, nowNs);
        }
        if (headers.isIcmpError()) {
            return inboundError(p, false);
        }
        if (!isTranslatable()) {
            return drop(p, BoxDrop.NAT_PROTOCOL);
        }
        if (headers.isEchoRequest()) {
            return counters.count(new Verdict.Local(p));
        }
        problem = arrive(destination(), NatTable.peer(NatTable.endpoint(headers.protocol(), headers.source().v4Bits(),
                headers.sourcePort())), nowNs);
        return problem != null ? drop(p, problem) : rewrite(p, new Fate(null, arrived), inboundFragments, nowNs);
    }

    /// Finds to whom inside an external endpoint leads for this peer, and leaves it in [#arrived]; or says why to nobody.
    private BoxDrop arrive(long at, long peer, long nowNs) {
        int flags = headers.isTcp() ? headers.tcpFlags() : 0;
        Session s = table.fromOutside(at, peer);
        if (s == null) {
            Mapping m = table.mappingAt(at);
            if (m == null) {
                return BoxDrop.NAT_NO_MAPPING;
            }
            if (!table.admits(m, peer)) {
                return BoxDrop.NAT_FILTERED;
            }
            if (headers.isTcp() && !TcpFlow.isOpening(flags) && !(options.midStream() && !TcpFlow.isReset(flags))) {
                return BoxDrop.OUT_OF_STATE;
            }
            if (!headers.isTcp() && !m.isForward() && !options.inboundRefresh()) {
                // A session would keep the mapping alive.
                arrived = m;
                return null;
            }
            BoxDrop full = table.room(false);
            if (full != null) {
                return full;
            }
            s = table.open(m, peer, tcpFlow(flags, false), false, nowNs);
            if (s == null) {
                return BoxDrop.NAT_CLASH;
            }
        }
        table.passed(s, false, flags, nowNs);
        arrived = s.mapping();
        return null;
    }

    private Verdict outboundError(Packet p) {
        BoxDrop problem = errors.problem(headers, p);
        if (problem != null || errors.outbound(headers) == null) {
            return drop(p, problem != null ? problem : BoxDrop.UNRELATED_ICMP_ERROR);
        }
        // RFC 5508 REQ-7: an error about a hairpinned packet goes back the same way.
        return external.contains(headers.destination()) ? inboundError(p, true) : counters.count(new Verdict.Forward(p));
    }

    /// An ICMP error that the box itself has made, from an address of its own, about a packet that it had translated before
    /// it found that it cannot go on inside, such as one that is too long for the link there. Outside it quotes the packet
    /// as it came, and in IPv4 comes from the external address.
    Verdict ownError(Packet given, long nowNs) {
        Packet p = headers.read(given);
        table.expire(nowNs);
        if (headers.problem() != null || !headers.isIcmpError() || (headers.isV4() ? external.isEmpty() : prefixes == null)) {
            return drop(p, BoxDrop.UNRELATED_ICMP_ERROR);
        }
        return headers.isV4() ? outboundError(p) : counters.count(prefixes.outbound(p, headers));
    }

    private Verdict inboundError(Packet p, boolean back) {
        BoxDrop problem = errors.problem(headers, p);
        if (problem != null || errors.inbound(headers) == null) {
            return drop(p, problem != null ? problem : BoxDrop.UNRELATED_ICMP_ERROR);
        }
        return counters.count(back ? new Verdict.Hairpin(p) : new Verdict.Forward(p));
    }

    private Verdict rewrite(Packet p, Fate fate, FragmentTable<Fate> fragments, long nowNs) {
        fragments.remember(headers, fate, nowNs);
        setAddresses(fate);
        if (fate.newSource != null) {
            NatRewrite.setPort(headers, true, fate.newSource.externalPort());
        }
        if (fate.newDestination != null) {
            NatRewrite.setPort(headers, false, fate.newDestination.internalPort());
        }
        return passed(p, fate);
    }

    /// Later fragments have addresses only, and go where the first one went.
    private Verdict follow(Packet p, FragmentTable<Fate> fragments, long nowNs) {
        Fate fate = fragments.fate(headers, nowNs);
        if (fate == null || FragmentTable.overwritesPorts(headers)) {
            return drop(p, fate == null ? BoxDrop.FRAGMENT_WITHOUT_FIRST : BoxDrop.TINY_FRAGMENT);
        }
        setAddresses(fate);
        return passed(p, fate);
    }

    private void setAddresses(Fate fate) {
        if (fate.newSource != null) {
            NatRewrite.setAddress(headers, true, fate.newSource.externalAddress());
        }
        if (fate.newDestination != null) {
            NatRewrite.setAddress(headers, false, fate.newDestination.internalAddress());
        }
    }

    private Verdict passed(Packet p, Fate fate) {
        return counters.count(fate.newSource != null && fate.newDestination != null ? new Verdict.Hairpin(p)
                : new Verdict.Forward(p));
    }

    private boolean isTranslatable() {
        return headers.isTcp() || headers.protocol() == IpProtocol.UDP || headers.isIcmpQuery();
    }

    private long destination() {
        return NatTable.endpoint(headers.protocol(), headers.destination().v4Bits(), headers.destinationPort());
    }

    /// RFC 1812 §5.3.7: no host has such an address, and none is to get a mapping for it.
    private static boolean isMany(IpAddress a) {
        return a.isUnspecified() || a.isMulticast() || a.isLimitedBroadcast();
    }

    private Verdict drop(Packet p, BoxDrop reason) {
        return counters.count(new Verdict.Drop(p, reason));
    }

    /// RFC 5508 REQ-8: a host whose flow finds no room is told so.
    private Verdict refuse(Packet p, BoxDrop reason, long nowNs) {
        boolean full = reason == BoxDrop.NAT_TABLE_FULL || reason == BoxDrop.NAT_SESSIONS_FULL
                || reason == BoxDrop.NAT_NO_PORT;
        return counters.count(Verdict.end(p, full && insideAddress != null
                ? icmp.unreachable(p, Unreachable.PROHIBITED, insideAddress, nowNs) : null, reason, ""));
    }

    /// Forgets all mappings but the forwards, as a NAT does that reboots.
    void forget() {
        table.forget();
        outboundFragments.clear();
        inboundFragments.clear();
    }

    /// Mappings that are not forwards.
    int mappings() {
        return table.mappings();
    }

    int sessions() {
        return table.sessions();
    }

    /// The mappings as lines for people; see [NatTable#describe].
    List<String> describe() {
        return table.describe();
    }

    BoxCounters counters() {
        return counters;
    }

    /// The counters by name, with `mappings` and `sessions`.
    Map<String, Long> snapshot() {
        Map<String, Long> all = counters.snapshot();
        all.put("mappings", (long) mappings());
        all.put("sessions", (long) sessions());
        return all;
    }
}
