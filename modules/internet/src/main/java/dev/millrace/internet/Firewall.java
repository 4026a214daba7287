package dev.millrace.internet;

import dev.millrace.internet.ConnectionTable.Connection;
import dev.millrace.internet.FirewallRule.Action;
import dev.millrace.internet.FirewallRule.Direction;
import dev.millrace.internet.RouterIcmp.Unreachable;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/// A firewall between an inside and an outside, for both versions of IP. Packets are never rewritten. What it decides is a
/// function of the packets and of `nowNs`.
///
/// Later fragments, which have no ports, share the fate of their first one ([FragmentTable]). An ICMP error passes if it
/// quotes a packet of a connection and goes to who sent that (RFC 2979 §3.1.1); others are judged by the rules.
///
/// One thread at a time; the counters any thread may read.
final class Firewall {
    private final FirewallOptions options;
    private final List<FirewallRule> rules;
    private final ConnectionTable connections;
    private final FragmentTable<Boolean> fragments = new FragmentTable<>();
    private final RouterIcmp icmp;
    private final Headers headers = new Headers();
    private final Headers quoted = new Headers();
    private final BoxCounters counters = new BoxCounters();
    private final AtomicLongArray matches;

    /// @param icmp what makes the answers to rejected packets
    Firewall(FirewallOptions options, RouterIcmp icmp) {
        this.options = options;
        this.icmp = icmp;
        rules = options.rules();
        connections = new ConnectionTable(options.maxConnections(), options.timeouts());
        // One for each rule, and the defaults for in and out.
        matches = new AtomicLongArray(rules.size() + 2);
    }

    /// Judges a packet.
    ///
    /// @param way [Direction#IN] or [Direction#OUT]
    /// @param from the box's address of the packet's version, on the side where it came in, for answers by ICMP; `null` for
    ///     none
    Verdict filter(Packet given, Direction way, IpAddress from, long nowNs) {
        Packet p = headers.read(given);
        if (headers.problem() != null) {
            return drop(p, headers.problem());
        }
        connections.expire(nowNs);
        if (headers.isLaterFragment()) {
            return follow(p, nowNs);
        }
        BoxDrop problem = headers.readPorts();
        if (problem != null) {
            return drop(p, problem);
        }
        if (options.stateful() && isOfConnection(nowNs)) {
            return pass(p, nowNs);
        }
        boolean isTcp = options.stateful() && headers.isTcp();
        if (isTcp && options.dropOutOfState() && !TcpFlow.isOpening(headers.tcpFlags())) {
            return drop(p, BoxDrop.OUT_OF_STATE);
        }
        int rule = firstMatch(way);
        return switch (action(rule, way)) {
            case ALLOW -> begin(p, nowNs);
            case DROP -> counters.count(new Verdict.Drop(p, BoxDrop.FIREWALL, name(rule, way)));
            case REJECT -> counters.count(
                    Verdict.end(p, refusal(p, from, nowNs), BoxDrop.FIREWALL, name(rule, way)));
        };
    }

    /// Whether a packet belongs to a connection, which then is used, or is an error about one, which does not count as use.
    private boolean isOfConnection(long nowNs) {
        if (headers.isIcmpError()) {
            return isRelated();
        }
        Connection c = connections.find(headers);
        if (c == null || headers.isIcmpRequest() && !c.isFromInitiator(headers)) {
            // The one who was pinged may answer, but not ask.
            return false;
        }
        connections.passed(c, headers, nowNs);
        return true;
    }

    private boolean isRelated() {
        quoted.readQuoted(headers.memory(), headers.transport() + IcmpHeader.LENGTH,
                headers.transportLength() - IcmpHeader.LENGTH);
        return quoted.problem() == null && quoted.isV4() == headers.isV4() && quoted.readQuotedPorts()
                && quoted.source().equals(headers.destination()) && connections.find(quoted) != null;
    }

    private int firstMatch(Direction way) {
        int i = 0;
        while (i < rules.size() && !rules.get(i).matches(headers, way)) {
            i++;
        }
        matches.incrementAndGet(i < rules.size() || way == Direction.IN ? i : i + 1);
        return i;
    }

    private Action action(int rule, Direction way) {
        return rule < rules.size() ? rules.get(rule).action()
                : way == Direction.IN ? options.defaultIn() : options.defaultOut();
    }

    private String name(int rule, Direction way) {
        return rule < rules.size() ? rules.get(rule).toString() : way == Direction.IN ? "default of in" : "default of out";
    }

    private Verdict begin(Packet p, long nowNs) {
        boolean follow = options.stateful() && !headers.isIcmpError()
                && !(headers.isTcp() && TcpFlow.isReset(headers.tcpFlags()));
        return follow && !connections.open(headers, nowNs) ? drop(p, BoxDrop.FIREWALL_TABLE_FULL) : pass(p, nowNs);
    }

    private Verdict pass(Packet p, long nowNs) {
        fragments.remember(headers, true, nowNs);
        return counters.count(new Verdict.Forward(p));
    }

    private Verdict follow(Packet p, long nowNs) {
        boolean known = fragments.fate(headers, nowNs) != null;
        if (!known || FragmentTable.overwritesPorts(headers)) {
            return drop(p, known ? BoxDrop.TINY_FRAGMENT : BoxDrop.FRAGMENT_WITHOUT_FIRST);
        }
        return counters.count(new Verdict.Forward(p));
    }

    /// What the sender of a rejected packet is told. The first fragment of a TCP segment cannot be reset, since its length
    /// is not known.
    private Packet refusal(Packet p, IpAddress from, long nowNs) {
        if (headers.isTcp() && !headers.isFragment()) {
            return icmp.reset(p, nowNs);
        }
        return from == null ? null : icmp.unreachable(p, Unreachable.PROHIBITED, from, nowNs);
    }

    private Verdict drop(Packet p, BoxDrop reason) {
        return counters.count(new Verdict.Drop(p, reason));
    }

    /// Forgets all connections, as a firewall does that reboots.
    void forget() {
        connections.clear();
        fragments.clear();
    }

    /// Connections that are followed.
    int connections() {
        return connections.size();
    }

    /// How many packets a rule, counted from 0, has decided about: what belongs to a connection does not come to rules.
    long matches(int rule) {
        return matches.get(rule);
    }

    BoxCounters counters() {
        return counters;
    }

    /// The counters by name, with `connections`, and `rule-1: TEXT` and so on for the rules and what is done by default.
    Map<String, Long> snapshot() {
        Map<String, Long> all = counters.snapshot();
        all.put("connections", (long) connections());
        for (int i = 0; i < rules.size(); i++) {
            all.put("rule-" + (i + 1) + ": " + rules.get(i), matches.get(i));
        }
        all.put("default-in", matches.get(rules.size()));
        all.put("default-out", matches.get(rules.size() + 1));
        return all;
    }
}
