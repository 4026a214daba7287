package dev.millrace.tcp;

import dev.millrace.tcp.engine.FastOpenNews;
import dev.millrace.tcp.engine.FastOpenOffer;
import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// What clients of this stack know of Fast Open (RFC 7413 §4.1.3): cookies and MSS by pair of addresses; and by port, too, with
/// whom it is not to be tried for a while (§4.1.3.1), since servers have it on some ports only. Both are bounded: who was not
/// connected to for longest is forgotten.
///
/// Where it fails it is left alone for a minute, and each time that it fails again for twice as long, up to about an hour. If a
/// connection is swallowed behind its handshake the whole stack does without for an hour, and so on: as a rule the culprit
/// stands at the near end. What works again is remembered as such. Any thread may call any method.
final class FastOpenDestinations {
    private static final long PAUSE_NS = 60_000_000_000L;
    private static final long STACK_PAUSE_NS = 3_600_000_000_000L;
    private static final int MAX_DOUBLINGS = 6;

    private record Host(IpAddress local, IpAddress remote) {
    }

    private record Service(IpAddress local, IpAddress remote, int port) {
    }

    /// Not before `untilNs`.
    private record Pause(long untilNs, int times) {
        static final Pause NONE = new Pause(Long.MIN_VALUE, 0);

        boolean holds(long nowNs) {
            return times > 0 && nowNs - untilNs < 0;
        }

        Pause another(long nowNs, long firstNs) {
            // What fails while it is paused was begun before.
            return holds(nowNs) ? this : new Pause(nowNs + (firstNs << Math.min(times, MAX_DOUBLINGS)), times + 1);
        }
    }

    private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1;
        private final int limit;

        Bounded(int limit) {
            super(16, 0.75f, true);
            this.limit = limit;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > limit;
        }
    }

    // Guarded by this.
    private final Map<Host, FastOpenOffer> known;
    private final Map<Service, Pause> pauses;
    private Pause stackPause = Pause.NONE;

    /// @param limit how many hosts are remembered, and how many services
    FastOpenDestinations(int limit) {
        known = new Bounded<>(limit);
        pauses = new Bounded<>(limit);
    }

    /// What to open a connection with, or `null` if Fast Open is not to be tried now.
    synchronized FastOpenOffer offer(IpAddress local, IpAddress remote, int port, long nowNs) {
        Pause pause = pauses.get(new Service(local, remote, port));
        if (stackPause.holds(nowNs) || pause != null && pause.holds(nowNs)) {
            return null;
        }
        FastOpenOffer offer = known.get(new Host(local, remote));
        return offer == null ? FastOpenOffer.UNKNOWN : offer;
    }

    /// A connection to this destination has news.
    synchronized void learn(IpAddress local, IpAddress remote, int port, FastOpenNews news, long nowNs) {
        var host = new Host(local, remote);
        var service = new Service(local, remote, port);
        FastOpenCookie cookie = news.cookie();
        FastOpenOffer before = known.get(host);
        if (cookie == null && before != null) {
            cookie = before.cookie();
        }
        if (cookie != null && news.mss() > 0) {
            known.put(host, new FastOpenOffer(cookie, news.mss()));
        }
        if (news.cookie() != null || news.accepted()) {
            pauses.remove(service);
        }
        if (news.accepted() && !stackPause.holds(nowNs)) {
            stackPause = Pause.NONE;
        }
        if (news.avoided()) {
            pauses.put(service, pauses.getOrDefault(service, Pause.NONE).another(nowNs, PAUSE_NS));
        }
        if (news.blackHole()) {
            stackPause = stackPause.another(nowNs, STACK_PAUSE_NS);
        }
    }

    /// How many hosts and services are remembered together.
    synchronized int size() {
        return known.size() + pauses.size();
    }
}
