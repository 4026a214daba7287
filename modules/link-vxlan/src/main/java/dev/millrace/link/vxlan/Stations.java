package dev.millrace.link.vxlan;

import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// Behind which machine each station is, as learned from what it sends (RFC 7348 §4.1). Bounded: the one learned longest ago
/// goes; what is for a station that is not known goes to all machines. Any thread may call any method.
final class Stations {
    private record Place(InetSocketAddress machine, long heardNs) {
    }

    private final int most;
    private final long agingNs;
    /// Guarded by this.
    private final Map<Long, Place> places;

    Stations(int most, long agingNs) {
        this.most = most;
        this.agingNs = agingNs;
        places = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Place> eldest) {
                return size() > Stations.this.most;
            }
        };
    }

    /// A station has sent something.
    synchronized void heard(long station, InetSocketAddress machine, long nowNs) {
        Place known = places.get(station);
        // A sixteenth of the time is close enough, and spares most frames the write.
        if (known == null || !known.machine.equals(machine) || nowNs - known.heardNs > agingNs / 16) {
            places.put(station, new Place(machine, nowNs));
        }
    }

    /// The machine that a station is behind, or `null` if that is not known.
    synchronized InetSocketAddress of(long station, long nowNs) {
        Place known = places.get(station);
        if (known != null && nowNs - known.heardNs > agingNs) {
            places.remove(station);
            known = null;
        }
        return known == null ? null : known.machine;
    }

    synchronized int size() {
        return places.size();
    }
}
