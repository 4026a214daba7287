package dev.millrace.internet;

import java.time.Duration;

/// Entries that end when nothing has used them for a while: five lists, one for each [Kind], each in the order of last
/// use. To use an entry, to end one and to find one that was idle too long cost the same however many there are.
final class IdleTable {
    /// How long an entry may be idle depends on what it stands for.
    enum Kind {
        /// A TCP connection that is being opened or has ended.
        TCP_TRANSITORY,
        /// A TCP connection that is open.
        TCP_ESTABLISHED,
        /// UDP.
        UDP,
        /// ICMP queries.
        ICMP,
        /// All else.
        OTHER
    }

    /// What a table holds.
    abstract static class Entry {
        private Kind kind;
        private Entry previous;
        private Entry next;
        private long usedNs;
    }

    /// The head of a list that is a ring: the oldest entry comes next.
    private static final class Head extends Entry {
    }

    private final Entry[] rings = new Entry[Kind.values().length];
    private final long[] timeoutsNs = new long[rings.length];

    IdleTable(FlowTimeouts timeouts) {
        for (Kind kind : Kind.values()) {
            Entry ring = new Head();
            ring.previous = ring;
            ring.next = ring;
            rings[kind.ordinal()] = ring;
            timeoutsNs[kind.ordinal()] = nanos(timeouts.of(kind));
        }
    }

    private static long nanos(Duration d) {
        return d.compareTo(Duration.ofDays(36_500)) > 0 ? Duration.ofDays(36_500).toNanos() : d.toNanos();
    }

    /// Says that the entry is used now; if it is not here it is added.
    void use(Entry e, Kind kind, long nowNs) {
        remove(e);
        Entry ring = rings[kind.ordinal()];
        e.kind = kind;
        e.usedNs = nowNs;
        e.previous = ring.previous;
        e.next = ring;
        ring.previous.next = e;
        ring.previous = e;
    }

    /// Takes an entry out; nothing happens if it is not here.
    void remove(Entry e) {
        if (e.kind != null) {
            e.previous.next = e.next;
            e.next.previous = e.previous;
            e.kind = null;
        }
    }

    /// One that has been idle too long, or `null` if there is none.
    Entry over(long nowNs) {
        for (int i = 0; i < rings.length; i++) {
            Entry oldest = rings[i].next;
            if (oldest != rings[i] && nowNs - oldest.usedNs >= timeoutsNs[i]) {
                return oldest;
            }
        }
        return null;
    }
}
