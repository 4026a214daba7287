package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// DEFER_ACCEPT, in virtual time: a round trip takes two milliseconds.
class DeferAcceptTest extends TwoFaultyStacks {
    @BeforeEach
    void defer() throws Exception {
        listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ofSeconds(10));
    }

    private static ByteBuffer bytes(int n) {
        return ByteBuffer.allocate(n);
    }

    private long connections() {
        return b.tcp.passiveOpens.value();
    }

    @Test
    void acceptedWhenDataIsThere() throws Exception {
        var called = new AtomicInteger();
        listener.onReady(_ -> called.incrementAndGet());
        TcpSocket client = connected();
        pass(9_000);
        assertNull(listener.tryAccept());
        assertFalse(listener.readiness().readable());
        assertEquals(0, called.get());
        assertEquals(0, connections(), "a record, no connection");
        assertEquals(0, b.tcp.retransmits.value(), "its SYN,ACK has arrived");
        client.write(bytes(5));
        pass(10);
        assertTrue(called.get() > 0);
        TcpSocket accepted = listener.tryAccept();
        assertEquals(5, accepted.tryRead(bytes(10)));
        assertEquals(2 * MS, accepted.info().roundTrip().srttNs(), "what it waited is no round trip");
    }

    @Test
    void acceptedWithoutDataAfterItsTime() throws Exception {
        TcpSocket client = connected();
        pass(9_980);
        assertNull(listener.tryAccept());
        pass(30);
        TcpSocket accepted = listener.tryAccept();
        assertNotNull(accepted, "the SYN,ACK went again, and its ACK has come");
        assertEquals(2 * MS, accepted.info().roundTrip().srttNs());
        assertTrue(accepted.info().sending().cwnd() > 2 * accepted.info().sending().mss(), "nothing was lost");
        accepted.write(bytes(7));
        pass(10);
        assertEquals(7, client.tryRead(bytes(10)));
    }

    @Test
    void aPeerThatIsGoneIsForgotten() throws Exception {
        TcpSocket client = connected();
        a.lost = a.following(1000);
        client.abort();
        pass(120_000);
        assertNull(listener.tryAccept());
        assertEquals(0, ((ListenEndpoint) listener).handshakes());
        assertEquals(0, connections());
    }

    @Test
    void aPeerThatClosesIsAccepted() throws Exception {
        connected().close();
        pass(10);
        assertEquals(-1, listener.tryAccept().tryRead(bytes(1)));
    }

    @Test
    void aResetEndsIt() throws Exception {
        connected().abort();
        pass(10);
        assertEquals(0, ((ListenEndpoint) listener).handshakes());
        pass(60_000);
        assertNull(listener.tryAccept());
    }

    @Test
    void keepAlivesOfTheClientAreAnsweredMeanwhile() throws Exception {
        TcpSocket client = connecting();
        client.setOption(java.net.StandardSocketOptions.SO_KEEPALIVE, true)
                .setOption(TcpOptions.KEEP_ALIVE_IDLE, Duration.ofSeconds(1))
                .setOption(TcpOptions.KEEP_ALIVE_INTERVAL, Duration.ofSeconds(1))
                .setOption(TcpOptions.KEEP_ALIVE_COUNT, 2);
        pass(9_000);
        assertTrue(client.isConnected() && client.pendingError().isEmpty());
        assertNull(listener.tryAccept());
    }

    @Test
    void dataThatWasLostOnItsFirstWayIsAcceptedAllTheSame() throws Exception {
        TcpSocket client = connected();
        a.lost = a.following(1);
        client.write(bytes(5));
        pass(2_000);
        assertEquals(5, listener.tryAccept().tryRead(bytes(10)));
    }

    @Test
    void zeroAcceptsAtOnceAndIsTheDefault() throws Exception {
        listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ZERO);
        connected();
        assertNotNull(listener.tryAccept());
        assertEquals(Duration.ZERO, a.tcp.open().getOption(TcpOptions.DEFER_ACCEPT));
        assertThrows(IllegalArgumentException.class, () -> listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ofHours(2)));
    }

    /// Half of the 128 records are calm ones, the others have cookies; who is forgotten is known again by his data.
    @Test
    void silentPeersAreBoundedAndNobodyWithDataIsTurnedAway() throws Exception {
        listener.close();
        pass(1);
        listener = b.tcp.listen(new java.net.InetSocketAddress(PORT), 1);
        listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ofSeconds(60));
        List<TcpSocket> clients = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            clients.add(connected());
        }
        assertTrue(((ListenEndpoint) listener).handshakes() <= 128);
        assertNull(listener.tryAccept());
        for (TcpSocket client : clients) {
            client.write(bytes(3));
            pass(3);
            TcpSocket accepted = listener.tryAccept();
            assertNotNull(accepted);
            assertEquals(3, accepted.tryRead(bytes(10)));
            accepted.abort();
        }
    }
}
