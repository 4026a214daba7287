package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One call throws while several connections, or several threads, depend on what comes after it.
class WorstMomentOfManyTest extends TwoFaultyStacks {
    /// Ends a connection, so that the client's side is in TIME-WAIT.
    private void end(TcpSocket client) throws IOException {
        TcpSocket server = listener.tryAccept();
        client.close();
        pass(10);
        server.close();
        pass(10);
    }

    // ---- who waits for connections

    @Test
    void acceptorThatCouldNotBeWokenIsFoundByTheNextNews() throws IOException {
        connecting();
        b.whileParked = () -> {
            b.refused = "unpark";
            pass(10);
            assertEquals(null, b.refused, "the acceptor was to be woken");
            listener.close();
            assertEquals(Set.of(Thread.currentThread()), b.unparked, "who waits for ever");
        };
        assertThrows(IOException.class, listener::accept);
    }

    @Test
    void connectionWhoseAcceptorCouldNotBeWokenIsWhole() throws IOException {
        TcpSocket client = connecting();
        b.whileParked = () -> {
            b.refused = "unpark";
            pass(10);
        };
        TcpSocket server = listener.accept();
        assertTrue(server.pendingError().isEmpty(), () -> server.pendingError().toString());
        assertTrue(client.pendingError().isEmpty(), () -> client.pendingError().toString());
    }

    @Test
    void listenerClosesThoughAnAcceptorCannotBeWoken() throws IOException {
        connected();
        TcpSocket server = listener.tryAccept();
        assertNotNull(server);
        b.whileParked = () -> {
            b.refused = "unpark";
            listener.close();
            assertEquals(1, b.places(), "places: that of the connection");
        };
        assertThrows(IOException.class, listener::accept);
    }

    // ---- who is in TIME-WAIT

    @Test
    void oneThatCannotLeaveTimeWaitKeepsNoOtherThere() throws IOException {
        List<TcpSocket> clients = List.of(connected(), connected(), connected());
        // All at once.
        var servers = new ArrayList<TcpSocket>();
        for (TcpSocket client : clients) {
            servers.add(listener.tryAccept());
            client.close();
        }
        pass(10);
        for (TcpSocket server : servers) {
            server.close();
        }
        pass(10);
        assertEquals(3, a.places());
        a.refused = "entry.release";
        pass(300_000);
        assertEquals(0, a.places(), "places");
    }

    @Test
    void timeWaitEndsThoughItsTimerCannotBeSet() throws IOException {
        for (int i = 0; i < 3; i++) {
            end(connected());
            pass(1_000);
        }
        assertEquals(3, a.places());
        a.refused = "timer.set";
        pass(300_000);
        assertEquals(0, a.places(), "places");
    }

    @Test
    void timeWaitThatBeginsAnewEndsThoughItsTimerCannotBeSet() throws IOException {
        restartTimeWait("timer.set");
    }

    @Test
    void timeWaitThatBeginsAnewEndsThoughTheClockFails() throws IOException {
        restartTimeWait("clock");
    }

    private void restartTimeWait(String fault) throws IOException {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        client.close();
        pass(10);
        // The client's acknowledgement of the FIN is lost, and all after it: the FIN comes again.
        a.lost = a.following(3);
        server.close();
        pass(50);
        a.refused = fault;
        pass(10_000);
        assertEquals(null, a.refused, "the FIN came again");
        pass(300_000);
        assertEquals(0, a.places(), "places");
    }

    /// The stack that closes has come to the connection and finds it gone, and a record in its place.
    @Test
    void connectionThatEntersTimeWaitAsTheStackClosesLeavesNothing() throws IOException {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        client.close();
        pass(10);
        server.close();
        a.during.put("table.forEach", () -> pass(10));
        a.closing = true;
        a.tcp.close();
        assertEquals(Map.of(), a.during);
        assertEquals(0, a.places(), "places");
    }

    // ---- handshakes

    @Test
    void handshakesAreForgottenThoughTheirTimerCouldNotBeSetOnce() throws IOException {
        // Nothing of the listener's arrives.
        b.lost = b.following(100_000);
        b.refused = "timer.set";
        for (int i = 0; i < 3; i++) {
            TcpSocket client = connecting();
            pass(100);
            client.abort();
            pass(10);
        }
        assertEquals(null, b.refused);
        assertTrue(((ListenEndpoint) listener).handshakes() > 0);
        pass(300_000);
        assertEquals(0, ((ListenEndpoint) listener).handshakes(), "records");
    }

    // ---- sockets

    @Test
    void interruptedWriterLeavesNothingThatWasPeeked() throws IOException {
        try (var _ = new LeakCheck()) {
            TcpSocket client = connected();
            TcpSocket server = listener.tryAccept();
            client.tryWrite(ByteBuffer.allocate(100));
            pass(10);
            assertEquals(100, server.peek(ByteBuffer.allocate(100)));
            Thread.currentThread().interrupt();
            try {
                assertThrows(IOException.class, () -> server.write(new byte[8 << 20], 0, 8 << 20));
            } finally {
                Thread.interrupted();
            }
            server.close();
            client.abort();
            listener.close();
            pass(300_000);
            assertEquals(0, b.reserved(), "bytes of the budget");
        }
    }

    @Test
    void callbackHearsOfWhatWasPeeked() throws IOException {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        client.tryWrite(ByteBuffer.allocate(100));
        pass(10);
        server.peek(ByteBuffer.allocate(100));
        var told = new ArrayList<Readiness>();
        server.onReady(told::add);
        assertTrue(told.getLast().readable(), told.toString());
    }

