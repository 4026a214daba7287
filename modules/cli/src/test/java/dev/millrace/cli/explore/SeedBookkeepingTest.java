package dev.millrace.cli.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.cli.explore.SeedFailure.Kind;
import dev.millrace.internet.FailureCause;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which seeds are done, which are next, what was found, how far a search is.
class SeedBookkeepingTest {
    private static TreeSet<Long> seeds(List<SeedRange> ranges) {
        var all = new TreeSet<Long>();
        for (SeedRange r : ranges) {
            for (long s = r.first(); s <= r.last(); s++) {
                assertTrue(all.add(s), ranges + " overlap");
            }
        }
        return all;
    }

    @Test
    void rangesAreTheSetOfTheirSeeds() {
        for (int round = 0; round < 500; round++) {
            var random = new Random(round);
            var ranges = new SeedRanges();
            var model = new TreeSet<Long>();
            for (int i = 0; i < 12; i++) {
                long first = random.nextInt(60) - 10;
                var r = new SeedRange(first, first + random.nextInt(8));
                ranges.add(r);
                model.addAll(seeds(List.of(r)));
                assertEquals(model, seeds(ranges.all()), "round " + round);
                for (int j = 1; j < ranges.all().size(); j++) {
                    assertTrue(ranges.all().get(j - 1).last() + 1 < ranges.all().get(j).first(), "those that touch are one");
                }
                var wanted = new SeedRange(-5, 45);
                var missing = seeds(List.of(wanted));
                missing.removeAll(model);
                assertEquals(missing, seeds(ranges.missing(wanted)), "round " + round);
            }
        }
    }

    @Test
    void theLargestSeedsAreSeeds() {
        var ranges = new SeedRanges();
        ranges.add(new SeedRange(Long.MAX_VALUE - 5, Long.MAX_VALUE));
        ranges.add(new SeedRange(Long.MIN_VALUE, 7));
        var all = new SeedRange(Long.MIN_VALUE, Long.MAX_VALUE);
        assertEquals(List.of(new SeedRange(8, Long.MAX_VALUE - 6)), ranges.missing(all));
        assertEquals(Long.MAX_VALUE, all.count());
        var queue = new SeedQueue(List.of(new SeedRange(Long.MAX_VALUE - 1, Long.MAX_VALUE)));
        assertEquals(new SeedRange(Long.MAX_VALUE - 1, Long.MAX_VALUE), queue.take(4));
        assertNull(queue.take(4));
        var whole = new SeedQueue(List.of(all));
        assertEquals(new SeedRange(Long.MIN_VALUE, Long.MIN_VALUE + 9), whole.take(10));
        ranges.add(new SeedRange(8, Long.MAX_VALUE - 6));
        assertEquals(List.of(all), ranges.all());
        assertEquals(List.of(), ranges.missing(all));
    }

    @Test
    void eachSeedIsTakenOnceLowestFirstAlsoAfterSomeCameBack() {
        for (int round = 0; round < 300; round++) {
            var random = new Random(round);
            var queue = new SeedQueue(List.of(new SeedRange(1, 40), new SeedRange(50, 90)));
            var taken = new ArrayList<SeedRange>();
            var out = new ArrayList<SeedRange>();
            for (SeedRange r; (r = queue.take(1 + random.nextInt(9))) != null;) {
                out.add(r);
                Collections.shuffle(out, random);
                while (out.size() > 3) {
                    SeedRange back = out.removeLast();
                    if (random.nextInt(4) == 0) {
                        queue.giveBack(back);
                    } else {
                        taken.add(back);
                    }
                }
            }
            taken.addAll(out);
            assertEquals(seeds(List.of(new SeedRange(1, 40), new SeedRange(50, 90))), seeds(taken), "round " + round);
        }
    }

    @Test
    void nobodyGetsMoreThanIsWanted() {
        var queue = new SeedQueue(List.of(new SeedRange(1, 100)));
        assertEquals(new SeedRange(1, 10), queue.take(10));
        queue.limit(25);
        assertEquals(new SeedRange(11, 20), queue.take(10));
        queue.giveBack(new SeedRange(40, 50));
        queue.giveBack(new SeedRange(5, 6));
        queue.limit(70);
        assertEquals(new SeedRange(5, 6), queue.take(10), "what is lower goes first");
        assertEquals(new SeedRange(21, 25), queue.take(10));
        assertNull(queue.take(10));
        var closed = new SeedQueue(List.of(new SeedRange(1, 100)));
        closed.close();
        closed.giveBack(new SeedRange(1, 2));
        assertNull(closed.take(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1..2..3", "2..1", "..", "1..", "99999999999999999999"})
    void whatIsNoRangeIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> SeedRange.parse(text));
    }

    private static SeedFailure failure(long seed, String why) {
        return new SeedFailure(seed, Kind.FAILS, new FailureCause("Error", why, List.of()), why, "");
    }

    @Test
    void whatIsFoundDoesNotDependOnTheOrder() {
        var all = new ArrayList<SeedFailure>();
        for (long s = 1; s <= 40; s++) {
            all.add(failure(s, s % 3 == 0 ? "third" : "other"));
        }
        String expected = null;
        for (int round = 0; round < 50; round++) {
            Collections.shuffle(all, new Random(round));
            var findings = new Findings();
            all.forEach(findings::add);
            String found = findings.groups().toString();
            assertTrue(expected == null || expected.equals(found), found);
            expected = found;
            assertEquals(40, findings.count());
            assertEquals(List.of(3L, 6L, 9L, 12L, 15L, 18L, 21L, 24L, 27L, 30L), findings.groups().get(1).seeds());
            findings.keepUpTo(4);
            assertEquals(4, findings.count());
        }
    }

    @Test
    void causesWithoutEndAreOneFromSomewhereOn() {
        var findings = new Findings();
        for (long s = 1; s <= 3000; s++) {
            findings.add(failure(s, "cause of its own " + "x".repeat((int) s)));
        }
        assertEquals(Findings.CAUSES + 1, findings.groups().size());
        assertEquals(3000, findings.count());
    }

    @Test
    void progressIsALineNowAndThenWhereNobodyWatches() {
        var time = new AtomicLong();
        var text = new StringWriter();
        var progress = new Progress(new PrintWriter(text), false, time::get);
        progress.begin("T#m", 1000, 0);
        for (int i = 0; i < 300; i++) {
            time.addAndGet(TimeUnit.MILLISECONDS.toNanos(100));
            if (i == 250) {
                progress.failed();
            }
            progress.seedDone();
        }
        progress.end();
        assertEquals("""
                T#m: 100 of 1000 seeds, 10 a second, none failed, 90 s left
                T#m: 200 of 1000 seeds, 10 a second, none failed, 80 s left
                T#m: 300 of 1000 seeds, 10 a second, 1 failed, 70 s left
                """, text.toString());
    }

    @Test
    void progressIsOneLineOnATerminal() {
        var time = new AtomicLong();
        var text = new StringWriter();
        var progress = new Progress(new PrintWriter(text), true, time::get);
        progress.begin("T#m", 10, 0);
        time.set(TimeUnit.SECONDS.toNanos(1));
        progress.seedDone();
        progress.end();
        assertEquals("\r\033[KT#m: 1 of 10 seeds, 1.0 a second, none failed, 9 s left\r\033[K", text.toString());
    }
}
