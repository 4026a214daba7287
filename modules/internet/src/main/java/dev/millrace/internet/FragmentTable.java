package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// What was decided about the first fragments of packets, so that the later ones, which have no ports, share their fate.
/// Entries last 30 s and are bounded; the oldest makes room.
///
/// Differs: RFC 4787 REQ-14 wants fragments that come before their first to be kept until it comes. Here they are dropped
/// with a reason, as by most firewalls, so that nobody can fill the box with packets that will never be whole.
final class FragmentTable<T> {
    /// How many fragmented packets may be on their way at once.
    static final int CAPACITY = 1024;
    /// No later fragment of a packet comes so long after the first: less than a receiver waits (RFC 1122 §3.3.2).
    static final long LIFETIME_NS = 30_000_000_000L;

    private final Map<Key, Entry<T>> entries = new LinkedHashMap<>();

    private record Key(IpAddress source, IpAddress destination, int protocol, int id) {
        /// RFC 791 §3.2 tells packets apart by protocol, too; RFC 8200 §4.5 does not.
        static Key of(Headers h) {
            return new Key(h.source(), h.destination(), h.isV4() ? h.protocol() : -1, h.fragmentId());
        }
    }

    private record Entry<T>(T fate, long atNs) {
    }

    /// Remembers what becomes of a packet's later fragments. `first` has been read from the first one as it came in, and
    /// may be of a packet that is none in parts: then nothing happens.
    void remember(Headers first, T fate, long nowNs) {
        if (!first.isFragment()) {
            return;
        }
        Key key = Key.of(first);
        entries.remove(key);
        if (entries.size() >= CAPACITY) {
            var oldest = entries.entrySet().iterator();
            oldest.next();
            oldest.remove();
        }
        entries.put(key, new Entry<>(fate, nowNs));
    }

    /// What was decided about the packet that a later fragment belongs to, or `null` if that is not known.
    T fate(Headers later, long nowNs) {
        Key key = Key.of(later);
        Entry<T> entry = entries.get(key);
        if (entry == null) {
            return null;
        }
        if (nowNs - entry.atNs >= LIFETIME_NS) {
            entries.remove(key);
            return null;
        }
        return entry.fate;
    }

    /// RFC 1858 §4: whether a fragment would overwrite the TCP header that the decision was made by.
    static boolean overwritesPorts(Headers later) {
        return later.isTcp() && later.fragmentOffset() < 20;
    }

    int size() {
        return entries.size();
    }

    void clear() {
        entries.clear();
    }
}
