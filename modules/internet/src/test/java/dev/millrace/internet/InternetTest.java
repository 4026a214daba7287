package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Packets that the program moves: rows U1 to U24 of the reference system, with its gaps closed.
@Timeout(60)
class InternetTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private LeakCheck leaks;
    private Internet net;

    @BeforeEach
    void open() {
        leaks = new LeakCheck();
        net = Internet.builder().manual().open();
    }

    @AfterEach
    void close() {
        net.close();
        leaks.close();
    }

    private long count(String name) {
        return net.counters().get(name);
    }

    private static CompletableFuture<byte[]> readAll(TcpListener listener) {
        var all = new CompletableFuture<byte[]>();
        Thread.startVirtualThread(() -> {
            try (TcpSocket s = listener.accept()) {
                all.complete(s.inputStream().readAllBytes());
            } catch (IOException e) {
                all.completeExceptionally(e);
            }
        });
        return all;
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1, 10.0.0.2, 1500", "fd00::1, fd00::2, 1280", "10.0.0.1, 10.0.0.2, 9000", "fd00::1, fd00::2, 65535"})
    void streamsArriveWholeThroughThePump(String a, String b, int mtu) throws Exception {
        byte[] data = new byte[3_000_000];
        new Random(1).nextBytes(data);
        String address = a.contains(":") ? "[" + a + "]:443" : a + ":443";
        try (Host server = net.host("server", mtu, List.of(a), _ -> {
        }); Host client = net.host("client", mtu, List.of(b), _ -> {
        }); var _ = new Pump(net); TcpListener listener = server.connector().listen("tcp", ":443")) {
            CompletableFuture<byte[]> got = readAll(listener);
            try (TcpSocket s = client.connector().connect("tcp", address, PATIENCE)) {
                s.write(data, 0, data.length);
                s.shutdownOutput();
                // U15: half-close carries the other direction on.
                assertEquals(-1, s.read(ByteBuffer.allocate(1)));
            }
            assertArrayEquals(data, got.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void nothingMovesByItselfU3() throws Exception {
        try (Host a = net.host("a", "10.0.0.1"); Host _ = net.host("b", "10.0.0.2")) {
            assertThrows(SocketTimeoutException.class, () -> a.connector().connect("tcp", "10.0.0.2:80", Duration.ofMillis(50)));
            Frame syn = net.tryTake();
            assertEquals(InetAddress.ofLiteral("10.0.0.1"), syn.sourceAddress());
            assertEquals(InetAddress.ofLiteral("10.0.0.2"), syn.destinationAddress());
            assertEquals(4, syn.version());
            assertEquals(a, syn.source());
            syn.drop();
            assertEquals(1, count("dropped-by-program"));
        }
    }

    @Test
    void framesAreLostReorderedDoubledAndStillTheStreamIsWholeU3() throws Exception {
        byte[] data = new byte[300_000];
        new Random(2).nextBytes(data);
        var random = new Random(3);
        var held = new Frame[1];
        try (Host server = net.host("server", "10.0.0.1"); Host client = net.host("client", "10.0.0.2");
                TcpListener listener = server.stack().tcp().listen(80); var _ = new Pump(net, frame -> {
                    if (random.nextInt(20) == 0) {
                        return false;
                    }
                    if (random.nextInt(10) == 0) {
                        net.deliver(frame.copy());
                    }
                    if (held[0] == null && random.nextInt(10) == 0) {
                        held[0] = frame.copy();
                        return false;
                    }
                    if (held[0] != null && random.nextInt(3) == 0) {
                        net.deliver(held[0]);
                        held[0] = null;
                    }
                    return true;
                })) {
            CompletableFuture<byte[]> got = readAll(listener);
            try (TcpSocket s = client.connector().connect("tcp", "10.0.0.1:80", PATIENCE)) {
                s.write(data, 0, data.length);
                s.shutdownOutput();
                assertArrayEquals(data, got.get(40, TimeUnit.SECONDS));
            }
        } finally {
            if (held[0] != null) {
                held[0].drop();
            }
        }
    }

    @Test
    void changedBytesAreFoundOutByTheirChecksumU3() throws Exception {
        try (Host server = net.host("server", "10.0.0.1"); Host client = net.host("client", "10.0.0.2");
                UdpSocket socket = server.connector().bind("udp", ":7"); UdpSocket sender = client.connector().connectDatagrams("udp", "10.0.0.1:7")) {
            sender.send(ByteBuffer.wrap("whole".getBytes()), null);
            sender.send(ByteBuffer.wrap("spoilt".getBytes()), null);
            assertEquals(Delivery.DELIVERED, net.deliver(net.take()));
            Frame second = net.take();
            byte[] bytes = second.bytes();
            bytes[30] ^= 1;
            second.replace(bytes);
            assertEquals(Delivery.DELIVERED, net.deliver(second));
            ByteBuffer b = ByteBuffer.allocate(10);
            socket.receive(b);
            assertEquals("whole", new String(b.array(), 0, b.position()));
            assertEquals(1, server.stack().counters().get("drops").get("bad-checksum"));
        }
    }

    @Test
    void checksumsOfWhatIsLookedAtAreRight() throws Exception {
        try (Host _ = net.host("server", "10.0.0.1"); Host client = net.host("client", "10.0.0.2", "fd00::2")) {
            try (UdpSocket s = client.connector().connectDatagrams("udp", "10.0.0.1:7")) {
                s.send(ByteBuffer.wrap(new byte[] {1, 2, 3}), null);
                Frame frame = net.take();
                byte[] p = frame.bytes();
                frame.drop();
                long sum = 17 + p.length - 20;
                for (int i = 12; i < p.length; i += 2) {
                    sum += (p[i] & 0xff) << 8 | (i + 1 < p.length ? p[i + 1] & 0xff : 0);
                }
                while (sum >>> 16 != 0) {
                    sum = (sum & 0xffff) + (sum >>> 16);
                }
                assertEquals(0xffff, sum);
            }
        }
    }

    @Test
    void overflowsAreCountedU2() throws Exception {
        try (Internet small = Internet.builder().manual().maxInFlight(3).open(); Host a = small.host("a", "10.0.0.1");
                UdpSocket s = a.connector().connectDatagrams("udp", "10.0.0.2:7")) {
            for (int i = 0; i < 5; i++) {
                s.send(ByteBuffer.wrap(new byte[1]), null);
            }
            assertEquals(3, small.inFlightCount());
            assertEquals(2, small.counters().get("overflows"));
        }
    }

    @Test
    void withoutRoomOnlyWhoWaitsGetsAPacketU2() throws Exception {
        try (Internet none = Internet.builder().manual().maxInFlight(0).open(); Host a = none.host("a", "10.0.0.1");
                UdpSocket s = a.connector().connectDatagrams("udp", "10.0.0.2:7")) {
            s.send(ByteBuffer.wrap(new byte[1]), null);
            assertNull(none.tryTake());
            assertEquals(1, none.counters().get("overflows"));
            var taken = new CompletableFuture<Integer>();
            Thread waiter = Thread.ofPlatform().start(() -> {
                try {
                    Frame f = none.take();
                    int length = f.length();
                    f.drop();
                    taken.complete(length);
                } catch (InterruptedException e) {
                    taken.completeExceptionally(e);
                }
            });
            while (waiter.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            s.send(ByteBuffer.wrap(new byte[1]), null);
            assertEquals(29, taken.get(5, TimeUnit.SECONDS));
        }
    }

    private static byte[] v4(String to, int length) {
        byte[] p = new byte[length];
        p[0] = 0x45;
        System.arraycopy(InetAddress.ofLiteral(to).getAddress(), 0, p, 16, 4);
        return p;
    }

    @Test
    void deliverySaysWhyItWasRefusedU4() throws Exception {
        try (Host a = net.host("a", "10.0.0.1"); Host b = net.host("b", "10.0.0.2")) {
            assertEquals(Delivery.EMPTY, net.deliver(new byte[0]));
            assertEquals(Delivery.NOT_IP, net.deliver(new byte[40]));
            assertEquals(Delivery.TRUNCATED, net.deliver(new byte[] {0x45, 0, 0, 0}));
            assertEquals(Delivery.TRUNCATED, net.deliver(new byte[] {0x60, 0, 0, 0}));
            assertEquals(Delivery.NO_ROUTE, net.deliver(v4("10.0.0.3", 40)));
            assertEquals(Delivery.NOT_UNICAST, net.deliver(v4("224.0.0.1", 40)));
            assertEquals(Delivery.NOT_UNICAST, net.deliver(v4("255.255.255.255", 40)));
            assertEquals(Delivery.TOO_BIG, net.deliver(v4("10.0.0.1", 1501)));
            assertEquals(Delivery.DELIVERED, net.deliver(v4("10.0.0.1", 40)));
            net.addRoute(b, "192.0.2.0/24");
            assertEquals(Delivery.DELIVERED, net.deliver(v4("192.0.2.77", 40)));
            assertTrue(net.removeRoute("192.0.2.0/24"));
            assertFalse(net.removeRoute("192.0.2.0/24"));
            assertEquals(Delivery.NO_ROUTE, net.deliver(v4("192.0.2.77", 40)));
            assertEquals(2, count("no-route"));
            assertEquals(2, count("delivered"));
            assertNotNull(a);
        }
        net.close();
        assertEquals(Delivery.CLOSED, net.deliver(v4("10.0.0.1", 40)));
    }

    @Test
    void duplicateAddressLeavesNothingBehindU5U6() throws Exception {
        try (Host a = net.host("a", "10.0.0.1")) {
            var e = assertThrows(IllegalArgumentException.class, () -> net.host("b", "10.0.0.9", "10.0.0.1"));
            assertTrue(e.getMessage().contains("duplicate address: 10.0.0.1 is \"a\" already"), e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> net.host("a", "10.0.0.7"));
            assertThrows(IllegalArgumentException.class, () -> net.host("c", "nonsense"));
            assertThrows(IllegalArgumentException.class, () -> net.host("d", "10.0.0.8", "10.0.0.8"));
            assertEquals(java.util.Set.of("a"), net.hosts().keySet());
            net.host("b", "10.0.0.9").close();
            assertTrue(a.isOpen());
        }
        // The address of a host that is closed is free.
        net.host("a", "10.0.0.1").close();
    }

    @Test
    void hostTalksToItselfU8() throws Exception {
        try (Host a = net.host("a", "10.0.0.1"); TcpListener listener = a.stack().tcp().listen(80)) {
            CompletableFuture<byte[]> got = readAll(listener);
            try (TcpSocket s = a.connector().connect("tcp", "10.0.0.1:80", PATIENCE)) {
                s.outputStream().write("self".getBytes());
            }
            assertEquals("self", new String(got.get(5, TimeUnit.SECONDS)));
            assertEquals(0, net.inFlightCount());
        }
    }

    @Test
    void closedPortRefusesAndTheErrorHasItsCodeU17U19() throws Exception {
        try (Host a = net.host("a", "10.0.0.1"); Host _ = net.host("b", "10.0.0.2"); var _ = new Pump(net)) {
            var e = assertThrows(ConnectException.class, () -> a.connector().connect("tcp", "10.0.0.2:81", PATIENCE));
            assertEquals(ErrorCode.CONNECTION_REFUSED, ErrorCode.of(e).orElseThrow());
            assertEquals("Connection refused", e.getMessage());
        }
    }

    @Test
    void secondListenerOnAPortIsRefusedU18() throws Exception {
        try (Host a = net.host("a", "10.0.0.1"); TcpListener _ = a.connector().listen("tcp", "10.0.0.1:80");
                UdpSocket _ = a.connector().bind("udp", "10.0.0.1:53")) {
            assertEquals(ErrorCode.ADDRESS_IN_USE, ErrorCode.of(assertThrows(IOException.class,
                    () -> a.connector().listen("tcp", "10.0.0.1:80"))).orElseThrow());
            assertEquals(ErrorCode.ADDRESS_IN_USE, ErrorCode.of(assertThrows(IOException.class,
                    () -> a.connector().bind("udp", "10.0.0.1:53"))).orElseThrow());
        }
    }

    @ParameterizedTest
    @CsvSource({"tcp4, 10.0.0.2:80", "udp, 10.0.0.2:80"})
    void otherNetworksAreRefusedU11(String network, String address) throws Exception {
        try (Host a = net.host("a", "10.0.0.1")) {
            assertThrows(java.net.ProtocolException.class, () -> a.connector().connect(network, address, PATIENCE));
        }
    }

    @ParameterizedTest
    @CsvSource({"example.test:80", "10.0.0.2", "10.0.0.2:x", "fd00::1:80", "10.0.0:80", "[10.0.0.1]:80", "10.0.0.2:99999"})
    void whatIsNoAddressIsRefusedBeforeTheNetworkU12(String address) throws Exception {
        try (Host a = net.host("a", "10.0.0.1")) {
            assertThrows(IllegalArgumentException.class, () -> a.connector().connect("nonsense", address, PATIENCE));
        }
    }

    @Test
    void closeHookRunsOnceU21() throws Exception {
        var runs = new AtomicInteger();
        Host a = net.host("a", "10.0.0.1");
        a.onClose(runs::incrementAndGet);
        a.close();
        a.close();
        assertEquals(1, runs.get());
        a.onClose(runs::incrementAndGet);
        assertEquals(2, runs.get(), "at once if it is closed already");
        assertEquals(Delivery.NO_ROUTE, net.deliver(v4("10.0.0.1", 40)));
    }

    @Test
    void frameIsUsedUpOnce() throws Exception {
        try (Host a = net.host("a", "10.0.0.1"); UdpSocket s = a.connector().connectDatagrams("udp", "10.0.0.2:7")) {
            s.send(ByteBuffer.wrap(new byte[1]), null);
            Frame f = net.take();
            assertEquals(Delivery.NO_ROUTE, net.deliver(f));
            assertThrows(IllegalStateException.class, f::drop);
            assertThrows(IllegalStateException.class, () -> net.deliver(f));
            assertEquals("Frame(used up)", f.toString());
        }
    }

    @Test
    void closingEndsWhoWaits() throws Exception {
        var end = new CompletableFuture<Frame>();
        Thread waiter = Thread.ofPlatform().start(() -> {
            try {
                end.complete(net.take());
            } catch (InterruptedException e) {
                end.completeExceptionally(e);
            }
        });
        while (waiter.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        net.close();
        assertNull(end.get(5, TimeUnit.SECONDS));
        assertNull(net.take(Duration.ofMillis(1)));
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Internet.builder().manual().maxInFlight(-1));
        assertThrows(IllegalArgumentException.class, () -> Internet.builder().manual().mtu(1279));
        net.close();
        assertThrows(IllegalStateException.class, () -> net.host("a", "10.0.0.1"));
    }
}
