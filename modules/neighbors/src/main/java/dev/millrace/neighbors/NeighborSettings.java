package dev.millrace.neighbors;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.List;

/// How neighbours are found and kept.
///
/// @param cache how many are known at most
/// @param queue how many packets wait for one at most (RFC 4861 §7.2.2: at least one)
/// @param reachableNs how long a confirmation holds (REACHABLE_TIME, RFC 4861 §10)
/// @param delayNs how long an upper layer has to confirm one that was stale (DELAY_FIRST_PROBE_TIME)
/// @param retransNs the time between two questions (RETRANS_TIMER)
/// @param attempts questions before it is given up (MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT)
record NeighborSettings(int cache, int queue, long reachableNs, long delayNs, long retransNs, int attempts) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("cache", OptionSpec.Type.NUMBER, "4096", "neighbours that are known at most"),
            new OptionSpec("queue", OptionSpec.Type.NUMBER, "64", "packets that wait for one neighbour's address at most"),
            new OptionSpec("reachable-time", OptionSpec.Type.DURATION, "30s", "how long a neighbour is believed to be there"),
            new OptionSpec("delay-time", OptionSpec.Type.DURATION, "5s", "how long connections have to confirm a neighbour "
                    + "before it is asked"),
            new OptionSpec("retrans-time", OptionSpec.Type.DURATION, "1s", "time between two questions"),
            new OptionSpec("attempts", OptionSpec.Type.NUMBER, "3", "questions before a neighbour is given up"));

    static NeighborSettings of(OptionValues v) {
        Duration least = Duration.ofMillis(10);
        Duration most = Duration.ofHours(1);
        return new NeighborSettings((int) v.number("cache", 16, 1 << 20), (int) v.number("queue", 1, 4096),
                v.nanos("reachable-time", least, most), v.nanos("delay-time", least, most),
                v.nanos("retrans-time", least, most), (int) v.number("attempts", 1, 20));
    }
}
