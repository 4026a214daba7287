package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.stack.PlaceSet.Place;
import dev.millrace.wire.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// Places that come and go, where hashes are the same for many.
class PlaceSetProperties {
    private static final IpAddress LOCAL = IpAddress.parse("10.0.0.1");
    private static final IpAddress REMOTE = IpAddress.parse("10.9.0.1");

    private static Place<String> add(PlaceSet<String> set, int port, String endpoint) {
        var place = new Place<>(set, LOCAL, port, REMOTE, 80, endpoint);
        synchronized (set) {
            set.add(place);
        }
        return place;
    }

    private static String find(PlaceSet<String> set, int port) {
        Place<String> p = set.find(LOCAL.hi(), LOCAL.lo(), port << 16 | 80, REMOTE.hi(), REMOTE.lo());
        return p == null ? null : p.endpoint;
    }

    /// @param hashes how many different ones there are
    @Property(tries = 300)
    void equalsAMapWhateverTheHashes(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int hashes) {
        var random = new Random(seed);
        // The last slots of any table are among them, so that runs go round its end.
        var set = new PlaceSet<String>((_, _, ports, _, _) -> -1 - (ports >>> 16) % hashes);
        Map<Integer, Place<String>> model = new HashMap<>();
        for (int i = 0; i < 600; i++) {
            int port = 1 + random.nextInt(60);
            Place<String> there = model.remove(port);
            if (there == null) {
                model.put(port, add(set, port, "p" + port));
            } else {
                there.release();
                there.release();
            }
            assertEquals(model.size(), set.size());
            for (int p = 1; p <= 60; p++) {
                assertEquals(model.containsKey(p) ? "p" + p : null, find(set, p), "port " + p);
            }
        }
        Set<String> seen = new HashSet<>();
        set.forEach(seen::add);
        assertEquals(model.size(), seen.size());
        List.copyOf(model.values()).forEach(Place::release);
        assertEquals(0, set.size());
        assertNull(find(set, 1));
    }

    /// Others come and go beside it, and the table grows and shrinks: whoever looks always finds what is there.
    @Example
    void whatStaysIsFoundWhileOthersComeAndGo() throws InterruptedException {
        var set = new PlaceSet<String>((_, _, ports, _, _) -> (ports >>> 16) / 3);
        int stay = 1_000;
        add(set, stay, "stays");
        var ended = new AtomicBoolean();
        var missed = new AtomicReference<String>();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!ended.get()) {
                if (!"stays".equals(find(set, stay))) {
                    missed.set("it was not found");
                    return;
                }
            }
        });
        var random = new Random(7);
        for (int round = 0; round < 200; round++) {
            Map<Integer, Place<String>> others = new HashMap<>();
            for (int i = 0; i < 50 + random.nextInt(500); i++) {
                int port = 1_001 + random.nextInt(900) - (random.nextBoolean() ? 901 : 0);
                others.computeIfAbsent(port, p -> add(set, p, "other"));
            }
            others.values().forEach(Place::release);
        }
        ended.set(true);
        reader.join(60_000);
        assertTrue(!reader.isAlive());
        assertNull(missed.get());
    }

    @Example
    void onePlaceAtATimeTakesNoMoreRoomHoweverManyThereWere() {
        var set = new PlaceSet<String>((_, _, ports, _, _) -> ports * 0x9E3779B97F4A7C15L >>> 32);
        for (int i = 1; i < 60_000; i++) {
            Place<String> p = add(set, i, "one");
            assertEquals("one", find(set, i));
            p.release();
        }
        assertEquals(8, set.slots());
    }
}
