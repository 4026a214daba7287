package dev.millrace.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Counters;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.Path;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.Waits;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What UDP does when things happen at the wrong moment: closing between the steps of binding, no memory for a wake-up,
/// a failure amid closing.
@Timeout(60)
class UdpLifeCycleTest {
    private final List<String> places = new ArrayList<>();
    private final List<DatagramEndpoint> endpoints = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final List<DropReason> drops = new ArrayList<>();
    private final AtomicBoolean noMemory = new AtomicBoolean();
    private final Budget budget = new Budget();
    private Runnable afterEntering = () -> {
    };
    private Runnable afterConnecting = () -> {
    };
    private DatagramEndpoint connected;
    private Runnable onRelease = () -> {
    };

    private static final class Budget implements MemoryBudget {
        long taken;

        @Override
        public synchronized boolean tryReserve(long bytes) {
            taken += bytes;
            return true;
        }

        @Override
        public synchronized void release(long bytes) {
            taken -= bytes;
        }

        @Override
        public long reserved() {
            return taken;
        }

        @Override
        public long limit() {
            return Long.MAX_VALUE;
        }
    }

    private record Place(IpAddress local, int localPort, Runnable onRelease) implements EndpointTable.Entry<DatagramEndpoint> {
        @Override
        public boolean replace(DatagramEndpoint old, DatagramEndpoint next) {
            return false;
        }

        @Override
        public void release() {
            onRelease.run();
        }
    }

    /// A table of few places: the last one that was bound, and the last connection.
    private final class Table implements EndpointTable<DatagramEndpoint> {
        @Override
        public Entry<DatagramEndpoint> bind(IpAddress local, int port, DatagramEndpoint endpoint) {
            String place = "port " + port;
            places.add(place);
            endpoints.add(endpoint);
            afterEntering.run();
            return new Place(local, port, () -> {
                places.remove(place);
                onRelease.run();
            });
        }

        @Override
        public Entry<DatagramEndpoint> connect(IpAddress local, int localPort, IpAddress remote, int remotePort,
                DatagramEndpoint endpoint, java.util.function.Predicate<? super DatagramEndpoint> mayReplace) {
            String place = "to port " + remotePort;
            places.add(place);
            connected = endpoint;
            afterConnecting.run();
            return new Place(local, localPort, () -> {
                places.remove(place);
                connected = null;
            });
        }

        @Override
        public DatagramEndpoint findConnected(long localHi, long localLo, int localPort, long remoteHi, long remoteLo,
                int remotePort) {
            return connected;
        }

        @Override
        public DatagramEndpoint findBound(long localHi, long localLo, int localPort) {
            return endpoints.isEmpty() ? null : endpoints.getLast();
        }

        @Override
        public void forEach(Consumer<? super DatagramEndpoint> action) {
            List.copyOf(endpoints).forEach(action);
        }

        @Override
        public int size() {
            return endpoints.size();
        }

        @Override
        public int connected() {
            return 0;
        }
    }

