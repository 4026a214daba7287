package dev.millrace.tcp.engine;

/// Makes a connection's buffers as large as its path needs: a receive buffer of twice what the program takes in a round
/// trip, a send buffer of twice the congestion window, so that neither is what holds the transfer back. They never become
/// smaller, as a window that was promised is not taken back (RFC 9293 SHLD-14). Made when a connection has received a
/// good deal.
///
/// Only round trips of a millisecond and more count. Within one the first size is enough for 8 Gb/s; what is measured
/// there is how fast threads and memory are, and both are slower with more in flight than the caches hold. A path of less than that is
/// known by the least round trip: a JVM that has just begun makes most of them long.
final class BufferTuner {
    private static final long MIN_RTT_NS = 1_000_000L;
    /// One connection's buffer gets this part of the stack's memory at most.
    private static final int SHARE = 4;

    private static final long UNKNOWN = -1;
    /// So many echoes tell whether a path is short.
    private static final int ENOUGH = 8;

    /// The round trip as a receiver sees it; 0 is one that is less than a tick.
    private long rttNs = UNKNOWN;
    /// The least that was ever seen: a thread that had to wait makes a short path look long.
    private long leastNs = Long.MAX_VALUE;
    private int samples;
    /// The present round trip began then, and with that much handed to the program.
    private long roundNs;
    private long takenBefore;
    /// The most that was taken in a round trip.
    private long taken;

    private BufferTuner(TcpConnection c, long nowNs) {
        roundNs = nowNs;
        takenBefore = takenByProgram(c);
        taken = c.options.receiveBuffer / 2;
    }

    /// Text came in order.
    static void onText(TcpConnection c, Segment seg, long nowNs) {
        if (c.options.receiveBuffer >= c.options.receiveBufferMax) {
            return;
        }
        if (c.tuner == null) {
            // A sender that has filled a quarter of the window may come to fill it.
            if (c.bytesReceived < c.options.receiveBuffer / 4) {
                return;
            }
            c.tuner = new BufferTuner(c, nowNs);
        }
        c.tuner.measure(c, seg, nowNs);
    }

    private static long takenByProgram(TcpConnection c) {
        return c.bytesReceived - c.receiveBuffer.length();
    }

    private void measure(TcpConnection c, Segment seg, long nowNs) {
        if (c.timestampsOn && seg.options.hasTimestamps()) {
            sample((long) (c.timestampNow(nowNs) - seg.options.timestampEcho()) * 1_000_000L);
        }
        // The echo counts whole milliseconds, and part of one looks like one. Without echoes a receiver knows what the handshake
        // took.
        long round = c.timestampsOn ? rttNs : c.rtt.srttNs();
        boolean isShort = c.timestampsOn ? samples < ENOUGH || leastNs < 2 * MIN_RTT_NS : round < MIN_RTT_NS;
        if (isShort || nowNs - roundNs < round) {
            return;
        }
        long now = takenByProgram(c);
        long inRound = now - takenBefore;
        // The round may have been longer than a round trip: the last segment of it came late.
        inRound = (long) (inRound * ((double) round / (nowNs - roundNs)));
        roundNs = nowNs;
        takenBefore = now;
        if (inRound > taken) {
            // In slow start the next round trip brings twice as much, and its window has to be there before.
            long growing = Math.min(2 * inRound, inRound + 2 * (inRound - taken));
            taken = inRound;
            c.ownOptions().receiveBuffer = grown(c, c.options.receiveBuffer, 2 * growing, c.options.receiveBufferMax);
            if (c.reassembler != null) {
                c.reassembler.allow(c.options.receiveBuffer);
            }
        }
    }

    /// An echo that waited for the sender's program is older than a round trip: what is shorter is believed at once, what is
    /// longer little by little.
    private void sample(long ns) {
        if (ns < 0 || ns > 3_600_000_000_000L) {
            return;
        }
        leastNs = Math.min(leastNs, ns);
        samples = Math.min(samples + 1, ENOUGH);
        rttNs = rttNs == UNKNOWN || ns < rttNs ? ns : rttNs + (ns - rttNs) / 8;
    }

    /// Whether a round trip takes a millisecond at least: the least does, since a thread that had to wait makes one long.
    static boolean isLong(TcpConnection c) {
        return c.rtt.minRttNs() >= MIN_RTT_NS;
    }

    /// The congestion window may have opened.
    static void onAck(TcpConnection c) {
        if (c.options.sendBuffer < c.options.sendBufferMax && isLong(c)
                && 2 * c.cc.cwnd() > c.options.sendBuffer) {
            c.ownOptions().sendBuffer = grown(c, c.options.sendBuffer, 2 * c.cc.cwnd(), c.options.sendBufferMax);
        }
    }

    private static int grown(TcpConnection c, int present, long wanted, int most) {
        if (c.memory.reserved() > c.memory.limit() / 2) {
            return present;
        }
        return (int) Math.max(present, Math.min(wanted, Math.min(most, c.memory.limit() / SHARE)));
    }
}