    @Test
    void stackClosedFromInsideAQuestionLeavesNothing() throws IOException {
        TcpSocket client = connected();
        a.insideEngine = () -> {
            a.closing = true;
            a.tcp.close();
        };
        client.info();
        assertEquals(null, a.insideEngine);
        assertEquals(0, a.places(), "places");
        assertEquals(ErrorCode.STACK_CLOSED, client.pendingError().orElseThrow());
    }

    /// The port that the socket was bound to cannot be given back, and it was closed while it connected.
    @Test
    void socketClosedWhileItConnectsLeavesNoConnection() throws IOException {
        TcpSocket client = a.tcp.open();
        client.bind(new InetSocketAddress(2000));
        a.during.put("path", () -> {
            assertDoesNotThrow(client::close);
            a.refused = "entry.release";
        });
        attempt(() -> client.startConnect(new InetSocketAddress(b.address().toInetAddress(), PORT)));
        assertEquals(Map.of(), a.during);
        assertEquals(null, a.refused);
        pass(100);
        assertEquals(0, a.places(), "places");
    }

    /// A reset and the SYN of the next connection of these ports come in one batch.
    @Test
    void synBehindTheResetInOneBatchBeginsAConnection() throws Exception {
        TcpSocket client = from2000();
        pass(10);
        assertTrue(client.isConnected());
        var server = new ConnectionEndpoint[1];
        b.tcp.endpoints.forEach(e -> server[0] = e instanceof ConnectionEndpoint c ? c : server[0]);
        var locked = new CountDownLatch(1);
        var come = new CountDownLatch(1);
        Thread busy = Thread.ofPlatform().daemon().start(() -> {
            server[0].gate.lock();
            locked.countDown();
            assertDoesNotThrow(() -> come.await());
            server[0].gate.unlock();
        });
        locked.await();
        client.abort();
        TcpSocket next = from2000();
        pass(10);
        come.countDown();
        busy.join();
        server[0].run();
        pass(100);
        assertTrue(next.isConnected(), "the SYN is lost");
    }

    private TcpSocket from2000() throws IOException {
        TcpSocket client = a.tcp.open();
        client.bind(new InetSocketAddress(2000));
        client.startConnect(new InetSocketAddress(b.address().toInetAddress(), PORT));
        return client;
    }

    // ---- all of it

    /// Lives that follow one another on the same ports, while others are under way.
    private void lives(FaultyStack faulty, boolean stackEnds) {
        a.lost = Set.of(2, 11, 23);
        b.lost = Set.of(1, 9, 17);
        for (int round = 0; round < 3; round++) {
            var clients = new ArrayList<TcpSocket>();
            for (int i = 0; i < 3; i++) {
                int port = 2000 + i;
                attempt(() -> {
                    TcpSocket client = a.tcp.open();
                    clients.add(client);
                    client.bind(new InetSocketAddress(port));
                    client.onReady(_ -> a.pass("callback"));
                    client.startConnect(new InetSocketAddress(b.address().toInetAddress(), PORT));
                });
            }
            pass(4_000);
            var servers = new ArrayList<TcpSocket>();
            for (int i = 0; i < 4; i++) {
                attempt(() -> {
                    TcpSocket server = listener.tryAccept();
                    if (server != null) {
                        servers.add(server);
                    }
                });
            }
            clients.forEach(c -> attempt(() -> c.tryWrite(ByteBuffer.allocate(2_000))));
            pass(2_000);
            servers.forEach(s -> attempt(() -> s.peek(ByteBuffer.allocate(100))));
            servers.forEach(s -> attempt(() -> s.tryRead(ByteBuffer.allocate(4_000))));
            // TIME-WAIT is the server's, so that the next SYN finds it there; in the last round the client's.
            List<TcpSocket> first = round < 2 ? servers : clients;
            List<TcpSocket> second = round < 2 ? clients : servers;
            first.forEach(s -> attempt(s::close));
            pass(50);
            second.forEach(s -> attempt(s::close));
            pass(1_000);
            // What a fault kept from closing.
            clients.forEach(s -> attempt(s::close));
            servers.forEach(s -> attempt(s::close));
            pass(10);
        }
        if (stackEnds) {
            faulty.closing = true;
            attempt(faulty.tcp::close);
        }
        pass(300_000);
    }

    private interface Step {
        void run() throws Exception;
    }

    private static void attempt(Step step) {
        try {
            step.run();
        } catch (Exception | FaultyStack.Fault e) {
            return;
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false, 1", "false, false, 1", "true, true, 1", "false, true, 1", "false, false, 2", "true, false, 2"})
    void everythingThrowsOnceAmongMany(boolean atClient, boolean stackEnds, int failures) throws Exception {
        var problems = new ArrayList<String>();
        int n = 0;
        for (boolean more = true; more; n++) {
            var life = new WorstMomentOfManyTest();
            life.listen();
            FaultyStack faulty = atClient ? life.a : life.b;
            faulty.failFrom = faulty.calls + n;
            faulty.failures = failures;
            try (var _ = new LeakCheck()) {
                life.lives(faulty, stackEnds);
                faulty.failFrom = Integer.MAX_VALUE;
                life.listener.close();
                life.pass(3_600_000);
                assertEquals(0, life.a.places(), "places at the client");
                assertEquals(0, life.b.places(), "places at the server");
                assertEquals(0, life.a.reserved() + life.b.reserved(), "bytes of the budget");
            } catch (Throwable e) {
                problems.add(n + " (" + faulty.failed + "): " + e);
            }
            more = faulty.failed != null;
        }
        assertTrue(n > 300, n + " lives");
        assertEquals(List.of(), problems, problems.size() + " of " + n + " lives");
    }
}