    private UdpProtocol protocol() {
        Counters counters = _ -> new Counters.Counter() {
            @Override
            public void add(long n) {
            }

            @Override
            public long value() {
                return 0;
            }
        };
        Clock clock = (Clock) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Clock.class},
                (_, _, _) -> System.nanoTime());
        Waits waits = (Waits) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Waits.class},
                (_, method, args) -> switch (method.getName()) {
                    case "park" -> {
                        java.util.concurrent.locks.LockSupport.park();
                        yield null;
                    }
                    case "unpark" -> {
                        java.util.concurrent.locks.LockSupport.unpark((Thread) args[0]);
                        yield null;
                    }
                    case "spinNs" -> 0L;
                    default -> throw new AssertionError("not expected: " + method);
                });
        var ctx = (TransportContext) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {TransportContext.class}, (_, method, args) -> switch (method.getName()) {
                    case "newEndpointTable" -> new Table();
                    case "counters" -> counters;
                    case "clock" -> clock;
                    case "waits" -> waits;
                    case "memory" -> budget;
                    case "isClosing", "isBroadcast" -> false;
                    case "path" -> path((IpAddress) args[1]);
                    case "afterDelivery" -> {
                        if (noMemory.get()) {
                            throw new OutOfMemoryError("a test's");
                        }
                        ((Runnable) args[0]).run();
                        yield null;
                    }
                    case "failed" -> {
                        failures.add((String) args[0]);
                        yield null;
                    }
                    case "drop" -> {
                        drops.add((DropReason) args[1]);
                        ((Packet) args[0]).release();
                        yield null;
                    }
                    default -> throw new AssertionError("not expected: " + method);
                });
        return new UdpProtocol(ctx, 10_000);
    }

    private Path path(IpAddress remote) {
        return (Path) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Path.class},
                (_, method, _) -> switch (method.getName()) {
                    case "local" -> IpAddress.parse("10.0.0.2");
                    case "remote" -> remote;
                    case "isCurrent" -> true;
                    default -> throw new AssertionError("not expected: " + method);
                });
    }

    private static Packet datagram() {
        byte[] b = new byte[20];
        UdpHeader.write(MemorySegment.ofArray(b), 0, 5, 53, 20);
        Packet p = Packet.copyOf(b);
        p.setAddresses(0, IpAddress.lowBitsOfV4(0x0a000001), 0, IpAddress.lowBitsOfV4(0x0a000002));
        return p;
    }

    @Test
    void aStackThatClosesAmidABindGetsThePlaceBack() {
        UdpProtocol udp = protocol();
        afterEntering = udp::close;
        assertThrows(ClosedChannelException.class, () -> udp.bind(new InetSocketAddress(53)));
        assertEquals(List.of(), places);
        assertEquals(List.of(), failures);
    }

    @Test
    void aDatagramThatComesAmidABindIsReceived() throws Exception {
        UdpProtocol udp = protocol();
        afterEntering = () -> udp.receive(datagram());
        try (UdpSocket socket = udp.bind(new InetSocketAddress(53))) {
            assertNotNull(socket.tryReceive(ByteBuffer.allocate(20)));
        }
        assertEquals(List.of(), places);
        assertEquals(0, budget.taken);
    }

    @Test
    void oneSocketThatCannotBeClosedDoesNotKeepTheOthersOpen() throws Exception {
        UdpProtocol udp = protocol();
        UdpSocket first = udp.bind(new InetSocketAddress(1));
        UdpSocket second = udp.bind(new InetSocketAddress(2));
        onRelease = () -> {
            onRelease = () -> {
            };
            throw new AssertionError("a test's");
        };
        udp.receive(datagram());
        udp.close();
        assertFalse(first.isOpen());
        assertFalse(second.isOpen());
        assertEquals(List.of(), places);
        assertEquals(0, budget.taken, "memory is given back whatever else fails");
        assertEquals(List.of("udp-close"), failures);
    }

    @Test
    void aWakeUpThatCannotBePutOffIsDoneAtOnceAndTheNextOnesWork() throws Exception {
        long before = Leaks.packets();
        UdpProtocol udp = protocol();
        UdpSocket socket = udp.bind(new InetSocketAddress(53));
        var received = new CountDownLatch(2);
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    socket.receive(ByteBuffer.allocate(20));
                    received.countDown();
                }
            } catch (java.io.IOException e) {
                // Closed.
                return;
            }
        });
        awaitParked(reader);
        noMemory.set(true);
        udp.receive(datagram());
        noMemory.set(false);
        awaitParked(reader);
        udp.receive(datagram());
        assertTrue(received.await(30, TimeUnit.SECONDS), "nobody was woken");
        socket.close();
        reader.join();
        assertEquals(List.of("udp-wake-up"), failures);
        assertEquals(0, budget.taken);
        assertEquals(before, Leaks.packets());
    }

    private static void awaitParked(Thread thread) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (thread.getState() != Thread.State.WAITING) {
            assertTrue(System.nanoTime() < until, "the thread does not come to wait");
            Thread.onSpinWait();
        }
    }

    @Test
    void aCallbackThatThrowsIsReportedAndCalledAgain() throws Exception {
        UdpProtocol udp = protocol();
        try (UdpSocket socket = udp.bind(new InetSocketAddress(53))) {
            var calls = new ArrayList<Boolean>();
            socket.onReady(r -> {
                calls.add(r.readable());
                throw new StackOverflowError("a test's");
            });
            udp.receive(datagram());
            udp.receive(datagram());
            assertEquals(List.of(true, true), calls);
            assertEquals(List.of("udp-readiness-callback", "udp-readiness-callback"), failures);
            socket.onReady(null);
            udp.receive(datagram());
            assertEquals(2, calls.size());
            assertNull(socket.remoteAddress());
        }
    }

    @Test
    void aSocketThatIsClosedAmidAConnectSaysSoAndLeavesNoPlace() throws Exception {
        UdpProtocol udp = protocol();
        UdpSocket socket = udp.bind(new InetSocketAddress(53));
        afterConnecting = socket::close;
        assertThrows(ClosedChannelException.class, () -> socket.connect(new InetSocketAddress("10.0.0.1", 9)));
        assertEquals(List.of(), places);
        assertFalse(socket.isOpen());
        assertNull(socket.remoteAddress());
    }

    /// The connection may have ended while a message about it was on its way through the stack.
    @Test
    void aSocketThatIsNoLongerConnectedHearsNothingOfItsOldPeer() throws Exception {
        UdpProtocol udp = protocol();
        try (UdpSocket socket = udp.bind(new InetSocketAddress(53))) {
            socket.connect(new InetSocketAddress("10.0.0.1", 9));
            DatagramEndpoint found = connected;
            socket.disconnect();
            connected = found;
            udp.onError(error(IcmpError.Kind.PORT_UNREACHABLE));
            assertNull(socket.tryReceive(ByteBuffer.allocate(20)));
        }
    }

    private static IcmpError error(IcmpError.Kind kind) {
        byte[] quoted = new byte[8];
        UdpHeader.write(MemorySegment.ofArray(quoted), 0, 53, 9, 8);
        return new IcmpError(kind, 17, IpAddress.parse("10.0.0.2"), IpAddress.parse("10.0.0.1"), quoted, 0, IpAddress.parse("10.0.0.1"));
    }

    @ParameterizedTest
    @CsvSource({"NETWORK_UNREACHABLE, true", "HOST_UNREACHABLE, true", "TIME_EXCEEDED, true", "PORT_UNREACHABLE, false",
        "PROTOCOL_UNREACHABLE, false", "PROHIBITED, false", "PARAMETER_PROBLEM, false"})
    void whoDoesNotWantSoftErrorsHearsOfTheOthers(IcmpError.Kind kind, boolean soft) throws Exception {
        UdpProtocol udp = protocol();
        try (UdpSocket socket = udp.bind(new InetSocketAddress(53))) {
            socket.connect(new InetSocketAddress("10.0.0.1", 9));
            assertTrue(socket.getOption(UdpOptions.SOFT_ERRORS));
            udp.onError(error(kind));
            assertEquals(kind.code(), ErrorCode.of(assertThrows(IOException.class, () -> socket.tryReceive(ByteBuffer.allocate(20))))
                    .orElseThrow());
            socket.setOption(UdpOptions.SOFT_ERRORS, false);
            udp.onError(error(kind));
            assertEquals(!soft, socket.readiness().readable());
            if (soft) {
                assertNull(socket.tryReceive(ByteBuffer.allocate(20)));
            } else {
                assertThrows(IOException.class, () -> socket.tryReceive(ByteBuffer.allocate(20)));
            }
        }
    }
}
