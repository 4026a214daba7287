package dev.millrace.neighbors;

import static dev.millrace.wire.GroupRecords.CHANGE_TO_EXCLUDE;
import static dev.millrace.wire.GroupRecords.CHANGE_TO_INCLUDE;
import static dev.millrace.wire.GroupRecords.MODE_IS_EXCLUDE;

import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reports the groups of one NIC: what MLDv2 (RFC 3810) and IGMPv3 (RFC 3376) have in common, and with them MLDv1 (RFC 2710) and
/// IGMPv2 and v1 (RFC 2236, RFC 1112), which are spoken where a router of that version is heard. All groups are wanted whatever
/// the source is (EXCLUDE mode without sources). Used in the NIC's turn only.
abstract class GroupReporter {
    private static final long MS = 1_000_000;
    /// A change is reported within this time, so that those of one moment share a report.
    static final long FIRST_REPORT_NS = 100 * MS;
    /// Robustness Variable (RFC 3810 §9.1, RFC 3376 §8.1): a change is reported so often.
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

    final NetworkContext context;
    final NicPort nic;
    /// The version that this host speaks.
    private final int version;
    private final Map<IpAddress, Membership> groups = new LinkedHashMap<>();
    private final Timers.Timer timer;
    private final Counters.Counter reports;
    private final Counters.Counter queries;
    /// When a general query is answered, while `answersAll`.
    private long answerAllNs;
    private boolean answersAll;
    /// Until when a router of each older version is believed to be there, while [#oldQuerier] says so.
    private final long[] oldQuerierUntilNs;
    private final boolean[] oldQuerier;

    private static final class Membership {
        int joins;
        /// How often the last change is still to be reported; then, once left, the group is forgotten.
        int changes;
        long changeNs;
        /// When a query for the group alone is answered, while `answers`.
        long answerNs;
        boolean answers;
        /// Whether the last report of an older version was ours: who leaves then says so.
        boolean wasLast;
    }

    /// @param name of the protocol, for counters
    /// @param version the version that this host speaks
    GroupReporter(NetworkContext context, NicPort nic, Turn turn, String name, int version) {
        this.context = context;
        this.nic = nic;
        this.version = version;
        oldQuerierUntilNs = new long[version];
        oldQuerier = new boolean[version];
        timer = context.timers().create(_ -> turn.run(this::goOn));
        Counters counters = context.counters("neighbors");
        reports = counters.counter(name + "-reports-sent");
        queries = counters.counter(name + "-queries-received");
    }

    /// Whether a group is reported at all.
    abstract boolean isReported(IpAddress group);

    /// Tells of groups in the version that this host speaks.
    ///
    /// @param told no more than fit into one report
    abstract void sendReport(List<Told> told);

    /// Tells of one group that it has members here, in an older version.
    abstract void sendOldReport(IpAddress group, int oldVersion);

    /// Tells of one group that it has no member here any more, in an older version; there may be no such message.
    abstract void sendOldLeave(IpAddress group, int oldVersion);

    /// Counts a report that is sent.
    final void countReport() {
        reports.add(1);
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

    // ---- routers

    /// A query.
    ///
    /// @param group what is asked for, the unspecified address for all
    /// @param ofVersion the query's
    void queried(IpAddress group, int ofVersion, long maxResponseMs) {
        queries.add(1);
        long now = now();
        if (ofVersion < version) {
            oldQuerier[ofVersion] = true;
            oldQuerierUntilNs[ofVersion] = now + OLD_QUERIER_NS;
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

    /// RFC 2710 §4, RFC 2236 §3: each group has a delay of its own.
    private long at(long maxResponseMs, long now) {
        return now + context.random().nextLong(Math.max(LEAST_RESPONSE_NS, maxResponseMs * MS));
    }

    private static void answer(Membership m, long at) {
        if (m.joins > 0 && (!m.answers || at - m.answerNs < 0)) {
            m.answers = true;
            m.answerNs = at;
        }
    }

    /// Another member has reported a group in an older version: one is enough (RFC 2710 §4, RFC 2236 §3).
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
        return spoken(now) < version;
    }

    /// The version to speak: that of the oldest router (RFC 3810 §8.2.1, RFC 3376 §7.2.1).
    private int spoken(long now) {
        for (int v = 1; v < version; v++) {
            if (oldQuerier[v] && now - oldQuerierUntilNs[v] >= 0) {
                oldQuerier[v] = false;
            }
            if (oldQuerier[v]) {
                return v;
            }
        }
        return version;
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

    /// What is told of a group.
    ///
    /// @param type of the record, as [dev.millrace.wire.GroupRecords] numbers them
    record Told(IpAddress group, int type) {
    }

    private void goOn() {
        long now = now();
        var told = new ArrayList<Told>();
        try {
            collect(told, now);
        } finally {
            // Whatever failed, for want of memory perhaps: what is left comes later.
            setTimer();
        }
        told.removeIf(t -> !isReported(t.group()));
        if (!nic.isUp() || told.isEmpty()) {
            return;
        }
        if (isOld(now)) {
            int old = spoken(now);
            told.forEach(t -> sendOld(t, old));
        } else {
            for (int i = 0; i < told.size(); i += RECORDS_IN_REPORT) {
                sendReport(told.subList(i, Math.min(told.size(), i + RECORDS_IN_REPORT)));
            }
        }
    }

    /// What is due.
    private void collect(List<Told> told, long now) {
        boolean all = answersAll && answerAllNs - now <= 0;
        answersAll &= !all;
        for (Map.Entry<IpAddress, Membership> e : List.copyOf(groups.entrySet())) {
            Membership m = e.getValue();
            if (m.changes > 0 && m.changeNs - now <= 0) {
                // Until the rest is done: if that fails, it is done then.
                m.changeNs = now + UNSOLICITED_NS;
                told.add(new Told(e.getKey(), m.joins > 0 ? CHANGE_TO_EXCLUDE : CHANGE_TO_INCLUDE));
                m.changeNs = now + context.random().nextLong(UNSOLICITED_NS);
                m.changes--;
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
    }

    private void sendOld(Told t, int old) {
        Membership member = groups.get(t.group());
        if (t.type() != CHANGE_TO_INCLUDE) {
            if (member != null) {
                member.wasLast = true;
            }
            sendOldReport(t.group(), old);
        } else if (member != null && member.wasLast) {
            // Else another has reported since, and is a member still (RFC 2710 §4, RFC 2236 §3).
            member.changes = 0;
            groups.remove(t.group());
            sendOldLeave(t.group(), old);
        }
    }

    final void close() {
        timer.cancel();
    }
}
