package dev.millrace.neighbors;

import static dev.millrace.wire.GroupRecords.CHANGE_TO_EXCLUDE;
import static dev.millrace.wire.GroupRecords.CHANGE_TO_INCLUDE;
import static dev.millrace.wire.GroupRecords.MODE_IS_EXCLUDE;

import dev.millrace.NicAddress;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.MldMessage;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reports the groups of one NIC: the member's part of MLDv2 (RFC 3810), and of MLDv1 (RFC 2710) where a router of that
/// version is heard. All groups are wanted whatever the source is (EXCLUDE mode without sources). Used in the NIC's turn only.
final class MldReporter {
    private static final long MS = 1_000_000;
    /// A change is reported within this time, so that those of one moment share a report.
    static final long FIRST_REPORT_NS = 100 * MS;
    /// Robustness Variable (RFC 3810 §9.1): a change is reported so often.
    private static final int ROBUSTNESS = 2;
    /// Unsolicited Report Interval (§9.11).
    private static final long UNSOLICITED_NS = 1_000 * MS;
    /// Older Version Querier Present Timeout (§9.12): two query intervals of 125 s and the 10 s to answer in.
    private static final long OLD_QUERIER_NS = 260_000 * MS;
    /// Differs: RFC 3810 §5.1.3 allows queries that are to be answered at once; answers to a flood of them are to be few.
    private static final long LEAST_RESPONSE_NS = 100 * MS;
    private static final int MOST_GROUPS = 1024;
    /// So many records fit into the least MTU.
    private static final int RECORDS_IN_REPORT = 50;
    private static final long ALL_ROUTERS_LO = 2;

    private final NetworkContext context;
    private final NicPort nic;
    private final Map<IpAddress, Membership> groups = new LinkedHashMap<>();
    private final Timers.Timer timer;
    private final Counters.Counter reports;
    private final Counters.Counter queries;
    /// When a general query is answered, while `answersAll`.
    private long answerAllNs;
    private boolean answersAll;
    private long oldQuerierUntilNs;
    private boolean oldQuerier;

    private static final class Membership {
        int joins;
        /// How often the last change is still to be reported; then, once left, the group is forgotten.
        int changes;
        long changeNs;
        /// When a query for the group alone is answered, while `answers`.
        long answerNs;
        boolean answers;
        /// Whether the last report of version 1 was ours: who leaves then says so.
        boolean wasLast;
    }

    MldReporter(NetworkContext context, NicPort nic, Turn turn) {
        this.context = context;
        this.nic = nic;
        timer = context.timers().create(_ -> turn.run(this::goOn));
        Counters counters = context.counters("neighbors");
        reports = counters.counter("mld-reports-sent");
        queries = counters.counter("mld-queries-received");
    }

    private long now() {
        return context.clock().nanoTime();
    }

    // ---- members

    /// The NIC listens to a group; `false` if to too many.
    boolean join(IpAddress group) {
        Membership m = groups.get(group);
        if (m == null) {
            if (groups.size() >= MOST_GROUPS) {
                return false;
            }
            m = new Membership();
            groups.put(group, m);
        }
        if (m.joins++ == 0) {
            change(m);
        }
        return true;
    }

    /// One of those who joined does so no longer.
    void leave(IpAddress group) {
        Membership m = groups.get(group);
        if (m != null && m.joins > 0 && --m.joins == 0) {
            change(m);
        }
    }

    private void change(Membership m) {
        m.changes = ROBUSTNESS;
        m.changeNs = now() + context.random().nextLong(FIRST_REPORT_NS);
        setTimer();
    }

    /// All groups are reported again: the NIC is up, or has got the address that routers want reports to come from (RFC 3590 §4).
    void reportAgain() {
        groups.values().stream().filter(m -> m.joins > 0).forEach(m -> {
            m.changes = ROBUSTNESS;
            m.changeNs = now() + context.random().nextLong(FIRST_REPORT_NS);
        });
        setTimer();
    }

    /// RFC 3810 §6, RFC 2710 §5: these are never reported.
    private static boolean isReported(IpAddress group) {
        int scope = (int) (group.hi() >>> 48) & 0xf;
        return scope > 1 && !(scope == 2 && group.lo() == 1 && group.hi() << 16 == 0);
    }

    // ---- routers

    /// A query.
    ///
    /// @param group what is asked for, `::` for all
    /// @param version 1 or 2
    void queried(IpAddress group, int version, long maxResponseMs) {
        queries.add(1);
        long now = now();
        if (version == 1) {
            oldQuerier = true;
            oldQuerierUntilNs = now + OLD_QUERIER_NS;
        }
        long at = now + context.random().nextLong(Math.max(LEAST_RESPONSE_NS, maxResponseMs * MS));
        if (group.isUnspecified()) {
            // RFC 3810 §6.2: an answer that comes sooner will do.
            if (isOld(now)) {
                groups.values().forEach(m -> answer(m, at(maxResponseMs, now)));
            } else if (!answersAll || at - answerAllNs < 0) {
                answersAll = true;
                answerAllNs = at;
            }
        } else if (groups.get(group) != null) {
            // Differs: a query about sources is answered as one about the group: we want them all.
            answer(groups.get(group), at);
        }
        setTimer();
    }

    /// RFC 2710 §4: each group has a delay of its own.
    private long at(long maxResponseMs, long now) {
        return now + context.random().nextLong(Math.max(LEAST_RESPONSE_NS, maxResponseMs * MS));
    }

