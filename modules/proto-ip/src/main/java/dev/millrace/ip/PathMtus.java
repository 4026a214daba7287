package dev.millrace.ip;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.Clock;
import dev.millrace.wire.IpAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The path MTUs that routers have told, by destination (RFC 1191 §6, RFC 8201 §5.2): what one connection has learned
/// serves the next, and all others to the same host.
///
/// What is known is never more than what a NIC allows, never less than the option `min-pmtu` says, and forgotten after
/// `pmtu-expires`, since only a larger packet can find out that the path has become wider (RFC 1191 §6.3, RFC 8201 §4: not
/// before 5 minutes, 10 recommended). There are at most [#MAX_ENTRIES]; then the one that was learned longest ago goes, whose
/// destination loses a packet and is learned anew. Of one IPv6 /64, in which a single host may have any number of addresses,
/// there are at most [#MAX_OF_NETWORK], so that nobody else has to make room for it.
///
/// Any thread may call any method. Looking up takes no lock and allocates nothing.
final class PathMtus {
    static final int MAX_ENTRIES = 4096;
    static final int MAX_OF_NETWORK = MAX_ENTRIES / 16;

    private static final OptionSpec EXPIRES = new OptionSpec("pmtu-expires", OptionSpec.Type.DURATION, "10m",
            "how long what is known of a path's MTU is believed, 1s at least (RFC 1191 §6.3, RFC 8201 §4)");
    private static final OptionSpec MIN = new OptionSpec("min-pmtu", OptionSpec.Type.BYTES, "552",
            "the least path MTU that is believed, 68 to 65535; on narrower paths routers may fragment");

    // Differs: RFC 1191 §3 allows 68, with which a forged message makes us send packets of 88 bytes and an answer of a
    // megabyte 20,000 packets. Linux believes nothing below 552 (512, which each host takes, and headers) and sends without
    // DF where a router says less; so do we (Entry.isNarrow).

    /// RFC 8201 §4: a host never sends smaller packets than the least MTU of an IPv6 link.
    private static final int MIN_V6 = 1280;

    private final Clock clock;
    private final int floor;
    private final long expiresNs;
    private final IpCounters counters;
    private final boolean v4;
    private final ConcurrentHashMap<IpAddress, Entry> entries = new ConcurrentHashMap<>();
    /// The destinations, the one learned longest ago first; guarded by itself, as are all changes.
    private final LinkedHashSet<IpAddress> byAge = new LinkedHashSet<>();
    /// How many of each IPv6 /64 there are, guarded likewise.
    private final Map<Long, Integer> ofNetwork = new HashMap<>();
    private volatile int generation;

    /// What is known of one destination. Each change is a new object, so that paths compare by identity.
    ///
    /// @param mtu the largest IP packet, bytes
    /// @param isNarrow whether a router has told less than is believed, so that packets must be allowed to be fragmented
    /// @param expiresNs when it is forgotten
    record Entry(int mtu, boolean isNarrow, long expiresNs) {
    }

    PathMtus(int version, Clock clock, OptionValues options, IpCounters counters) {
        this.clock = clock;
        this.counters = counters;
        v4 = version == 4;
        floor = v4 ? (int) options.bytes(MIN.name(), 68, 65535) : MIN_V6;
        expiresNs = options.nanos(EXPIRES.name(), Duration.ofSeconds(1), Duration.ofDays(1));
    }

    /// The options of one version of IP.
    static List<OptionSpec> specs(int version) {
        return version == 4 ? List.of(MIN, EXPIRES) : List.of(EXPIRES);
    }

    /// Changes whenever something is learned or pushed out: a path that has seen this number has nothing new to look up.
    int generation() {
        return generation;
    }

    /// What is known of a destination, or `null`.
    Entry find(IpAddress destination) {
        Entry entry = entries.get(destination);
        return entry == null || isExpired(entry) ? null : entry;
    }

    boolean isExpired(Entry entry) {
        return clock.nanoTime() - entry.expiresNs >= 0;
    }

    /// Takes to heart that a packet to `destination` was too big.
    ///
    /// @param told the MTU that the router told, or 0 if it did not
    /// @param firstHop the MTU of the NIC
    /// @return whether this was news
    boolean learn(IpAddress destination, int told, int firstHop) {
        synchronized (byAge) {
            Entry known = find(destination);
            int present = known == null ? firstHop : Math.min(firstHop, known.mtu);
            int next = told;
            if (told <= 0) {
                if (!v4) {
                    return false;
                }
                next = Plateaus.below(present);
            }
            boolean narrow = next < floor;
            if (narrow && !v4) {
                // RFC 8201 §4: such a message is discarded.
                counters.count("path-mtus-refused", 1);
                return false;
            }
            next = Math.max(next, floor);
            // RFC 8201 §4: never raised by a message; nor is a link narrower than the floor made wider.
            boolean smaller = next < present;
            boolean newlyNarrow = narrow && (known == null || !known.isNarrow);
            if (!smaller && !newlyNarrow) {
                return false;
            }
            forget(destination);
            makeRoomFor(destination);
            entries.put(destination, new Entry(Math.min(next, present), narrow || known != null && known.isNarrow,
                    clock.nanoTime() + expiresNs));
            byAge.add(destination);
            if (!v4) {
                ofNetwork.merge(destination.hi(), 1, Integer::sum);
            }
            counters.count("path-mtus-learned", 1);
            generation++;
            return true;
        }
    }

    private void makeRoomFor(IpAddress destination) {
        // All live equally long: what has had its time stands first.
        while (!byAge.isEmpty() && isExpired(entries.get(byAge.getFirst()))) {
            forget(byAge.getFirst());
        }
        IpAddress goes = null;
        if (!v4 && ofNetwork.getOrDefault(destination.hi(), 0) >= MAX_OF_NETWORK) {
            Iterator<IpAddress> i = byAge.iterator();
            do {
                goes = i.next();
            } while (goes.hi() != destination.hi());
        } else if (byAge.size() >= MAX_ENTRIES) {
            goes = byAge.getFirst();
        }
        if (goes != null) {
            forget(goes);
            counters.count("path-mtus-evicted", 1);
        }
    }

    private void forget(IpAddress destination) {
        if (byAge.remove(destination)) {
            entries.remove(destination);
            if (!v4) {
                ofNetwork.merge(destination.hi(), -1, (n, m) -> n + m == 0 ? null : Integer.valueOf(n + m));
            }
        }
    }

    int size() {
        return entries.size();
    }
}
