package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.DropReason;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.pcap.CaptureReader;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.Direction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class CaptureSessionTest {
    static final TappedNic WAN = new TappedNic(0, "wan", "tun:mr0", Link.Medium.IP, 1500);
    static final TappedNic LAN = new TappedNic(1, "lan", "tap:mr1", Link.Medium.ETHERNET, 9000);

    static final Clock SYSTEM = new Clock() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public long epochNanos() {
            return System.currentTimeMillis() * 1_000_000;
        }
    };

    static final Clock STOPPED = new Clock() {
        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public long epochNanos() {
            return 1_000_000_000_000_000_009L;
        }
    };

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long packetsBefore;
    private long buffersBefore;

    @BeforeEach
    void countWhatIsInUse() {
        packetsBefore = Leaks.packets();
        buffersBefore = Leaks.buffers();
    }

    @AfterEach
    void nothingLeaksAndNoThreadStays() {
        assertEquals(packetsBefore, Leaks.packets());
        assertEquals(buffersBefore, Leaks.buffers());
        assertEquals(List.of(), Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(n -> n.startsWith("millrace-capture-")).toList());
    }

    @Test
    void recordsTimeDirectionNicBytesAndWhyAPacketWasDropped() throws IOException {
        CaptureSession session = manual(stream(), 0, 16);
        Packet accepted = packet(100, 1);
        Packet dropped = packet(60, 2);
        session.packet(WAN, accepted, false, 1_700_000_000_123_456_789L);
        session.packet(LAN, dropped, false, 2);
        pass(session, WAN, packet(40, 3), true, 3);
        var lost = packet(20, 4);
        session.packetDropped(WAN, lost, true, DropReason.TOO_BIG.text(), 4);
        lost.release();
        assertEquals(0, session.recorded(), "all wait for the first");
        drop(dropped, DropReason.NO_SOCKET);
        assertEquals(0, session.recorded());
        accepted.release();
        assertEquals(4, session.recorded());
        session.close();

        var reader = reader();
        CapturedPacket p = reader.next();
        assertEquals("lab/wan", p.captureInterface().name());
        assertEquals("tun:mr0, MTU 1500", p.captureInterface().description());
        assertEquals(1_700_000_000_123_456_789L, p.epochNanos());
        assertEquals(Direction.INBOUND, p.direction());
        assertArrayEquals(content(100, 1), p.bytes());
        assertEquals(List.of(), p.comments());
        p = reader.next();
        assertEquals("lab/lan", p.captureInterface().name());
        assertEquals(List.of("dropped: no socket"), p.comments());
        p = reader.next();
        assertEquals(Direction.OUTBOUND, p.direction());
        p = reader.next();
        assertEquals(List.of("dropped: longer than the MTU"), p.comments());
        assertNull(reader.next());
        assertEquals(3, reader.statistics().get(0).received());
        assertEquals(0, reader.statistics().get(0).dropped());
        assertEquals("drops: no-socket=1 too-big=1", reader.statistics().get(1).comment());
    }

    @Test
    void manualCapturesOfEqualPacketsAreEqualBytes() throws IOException {
        byte[][] runs = new byte[2][];
        for (int run = 0; run < 2; run++) {
            bytes.reset();
            CaptureSession session = manual(stream(), 0, 2);
            List<Packet> open = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                open.add(packet(i, i));
                session.packet(WAN, open.getLast(), false, i);
            }
            assertEquals(8, session.recorded(), "those that found the ring full pushed the oldest out");
            assertEquals(0, session.missed());
            open.forEach(Packet::release);
            session.close();
            runs[run] = bytes.toByteArray();
        }
        assertArrayEquals(runs[0], runs[1]);
    }

    @Test
    void keepsTheSnapLengthAndCopiesFragments() throws IOException {
        CaptureSession session = manual(stream(), 50, 16);
        Packet p = packet(40, 1);
        Packet tail = packet(30, 2);
        p.addFragment(tail.head().retain(), tail.start(), 30);
        tail.release();
        pass(session, WAN, p, true, 1);
        session.close();
        CapturedPacket captured = reader().next();
        assertEquals(70, captured.originalLength());
        byte[] expected = new byte[50];
        System.arraycopy(content(40, 1), 0, expected, 0, 40);
        System.arraycopy(content(30, 2), 0, expected, 40, 10);
        assertArrayEquals(expected, captured.bytes());
    }

    @Test
    void onlyNamedNicsAreCaptured() throws IOException {
        var request = new CaptureRequest(stream(), List.of("lan"), 0, 16);
        CaptureSession session = open(request, STOPPED, true);
        pass(session, WAN, packet(20, 1), true, 1);
        pass(session, LAN, packet(20, 2), true, 2);
        session.close();
        var reader = reader();
        assertEquals("lab/lan", reader.next().captureInterface().name());
        assertNull(reader.next());
        var wrong = new CaptureRequest(stream(), List.of("wlan"), 0, 16);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> open(wrong, STOPPED, true)).getMessage()
                .contains("[wan, lan]"));
    }

    @Test
    void twoCapturesOfOnePacketBothHearItsEnd() throws IOException {
        var lines = new ArrayList<String>();
        CaptureSession first = manual(stream(), 0, 16);
        CaptureSession second = manual(new CaptureRequest.Lines(lines::add), 0, 16);
        Packet p = packet(20, 1);
        first.packet(WAN, p, false, 1);
        second.packet(WAN, p, false, 1);
        drop(p, DropReason.BAD_CHECKSUM);
        first.close();
        second.close();
        assertEquals(List.of("dropped: bad checksum"), reader().next().comments());
        assertEquals(1, lines.size());
        assertTrue(lines.getFirst().endsWith(" [dropped: bad checksum]"), lines.getFirst());
    }

    @Test
    void recordWaitsForItsVerdict() throws Exception {
        CaptureSession session = threaded(stream(), 1024);
        Packet p = packet(20, 1);
        session.packet(WAN, p, false, 1);
        // Well within the writer's patience.
        TimeUnit.MILLISECONDS.sleep(CaptureSession.PATIENCE_NS / 5_000_000);
        drop(p, DropReason.NO_ROUTE);
        session.close();
        assertEquals(List.of("dropped: no route"), reader().next().comments());
    }

    @Test
    void aVerdictThatDoesNotComeHoldsNothingUpForLongAndMarksNoOtherPacket() throws Exception {
        CaptureSession session = threaded(stream(), 4);
        Packet held = packet(20, 1);
        session.packet(WAN, held, false, 1);
        awaitRecorded(session, 1);
        for (int i = 2; i < 12; i++) {
            Packet p = packet(20, i);
            session.packet(WAN, p, false, i);
            p.release();
            awaitRecorded(session, i);
        }
        Packet open = packet(20, 12);
        session.packet(WAN, open, false, 12);
        drop(held, DropReason.NO_SOCKET);
        open.release();
        session.close();
        var reader = reader();
        for (int i = 1; i <= 12; i++) {
            assertEquals(List.of(), reader.next().comments(), "packet " + i);
        }
    }

    @Test
    void manyHeldPacketsShareOneWait() throws Exception {
        CaptureSession session = threaded(stream(), 1024);
        List<Packet> held = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            held.add(packet(20, i));
            session.packet(WAN, held.getLast(), false, i);
        }
        long start = System.nanoTime();
        awaitRecorded(session, 200);
        long took = System.nanoTime() - start;
        assertTrue(took < 20 * CaptureSession.PATIENCE_NS, "took " + took + " ns");
        held.forEach(Packet::release);
        session.close();
    }

    @Test
    void aFullRingMissesPacketsAndNeverBlocks() throws Exception {
        var gate = new CountDownLatch(1);
        var blocked = new OutputStream() {
            private boolean begun;

            @Override
            public void write(int b) {
                throw new AssertionError();
            }

            @Override
            public void write(byte[] b, int off, int len) {
                if (begun) {
                    awaitGate(gate);
                }
                begun = true;
                bytes.write(b, off, len);
            }
        };
        CaptureSession session = threaded(new CaptureRequest.Stream(blocked), 64);
        for (int i = 0; i < 1000; i++) {
            pass(session, WAN, packet(100, i), i % 2 == 0, i);
        }
        assertTrue(session.missed() > 0);
        gate.countDown();
        session.close();
        assertEquals(1000, session.recorded() + session.missed());
        var reader = reader();
        long last = -1;
        int n = 0;
        for (CapturedPacket p = reader.next(); p != null; p = reader.next(), n++) {
            assertTrue(p.epochNanos() > last);
            last = p.epochNanos();
            assertArrayEquals(content(100, (int) last), p.bytes());
        }
        assertEquals(session.recorded(), n);
        assertEquals(1000, reader.statistics().get(0).received());
        assertEquals(session.missed(), reader.statistics().get(0).dropped());
    }

    @Test
    void manyThreadsCaptureWithoutMixingUpTheirPackets() throws Exception {
        CaptureSession session = threaded(stream(), 256);
        int each = 20_000;
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 4; t++) {
            int id = t;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    int length = i % 97 == 0 ? 40_000 : 20 + i % 1400;
                    Packet p = Packet.allocate(Packet.HEADROOM, length);
                    p.memory().asSlice(p.append(length), length).fill((byte) (id * 50 + i % 50));
                    session.packet(WAN, p, i % 3 == 0, (long) id << 32 | i);
                    if (i % 3 == 1) {
                        p.closeCapture("i " + i);
                    }
                    p.release();
                }
            }));
        }
        for (Thread t : threads) {
            t.join();
        }
        session.close();
        assertEquals(4 * each, session.recorded() + session.missed());
        var reader = reader();
        long[] last = {-1, -1, -1, -1};
        int n = 0;
        for (CapturedPacket p = reader.next(); p != null; p = reader.next(), n++) {
            int id = (int) (p.epochNanos() >>> 32);
            int i = (int) p.epochNanos();
            assertTrue(i > last[id], "out of order");
            last[id] = i;
            assertEquals(i % 97 == 0 ? 40_000 : 20 + i % 1400, p.bytes().length);
            for (byte b : p.bytes()) {
                assertEquals((byte) (id * 50 + i % 50), b);
            }
            if (!p.comments().isEmpty()) {
                assertEquals(List.of("dropped: i " + i), p.comments());
                assertEquals(1, i % 3);
            }
        }
        assertEquals(session.recorded(), n);
        assertTrue(n > 0);
    }

    @Test
    void linesSayDirectionTimeAndVerdict() throws IOException {
        var lines = new ArrayList<String>();
        CaptureSession session = manual(new CaptureRequest.Lines(lines::add, true), 0, 16);
        Packet p = CapturePackets.tcp(true);
        session.packet(WAN, p, false, 1_700_000_000_000_000_001L);
        drop(p, DropReason.NO_SOCKET);
        pass(session, WAN, CapturePackets.udp(), true, 0);
        session.close();
        assertTrue(lines.get(0).startsWith("2023-11-14T22:13:20.000000001Z recv wan "), lines.get(0));
        assertTrue(lines.get(0).endsWith(" [dropped: no socket]"), lines.get(0));
        assertTrue(lines.get(1).startsWith("1970-01-01T00:00:00.000000000Z send wan "), lines.get(1));
        assertTrue(lines.get(1).contains("10.0.0.1") && lines.get(1).contains("40001"), lines.get(1));
    }

    @Test
    void linesOfArbitraryBytesNeverThrow() throws IOException {
        var random = new java.util.Random(1);
        var lines = new ArrayList<String>();
        CaptureSession session = manual(new CaptureRequest.Lines(lines::add), 0, 16);
        for (int i = 0; i < 3000; i++) {
            byte[] b = new byte[random.nextInt(70)];
            random.nextBytes(b);
            if (b.length > 12 && random.nextBoolean()) {
                b[0] = (byte) (random.nextBoolean() ? 0x45 : 0x60);
                b[9] = 6;
            }
            pass(session, i % 2 == 0 ? WAN : LAN, Packet.copyOf(b), true, i);
        }
        session.close();
        assertEquals(3000, lines.size());
    }

    @Test
    void consumerOfLinesMayCloseTheCaptureAndMayThrow() throws Exception {
        var session = new CaptureSession[1];
        var called = new CountDownLatch(1);
        session[0] = threaded(new CaptureRequest.Lines(_ -> {
            try {
                session[0].close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            called.countDown();
        }), 16);
        pass(session[0], WAN, packet(20, 1), true, 1);
        called.await();
        session[0].close();

        CaptureSession broken = manual(new CaptureRequest.Lines(_ -> {
            throw new IllegalStateException("consumer");
        }), 0, 16);
        pass(broken, WAN, packet(20, 1), true, 1);
        pass(broken, WAN, packet(20, 1), true, 1);
        assertEquals(2, broken.missed());
        assertTrue(assertThrows(IOException.class, broken::close).getMessage().contains("consumer"));
    }

    @Test
    void aTargetThatFailsIsReportedAtCloseAndMissesPackets() throws Exception {
        var closed = new CountDownLatch(1);
        var failing = new OutputStream() {
            private int room = 1000;

            @Override
            public void write(int b) throws IOException {
                if (--room < 0) {
                    throw new IOException("disk full");
                }
            }

            @Override
            public void close() {
                closed.countDown();
            }
        };
        CaptureSession session = threaded(new CaptureRequest.Stream(failing), 64);
        for (int i = 0; i < 50; i++) {
            pass(session, WAN, packet(100, i), true, i);
        }
        var e = assertThrows(IOException.class, session::close);
        assertTrue(e.getMessage().contains("disk full"), e.getMessage());
        assertTrue(closed.await(0, TimeUnit.SECONDS), "the target is closed");
        session.close();
    }

    @Test
    void writesAFileAndRefusesOneThatCannotBe(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("a.pcapng");
        Files.writeString(path, "something longer than what will be written, which must be gone ".repeat(20));
        var session = open(CaptureRequest.file(path), SYSTEM, false);
        pass(session, WAN, packet(20, 1), true, 1);
        session.close();
        session.close();
        pass(session, WAN, packet(20, 1), true, 1);
        assertEquals(1, session.recorded());
        try (var reader = CaptureReader.open(path)) {
            assertNotNull(reader.next());
            assertNull(reader.next());
            assertEquals("Millrace, stack lab", reader.application());
        }
        assertThrows(IOException.class, () -> open(CaptureRequest.file(folder.resolve("no/a")), SYSTEM, false));
    }

    @Test
    void closesFromManyThreadsAtOnce() throws Exception {
        var session = threaded(stream(), 16);
        pass(session, WAN, packet(20, 1), true, 1);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    session.close();
                    assertSame(1L, (long) Long.valueOf(session.recorded()));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        for (Thread t : threads) {
            t.join();
        }
        assertFalse(bytes.size() == 0);
    }

    // ---- what the stack does

    private static void pass(CaptureSession session, TappedNic nic, Packet packet, boolean outbound, long nanos) {
        session.packet(nic, packet, outbound, nanos);
        packet.release();
    }

    private static void drop(Packet packet, DropReason reason) {
        packet.closeCapture(reason.text());
        packet.release();
    }

    private static void awaitRecorded(CaptureSession session, long n) throws InterruptedException {
        for (int i = 0; session.recorded() < n; i++) {
            assertTrue(i < 5000, "recorded " + session.recorded() + " of " + n);
            Thread.sleep(1);
        }
    }

    private static void awaitGate(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static Packet packet(int length, int seed) {
        return Packet.copyOf(content(length, seed));
    }

    static byte[] content(int length, int seed) {
        byte[] b = new byte[length];
        for (int i = 0; i < length; i++) {
            b[i] = (byte) (seed * 31 + i);
        }
        return b;
    }

    private CaptureRequest.Target stream() {
        return new CaptureRequest.Stream(bytes);
    }

    private CaptureReader reader() throws IOException {
        return new CaptureReader(new ByteArrayInputStream(bytes.toByteArray()));
    }

    private static CaptureSession manual(CaptureRequest.Target target, int snap, int buffer) throws IOException {
        return open(new CaptureRequest(target, List.of(), snap, buffer), STOPPED, true);
    }

    private static CaptureSession threaded(CaptureRequest.Target target, int buffer) throws IOException {
        return open(new CaptureRequest(target, List.of(), 0, buffer), SYSTEM, false);
    }

    static CaptureSession open(CaptureRequest request, Clock clock, boolean manual) throws IOException {
        return CaptureSession.open(request, "lab", List.of(WAN, LAN), clock, manual,
                () -> Map.of("too-big", 1L, "no-socket", 1L, "no-route", 0L));
    }
}
