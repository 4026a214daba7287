package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Trial.Outcome;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Runs that are no functions of their seeds, and failures of many seeds with few causes.
class SeedCheckTest {
    private static Trial datagrams(Trial.Scenario afterwards, java.util.function.Function<Host, ByteBuffer> content) {
        return Trial.of(_ -> {
        }, net -> {
            Host a = net.host("a", "10.0.0.1");
            net.host("b", "10.0.0.2");
            net.link("a", "b", LinkConditions.perfect().delay(Duration.ofMillis(3)).loss(0.5));
            a.run(() -> {
                try (var s = a.stack().udp().bind(new InetSocketAddress(0))) {
                    for (int i = 0; i < 5; i++) {
                        s.send(content.apply(a), new InetSocketAddress("10.0.0.2", 9));
                        a.sleep(Duration.ofMillis(10));
                    }
                }
            }).get();
            afterwards.run(net);
        });
    }

    private static final Trial.Scenario NOTHING = _ -> {
    };

    @Test
    void whatFollowsFromTheSeedPasses() {
        Trial trial = datagrams(NOTHING, host -> ByteBuffer.allocate(4).putInt(0, host.random().nextInt()));
        assertTrue(SeedSearch.of(trial).seeds(1, 30).check().isEmpty());
    }

    @Test
    void bytesThatDoNotFollowFromItAreToldWithTheirTime() {
        var count = new AtomicInteger();
        // Of the ten datagrams of two runs, those before the third are all alike.
        Trial trial = datagrams(NOTHING, _ -> ByteBuffer.allocate(4).putInt(0, count.getAndIncrement() % 5 < 2 ? 7 : count.get()));
        SeedDifference d = SeedSearch.of(trial).seeds(4, 30).check().orElseThrow();
        assertEquals(4, d.seed());
        assertTrue(d.first().matches("0\\.020000000 a sends .* crc [0-9a-f]{8}.*"), d.first());
        assertTrue(d.second().startsWith("0.020000000 a sends "), d.second());
        assertNotEquals(d.first(), d.second());
        assertTrue(d.toString().contains("seed 4 is not the same run twice"), d.toString());
    }

    @Test
    void anEndThatDoesNotFollowFromItIsTold() {
        var count = new AtomicInteger();
        Trial trial = datagrams(_ -> assertEquals(0, count.getAndIncrement() % 2), _ -> ByteBuffer.allocate(1));
        SeedDifference d = SeedSearch.of(trial).seeds(1, 1).check().orElseThrow();
        assertEquals("passes", d.first());
        assertTrue(d.second().startsWith("fails: "), d.second());
    }

    @Test
    void theShorterRunIsTold() {
        assertEquals(new SeedDifference(1, 2, null, "b"), SeedDifference.between(1, List.of("a"), List.of("a", "b")).orElseThrow());
        assertEquals(new SeedDifference(1, 2, "b", null), SeedDifference.between(1, List.of("a", "b"), List.of("a")).orElseThrow());
        assertTrue(SeedDifference.between(1, List.of("a"), List.of("a")).isEmpty());
        assertTrue(new SeedDifference(1, 2, null, "b").toString().contains("nothing more"));
    }

    @Test
    void objectsOfOtherIdentitiesAreNoDifference() {
        Trial trial = (_, _, _) -> new Outcome(new AssertionError("no " + new Object()), Script.empty());
        assertTrue(SeedSearch.of(trial).seeds(1, 5).check().isEmpty());
    }

    private static void odd(long seed) {
        throw new IllegalStateException("seed " + seed + " of 10.0.0.1 is odd");
    }

    private static Throwable failure(long seed) {
        try {
            if (seed % 2 == 1) {
                odd(seed);
            }
            return seed % 10 == 0 ? new AssertionError("round: " + new Object()) : null;
        } catch (IllegalStateException e) {
            return e;
        }
    }

    @Test
    void allFailuresAreGroupedByCause() {
        var tried = new ArrayList<Long>();
        List<FailureGroup> groups = SeedSearch.of((seed, _, _) -> new Outcome(failure(seed), Script.empty())).seeds(1, 40)
                .progress(tried::add, _ -> {
                }).failures();
        assertEquals(40, tried.size());
        assertEquals(2, groups.size(), groups.toString());
        FailureGroup odd = groups.getFirst();
        assertEquals("java.lang.IllegalStateException", odd.cause().type());
        assertEquals("seed # of # is odd", odd.cause().message());
        assertTrue(odd.cause().frames().getFirst().startsWith("dev.millrace.internet.SeedCheckTest.odd(SeedCheckTest.java:"));
        assertEquals(20, odd.count());
        assertEquals(List.of(1L, 3L, 5L, 7L, 9L, 11L, 13L, 15L, 17L, 19L), odd.seeds());
        assertEquals("seed 1 of 10.0.0.1 is odd", odd.lowest().getMessage());
        assertEquals(10, groups.getLast().seed());
        assertEquals("round: java.lang.Object#", groups.getLast().cause().message());
    }

    @Test
    void aCauseIsOfTheProgramNotOfWhoTellsOfIt() {
        var inner = new java.io.IOException("gone");
        FailureCause cause = FailureCause.of(new AssertionError("a program failed", new RuntimeException(inner)));
        assertEquals("java.io.IOException", cause.type());
        assertEquals(cause, FailureCause.of(inner));
        assertEquals("", FailureCause.of(new Error()).message());
        assertNotEquals(cause, FailureCause.of(new java.io.IOException("gone")), "thrown in another line");
        assertTrue(FailureCause.of(new Error("x".repeat(5000))).message().length() < 300);
        assertNull(inner.getCause());
    }

    @Test
    void whatManyRunsShareIsDoneOnce() {
        var begun = new AtomicInteger();
        Trial trial = new Trial() {
            @Override
            public Outcome run(long seed, Script script, boolean record) {
                return new Outcome(seed == 5 ? new AssertionError("five") : null, Script.empty());
            }

            @Override
            public <T> T forMany(java.util.function.Supplier<T> work) {
                begun.incrementAndGet();
                return work.get();
            }
        };
        assertTrue(SeedSearch.of(trial).seeds(1, 4).search().isEmpty());
        assertEquals(1, begun.get());
    }
}
