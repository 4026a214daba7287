package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.Requirement;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// TCP sockets from end to end, over every link there is.
@Timeout(60)
class TcpTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private Stack stack;

    @BeforeEach
    void open() throws IOException {
        stack = Lab.loopback();
    }

    @AfterEach
    void close() {
        stack.close();
    }

    private TcpSocket connect(String address, int port) throws IOException {
        return stack.tcp().connect(new InetSocketAddress(address, port), PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {Lab.V4, Lab.V6})
    void echoesOverBothVersions(String address) throws Exception {
        try (TcpListener listener = stack.tcp().listen(8080)) {
            CompletableFuture<Long> echo = Lab.echo(listener);
            try (TcpSocket client = connect(address, 8080)) {
                client.outputStream().write("over and out".getBytes());
                client.shutdownOutput();
                assertEquals("over and out", new String(client.inputStream().readAllBytes()));
                assertEquals(new InetSocketAddress(address, 8080), client.remoteAddress());
                assertEquals(address.contains(":"), client.localAddress().getAddress() instanceof Inet6Address);
            }
            assertEquals(12, Lab.within(echo));
        }
    }

    @ParameterizedTest
    @CsvSource({"1500, 10.9.0.2, 20000000", "1280, fd09::2, 3000000", "9000, 10.9.0.2, 20000000", "65535, fd09::2, 50000000",
        "576, 10.9.0.2, 2000000"})
    void carriesBytesUnchangedBetweenTwoStacks(int mtu, String address, int size) throws Exception {
        byte[] data = new byte[size];
        new Random(mtu).nextBytes(data);
        var wireA = new dev.millrace.link.vnic.Vnic(mtu);
        var wireB = new dev.millrace.link.vnic.Vnic(mtu);
        dev.millrace.link.vnic.Vnic.connect(wireA, wireB);
        try (Stack a = Stack.builder().nic("n", wireA, n -> {
            n.address("10.9.0.1/24");
            if (mtu >= 1280) {
                n.address("fd09::1/64");
            }
        }).open(); Stack b = Stack.builder().nic("n", wireB, n -> {
            n.address("10.9.0.2/24");
            if (mtu >= 1280) {
                n.address("fd09::2/64");
            }
        }).open(); TcpListener listener = b.tcp().listen(80)) {
            CompletableFuture<byte[]> digest = Lab.async(() -> {
                MessageDigest sha = MessageDigest.getInstance("SHA-256");
                try (TcpSocket s = listener.accept()) {
                    byte[] chunk = new byte[10_007];
                    int n;
                    while ((n = s.read(chunk, 0, chunk.length)) > 0) {
                        sha.update(chunk, 0, n);
                    }
                }
                return sha.digest();
            });
            try (TcpSocket client = a.tcp().connect(new InetSocketAddress(address, 80), PATIENCE)) {
                client.write(ByteBuffer.wrap(data));
            }
            assertArrayEquals(MessageDigest.getInstance("SHA-256").digest(data), Lab.within(digest));
            assertTrue(b.counters().get("drops").keySet().stream().noneMatch(d -> d.contains("checksum")),
                    () -> b.counters().get("drops").toString());
        }
    }

    @Test
    void bothDirectionsAtOnceUnderManyConnections() throws Exception {
        int connections = 50;
        try (TcpListener listener = stack.tcp().listen(7)) {
            Thread.startVirtualThread(() -> {
                try {
                    while (true) {
                        TcpSocket s = listener.accept();
                        Lab.async(() -> {
                            try (s) {
                                return s.inputStream().transferTo(s.outputStream());
                            }
                        });
                    }
                } catch (IOException e) {
                    // The listener was closed: the test is over.
                }
            });
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                byte[] data = new byte[200_000];
                new Random(i).nextBytes(data);
                clients.add(Lab.async(() -> {
                    try (TcpSocket c = connect(Lab.V4, 7)) {
                        CompletableFuture<Void> writer = Lab.async(() -> {
                            c.write(ByteBuffer.wrap(data));
                            c.shutdownOutput();
                            return null;
                        });
                        assertArrayEquals(data, c.inputStream().readAllBytes());
                        return Lab.within(writer);
                    }
                }));
            }
            for (CompletableFuture<Void> c : clients) {
                c.get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void refusedConnectionsSayWhatTheJdkSays() {
        ConnectException e = assertThrows(ConnectException.class, () -> connect(Lab.V4, 81));
        assertEquals("Connection refused", e.getMessage());
        assertEquals(ErrorCode.CONNECTION_REFUSED, ErrorCode.of(e).orElseThrow());
    }

    @Test
    void unroutableUnknownAndImpossibleDestinationsFailAtOnce() {
        SocketException e = assertThrows(SocketException.class, () -> connect("192.0.2.1", 80));
        assertEquals("Network is unreachable", e.getMessage());
        assertThrows(UnknownHostException.class, () ->
                stack.tcp().connect(InetSocketAddress.createUnresolved("nowhere", 80), PATIENCE));
        for (String address : List.of("255.255.255.255", "224.0.0.1", "ff02::1", "0.0.0.0", "10.9.0.255")) {
            assertThrows(SocketException.class, () -> connect(address, 80), address);
        }
    }

    @Requirement("RFC9293:MUST-41")
    @Test
    void aListenerTwiceOnAPortIsRefusedAndTheFirstGoesOn() throws Exception {
        try (TcpListener first = stack.tcp().listen(8080)) {
            BindException e = assertThrows(BindException.class, () -> stack.tcp().listen(8080));
            assertEquals("Address already in use", e.getMessage());
            assertThrows(BindException.class, () -> stack.tcp().listen(new InetSocketAddress(Lab.V4, 8080), 0));
            assertThrows(BindException.class, () -> stack.tcp().listen(new InetSocketAddress("192.0.2.7", 8081), 0));
            CompletableFuture<Long> echo = Lab.echo(first);
            connect(Lab.V4, 8080).close();
            assertEquals(0, Lab.within(echo));
        }
    }

    @Test
    void aFullPortRangeIsSaidAndTheStackGoesOn() throws Exception {
        try (Stack small = Stack.builder().nic("lo", "loopback:", "10.8.0.1/32").option("stack", "ephemeral-ports", "50000-50009")
                .open(); TcpListener listener = small.tcp().listen(80)) {
            List<TcpSocket> open = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                open.add(small.tcp().connect(new InetSocketAddress("10.8.0.1", 80), PATIENCE));
            }
            BindException e = assertThrows(BindException.class,
                    () -> small.tcp().connect(new InetSocketAddress("10.8.0.1", 80), PATIENCE));
            assertEquals("Cannot assign requested address", e.getMessage());
            for (TcpSocket s : open) {
                s.abort();
            }
            small.tcp().connect(new InetSocketAddress("10.8.0.1", 80), PATIENCE).close();
        }
    }

    @Test
    void readsTimeOutAndGoOn() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = connect(Lab.V4, 80);
                TcpSocket server = listener.accept()) {
            client.setReadTimeout(Duration.ofMillis(20));
            var e = assertThrows(SocketTimeoutException.class, () -> client.read(ByteBuffer.allocate(1)));
            assertEquals("Read timed out", e.getMessage());
            server.write(ByteBuffer.wrap(new byte[] {42}));
            assertEquals(42, client.inputStream().read());
            listener.setAcceptTimeout(Duration.ofMillis(20));
            assertEquals("Accept timed out", assertThrows(SocketTimeoutException.class, listener::accept).getMessage());
        }
    }

    @Test
    void connectingToSilenceTimesOut() throws Exception {
        var dead = new dev.millrace.link.vnic.Vnic(1500);
        try (Stack lonely = Stack.builder().nic("n", dead, n -> n.address("10.9.0.1/24")).open()) {
            var e = assertThrows(SocketTimeoutException.class, () ->
                    lonely.tcp().connect(new InetSocketAddress("10.9.0.2", 80), Duration.ofMillis(50)));
            assertEquals("Connect timed out", e.getMessage());
            assertEquals(0, lonely.tcp().connectionCount());
        }
    }

    @Test
    void anAbortIsAResetForThePeer() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = connect(Lab.V4, 80);
                TcpSocket server = listener.accept()) {
            CompletableFuture<Integer> blocked = Lab.async(() -> client.read(ByteBuffer.allocate(1)));
            server.abort();
            Throwable cause = assertThrows(java.util.concurrent.ExecutionException.class, () -> Lab.within(blocked)).getCause();
            assertEquals("Connection reset", assertInstanceOf(SocketException.class, cause).getMessage());
            var e = assertThrows(SocketException.class, () -> client.write(ByteBuffer.wrap(new byte[1])));
            assertEquals("Broken pipe", e.getMessage());
        }
    }

    @Test
    void unreadDataMakesCloseAReset() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = connect(Lab.V4, 80)) {
            TcpSocket server = listener.accept();
            client.write(ByteBuffer.wrap(new byte[100]));
            server.close();
            var e = assertThrows(SocketException.class, () -> client.read(ByteBuffer.allocate(1)));
            assertEquals("Connection reset", e.getMessage());
        }
    }

    @Test
    void lingerOfZeroResets() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = connect(Lab.V4, 80);
                TcpSocket server = listener.accept()) {
            server.setOption(StandardSocketOptions.SO_LINGER, 0);
            server.close();
            assertThrows(SocketException.class, () -> client.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void halfCloseKeepsTheOtherDirection() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = connect(Lab.V4, 80);
                TcpSocket server = listener.accept()) {
            client.shutdownOutput();
            assertEquals(-1, server.read(ByteBuffer.allocate(1)));
            server.write(ByteBuffer.wrap("still here".getBytes()));
            ByteBuffer b = ByteBuffer.allocate(10);
            while (b.hasRemaining()) {
                client.read(b);
            }
            assertEquals("still here", new String(b.array()));
            assertThrows(SocketException.class, () -> client.write(ByteBuffer.wrap(new byte[1])));
        }
    }

    @Test
    void closingWakesEveryBlockedCaller() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80)) {
            TcpSocket client = connect(Lab.V4, 80);
            TcpSocket server = listener.accept();
            CompletableFuture<TcpSocket> acceptor = Lab.blocked(listener::accept);
            CompletableFuture<Integer> reader = Lab.blocked(() -> server.read(ByteBuffer.allocate(1)));
            CompletableFuture<Integer> writer = Lab.blocked(() -> server.write(ByteBuffer.allocate(64 << 20)));
            server.close();
            client.close();
            listener.close();
            for (CompletableFuture<?> f : List.of(reader, writer, acceptor)) {
                Throwable cause = assertThrows(java.util.concurrent.ExecutionException.class, () -> Lab.within(f)).getCause();
                assertInstanceOf(ClosedChannelException.class, cause);
            }
        }
    }

    @Test
    void closingTheStackWakesEveryBlockedCaller() throws Exception {
        TcpListener listener = stack.tcp().listen(80);
        TcpSocket client = connect(Lab.V4, 80);
        TcpSocket server = listener.accept();
        List<CompletableFuture<?>> blocked = List.of(
                Lab.blocked(() -> server.read(ByteBuffer.allocate(1))),
                Lab.blocked(() -> server.write(ByteBuffer.allocate(64 << 20))),
                Lab.blocked(listener::accept));
        stack.close();
        for (CompletableFuture<?> f : blocked) {
            Throwable cause = assertThrows(java.util.concurrent.ExecutionException.class, () -> Lab.within(f)).getCause();
            assertEquals(ErrorCode.STACK_CLOSED, ErrorCode.of(cause).orElseThrow(), () -> cause.toString());
        }
        assertEquals(ErrorCode.STACK_CLOSED, ErrorCode.of(assertThrows(IOException.class, () -> stack.tcp().open())).orElseThrow());
        assertEquals(ErrorCode.STACK_CLOSED,
                ErrorCode.of(assertThrows(IOException.class, () -> stack.tcp().listen(81))).orElseThrow());
        assertEquals(ErrorCode.STACK_CLOSED,
                ErrorCode.of(assertThrows(IOException.class, () -> client.read(ByteBuffer.allocate(1)))).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptionClosesTheSocket(boolean virtual) throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = connect(Lab.V4, 80);
                TcpSocket server = listener.accept()) {
            var result = new CompletableFuture<Throwable>();
            Thread t = (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(() -> {
                try {
                    client.read(ByteBuffer.allocate(1));
                    result.complete(null);
                } catch (Throwable e) {
                    result.complete(Thread.currentThread().isInterrupted() ? e : new AssertionError("not interrupted"));
                }
            });
            Lab.awaitWaiting(t);
            t.interrupt();
            assertInstanceOf(ClosedByInterruptException.class, Lab.within(result));
            assertTrue(!client.isOpen());
            assertThrows(ClosedChannelException.class, () -> client.read(ByteBuffer.allocate(1)));
            assertTrue(server.isOpen());
        }
    }

    @Test
    void aClosedSocketSaysSoLikeTheJdk() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80)) {
            TcpSocket client = connect(Lab.V4, 80);
            OutputStream out = client.outputStream();
            client.close();
            client.close();
            assertEquals("Socket closed", assertThrows(SocketException.class, () -> out.write(1)).getMessage());
            assertThrows(ClosedChannelException.class, () -> client.write(ByteBuffer.allocate(1)));
            assertThrows(AsynchronousCloseException.class, () -> {
                listener.close();
                throw new AsynchronousCloseException();
            });
        }
    }

    @Test
    void nonBlockingUseByReadinessAlone() throws Exception {
        var acceptable = new CountDownLatch(1);
        var connected = new CountDownLatch(1);
        var readable = new CountDownLatch(1);
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = stack.tcp().open()) {
            assertNull(listener.tryAccept());
            listener.onReady(r -> acceptable.countDown());
            client.onReady(r -> {
                if (r.writable()) {
                    connected.countDown();
                }
                if (r.readable()) {
                    readable.countDown();
                }
            });
            client.startConnect(new InetSocketAddress(Lab.V4, 80));
            assertTrue(connected.await(5, TimeUnit.SECONDS));
            assertTrue(client.finishConnect());
            assertTrue(acceptable.await(5, TimeUnit.SECONDS));
            TcpSocket server = listener.tryAccept();
            ByteBuffer none = ByteBuffer.allocate(10);
            assertEquals(0, client.tryRead(none));
            assertEquals(3, server.tryWrite(ByteBuffer.wrap(new byte[] {1, 2, 3})));
            assertTrue(readable.await(5, TimeUnit.SECONDS));
            assertEquals(3, client.tryRead(none));
            long taken = 0;
            ByteBuffer big = ByteBuffer.allocate(1 << 20);
            int n;
            while ((n = server.tryWrite(big.clear())) > 0) {
                taken += n;
            }
            assertTrue(taken > 0 && taken <= 4 << 20, "took " + taken);
            server.close();
        }
    }

    @Test
    void readinessCallbacksMayUseTheSocket() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = connect(Lab.V4, 80);
                TcpSocket server = listener.accept()) {
            var pongs = new CountDownLatch(1000);
            bounce(server, null);
            bounce(client, pongs);
            client.write(ByteBuffer.wrap(new byte[] {1}));
            assertTrue(pongs.await(10, TimeUnit.SECONDS), "left: " + pongs.getCount());
            client.onReady(null);
            server.onReady(null);
        }
    }

    private static void bounce(TcpSocket socket, CountDownLatch count) {
        ByteBuffer b = ByteBuffer.allocate(1).limit(0);
        socket.onReady((Readiness r) -> {
            try {
                if (!b.hasRemaining()) {
                    boolean came = socket.tryRead(b.clear()) > 0;
                    b.flip();
                    if (came && count != null) {
                        count.countDown();
                    }
                }
                if (b.hasRemaining() && (count == null || count.getCount() > 0)) {
                    // If the timers' thread is at work on the connection nothing is taken, and the callback comes again.
                    socket.tryWrite(b);
                }
            } catch (IOException e) {
                // The end of the test.
            }
        });
    }

    /// A try that only another thread's turn kept from its data is told to try again; else it would wait for an event
    /// that has passed.
    @Test
    void tryThatFoundAnotherReaderIsCalledAgain() throws Exception {
        try (TcpListener listener = stack.tcp().listen(8080); TcpSocket client = connect(Lab.V4, 8080);
                TcpSocket server = listener.accept()) {
            client.setReadTimeout(Duration.ofMillis(200));
            var calls = new java.util.concurrent.LinkedBlockingQueue<Readiness>();
            client.onReady(calls::add);
            calls.clear();
            long enough = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            // Whether a try meets the reader is a matter of luck: on a busy machine the reader may be done before one does.
            while (calls.isEmpty() && System.nanoTime() < enough) {
                CompletableFuture<Object> reader = Lab.async(() -> assertThrows(SocketTimeoutException.class,
                        () -> client.read(ByteBuffer.allocate(1))));
                while (!reader.isDone() && calls.isEmpty()) {
                    assertEquals(0, client.tryRead(ByteBuffer.allocate(1)));
                }
                Lab.within(reader);
                if (calls.isEmpty()) {
                    // The last that the reader does is to tell.
                    Readiness told = calls.poll(100, TimeUnit.MILLISECONDS);
                    if (told != null) {
                        calls.add(told);
                    }
                }
            }
            assertFalse(calls.isEmpty(), "never called again");
            assertTrue(server.isOpen());
        }
    }

    @Test
    void optionsAreKeptAndChecked() throws Exception {
        try (TcpSocket s = stack.tcp().open()) {
            s.setOption(StandardSocketOptions.TCP_NODELAY, true).setOption(StandardSocketOptions.IP_TOS, 16)
                    .setOption(TcpOptions.USER_TIMEOUT, Duration.ofSeconds(3)).setOption(TcpOptions.HOP_LIMIT, 9)
                    .setOption(StandardSocketOptions.SO_RCVBUF, 100_000).setOption(TcpOptions.CONGESTION_CONTROL, "newreno");
            assertEquals(true, s.getOption(StandardSocketOptions.TCP_NODELAY));
            assertEquals(16, s.getOption(StandardSocketOptions.IP_TOS));
            assertEquals(Duration.ofSeconds(3), s.getOption(TcpOptions.USER_TIMEOUT));
            assertEquals(9, s.getOption(TcpOptions.HOP_LIMIT));
            assertEquals(100_000, s.getOption(StandardSocketOptions.SO_RCVBUF));
            assertThrows(IllegalArgumentException.class, () -> s.setOption(TcpOptions.HOP_LIMIT, 0));
            assertThrows(UnsupportedOperationException.class, () -> s.setOption(StandardSocketOptions.SO_BROADCAST, true));
            var e = assertThrows(IllegalArgumentException.class, () -> s.setOption(TcpOptions.CONGESTION_CONTROL, "newrno"));
            assertTrue(e.getMessage().contains("newreno"), e.getMessage());
        }
    }

    @Test
    void aBoundClientKeepsItsPort() throws Exception {
        try (TcpListener listener = stack.tcp().listen(80); TcpSocket client = stack.tcp().open()) {
            client.bind(new InetSocketAddress(Lab.V4, 12345));
            assertThrows(BindException.class, () -> stack.tcp().listen(12345));
            client.connect(new InetSocketAddress(Lab.V4, 80), PATIENCE);
            assertEquals(12345, client.localAddress().getPort());
        }
    }

    @Test
    void unacceptedConnectionsAreResetWhenTheListenerCloses() throws Exception {
        TcpListener listener = stack.tcp().listen(80);
        try (TcpSocket client = connect(Lab.V4, 80)) {
            listener.close();
            assertThrows(SocketException.class, () -> client.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void connectionsLeaveTimeWaitAndThenNothingIsLeft() throws Exception {
        try (Stack quick = Stack.builder().nic("lo", "loopback:", "10.8.0.1/32").option("tcp", "time-wait", "20ms").open()) {
            try (TcpListener listener = quick.tcp().listen(80)) {
                for (int i = 0; i < 200; i++) {
                    try (TcpSocket c = quick.tcp().connect(new InetSocketAddress("10.8.0.1", 80), PATIENCE)) {
                        listener.accept().close();
                        assertEquals(-1, c.read(ByteBuffer.allocate(1)));
                    }
                }
            }
            Await.until(() -> quick.tcp().connectionCount() == 0, () -> "connections left: " + quick.tcp().connectionCount());
        }
    }
}
