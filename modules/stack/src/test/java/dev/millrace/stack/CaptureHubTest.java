package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.wire.pcap.CaptureReader;
import dev.millrace.wire.pcap.CapturedPacket;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CaptureHubTest {
    private static final int LAST = 9999;
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final CaptureSession session;
    private final CaptureHub hub;

    CaptureHubTest() throws IOException {
        session = CaptureSessionTest.open(new CaptureRequest(new CaptureRequest.Listen(ANY_PORT), List.of(), 0, 256),
                CaptureSessionTest.SYSTEM, false);
        hub = session.hub();
    }

    @AfterEach
    void noThreadStays() throws IOException {
        session.close();
        assertEquals(List.of(), Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(n -> n.startsWith("millrace-capture-")).toList());
    }

    @Test
    void eachClientGetsAWholeCaptureFromWhenItCame() throws Exception {
        send(1);
        assertEquals(0, session.recorded() + session.missed(), "nobody listens");
        try (Socket a = connect(1)) {
            CaptureReader first = reader(a);
            send(2);
            assertEquals(2, first.next().epochNanos());
            try (Socket b = connect(2)) {
                CaptureReader second = reader(b);
                send(3);
                CapturedPacket p = first.next();
                assertEquals(3, p.epochNanos());
                assertEquals("lab/wan", p.captureInterface().name());
                p = second.next();
                assertEquals(3, p.epochNanos());
                assertArrayEquals(CaptureSessionTest.content(20, 3), p.bytes());
                session.close();
                assertNull(first.next());
                assertNull(second.next());
                assertNotNull(second.statistics().get(0), "the end comes with statistics");
            }
        }
    }

    @Test
    void aClientThatTakesNothingIsDroppedAndHoldsNobodyUp() throws Exception {
        try (Socket slow = connect(1); Socket good = connect(2)) {
            CaptureReader reader = reader(good);
            int n = 0;
            // The kernel's buffers and the hub's allowance together are well below 64 MiB.
            while (hub.clientCount() == 2 && n < 1024) {
                send(++n, 64 * 1024);
                assertEquals(n, reader.next().epochNanos());
            }
            assertEquals(1, hub.clientCount(), "after " + n + " packets");
            send(++n);
            assertEquals(n, reader.next().epochNanos());
            assertEquals(0, session.missed());
            assertFalse(slow.isClosed(), "kept open by this side");
        }
    }

    @Test
    void closingDoesNotWaitLongForAClientThatTakesNothing() throws Exception {
        try (Socket _ = connect(1)) {
            for (int i = 0; i < 48 && hub.clientCount() == 1; i++) {
                send(i, 64 * 1024);
            }
            long start = System.nanoTime();
            session.close();
            long tookMs = (System.nanoTime() - start) / 1_000_000;
            assertTrue(tookMs < 4000, tookMs + " ms");
        }
    }


    @Test
    void aClientThatLeavesIsForgotten() throws Exception {
        connect(1).close();
        for (int i = 0; hub.clientCount() > 0 && i < 5000; i++) {
            send(i);
            Thread.sleep(1);
        }
        assertEquals(0, hub.clientCount());
        try (Socket next = connect(1)) {
            CaptureReader reader = reader(next);
            send(LAST);
            // What was sent before may have waited until this client came.
            long got = 0;
            for (int i = 0; got != LAST && i <= 5000; i++) {
                got = reader.next().epochNanos();
            }
            assertEquals(LAST, got);
        }
    }

    @Test
    void aPortInUseIsAnErrorAtOnce() {
        var request = new CaptureRequest(new CaptureRequest.Listen(session.listenAddress()), List.of(), 0, 256);
        var e = assertThrows(IOException.class,
                () -> CaptureSessionTest.open(request, CaptureSessionTest.SYSTEM, false));
        assertTrue(e.getMessage().contains("cannot listen on"), e.getMessage());
    }

    private Socket connect(int clients) throws Exception {
        var socket = new Socket();
        socket.connect(session.listenAddress());
        for (int i = 0; hub.clientCount() < clients && i < 5000; i++) {
            Thread.sleep(1);
        }
        assertEquals(clients, hub.clientCount());
        return socket;
    }

    private static CaptureReader reader(Socket socket) throws IOException {
        return new CaptureReader(new BufferedInputStream(socket.getInputStream()));
    }

    private void send(int n) {
        send(n, 20);
    }

    private void send(int n, int length) {
        var packet = CaptureSessionTest.packet(length, n);
        session.packet(CaptureSessionTest.WAN, packet, true, n);
        packet.release();
    }
}