    private static void answer(Membership m, long at) {
        if (m.joins > 0 && (!m.answers || at - m.answerNs < 0)) {
            m.answers = true;
            m.answerNs = at;
        }
    }

    /// Another member has reported a group in version 1: one is enough (RFC 2710 §4).
    void heardReport(IpAddress group) {
        Membership m = groups.get(group);
        if (m != null && isOld(now())) {
            m.answers = false;
            m.wasLast = false;
            if (m.joins > 0) {
                m.changes = 0;
            }
        }
    }

    private boolean isOld(long now) {
        if (oldQuerier && now - oldQuerierUntilNs >= 0) {
            oldQuerier = false;
        }
        return oldQuerier;
    }

    // ---- time

    private void setTimer() {
        long now = now();
        long next = answersAll ? answerAllNs - now : Long.MAX_VALUE;
        for (Membership m : groups.values()) {
            if (m.changes > 0) {
                next = Math.min(next, m.changeNs - now);
            }
            if (m.answers) {
                next = Math.min(next, m.answerNs - now);
            }
        }
        if (next == Long.MAX_VALUE) {
            timer.cancel();
        } else {
            timer.set(now + Math.max(0, next));
        }
    }

    private record Told(IpAddress group, int type) {
    }

    private void goOn() {
        long now = now();
        var told = new ArrayList<Told>();
        boolean all = answersAll && answerAllNs - now <= 0;
        answersAll &= !all;
        for (Map.Entry<IpAddress, Membership> e : List.copyOf(groups.entrySet())) {
            Membership m = e.getValue();
            if (m.changes > 0 && m.changeNs - now <= 0) {
                m.changes--;
                m.changeNs = now + context.random().nextLong(UNSOLICITED_NS);
                told.add(new Told(e.getKey(), m.joins > 0 ? CHANGE_TO_EXCLUDE : CHANGE_TO_INCLUDE));
            } else if (m.joins > 0 && (all || m.answers && m.answerNs - now <= 0)) {
                told.add(new Told(e.getKey(), MODE_IS_EXCLUDE));
            }
            if (all || m.answers && m.answerNs - now <= 0) {
                m.answers = false;
            }
            if (m.joins == 0 && m.changes == 0) {
                groups.remove(e.getKey());
            }
        }
        setTimer();
        told.removeIf(t -> !isReported(t.group()));
        if (!nic.isUp() || told.isEmpty()) {
            return;
        }
        if (isOld(now)) {
            told.forEach(this::sendOld);
        } else {
            for (int i = 0; i < told.size(); i += RECORDS_IN_REPORT) {
                sendReport(told.subList(i, Math.min(told.size(), i + RECORDS_IN_REPORT)));
            }
        }
    }

    // ---- sending

    private void sendReport(List<Told> told) {
        int length = IcmpHeader.LENGTH + 20 * told.size();
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        MemorySegment m = p.memory();
        long at = MldMessage.writeV2Report(m, p.append(length), told.size());
        for (Told t : told) {
            at = MldMessage.writeRecord(m, at, t.type(), t.group().hi(), t.group().lo(), 0);
        }
        send(p, MldMessage.ROUTERS_HI, MldMessage.V2_ROUTERS_LO);
    }

    private void sendOld(Told t) {
        boolean leaves = t.type() == CHANGE_TO_INCLUDE;
        Membership member = groups.get(t.group());
        if (leaves && (member == null || !member.wasLast)) {
            // RFC 2710 §4: another has reported since, and is a member still.
            return;
        }
        Packet p = Packet.allocate(Packet.HEADROOM, MldMessage.LENGTH);
        int at = p.append(MldMessage.LENGTH);
        if (leaves) {
            member.changes = 0;
            groups.remove(t.group());
            MldMessage.writeV1Done(p.memory(), at, t.group().hi(), t.group().lo());
            send(p, MldMessage.ROUTERS_HI, ALL_ROUTERS_LO);
        } else {
            if (member != null) {
                member.wasLast = true;
            }
            MldMessage.writeV1Report(p.memory(), at, t.group().hi(), t.group().lo());
            send(p, t.group().hi(), t.group().lo());
        }
    }

    private void send(Packet p, long hi, long lo) {
        // RFC 3590 §4: from the unspecified address while there is no link-local one.
        IpAddress from = context.addressDetails(nic).stream().filter(a -> a.state().isUsable()).map(NicAddress::address)
                .filter(a -> !a.isV4() && a.isLinkLocal()).findFirst().orElse(IpAddress.ANY_V6);
        var to = new IpAddress(hi, lo);
        MemorySegment m = p.memory();
        IcmpHeader.setChecksum(m, p.start(), IcmpHeader.computeV6(m, p.start(), p.length(), from, to));
        int at = p.push(MldMessage.ROUTER_ALERT_LENGTH);
        MldMessage.writeRouterAlert(m, at, IpProtocol.ICMPV6);
        int length = p.length();
        at = p.push(Ipv6Header.LENGTH);
        Ipv6Header.write(m, at, 0, 0, length, IpProtocol.HOP_BY_HOP, MldMessage.HOP_LIMIT, from.hi(), from.lo(), hi, lo);
        reports.add(1);
        var list = new PacketList();
        list.add(p);
        nic.transmit(list, EtherType.IPV6, MacAddress.ofGroup(hi, lo));
    }

    void close() {
        timer.cancel();
    }
}
