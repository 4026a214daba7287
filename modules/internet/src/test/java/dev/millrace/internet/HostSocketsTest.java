package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.spi.Link;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What hosts of an Internet offer to programs, by the rows of the features that users of uis know.
class HostSocketsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private LeakCheck leaks;
    private Internet net;
    private Host server;
    private Host client;

    @BeforeEach
    void open() throws IOException {
        leaks = new LeakCheck();
        net = Internet.manual();
        server = net.host("server", "10.0.0.1", "10.0.0.11", "fd00::1");
        client = net.host("client", "10.0.0.2", "fd00::2");
    }

    @AfterEach
    void close() {
        net.close();
        leaks.close();
    }

    @Test
    void theUsualMtusHaveNamesU7() throws IOException {
        assertEquals(List.of(1500, 1280, 9000),
                List.of(Internet.MTU_ETHERNET, Internet.MTU_MINIMUM_IPV6, Internet.MTU_JUMBO));
        assertEquals(1500, client.mtu());
        assertEquals(9000, net.host("jumbo", 9000, List.of("10.0.0.9"), _ -> {
        }).mtu());
        assertThrows(IllegalArgumentException.class, () -> Internet.builder().mtu(1279));
        Internet.builder().mtu(65535);
    }

    @Test
    void stacksDialListenAndCloseAsOftenAsOneLikesU9() throws Exception {
        try (var _ = new Pump(net); TcpListener l = server.stack().tcp().listen(80);
                UdpSocket bound = server.stack().udp().bind(new InetSocketAddress("10.0.0.1", 53))) {
            try (TcpSocket a = client.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), PATIENCE);
                    TcpSocket b = l.accept(); UdpSocket u = client.stack().udp().connect(new InetSocketAddress("10.0.0.1", 53))) {
                a.write(ByteBuffer.wrap(new byte[] {1}));
                assertEquals(1, b.inputStream().read());
                u.send(ByteBuffer.wrap(new byte[] {2}), null);
                assertEquals(u.localAddress(), bound.receive(ByteBuffer.allocate(9)));
            }
        }
        server.close();
        server.close();
        assertFalse(server.stack().isOpen());
        net.host("server", "10.0.0.1").close();
    }

    @Test
    void unspecifiedMeansAllAddressesAndPort0AnyPortU10() throws Exception {
        try (var _ = new Pump(net); TcpListener l = server.connector().listen("tcp", "0.0.0.0:0");
                UdpSocket u = server.connector().bind("udp", "[::]:0")) {
            int port = l.localAddress().getPort();
            assertTrue(port > 0);
            for (String to : List.of("10.0.0.1", "10.0.0.11")) {
                client.connector().connect("tcp", to + ":" + port, PATIENCE).close();
                assertEquals(InetAddress.ofLiteral(to), accepted(l).getAddress());
            }
            try (UdpSocket c = client.connector().connectDatagrams("udp", "[fd00::1]:" + u.localAddress().getPort())) {
                c.send(ByteBuffer.wrap(new byte[1]), null);
                assertEquals(c.localAddress(), u.receive(ByteBuffer.allocate(1)));
            }
        }
    }

    private static InetSocketAddress accepted(TcpListener l) throws IOException {
        try (TcpSocket s = l.accept()) {
            return s.localAddress();
        }
    }

    @Test
    void aDialEndsWithItsTimeOrItsThreadU13() throws Exception {
        // Nothing moves: nobody answers.
        assertThrows(SocketTimeoutException.class,
                () -> client.connector().connect("tcp", "10.0.0.1:80", Duration.ofMillis(20)));
        var failure = new CompletableFuture<Throwable>();
        Thread dialling = Thread.startVirtualThread(() -> {
            try {
                client.connector().connect("tcp", "10.0.0.1:80", Duration.ofMinutes(5)).close();
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        dialling.interrupt();
        Throwable t = failure.get(5, TimeUnit.SECONDS);
        assertTrue(t instanceof ClosedByInterruptException || t instanceof SocketException, t.toString());
        Thread.currentThread().interrupt();
        long before = net.inFlightCount();
        assertThrows(IOException.class, () -> client.connector().connect("tcp", "10.0.0.1:81", PATIENCE));
        assertTrue(Thread.interrupted());
        assertTrue(net.inFlightCount() - before <= 2, "an interrupted thread goes on dialling");
    }

    @Test
    void listenersAcceptAndPacketSocketsReceiveU14() throws Exception {
        try (var _ = new Pump(net); TcpListener l = server.connector().listen("tcp", "10.0.0.1:443");
                UdpSocket p = server.connector().bind("udp", ":5353")) {
            assertEquals(new InetSocketAddress("10.0.0.1", 443), l.localAddress());
            for (int i = 0; i < 300; i++) {
                client.connector().connect("tcp", "10.0.0.1:443", PATIENCE).close();
            }
            for (int i = 0; i < 300; i++) {
                l.accept().close();
            }
            assertEquals(5353, p.localAddress().getPort());
            assertThrows(IOException.class, () -> server.connector().listen("tcp4", ":0"));
            assertThrows(IOException.class, () -> server.connector().bind("udp6", ":0"));
        }
    }

    @Test
    void halfClosedConnectionsGoOnInTheOtherDirectionU15() throws Exception {
        try (var _ = new Pump(net); TcpListener l = server.connector().listen("tcp", ":80");
                TcpSocket a = client.connector().connect("tcp", "10.0.0.1:80", PATIENCE); TcpSocket b = l.accept()) {
            a.shutdownOutput();
            assertEquals(-1, b.inputStream().read());
            b.write(ByteBuffer.wrap(new byte[] {7}));
            assertEquals(7, a.inputStream().read());
        }
    }

    @Test
    void deadlinesEndReadsOfAllKindsU16() throws Exception {
        try (var _ = new Pump(net); UdpSocket connected = client.connector().connectDatagrams("udp", "[fd00::1]:7");
                UdpSocket bound = client.connector().bind("udp", "[fd00::2]:0");
                TcpListener l = server.connector().listen("tcp", ":80");
                TcpSocket s = client.connector().connect("tcp", "[fd00::1]:80", PATIENCE)) {
            for (UdpSocket u : List.of(connected, bound)) {
                u.setReadTimeout(Duration.ofNanos(10_000));
                var e = assertThrows(SocketTimeoutException.class, () -> u.receive(ByteBuffer.allocate(1)));
                assertEquals("Receive timed out", e.getMessage());
            }
            s.setReadTimeout(Duration.ofMillis(1));
            assertEquals("Read timed out",
                    assertThrows(SocketTimeoutException.class, () -> s.read(ByteBuffer.allocate(1))).getMessage());
            l.setAcceptTimeout(Duration.ofMillis(1));
            l.accept().close();
            assertThrows(SocketTimeoutException.class, l::accept);
        }
    }

    @Test
    void aLinkBelongsToOneStackAndNothingComesAfterItsEndU20U22() throws Exception {
        Link link = client.link();
        assertEquals(Link.Medium.IP, link.medium());
        assertThrows(IllegalStateException.class, () -> link.attach(null));
        client.close();
        assertFalse(client.isOpen());
        long before = net.inFlightCount();
        var packets = new PacketList();
        packets.add(Packet.copyOf(new byte[40]));
        link.transmit(packets);
        assertTrue(packets.isEmpty());
        assertEquals(before, net.inFlightCount());
        assertEquals(1, client.stack().counters().get("drops").get("link-closed"));
    }

    @Test
    void whatIsTooLongForTheMtuIsCutOrToldAndNotLostSilentlyU22() throws Exception {
        try (UdpSocket s = client.connector().connectDatagrams("udp", "10.0.0.1:7")) {
            s.send(ByteBuffer.allocate(1473), null);
            for (int length : new int[] {1500, 21}) {
                Frame f = net.take();
                assertEquals(length, f.bytes().length);
                f.drop();
            }
            s.setOption(UdpOptions.DONT_FRAGMENT, true);
            IOException e = assertThrows(IOException.class, () -> s.send(ByteBuffer.allocate(1473), null));
            assertTrue(e.getMessage().toLowerCase(java.util.Locale.ROOT).contains("too l"), e.getMessage());
            s.send(ByteBuffer.allocate(1472), null);
            try (Host _ = net.host("third", "10.0.0.3")) {
                net.take().drop();
            }
        }
    }

    @Test
    void aFrameInFlightIsACopyOfWhatTheProgramHasU22() throws Exception {
        byte[] data = {1, 2, 3};
        try (UdpSocket s = client.connector().connectDatagrams("udp", "10.0.0.1:7")) {
            s.send(ByteBuffer.wrap(data), null);
            Arrays.fill(data, (byte) 9);
            Frame f = net.take();
            byte[] sent = f.bytes();
            assertArrayEquals(new byte[] {1, 2, 3}, Arrays.copyOfRange(sent, sent.length - 3, sent.length));
            f.drop();
        }
    }

    @Test
    void injectionSaysWhatItDoesNotTakeU23() throws Exception {
        assertEquals(Delivery.EMPTY, net.deliver(new byte[0]));
        assertEquals(Delivery.NOT_IP, net.deliver(new byte[] {0x50, 0, 0, 0}));
        byte[] big = new byte[1501];
        big[0] = 0x45;
        System.arraycopy(new byte[] {10, 0, 0, 1}, 0, big, 16, 4);
        assertEquals(Delivery.TOO_BIG, net.deliver(big));
        server.close();
        assertEquals(Delivery.NO_ROUTE, net.deliver(big));
    }

    @Test
    void errorsHaveClassesAndCodesNotTextsToCompareU17() throws Exception {
        try (var _ = new Pump(net)) {
            Exception refused = assertThrows(IOException.class,
                    () -> client.connector().connect("tcp", "10.0.0.1:9", PATIENCE));
            assertEquals(dev.millrace.ErrorCode.CONNECTION_REFUSED,
                    assertInstanceOf(dev.millrace.ErrorCode.Coded.class, refused).code());
            try (TcpListener _ = server.connector().listen("tcp", ":80")) {
                Exception inUse = assertThrows(IOException.class, () -> server.connector().listen("tcp", ":80"));
                assertEquals(dev.millrace.ErrorCode.ADDRESS_IN_USE,
                        assertInstanceOf(dev.millrace.ErrorCode.Coded.class, inUse).code());
            }
        }
        assertNull(net.tryTake());
    }
}
