package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.SynFacts;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/// A cookie brings back what the SYN said, and nothing else is taken for one.
class SynCookiesTest {
    private static final long STEP_NS = 64_000_000_000L;
    private static final IpAddress LOCAL = IpAddress.parse("10.0.0.1");
    private static final IpAddress REMOTE = IpAddress.parse("192.0.2.7");

    private final SynCookies cookies = new SynCookies(new SipHash(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));

    @Property
    void ackOfACookieBringsBackWhatTheSynSaid(@ForAll int irs, @ForAll @IntRange(max = 0xffff) int mss,
            @ForAll @IntRange(min = -1, max = 14) int scale, @ForAll boolean sack, @ForAll int clock,
            @ForAll @LongRange(min = -(1L << 50), max = 1L << 50) long now, @ForAll @LongRange(max = STEP_NS) long later) {
        var syn = new SynFacts(irs, 1000, mss, scale, sack, true, 77);
        int iss = cookies.encode(LOCAL, 80, REMOTE, 5555, syn, now);
        int stamped = SynCookies.timestamp(clock, syn);
        assertTrue(clock - stamped >= 0 && clock - stamped < 32, clock + " became " + stamped);
        SynFacts back = cookies.decode(LOCAL, 80, REMOTE, 5555, ack(irs + 1, iss + 1, 78, stamped), now + later);
        assertEquals(irs, back.irs());
        assertEquals(scale, back.windowScale());
        assertEquals(sack, back.sackPermitted());
        int announced = mss == 0 ? 536 : Math.max(48, mss);
        assertTrue(back.mss() <= announced, back.mss() + " of " + announced);
        assertTrue(announced < 1220 || back.mss() >= 1220, back.mss() + " of " + announced);
    }

    @Property
    void whatIsNoCookieIsNotTaken(@ForAll int irs, @ForAll @LongRange(min = -(1L << 50), max = 1L << 50) long now,
            @ForAll @IntRange(max = 31) int bit) {
        var syn = new SynFacts(irs, 1000, 1460, 7, true, true, 77);
        int iss = cookies.encode(LOCAL, 80, REMOTE, 5555, syn, now);
        Segment good = ack(irs + 1, iss + 1, 78, 5);
        assertNull(cookies.decode(LOCAL, 81, REMOTE, 5555, good, now), "another port of ours");
        assertNull(cookies.decode(LOCAL, 80, REMOTE, 5556, good, now), "another port of the peer's");
        assertNull(cookies.decode(LOCAL, 80, IpAddress.parse("192.0.2.8"), 5555, good, now), "another peer");
        assertNull(cookies.decode(LOCAL, 80, REMOTE, 5555, good, now + 2 * STEP_NS), "too old");
        assertNull(cookies.decode(LOCAL, 80, REMOTE, 5555, ack(irs + 2, iss + 1, 78, 5), now), "another sequence number");
        if (bit >= 4) {
            assertNull(cookies.decode(LOCAL, 80, REMOTE, 5555, ack(irs + 1, (iss ^ 1 << bit) + 1, 78, 5), now), "a bit wrong");
        }
    }

    @Property
    void peerWithoutTimestampsDoesWithoutOptions(@ForAll int irs, @ForAll @LongRange(min = -(1L << 50), max = 1L << 50) long now) {
        var syn = new SynFacts(irs, 1000, 1460, 7, true, false, 0);
        int iss = cookies.encode(LOCAL, 80, REMOTE, 5555, syn, now);
        SynFacts back = cookies.decode(LOCAL, 80, REMOTE, 5555, ack(irs + 1, iss + 1), now);
        assertEquals(new SynFacts(irs, 500, 1460, -1, false, false, 0), back);
    }

    static Segment ack(int seq, int ack, int... timestamps) {
        return segment(TcpHeader.ACK, seq, ack, timestamps);
    }

    /// A segment with these flags and, if there are two numbers, TSval and TSecr.
    static Segment segment(int flags, int seq, int ack, int... timestamps) {
        int header = TcpHeader.MIN_LENGTH + (timestamps.length > 0 ? TcpOptionWriter.TIMESTAMPS_LENGTH : 0);
        Packet p = Packet.allocate(0, header);
        int at = p.append(header);
        TcpHeader.write(p.memory(), at, 5555, 80, seq, ack, header, flags, 500, 0);
        if (timestamps.length > 0) {
            TcpOptionWriter.timestamps(p.memory(), at + TcpHeader.MIN_LENGTH, timestamps[0], timestamps[1]);
        }
        var segment = new Segment();
        segment.parse(p);
        p.release();
        return segment;
    }
}
