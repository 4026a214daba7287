package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Path;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// The table of path MTUs against a list that remembers everything: whatever is told, in whatever order.
class PathMtuProperties {
    private static final long SECOND = 1_000_000_000L;

    private record Known(int mtu, long untilNs) {
    }

    @Property(tries = 40)
    void itKnowsWhatWasToldLastAndKeepsItsBounds(@ForAll long seed) {
        Random r = new Random(seed);
        var bench = new IpBench(6);
        PathMtus table = ((Ipv6) bench.ip).mtus;
        Map<String, Known> model = new HashMap<>();
        List<String> told = new ArrayList<>();
        for (int step = 0; step < 1500; step++) {
            if (r.nextInt(200) == 0) {
                bench.time.runUntil(bench.time.nanoTime() + r.nextLong(200 * SECOND));
            }
            long now = bench.time.nanoTime();
            model.values().removeIf(k -> now - k.untilNs >= 0);
            // Networks with few members and one with very many.
            String destination = r.nextInt(3) > 0 ? "fd09:0:0:6::" + Integer.toHexString(1 + r.nextInt(2000))
                    : "fd09:0:0:" + Integer.toHexString(16 + r.nextInt(40)) + "::1";
            int mtu = 1200 + r.nextInt(400);
            Known known = model.get(destination);
            int present = known == null ? 1500 : known.mtu;
            path(bench, destination).packetTooBig(mtu);
            if (mtu >= 1280 && mtu < present) {
                model.put(destination, new Known(mtu, now + 600 * SECOND));
                told.remove(destination);
                told.add(destination);
                List<String> many = told.stream().filter(d -> d.startsWith("fd09:0:0:6:") && model.containsKey(d)).toList();
                if (many.size() > PathMtus.MAX_OF_NETWORK) {
                    model.remove(many.getFirst());
                }
            }
            String any = told.isEmpty() ? destination : told.get(r.nextInt(told.size()));
            Path path = path(bench, any);
            assertEquals(model.containsKey(any) ? model.get(any).mtu : 1500, path.mtu() + 40, any);
            assertTrue(path.isCurrent());
            assertTrue(table.size() <= PathMtus.MAX_ENTRIES);
        }
    }

    private static Path path(IpBench bench, String remote) {
        return bench.ip.path(bench.network.routeOver(bench.nic, null), IpAddress.parse(bench.own), IpAddress.parse(remote), 6);
    }
}
