package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.tcp.FastOpenCookies.Worth;
import dev.millrace.tcp.engine.FastOpenNews;
import dev.millrace.tcp.engine.FastOpenOffer;
import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionReader;
import dev.millrace.wire.TcpOptionWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

/// What a stack remembers for Fast Open (RFC 7413): cookies that it makes, cookies that it was given, and who counts.
class FastOpenPartsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;
    private static final IpAddress LOCAL = IpAddress.parse("10.0.0.1");
    private static final IpAddress REMOTE = IpAddress.parse("192.0.2.7");
    private static final FastOpenCookie COOKIE = FastOpenCookie.of(7);

    // ---- cookies of ours (§4.1.2)

    private static final SipHash ROOT = new SipHash(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});

    private static TcpOptionReader options(FastOpenCookie cookie) {
        MemorySegment m = MemorySegment.ofArray(new byte[60]);
        int header = (int) TcpOptionWriter.fastOpen(m, 20, cookie);
        TcpHeader.write(m, 0, 1, 2, 3, 4, header, TcpHeader.SYN, 5, 0);
        var reader = new TcpOptionReader();
        reader.read(m, 0);
        return reader;
    }

    @Property(tries = 300)
    void aCookieIsGoodForOneToTwoPeriodsForItsPairOfAddresses(@ForAll long hi, @ForAll long lo, @ForAll @IntRange(max = 63) int bit,
            @ForAll @LongRange(min = -(1L << 55), max = 1L << 55) long made, @ForAll @LongRange(max = 3 * HOUR) long later) {
        var cookies = new FastOpenCookies(ROOT, HOUR);
        var remote = new IpAddress(hi, lo);
        TcpOptionReader seen = options(cookies.of(LOCAL, remote, made));
        long periods = Math.floorDiv(made + later, HOUR) - Math.floorDiv(made, HOUR);
        assertEquals(periods == 0 ? Worth.GOOD : periods == 1 ? Worth.OLD : Worth.NONE, cookies.worth(LOCAL, remote, seen, made + later));
        assertEquals(Worth.NONE, cookies.worth(LOCAL, new IpAddress(hi ^ 1L << bit, lo), seen, made));
        assertEquals(Worth.NONE, cookies.worth(LOCAL, new IpAddress(hi, lo ^ 1L << bit), seen, made));
        assertEquals(Worth.NONE, cookies.worth(IpAddress.parse("10.0.0.2"), remote, seen, made));
        assertEquals(Worth.NONE, new FastOpenCookies(ROOT.derive(1), HOUR).worth(LOCAL, remote, seen, made), "another stack's secret");
        assertEquals(Worth.NONE, cookies.worth(LOCAL, remote, options(FastOpenCookie.REQUEST), made));
    }

    /// What a stranger sees of other hashes of the stack's, such as sequence numbers, says nothing of cookies.
    @Example
    void cookiesHaveAKeyOfTheirOwn() {
        var cookies = new FastOpenCookies(ROOT, HOUR);
        long plain = ROOT.hash(LOCAL.hi(), LOCAL.lo(), REMOTE.hi(), REMOTE.lo(), 0, 0);
        assertEquals(Worth.NONE, cookies.worth(LOCAL, REMOTE, options(FastOpenCookie.of(plain)), 0));
    }

    // ---- cookies of others (§4.1.3), and whom to avoid (§4.1.3.1)

    private static FastOpenNews given(FastOpenCookie cookie, int mss) {
        return new FastOpenNews(cookie, mss, false, false, false, false);
    }

    private static final FastOpenNews ACCEPTED = new FastOpenNews(null, 1400, true, false, false, false);
    private static final FastOpenNews AVOIDED = new FastOpenNews(null, 0, false, true, true, false);
    private static final FastOpenNews BLACK_HOLE = new FastOpenNews(null, 0, false, false, true, true);

    @Example
    void aCookieIsKeptForAPairOfAddressesAndGoodForAllPorts() {
        var known = new FastOpenDestinations(10);
        assertSame(FastOpenOffer.UNKNOWN, known.offer(LOCAL, REMOTE, 80, 0));
        known.learn(LOCAL, REMOTE, 80, given(COOKIE, 1300), 0);
        assertEquals(new FastOpenOffer(COOKIE, 1300), known.offer(LOCAL, REMOTE, 443, 0));
        assertSame(FastOpenOffer.UNKNOWN, known.offer(IpAddress.parse("10.0.0.9"), REMOTE, 80, 0));
        assertSame(FastOpenOffer.UNKNOWN, known.offer(LOCAL, IpAddress.parse("192.0.2.8"), 80, 0));
        // "If the SYN-ACK has a Fast Open option, an MSS option, or both, update the corresponding [...] information."
        known.learn(LOCAL, REMOTE, 80, ACCEPTED, 0);
        assertEquals(new FastOpenOffer(COOKIE, 1400), known.offer(LOCAL, REMOTE, 80, 0));
        known.learn(LOCAL, REMOTE, 80, given(FastOpenCookie.of(8), 900), 0);
        assertEquals(new FastOpenOffer(FastOpenCookie.of(8), 900), known.offer(LOCAL, REMOTE, 80, 0));
        known.learn(LOCAL, REMOTE, 80, AVOIDED, 0);
        assertEquals(FastOpenCookie.of(8), known.offer(LOCAL, REMOTE, 80, 2 * MINUTE).cookie(), "what fails is not forgotten");
    }

    @Example
    void whoFailsIsAvoidedForTwiceAsLongEachTime() {
        var known = new FastOpenDestinations(10);
        known.learn(LOCAL, REMOTE, 80, given(COOKIE, 1300), 0);
        long now = 5 * SECOND;
        for (long minutes : new long[] {1, 2, 4, 8, 16, 32, 64, 64, 64}) {
            known.learn(LOCAL, REMOTE, 80, AVOIDED, now);
            // Begun before the first failed.
            known.learn(LOCAL, REMOTE, 80, AVOIDED, now + SECOND);
            now += minutes * MINUTE;
            assertNull(known.offer(LOCAL, REMOTE, 80, now - 1), minutes + " minutes");
            assertNotNull(known.offer(LOCAL, REMOTE, 80, now), minutes + " minutes");
            assertNotNull(known.offer(LOCAL, REMOTE, 81, now - 1), "another service");
        }
        known.learn(LOCAL, REMOTE, 80, ACCEPTED, now);
        known.learn(LOCAL, REMOTE, 80, AVOIDED, now);
        assertNotNull(known.offer(LOCAL, REMOTE, 80, now + MINUTE), "a success is a new beginning");
    }

    @Example
    void aSuccessEndsAvoidingAtOnce() {
        var known = new FastOpenDestinations(10);
        for (FastOpenNews good : List.of(ACCEPTED, given(COOKIE, 1300))) {
            known.learn(LOCAL, REMOTE, 80, AVOIDED, 0);
            assertNull(known.offer(LOCAL, REMOTE, 80, SECOND));
            known.learn(LOCAL, REMOTE, 80, good, SECOND);
            assertNotNull(known.offer(LOCAL, REMOTE, 80, SECOND));
        }
    }

    /// As Linux has it: an hour, and twice as long each time that it happens again before anything has worked.
    @Example
    void aBlackHoleIsReasonToStopAltogether() {
        var known = new FastOpenDestinations(10);
        IpAddress other = IpAddress.parse("198.51.100.1");
        long now = 0;
        for (long hours : new long[] {1, 2, 4, 8, 16, 32, 64, 64}) {
            known.learn(LOCAL, REMOTE, 80, BLACK_HOLE, now);
            known.learn(LOCAL, REMOTE, 80, BLACK_HOLE, now + 1);
            assertNull(known.offer(LOCAL, other, 443, now + hours * HOUR - 1));
            now += hours * HOUR;
            assertNotNull(known.offer(LOCAL, other, 443, now));
        }
        // Begun before, and no sign that it works again.
        known.learn(LOCAL, REMOTE, 80, BLACK_HOLE, now);
        known.learn(LOCAL, other, 443, ACCEPTED, now + 1);
        now += 64 * HOUR;
        assertNull(known.offer(LOCAL, other, 443, now - 1));
        known.learn(LOCAL, other, 443, ACCEPTED, now);
        known.learn(LOCAL, REMOTE, 80, BLACK_HOLE, now);
        assertNotNull(known.offer(LOCAL, other, 443, now + HOUR));
    }

    @Example
    void whatIsRememberedIsBounded() {
        var known = new FastOpenDestinations(100);
        known.learn(LOCAL, REMOTE, 80, given(COOKIE, 1300), 0);
        for (int i = 0; i < 10_000; i++) {
            var host = new IpAddress(LOCAL.hi(), LOCAL.lo() + 1 + i);
            known.learn(LOCAL, host, 80, given(FastOpenCookie.of(i), 1000), 0);
            known.learn(LOCAL, host, 80, AVOIDED, 0);
            // In use, and so never the one to go.
            assertEquals(COOKIE, known.offer(LOCAL, REMOTE, 80, 0).cookie());
        }
        assertEquals(200, known.size());
    }

    // ---- who counts (§4.2.2, §5.1)

    /// Against a list of everyone with the time from which on he counts no more.
    @Property(tries = 300)
    void theQueueCountsAsAListDoes(@ForAll @Size(max = 200) List<@IntRange(max = 9_999) Integer> steps,
            @ForAll @IntRange(min = 1, max = 5) int limit, @ForAll @LongRange(min = -(1L << 60), max = 1L << 60) long start) {
        var queue = new FastOpenQueue();
        var inside = new ArrayDeque<FastOpenQueue.Place>();
        var ended = new ArrayList<Long>();
        long now = start;
        for (int step : steps) {
            now += step / 4 * 5_000_000L;
            switch (step % 4) {
                case 0, 1 -> {
                    long certain = now;
                    // To within a slot of four seconds.
                    boolean mustNot = inside.size() + ended.stream().filter(t -> certain - t < MINUTE).count() >= limit;
                    boolean must = inside.size() + ended.stream().filter(t -> certain - t < MINUTE + 4 * SECOND).count() < limit;
                    FastOpenQueue.Place place = queue.enter(limit, now);
                    assertTrue(!mustNot || place == null, "one too many");
                    assertTrue(!must || place != null, "there was room");
                    if (place != null) {
                        inside.add(place);
                    }
                }
                case 2 -> {
                    if (!inside.isEmpty()) {
                        FastOpenQueue.Place place = inside.poll();
                        place.leave();
                        place.leaveEarly(now);
                    }
                }
                default -> {
                    if (!inside.isEmpty()) {
                        FastOpenQueue.Place place = inside.poll();
                        place.leaveEarly(now);
                        place.leaveEarly(now);
                        place.leave();
                        ended.add(now);
                    }
                }
            }
            assertTrue(queue.size(now) >= inside.size() && queue.size(now) <= limit, "size " + queue.size(now));
        }
        inside.forEach(FastOpenQueue.Place::leave);
        assertEquals(0, queue.size(now + MINUTE + 4 * SECOND));
    }
}
