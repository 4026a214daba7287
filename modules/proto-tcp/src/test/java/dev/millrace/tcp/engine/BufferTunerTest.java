package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Buffers that follow the path: two engines over a wire without a rate, so that only windows hold a transfer back.
class BufferTunerTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final int MIB = 1 << 20;

    private static Pair pair(long oneWayNs, long budget, String... settings) {
        TcpSettings s = TcpSettings.of(settings);
        return new Pair(1, new Pair.Wire(0, 0, 0, 0, oneWayNs, 0), s, s, 1460, 1460, 0, 1000, -5000, budget);
    }

    /// Sends from a to b and returns how long it took, in milliseconds.
    private static long send(Pair p, long bytes) {
        p.a.toWrite = bytes;
        p.open();
        long start = p.nowNs;
        assertTrue(p.run(100 * SECOND, () -> p.b.read == bytes), () -> "stuck: " + p.a.tcp.info(p.nowNs));
        long ms = (p.nowNs - start) / MS;
        assertEquals(0, p.a.tcp.retransmittedSegments);
        p.end();
        return ms;
    }

    @ParameterizedTest
    @CsvSource({"true, 50", "false, 50", "true, 3"})
    void bothGrowWithWhatAPathHolds(boolean timestamps, long oneWayMs) {
        Pair p = pair(oneWayMs * MS, Long.MAX_VALUE, "timestamps", Boolean.toString(timestamps));
        long ms = send(p, 48 * MIB);
        // Slow start doubles from 10 segments on: 48 MiB are out after 12 round trips. With a window of 1 MiB it would be 48
        // and those until it is full.
        assertTrue(ms < 18 * 2 * oneWayMs, ms + " ms");
        assertTrue(p.b.tcp.options.receiveBuffer > 8 * MIB, "receive buffer " + p.b.tcp.options.receiveBuffer);
        assertTrue(p.a.tcp.options.sendBuffer > 8 * MIB, "send buffer " + p.a.tcp.options.sendBuffer);
        assertEquals(10, p.b.tcp.receiveShift, "a unit of the window is less than a segment");
        assertEquals(MIB, p.a.tcp.options.receiveBuffer, "nothing came to a");
    }

    @Test
    void neitherPassesItsLimit() {
        Pair p = pair(50 * MS, Long.MAX_VALUE, "receive-buffer-max", "3MiB", "send-buffer-max", "5MiB");
        send(p, 40 * MIB);
        assertEquals(3 * MIB, p.b.tcp.options.receiveBuffer);
        assertEquals(5 * MIB, p.a.tcp.options.sendBuffer);
    }

    @Test
    void aSizeThatIsGivenStays() {
        Pair p = pair(20 * MS, Long.MAX_VALUE, "receive-buffer", "200KiB", "send-buffer", "300KiB");
        send(p, 5 * MIB);
        assertEquals(200 << 10, p.b.tcp.options.receiveBuffer);
        assertEquals(300 << 10, p.a.tcp.options.sendBuffer);
        assertEquals(WindowAdvertiser.shiftFor(200 << 10), p.b.tcp.receiveShift, "no coarser than it has to be");
    }

    @ParameterizedTest
    @ValueSource(longs = {20_000, 400_000})
    void withinAMillisecondTheFirstSizeIsEnough(long oneWayNs) {
        Pair p = pair(oneWayNs, Long.MAX_VALUE);
        send(p, 40 * MIB);
        assertEquals(MIB, p.b.tcp.options.receiveBuffer);
        assertEquals(MIB, p.a.tcp.options.sendBuffer);
    }

    /// Threads that have to wait at first, as in a JVM that has just begun, make no long path.
    @Test
    void aShortPathThatBeganSlowlyIsShort() {
        Pair p = pair(20_000, Long.MAX_VALUE);
        long begin = p.nowNs;
        // And now and then later.
        p.delaysNs = s -> p.nowNs - begin < 20 * MS || (p.nowNs - begin) % (30 * MS) < 12 * MS ? 5 * MS : 0;
        send(p, 40 * MIB);
        assertEquals(MIB, p.b.tcp.options.receiveBuffer);
        assertEquals(MIB, p.a.tcp.options.sendBuffer);
    }

    @Test
    void aProgramThatIsSlowerThanThePathGetsNoLargerBuffer() {
        Pair p = pair(50 * MS, Long.MAX_VALUE);
        p.a.toWrite = 40 * MIB;
        p.b.readLimit = 0;
        p.open();
        for (int i = 0; i < 200; i++) {
            // 200 KiB in 100 ms.
            p.b.readLimit = 200 << 10;
            p.b.use();
            long end = p.nowNs + 100 * MS;
            assertTrue(p.run(100 * MS, () -> p.nowNs >= end) || p.nowNs > end);
        }
        assertTrue(p.b.read > 20 * MIB, "read " + p.b.read);
        assertEquals(MIB, p.b.tcp.options.receiveBuffer);
        p.end();
    }

    @Test
    void oneConnectionGetsAQuarterOfTheStacksMemoryAndNothingWhenHalfIsTaken() {
        Pair p = pair(50 * MS, 32 * MIB);
        send(p, 40 * MIB);
        assertTrue(p.a.tcp.options.sendBuffer <= 8 * MIB, "send buffer " + p.a.tcp.options.sendBuffer);
        assertTrue(p.b.tcp.options.receiveBuffer <= 8 * MIB, "receive buffer " + p.b.tcp.options.receiveBuffer);
        Pair pressed = pair(50 * MS, 32 * MIB);
        assertTrue(pressed.budget.tryReserve(17 * MIB));
        pressed.a.toWrite = 10 * MIB;
        pressed.open();
        assertTrue(pressed.run(100 * SECOND, () -> pressed.b.read == pressed.a.toWrite));
        assertEquals(MIB, pressed.a.tcp.options.sendBuffer);
        assertEquals(MIB, pressed.b.tcp.options.receiveBuffer);
        pressed.budget.release(17 * MIB);
        pressed.end();
    }

    /// T19: the last of an odd number of segments waited for the delayed acknowledgement at each step of slow start.
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 9, 10, 11})
    void aSenderThatBeginsIsNotHeldUpByDelayedAcknowledgements(int initialWindow) {
        Pair p = pair(5 * MS, Long.MAX_VALUE, "initial-window", Integer.toString(initialWindow));
        long ms = send(p, 64 * 1448);
        int trips = 1;
        for (int sent = initialWindow, window = initialWindow; sent < 64; sent += window) {
            window *= 2;
            trips++;
        }
        assertTrue(ms <= (1 + trips) * 10, ms + " ms for " + trips + " round trips");
    }

    /// T19: a writer that waits until a quarter is free has three quarters of its window on the path.
    @Test
    void aWriterIsLetInWhenAllThatItWroteIsUnderWay() {
        Pair p = pair(20 * MS, Long.MAX_VALUE, "send-buffer", "160000", "receive-buffer", "1MiB");
        p.a.waitsForRoom = true;
        p.a.maxWrite = 100_000;
        long ms = send(p, 160_000 * 50);
        assertTrue(ms < 50 * 40 * 110 / 100 + 200, ms + " ms");
    }

    @Test
    void bufferOfAConnectionThatReceivedLittleIsNotWatched() {
        Pair p = pair(50 * MS, Long.MAX_VALUE);
        send(p, 100_000);
        assertEquals(null, p.b.tcp.tuner, "an idle connection pays nothing");
    }
}
