package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.EndpointTable;
import dev.millrace.wire.IpAddress;
import java.net.BindException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// The endpoint table against maps, and under several threads.
class EndpointTableProperties {
    private static final IpAddress[] LOCAL = {IpAddress.parse("10.0.0.1"), IpAddress.parse("10.0.0.2"), IpAddress.parse("fd00::1")};
    private static final IpAddress[] REMOTE = {IpAddress.parse("10.9.0.1"), IpAddress.parse("10.9.0.2"), IpAddress.parse("fd09::1")};

    private static EndpointTable<String> table(int first, int last) {
        return new HashedEndpointTable<>(new Random(1), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, first, last);
    }

    private static String find(EndpointTable<String> t, IpAddress l, int lp, IpAddress r, int rp) {
        return t.findConnected(l.hi(), l.lo(), lp, r.hi(), r.lo(), rp);
    }

    @Property(tries = 200)
    void equalsAMapUnderAnyOperations(@ForAll long seed) throws BindException {
        var random = new Random(seed);
        EndpointTable<String> table = table(50_000, 50_019);
        Map<String, EndpointTable.Entry<String>> entries = new HashMap<>();
        Map<String, String> model = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            IpAddress l = LOCAL[random.nextInt(3)];
            IpAddress r = REMOTE[random.nextInt(3)];
            int lp = 1 + random.nextInt(5);
            int rp = 1 + random.nextInt(5);
            String key = l + "|" + lp + "|" + r + "|" + rp;
            String value = "e" + i;
            if (random.nextInt(3) > 0) {
                boolean replace = random.nextInt(4) == 0;
                try {
                    entries.put(key, table.connect(l, lp, r, rp, value, replace ? _ -> true : null));
                    assertTrue(replace || !model.containsKey(key), key);
                    model.put(key, value);
                } catch (BindException e) {
                    assertTrue(model.containsKey(key) && !replace, key);
                }
            } else if (entries.containsKey(key)) {
                entries.remove(key).release();
                model.remove(key);
            }
            assertEquals(model.get(key), find(table, l, lp, r, rp));
            assertEquals(model.size(), table.size());
            assertEquals(model.size(), table.connected());
        }
        Set<String> seen = new HashSet<>();
        table.forEach(seen::add);
        assertEquals(new HashSet<>(model.values()), seen);
    }

    @Example
    void boundEntriesOverlapAsSocketsDo() throws BindException {
        EndpointTable<String> t = table(50_000, 50_019);
        var any = t.bind(null, 80, "any");
        assertThrows(BindException.class, () -> t.bind(LOCAL[0], 80, "x"));
        assertThrows(BindException.class, () -> t.bind(IpAddress.ANY_V4, 80, "x"));
        any.release();
        any.release();
        t.bind(LOCAL[0], 80, "one");
        t.bind(LOCAL[1], 80, "two");
        assertThrows(BindException.class, () -> t.bind(null, 80, "x"));
        assertThrows(BindException.class, () -> t.bind(IpAddress.ANY_V4, 80, "x"));
        t.bind(LOCAL[2], 80, "six");
        assertEquals("two", t.findBound(LOCAL[1].hi(), LOCAL[1].lo(), 80));
        assertEquals(null, t.findBound(REMOTE[0].hi(), REMOTE[0].lo(), 80));
        t.bind(IpAddress.ANY_V4, 81, "v4");
        assertEquals("v4", t.findBound(LOCAL[0].hi(), LOCAL[0].lo(), 81));
        assertEquals(null, t.findBound(LOCAL[2].hi(), LOCAL[2].lo(), 81));
        var six = t.bind(IpAddress.ANY_V6, 82, "both");
        assertEquals("both", t.findBound(LOCAL[0].hi(), LOCAL[0].lo(), 82));
        assertTrue(six.local() == null && six.localPort() == 82);
    }

    /// Bound addresses with an overlap in the sense of sockets, looked for one by one.
    private static boolean overlap(IpAddress a, IpAddress b) {
        boolean anyA = a == null || a.equals(IpAddress.ANY_V6);
        boolean anyB = b == null || b.equals(IpAddress.ANY_V6);
        return anyA || anyB || a.equals(b) || a.equals(IpAddress.ANY_V4) && b.isV4() || b.equals(IpAddress.ANY_V4) && a.isV4();
    }

    private record Bound(IpAddress local, int port, EndpointTable.Entry<String> entry) {
    }

    @Property(tries = 200)
    void bindsAsANaiveModelDoes(@ForAll long seed) {
        var random = new Random(seed);
        EndpointTable<String> table = table(50_000, 50_005);
        IpAddress[] locals = {null, IpAddress.ANY_V4, IpAddress.ANY_V6, LOCAL[0], LOCAL[1], LOCAL[2]};
        List<Bound> model = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            IpAddress local = locals[random.nextInt(locals.length)];
            int port = random.nextBoolean() ? 0 : 50_000 + random.nextInt(8);
            if (random.nextInt(3) > 0) {
                try {
                    var entry = table.bind(local, port, "b" + i);
                    int got = entry.localPort();
                    assertTrue(port == 0 ? got >= 50_000 && got <= 50_005 : got == port, "port " + got);
                    assertTrue(model.stream().noneMatch(b -> b.port() == got && overlap(b.local(), local)), local + ":" + got);
                    model.add(new Bound(local, got, entry));
                } catch (BindException e) {
                    int first = port == 0 ? 50_000 : port;
                    int last = port == 0 ? 50_005 : port;
                    for (int p = first; p <= last; p++) {
                        int candidate = p;
                        assertTrue(model.stream().anyMatch(b -> b.port() == candidate && overlap(b.local(), local)),
                                local + ":" + candidate + " is free");
                    }
                }
            } else if (!model.isEmpty()) {
                model.remove(random.nextInt(model.size())).entry().release();
            }
            assertEquals(model.size(), table.size());
            assertEquals(0, table.connected());
        }
    }

    /// Listeners and connections share ports: a connection gets one on which nobody listens, both are found as long as they
    /// are there, and when all are gone every port is free for everybody.
    @Property(tries = 100)
    void boundAndConnectedEntriesComeAndGoTogether(@ForAll long seed) throws BindException {
        var random = new Random(seed);
        EndpointTable<String> table = table(50_000, 50_009);
        IpAddress[] locals = {null, IpAddress.ANY_V4, LOCAL[0], LOCAL[1], LOCAL[2]};
        Map<String, EndpointTable.Entry<String>> there = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            String name = "e" + i;
            IpAddress l = LOCAL[random.nextInt(3)];
            IpAddress r = REMOTE[random.nextInt(3)];
            try {
                switch (random.nextInt(5)) {
                    case 0 -> there.put(name, table.bind(locals[random.nextInt(5)], random.nextInt(2) * (50_000 + random.nextInt(10)), name));
                    case 1, 2 -> {
                        boolean[] bound = new boolean[10];
                        for (int p = 0; p < 10; p++) {
                            bound[p] = table.findBound(l.hi(), l.lo(), 50_000 + p) != null;
                        }
                        var entry = table.connect(l, 0, r, 80, name, null);
                        there.put(name, entry);
                        assertTrue(!bound[entry.localPort() - 50_000], "the port of a listener: " + entry.localPort());
                        assertEquals(name, find(table, l, entry.localPort(), r, 80));
                    }
                    default -> {
                        if (!there.isEmpty()) {
                            String gone = List.copyOf(there.keySet()).get(random.nextInt(there.size()));
                            there.remove(gone).release();
                        }
                    }
                }
            } catch (BindException e) {
                assertTrue(!there.isEmpty(), "nothing is free in an empty table");
            }
            Set<String> seen = new HashSet<>();
            table.forEach(seen::add);
            assertEquals(there.keySet(), seen);
        }
        there.values().forEach(EndpointTable.Entry::release);
        for (int port = 50_000; port < 50_010; port++) {
            table.bind(null, port, "everywhere");
        }
        assertEquals(10, table.size());
    }

    /// An index per port makes a bind one look-up for each port tried; a scan of the table would be 200 million steps here.
    @Example
    void manyEphemeralBindsEverywhereTakeNoScan() throws BindException {
        EndpointTable<String> t = table(16_384, 65_535);
        List<EndpointTable.Entry<String>> all = new ArrayList<>();
        long begun = System.nanoTime();
        for (int i = 0; i < 30_000; i++) {
            all.add(t.bind(null, 0, "socket"));
        }
        long tookMs = (System.nanoTime() - begun) / 1_000_000;
        assertEquals(30_000, all.stream().map(EndpointTable.Entry::localPort).distinct().count());
        // Some 30 ms on an idle machine, and half a minute with a scan.
        assertTrue(tookMs < 5_000, "30,000 binds took " + tookMs + " ms");
        all.forEach(EndpointTable.Entry::release);
        assertEquals(0, t.size());
    }

    @Example
    void everyEphemeralPortIsGivenOnceAndThenItIsSaid() throws BindException {
        EndpointTable<String> t = table(50_000, 50_019);
        t.bind(null, 50_007, "a listener");
        Set<Integer> ports = new HashSet<>();
        for (int i = 0; i < 19; i++) {
            ports.add(t.connect(LOCAL[0], 0, REMOTE[0], 80, "c" + i, null).localPort());
        }
        assertEquals(19, ports.size());
        assertTrue(!ports.contains(50_007));
        var e = assertThrows(BindException.class, () -> t.connect(LOCAL[0], 0, REMOTE[0], 80, "late", null));
        assertEquals("Cannot assign requested address", e.getMessage());
        t.connect(LOCAL[0], 0, REMOTE[1], 80, "another peer", null);
        t.connect(LOCAL[0], 0, REMOTE[0], 80, "in place of an old one", old -> old.equals("c3"));
        for (int i = 0; i < 20; i++) {
            int n = i;
            if (i == 0) {
                assertThrows(BindException.class, () -> t.bind(null, 50_007, "b" + n));
            }
        }
    }

    @Example
    void replacingKeepsThePlace() throws BindException {
        EndpointTable<String> t = table(50_000, 50_019);
        var entry = t.connect(LOCAL[0], 5, REMOTE[0], 80, "connection", null);
        assertTrue(entry.replace("connection", "record"));
        assertTrue(!entry.replace("connection", "again"));
        assertEquals("record", find(t, LOCAL[0], 5, REMOTE[0], 80));
        entry.release();
        assertTrue(!entry.replace("record", "late"));
    }

    @Example
    void readersNeverMissWhatIsThereWhileOthersComeAndGo() throws Exception {
        EndpointTable<String> t = table(10_000, 60_000);
        for (int i = 1; i <= 50; i++) {
            t.connect(LOCAL[0], i, REMOTE[0], 80, "fixed" + i, null);
        }
        var over = new AtomicBoolean();
        var missed = new ArrayList<String>();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                for (int i = 1; i <= 50; i++) {
                    if (!("fixed" + i).equals(find(t, LOCAL[0], i, REMOTE[0], 80))) {
                        missed.add("fixed" + i);
                        return;
                    }
                }
            }
        });
        List<EndpointTable.Entry<String>> some = new ArrayList<>();
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 500; i++) {
                some.add(t.connect(LOCAL[1], 0, REMOTE[1], 80, "x", null));
            }
            some.forEach(EndpointTable.Entry::release);
            some.clear();
        }
        over.set(true);
        reader.join();
        assertEquals(List.of(), missed);
        assertEquals(50, t.size());
    }

    /// A program may be at the end of its stack when it closes a socket: what fails there is as if it had not been asked.
    @Example
    void whoOverflowsHisStackLeavesTheTableWhole() throws Exception {
        for (int round = 0; round < 15; round++) {
            EndpointTable<String> t = table(50_000, 50_019);
            List<EndpointTable.Entry<String>> entries = new ArrayList<>();
            for (int port = 1; port <= 8000; port++) {
                entries.add(t.bind(LOCAL[1], port, "port " + port));
            }
            int offset = round;
            Thread diver = new Thread(null, () -> {
                try {
                    dive(entries, offset, 0);
                } catch (StackOverflowError e) {
                    return;
                }
            }, "diver", 200_000);
            diver.start();
            diver.join();
            Set<String> there = new HashSet<>();
            t.forEach(there::add);
            assertEquals(there.size(), t.size(), "round " + round);
            entries.forEach(EndpointTable.Entry::release);
            assertEquals(0, t.size(), "round " + round);
            for (int port = 1; port <= 8000; port++) {
                t.bind(null, port, "everywhere").release();
            }
        }
    }

    private static long dive(List<EndpointTable.Entry<String>> entries, int offset, int depth) {
        if (offset > 0) {
            return dive(entries, offset - 1, depth) + 1;
        }
        entries.get(depth).release();
        return dive(entries, 0, depth + 1) + 1;
    }
}
