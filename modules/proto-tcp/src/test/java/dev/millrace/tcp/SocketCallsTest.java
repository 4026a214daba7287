package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What programs may ask of a socket beyond reading and writing, in virtual time: when it happens is part of the promise.
class SocketCallsTest extends TwoFaultyStacks {
    private static final int MSS = 1460 - 12;

    private static ByteBuffer bytes(int n) {
        return ByteBuffer.allocate(n);
    }

    @Test
    void writeMoreHoldsThePartialSegmentForTheNextWrite() throws Exception {
        TcpSocket client = connected();
        assertEquals(100, client.writeMore(bytes(100)));
        pass(150);
        assertEquals(List.of(), a.payloads);
        assertEquals(50, client.write(bytes(50)));
        assertEquals(List.of(150), a.payloads);
    }

    @Test
    void writeMoreHoldsItForTwoHundredMilliseconds() throws Exception {
        TcpSocket client = connected();
        client.writeMore(bytes(100));
        pass(199);
        assertEquals(List.of(), a.payloads);
        pass(2);
        assertEquals(List.of(100), a.payloads);
    }

    @Test
    void writeMoreHoldsPartialSegmentsOnly() throws Exception {
        TcpSocket client = connected();
        client.writeMore(bytes(2 * MSS + 7));
        assertEquals(List.of(MSS, MSS), a.payloads);
        pass(10);
        client.shutdownOutput();
        assertEquals(List.of(MSS, MSS, 7), a.payloads, "the end of the stream lets it go");
    }

    @Test
    void linger2BoundsTheWaitForThePeersFin() throws Exception {
        TcpSocket client = connected();
        client.setOption(TcpOptions.LINGER2, Duration.ofSeconds(2));
        client.close();
        pass(1_900);
        assertEquals(1, a.places());
        pass(200);
        assertEquals(0, a.places(), "FIN-WAIT-2 is over");
    }

    @Test
    void linger2OfZeroWaitsForEver() throws Exception {
        TcpSocket client = connected();
        client.setOption(TcpOptions.LINGER2, Duration.ZERO);
        client.close();
        pass(3_600_000);
        assertEquals(1, a.places());
        listener.tryAccept().close();
        pass(61_000);
        assertEquals(0, a.places());
    }

    @Test
    void acceptedSocketsBeginWithTheirListenersOptions() throws Exception {
        listener.setOption(StandardSocketOptions.TCP_NODELAY, true)
                .setOption(StandardSocketOptions.SO_KEEPALIVE, true)
                .setOption(StandardSocketOptions.SO_LINGER, 5)
                .setOption(StandardSocketOptions.SO_RCVBUF, 40_000)
                .setOption(StandardSocketOptions.IP_TOS, 0x20)
                .setOption(TcpOptions.HOP_LIMIT, 9)
                .setOption(TcpOptions.MAX_SEGMENT, 500);
        TcpSocket client = connected();
        TcpSocket accepted = listener.tryAccept();
        listener.setOption(StandardSocketOptions.TCP_NODELAY, false).setOption(StandardSocketOptions.SO_RCVBUF, 80_000);
        assertTrue(accepted.getOption(StandardSocketOptions.TCP_NODELAY));
        assertTrue(accepted.getOption(StandardSocketOptions.SO_KEEPALIVE));
        assertEquals(5, accepted.getOption(StandardSocketOptions.SO_LINGER));
        assertEquals(40_000, accepted.getOption(StandardSocketOptions.SO_RCVBUF));
        assertEquals(0x20, accepted.getOption(StandardSocketOptions.IP_TOS));
        assertEquals(9, accepted.getOption(TcpOptions.HOP_LIMIT));
        // Both what it offers and what it keeps to itself.
        assertEquals(500, accepted.info().agreed().advertisedMss());
        client.write(bytes(1_000));
        assertEquals(List.of(500 - 12, 500 - 12, 24), a.payloads);
        assertFalse(listener.getOption(StandardSocketOptions.TCP_NODELAY));
        assertThrows(UnsupportedOperationException.class,
                () -> listener.setOption(StandardSocketOptions.SO_BROADCAST, true));
        listener.close();
        assertThrows(IOException.class, () -> listener.setOption(StandardSocketOptions.TCP_NODELAY, true));
        assertTrue(accepted.getOption(StandardSocketOptions.TCP_NODELAY), "it outlives its listener");
    }

    @Test
    void closingWithLingerWakesTheReaderAtOnce() throws Exception {
        TcpSocket client = connected();
        client.setOption(StandardSocketOptions.SO_LINGER, 30);
        a.lost = IntStream.range(0, 1000).boxed().collect(Collectors.toSet());
        client.write(bytes(10));
        Thread reader = Thread.ofVirtual().unstarted(() -> { });
        a.tcp.endpoints.forEach(e -> ((ConnectionEndpoint) e).wakeups.register(Wakeups.Role.READS, reader));
        client.close();
        assertTrue(a.unparked.contains(reader));
        assertEquals(1, a.places());
        pass(30_001);
        assertEquals(0, a.places(), "lingering is over");
    }

    @Test
    void readinessIsThatOfTheMoment() throws Exception {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        assertTrue(client.readiness().writable() && !client.readiness().readable() && !client.readiness().closed());
        server.write(bytes(5));
        pass(10);
        assertTrue(client.readiness().readable());
        client.peek(bytes(3));
        assertTrue(client.readiness().readable(), "what was peeked at is still to be read");
        assertEquals(5, client.tryRead(bytes(10)));
        assertFalse(client.readiness().readable());
        server.abort();
        pass(10);
        assertTrue(client.readiness().closed() && client.readiness().readable());
    }

    /// As a kernel does for a process that ends.
    @Test
    void peerOfAnIdleConnectionReadsTheEndWhenTheStackCloses() throws Exception {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        client.write(bytes(5));
        pass(100);
        assertEquals(5, server.tryRead(bytes(10)));
        pass(100);
        a.closing = true;
        a.tcp.close();
        pass(100);
        assertEquals(-1, server.tryRead(bytes(10)));
        assertEquals(-1, server.tryRead(bytes(10)), "each time");
        assertThrows(SocketException.class, () -> server.tryWrite(bytes(1)), "nobody is there");
        assertEquals(0, a.places());
    }

    @Test
    void peerOfAConnectionThatLosesDataIsResetWhenTheStackCloses() throws Exception {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        server.write(bytes(5));
        pass(100);
        a.closing = true;
        a.tcp.close();
        pass(100);
        assertEquals(ErrorCode.CONNECTION_RESET, server.pendingError().orElseThrow());
        assertThrows(SocketException.class, () -> server.tryRead(bytes(10)));
        assertFalse(client.isOpen());
    }
}
