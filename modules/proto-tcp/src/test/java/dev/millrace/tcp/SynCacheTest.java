package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Timers;
import dev.millrace.tcp.engine.SynFacts;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class SynCacheTest {
    private static final long SECOND = 1_000_000_000L;

    /// One timer that the test runs.
    private static final class OneTimer implements Timers {
        Task task;
        long deadlineNs = Long.MAX_VALUE;

        @Override
        public Timer create(Task t) {
            task = t;
            return new Timer() {
                @Override
                public void set(long ns) {
                    deadlineNs = ns;
                }

                @Override
                public void cancel() {
                    deadlineNs = Long.MAX_VALUE;
                }
            };
        }

        /// Runs what is due until then.
        void until(long ns) {
            while (deadlineNs <= ns) {
                long now = deadlineNs;
                deadlineNs = Long.MAX_VALUE;
                task.run(now);
            }
        }
    }

    private final OneTimer timer = new OneTimer();
    private final List<HalfOpen> answered = new ArrayList<>();

    private SynCache cache(int limit) {
        return new SynCache(answered::add, timer, limit, 6, SECOND);
    }

    private static HalfOpen record(int port, boolean recoverable) {
        return new HalfOpen(IpAddress.parse("10.0.0.1"), 80, IpAddress.parse("192.0.2.7"), port, port * 31,
                new SynFacts(1, 1, 1460, -1, false, false, 0), 9, recoverable, 8000, 8000, 0);
    }

    @Test
    void recordIsAnsweredAgainAndForgottenAfterAboutAMinute() {
        SynCache cache = cache(10);
        HalfOpen r = record(1, false);
        assertEquals(SynCache.Added.ADDED, cache.add(r, 0));
        var times = new ArrayList<Long>();
        for (long s = 1; s <= 70; s++) {
            int before = answered.size();
            timer.until(s * SECOND);
            if (answered.size() > before) {
                times.add(s);
            }
            assertEquals(s < 63 ? r : null, cache.find(record(1, false)), "after " + s + " s");
        }
        assertEquals(List.of(1L, 3L, 7L, 15L, 31L), times);
        assertEquals(Long.MAX_VALUE, timer.deadlineNs, "a timer without a record");
    }

    @Test
    void recordThatWaitsForDataIsAnsweredOnceMoreAtTheEndOfItsWait() {
        SynCache cache = cache(10);
        HalfOpen r = record(1, false);
        cache.add(r, 0);
        assertTrue(cache.defer(r, SECOND / 2, 20 * SECOND));
        assertTrue(cache.defer(r, SECOND, 20 * SECOND), "its wait does not begin anew");
        timer.until(20 * SECOND);
        assertEquals(List.of(), answered);
        timer.until(21 * SECOND);
        assertEquals(List.of(r), answered);
        assertFalse(cache.defer(r, 21 * SECOND, 20 * SECOND), "it has waited");
        assertEquals(1, cache.answersOf(r), "nothing was lost");
        timer.until(200 * SECOND);
        assertNull(cache.find(record(1, false)));
        assertEquals(Long.MAX_VALUE, timer.deadlineNs);
        assertFalse(cache.defer(r, 0, SECOND), "not here any more");
    }

    @Test
    void shorterWaitsOfLaterRecordsEndFirst() {
        SynCache cache = cache(10);
        for (int i = 1; i <= 3; i++) {
            cache.add(record(i, false), 0);
        }
        cache.defer(cache.find(record(1, false)), 0, 100 * SECOND);
        cache.defer(cache.find(record(2, false)), 0, 5 * SECOND);
        cache.defer(cache.find(record(3, false)), 0, 50 * SECOND);
        timer.until(5 * SECOND);
        assertEquals(List.of(record(2, false)), answered);
        timer.until(50 * SECOND);
        assertTrue(answered.contains(record(3, false)) && !answered.contains(record(1, false)));
        cache.close();
        assertEquals(0, cache.size());
    }

    @Test
    void thoseThatWaitForDataMakeRoomLast() {
        SynCache cache = cache(2);
        cache.add(record(1, true), 1);
        cache.defer(cache.find(record(1, true)), 1, 100 * SECOND);
        cache.add(record(2, true), 2);
        assertEquals(SynCache.Added.ADDED_FOR_ANOTHER, cache.add(record(3, true), 3));
        assertNotNull(cache.find(record(1, true)));
        assertNull(cache.find(record(2, true)));
        cache.defer(cache.find(record(3, true)), 3, 100 * SECOND);
        assertEquals(SynCache.Added.ADDED_FOR_ANOTHER, cache.add(record(4, true), 4));
        assertNull(cache.find(record(1, true)));
    }

    @Test
    void oldestRecoverableMakesRoomAndCalmOnesNever() {
        SynCache cache = cache(4);
        for (int i = 1; i <= 2; i++) {
            assertFalse(cache.isPressed());
            cache.add(record(i, false), i);
        }
        assertTrue(cache.isPressed());
        cache.add(record(3, true), 3);
        timer.until(2 * SECOND);
        cache.add(record(4, true), 2 * SECOND);
        assertEquals(SynCache.Added.ADDED_FOR_ANOTHER, cache.add(record(5, true), 2 * SECOND));
        assertNull(cache.find(record(3, true)));
        assertEquals(SynCache.Added.ADDED_FOR_ANOTHER, cache.add(record(6, true), 2 * SECOND));
        assertNull(cache.find(record(4, true)));
        assertNotNull(cache.find(record(1, false)));
        assertNotNull(cache.find(record(2, false)));
        assertEquals(SynCache.Added.KNOWN, cache.add(record(6, true), 2 * SECOND));
        assertEquals(4, cache.size());
    }

    @Test
    void fullOfCalmRecordsThereIsNoRoom() {
        SynCache cache = cache(2);
        cache.add(record(1, false), 0);
        cache.add(record(2, false), 0);
        assertEquals(SynCache.Added.NO_ROOM, cache.add(record(3, false), 0));
        cache.close();
        assertEquals(0, cache.size());
        assertEquals(SynCache.Added.NO_ROOM, cache.add(record(3, false), 0));
        assertEquals(Long.MAX_VALUE, timer.deadlineNs);
    }

    @Property(tries = 200)
    void neverMoreThanItsLimitAndNothingBeyondItsTime(@ForAll long seed) {
        var random = new Random(seed);
        int limit = 1 + random.nextInt(12);
        SynCache cache = cache(limit);
        long now = 0;
        var entered = new ArrayList<long[]>();
        for (int i = 0; i < 300; i++) {
            now += random.nextInt(3) == 0 ? random.nextLong(4 * SECOND) : 0;
            timer.until(now);
            int port = 1 + random.nextInt(40);
            switch (random.nextInt(4)) {
                case 0 -> {
                    HalfOpen r = cache.find(record(port, false));
                    if (r != null) {
                        assertTrue(cache.remove(r));
                        assertFalse(cache.remove(r));
                    }
                }
                default -> {
                    boolean recoverable = cache.isPressed();
                    if (cache.add(record(port, recoverable), now) != SynCache.Added.KNOWN) {
                        entered.add(new long[] {port, now});
                    }
                }
            }
            assertTrue(cache.size() <= limit);
            assertTrue(cache.size() == 0 || timer.deadlineNs != Long.MAX_VALUE, "records without a timer");
        }
        timer.until(now + 64 * SECOND);
        assertEquals(0, cache.size());
    }
}
