package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.UdpSocket;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.CaptureReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The trace: rows U25 to U28 of the reference system, with stamps of the moment at which a frame was shown.
@Timeout(30)
class FrameTraceTest {
    private Internet net;
    private UdpSocket socket;

    @BeforeEach
    void open() throws IOException {
        net = Internet.builder().manual().open();
        socket = net.host("a", "10.0.0.1").connector().connectDatagrams("udp", "10.0.0.2:7");
    }

    @AfterEach
    void close() {
        net.close();
    }

    private Frame frame(int payload) throws Exception {
        socket.send(ByteBuffer.wrap(new byte[payload]), null);
        return net.take();
    }

    private void show(FrameTrace trace, int payload) throws Exception {
        Frame f = frame(payload);
        trace.record(f, payload == 3 ? "the third" : null);
        f.drop();
    }

    private static final class Ticks extends Clock {
        long seconds;

        @Override
        public Instant instant() {
            return Instant.ofEpochSecond(seconds, 5);
        }

        @Override
        public ZoneId getZone() {
            return java.time.ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private static List<CapturedPacket> read(byte[] file) throws Exception {
        List<CapturedPacket> all = new ArrayList<>();
        try (CaptureReader reader = new CaptureReader(new ByteArrayInputStream(file))) {
            CapturedPacket p;
            while ((p = reader.next()) != null) {
                all.add(p);
            }
        }
        return all;
    }

    @Test
    void framesAreStampedWhenShownAndCutToTheSnapLengthU25U27() throws Exception {
        var out = new ByteArrayOutputStream();
        var clock = new Ticks();
        Frame first = frame(100);
        byte[] bytes = first.bytes();
        try (var trace = new FrameTrace(out, 40, 10, clock)) {
            clock.seconds = 7;
            trace.record(first);
            clock.seconds = 9;
            show(trace, 3);
            clock.seconds = 1000;
        }
        first.drop();
        List<CapturedPacket> all = read(out.toByteArray());
        assertEquals(2, all.size());
        assertEquals(7_000_000_005L, all.getFirst().epochNanos());
        assertEquals(9_000_000_005L, all.get(1).epochNanos());
        assertEquals(128, all.getFirst().originalLength());
        assertArrayEquals(java.util.Arrays.copyOf(bytes, 40), all.getFirst().bytes());
        assertEquals(List.of("the third"), all.get(1).comments());
    }

    @Test
    void fullBufferIsCountedU26() throws Exception {
        var hold = new CountDownLatch(1);
        var out = new ByteArrayOutputStream() {
            @Override
            public void flush() throws IOException {
                try {
                    hold.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        var trace = new FrameTrace(out, 0, 2);
        for (int i = 0; i < 5; i++) {
            show(trace, 1);
        }
        assertEquals(3, trace.dropped());
        hold.countDown();
        trace.close();
        assertEquals(2, read(out.toByteArray()).size());
        assertEquals(3, trace.dropped());
    }

    @Test
    void failureOfTheStreamIsToldOnceAtTheEndU28() throws Exception {
        var closed = new AtomicBoolean();
        var trace = new FrameTrace(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("the disk is full");
            }

            @Override
            public void close() {
                closed.set(true);
            }
        }, 0, 10);
        show(trace, 1);
        IOException e = assertThrows(IOException.class, trace::close);
        assertTrue(e.getMessage().contains("the disk is full"), e.getMessage());
        assertTrue(closed.get(), "the stream is closed all the same");
        trace.close();
        show(trace, 1);
        assertTrue(trace.dropped() >= 1);
    }

    @Test
    void waitingFramesAreWrittenBeforeTheEndU28() throws Exception {
        var out = new ByteArrayOutputStream();
        var trace = new FrameTrace(out, 0, 1000);
        for (int i = 0; i < 500; i++) {
            show(trace, 10);
        }
        trace.close();
        assertEquals(500, read(out.toByteArray()).size());
        assertEquals(0, trace.dropped());
        assertNull(net.tryTake());
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new FrameTrace(new ByteArrayOutputStream(), -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new FrameTrace(new ByteArrayOutputStream(), 0, 0));
    }
}
