package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.FrameSocket;
import dev.millrace.ManualStack;
import dev.millrace.PingEvent;
import dev.millrace.PingResult;
import dev.millrace.PingRun;
import dev.millrace.Raw;
import dev.millrace.RawSocket;
import dev.millrace.Stack;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Ping, raw IP sockets and packet sockets of whole stacks.
@Timeout(60)
class PingRawTest {
    private static InetAddress address(String text) {
        return IpAddress.parse(text).toInetAddress();
    }

    private static InetAddress b(int version) {
        return address(version == 4 ? "10.9.0.2" : "fd09::2");
    }

    @ParameterizedTest
    @CsvSource({"4,0", "4,56", "4,1472", "4,1473", "4,65507", "6,0", "6,56", "6,1452", "6,1453", "6,65527"})
    void stacksAnswerOneAnother(int version, int size) throws IOException {
        try (var leaks = new LeakCheck(); var pair = Lab.Pair.open(1500)) {
            PingResult result = pair.a().ping(b(version)).count(3).size(size).interval(Duration.ofMillis(5)).run();
            assertEquals(3, result.statistics().received(), result.toString());
            assertEquals(List.of(1, 2, 3), result.replies().stream().map(PingEvent.Reply::sequence).sorted().toList());
            for (PingEvent.Reply r : result.replies()) {
                assertEquals(size + 8, r.bytes());
                assertEquals(64, r.ttl());
                assertTrue(r.intact());
                assertTrue(r.roundTripNs() > 0);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.9.0.1", "fd09::1"})
    void aStackAnswersItself(String own) throws IOException {
        try (var pair = Lab.Pair.open(1500)) {
            assertEquals(2, pair.a().ping(address(own)).count(2).interval(Duration.ofMillis(1)).run().statistics().received());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.9.0.77", "fd09::77"})
    void onAnEthernetTheStackItselfSaysThatNobodyIsThere(String nobody) throws Exception {
        try (Stack a = ethernet("a", 1)) {
            PingResult result = a.ping(address(nobody)).count(1).timeout(Duration.ofSeconds(30)).run();
            var failed = assertInstanceOf(PingEvent.Failed.class, result.events().getFirst());
            assertEquals(a.nics().getFirst().addresses().stream().map(c -> c.address())
                    .filter(x -> x.version() == IpAddress.parse(nobody).version()).findFirst().orElseThrow(),
                    IpAddress.of(failed.from()));
        }
    }

    private static Stack ethernet(String name, int host) throws IOException {
        return Stack.builder().name(name).nic("eth", "vnic:", n -> n.option("medium", "ethernet")
                .address("10.9.0." + host + "/24").address("fd09::" + host + "/64")).open();
    }

    @Test
    void timePassesInAManualStackAsItsCallerSays() throws IOException {
        var wire = new Vnic(1500);
        List<PingEvent> events = new ArrayList<>();
        try (ManualStack stack = Stack.builder().nic("nic", wire, n -> n.address("10.9.0.1/24")).manual(7)) {
            PingRun run = stack.ping(b(4)).count(2).timeout(Duration.ofSeconds(1)).start(events::add);
            while (!run.isDone() && stack.nextDeadlineNs() != Long.MAX_VALUE) {
                stack.step(stack.nextDeadlineNs());
            }
            assertEquals(List.of(new PingEvent.Unanswered(1), new PingEvent.Unanswered(2)), events);
            assertEquals(2_000_000_000L, stack.nowNs());
        }
    }

    @Test
    void aClosedStackAndAnInterruptEndAPing() throws Exception {
        try (var pair = Lab.Pair.open(1500)) {
            var waiting = Lab.blocked(() -> pair.a().ping(address("10.9.0.99")).count(1).timeout(Duration.ofHours(1)).run());
            pair.a().close();
            var e = assertThrows(ExecutionException.class, () -> waiting.get(30, TimeUnit.SECONDS));
            assertEquals(ErrorCode.STACK_CLOSED, ErrorCode.of(e).orElseThrow());
            var code = new CompletableFuture<ErrorCode>();
            Thread thread = Thread.ofVirtual().start(() -> {
                try {
                    pair.b().ping(address("10.9.0.99")).count(1).timeout(Duration.ofHours(1)).run();
                } catch (IOException i) {
                    code.complete(ErrorCode.of(i).orElseThrow());
                }
            });
            Lab.awaitWaiting(thread);
            thread.interrupt();
            assertEquals(ErrorCode.INTERRUPTED, code.get(30, TimeUnit.SECONDS));
            assertThrows(IOException.class, () -> pair.a().ping(b(4)).run());
        }
    }

    @Test
    void aListenerThatThrowsIsCountedAndHearsTheRest() throws IOException {
        try (var pair = Lab.Pair.open(1500); PingRun run = pair.a().ping(b(4)).count(2).interval(Duration.ofMillis(1))
                .start(_ -> {
                    throw new IllegalStateException("of the program");
                })) {
            assertEquals(2, run.await().received());
            assertEquals(2, pair.a().counters().get("failures").get("ping-listener"));
        }
    }

    // ---- raw IP

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aProtocolOfTheProgramsOwnGoesBothWays(int version) throws IOException {
        try (var leaks = new LeakCheck(); var pair = Lab.Pair.open(1500); RawSocket a = pair.a().raw().ip(version, 253);
                RawSocket b = pair.b().service(Raw.class).orElseThrow().ip(version, 253)) {
            byte[] text = new byte[4000];
            new Random(1).nextBytes(text);
            a.send(ByteBuffer.wrap(text), b(version), RawSocket.Sending.DEFAULT.hopLimit(7));
            RawSocket.Received received = b.receive();
            assertArrayEquals(text, received.bytes());
            assertEquals(7, received.hopLimit());
            assertEquals(address(version == 4 ? "10.9.0.1" : "fd09::1"), received.source());
            assertEquals(b(version), received.destination());
            b.send(ByteBuffer.wrap(new byte[] {1}), received.source());
            assertArrayEquals(new byte[] {1}, a.receive().bytes());
            var large = assertThrows(IOException.class, () -> a.send(ByteBuffer.wrap(text), b(version),
                    RawSocket.Sending.DEFAULT.dontFragment(true)));
            assertEquals(ErrorCode.MESSAGE_TOO_LONG, ErrorCode.of(large).orElseThrow());
            assertNull(a.tryReceive());
        }
    }

    /// What a router says of a packet is believed if the socket has sent such a one, and then by all of the stack.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void routersThatRefuseThePacketsOfARawSocketAreHeard(int version) throws Exception {
        var wire = new Vnic(1500);
        List<byte[]> sent = new ArrayList<>();
        wire.onTransmit(sent::add);
        var far = address(version == 4 ? "10.9.0.1" : "fd09::1");
        try (ManualStack stack = Stack.builder().nic("nic", wire, n -> n.address("10.9.0.2/24").address("fd09::2/64")).manual(1);
                RawSocket raw = stack.raw().ip(version, 253); UdpSocket udp = stack.udp().connect(new InetSocketAddress(far, 9))) {
            udp.setOption(UdpOptions.DONT_FRAGMENT, true);
            raw.send(ByteBuffer.wrap(new byte[40]), far, RawSocket.Sending.DEFAULT.dontFragment(true));
            // A stranger who knows the protocol, and claims that the packet was larger.
            byte[] quote = sent.getLast().clone();
            quote[version == 4 ? 2 : 4] = 1460 >> 8;
            quote[version == 4 ? 3 : 5] = (byte) 1460;
            wire.inject(tooBig(version, quote, 1400));
            assertEquals(1500, udp.getOption(UdpOptions.PATH_MTU), "nothing large was ever sent there");
            raw.send(ByteBuffer.wrap(new byte[1440]), far, RawSocket.Sending.DEFAULT.dontFragment(true));
            quote = Arrays.copyOf(sent.getLast(), 100);
            wire.inject(tooBig(version, quote, 1400));
            assertEquals(1400, udp.getOption(UdpOptions.PATH_MTU));
            var large = assertThrows(IOException.class, () -> raw.send(ByteBuffer.wrap(new byte[1440]), far,
                    RawSocket.Sending.DEFAULT.dontFragment(true)));
            assertEquals(ErrorCode.MESSAGE_TOO_LONG, ErrorCode.of(large).orElseThrow());
            sent.clear();
            raw.send(ByteBuffer.wrap(new byte[1440]), far);
            assertEquals(version == 4 ? 1 : 2, sent.size(), "over IPv6 nobody else would cut it");
        }
    }

    private static byte[] tooBig(int version, byte[] quote, int mtu) {
        return version == 4 ? PacketBuilder.between("10.9.0.254", "10.9.0.2").icmp(3, 4, mtu, quote)
                : PacketBuilder.between("fd09::fe", "fd09::2").icmp(2, 0, mtu, quote);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void icmpCanBeSeenByTypeAndSentWithTheRightChecksum(int version) throws IOException {
        boolean v4 = version == 4;
        try (var pair = Lab.Pair.open(1500); RawSocket raw = pair.a().raw().ip(version, v4 ? 1 : 58)) {
            raw.setIcmpTypes(v4 ? 0 : 129);
            // An echo request; over IPv6 the stack computes its checksum.
            byte[] request = {(byte) (v4 ? 8 : 128), 0, 0, 0, 0x12, 0x34, 0, 1};
            if (v4) {
                int sum = 0x800 + 0x1234 + 1;
                request[2] = (byte) (~sum >> 8);
                request[3] = (byte) ~sum;
            }
            raw.send(ByteBuffer.wrap(request), b(version));
            byte[] reply = raw.receive().bytes();
            assertEquals(v4 ? 0 : 129, reply[0] & 0xff);
            assertEquals(0x12, reply[4]);
            // The kernel's way: what is of another type is not queued, and the stack still does its own work.
            assertEquals(1, pair.b().ping(address(v4 ? "10.9.0.1" : "fd09::1")).count(1).run().statistics().received());
            assertNull(raw.tryReceive());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aPacketWithItsOwnHeaderLeavesAsItIs(int version) throws IOException {
        try (var pair = Lab.Pair.open(1500); RawSocket a = pair.a().raw().ip(version, 253);
                RawSocket b = pair.b().raw().ip(version, 253)) {
            byte[] packet = version == 4
                    ? new byte[] {0x45, 0, 0, 0, 0, 9, 0, 0, 33, (byte) 253, 0, 0, 10, 9, 0, 55, 10, 9, 0, 2, 'h', 'i'}
                    : header6();
            a.sendWithHeader(ByteBuffer.wrap(packet));
            RawSocket.Received received = b.receive();
            assertEquals("hi", new String(received.bytes()));
            assertEquals(33, received.hopLimit());
            assertEquals(address(version == 4 ? "10.9.0.55" : "fd09::55"), received.source());
            assertThrows(IllegalArgumentException.class, () -> a.sendWithHeader(ByteBuffer.wrap(new byte[19])));
            assertThrows(IllegalArgumentException.class, () -> a.sendWithHeader(ByteBuffer.wrap(new byte[60])));
        }
    }

    private static byte[] header6() {
        ByteBuffer p = ByteBuffer.allocate(42).putInt(0x6000_0000).putShort((short) 0).put((byte) 253).put((byte) 33);
        p.put(IpAddress.parse("fd09::55").toBytes()).put(IpAddress.parse("fd09::2").toBytes()).put((byte) 'h').put((byte) 'i');
        return p.array();
    }

    @Test
    void aSlowReaderLosesPacketsAndHoldsNobodyUp() throws IOException {
        try (var leaks = new LeakCheck(); var pair = Lab.Pair.open(1500); RawSocket b = pair.b().raw().ip(4, 17);
                UdpSocket from = pair.a().udp().bind(0); UdpSocket to = pair.b().udp().bind(9)) {
            b.setReceiveBuffer(4096);
            for (int i = 0; i < 100; i++) {
                from.send(ByteBuffer.wrap(new byte[500]), new InetSocketAddress("10.9.0.2", 9));
            }
            for (int i = 0; i < 100; i++) {
                to.receive(ByteBuffer.allocate(500));
            }
            int received = 0;
            while (b.tryReceive() != null) {
                received++;
            }
            assertEquals(6, received);
            assertEquals(94, b.dropped());
        }
    }

    @Test
    void timeoutsFiltersAndEndsAreThoseOfSockets() throws Exception {
        try (var pair = Lab.Pair.open(1500); RawSocket b = pair.b().raw().ip(4, 253); RawSocket a = pair.a().raw().ip(4, 253)) {
            b.setReadTimeout(Duration.ofMillis(1));
            assertThrows(SocketTimeoutException.class, b::receive);
            b.setReadTimeout(Duration.ZERO);
            b.setFilter(r -> {
                if (r.bytes()[0] == 2) {
                    throw new IllegalStateException("of the program");
                }
                return r.bytes()[0] == 3;
            });
            for (byte n = 1; n <= 3; n++) {
                a.send(ByteBuffer.wrap(new byte[] {n}), b(4));
            }
            assertEquals(3, b.receive().bytes()[0]);
            assertNull(b.tryReceive());
            assertEquals(1, pair.b().counters().get("failures").get("raw-socket"));
            assertThrows(IllegalStateException.class, () -> b.setIcmpTypes(8));
            var waiting = Lab.blocked(b::receive);
            pair.b().close();
            var e = assertThrows(ExecutionException.class, () -> waiting.get(30, TimeUnit.SECONDS));
            assertEquals(ErrorCode.STACK_CLOSED, ErrorCode.of(e).orElseThrow());
            assertFalse(b.isOpen());
            assertThrows(IOException.class, () -> pair.b().raw().ip(4, 253));
            assertThrows(IOException.class, () -> pair.b().raw().frames("nic"));
        }
    }

    // ---- frames

    @Test
    void framesOfANicAreSeenInBothDirectionsAndSentAsTheyAre() throws IOException {
        var wireA = new Vnic(1500);
        var wireB = new Vnic(1500);
        Vnic.connect(wireA, wireB);
        try (var leaks = new LeakCheck(); var pair = Lab.Pair.open(wireA, wireB); FrameSocket frames =
                pair.a().raw().frames("nic")) {
            pair.a().ping(b(4)).count(1).run();
            FrameSocket.Frame request = frames.receive();
            FrameSocket.Frame reply = frames.receive();
            assertTrue(request.outbound());
            assertFalse(reply.outbound());
            assertEquals(84, request.length());
            // The same request once more: the stack is answered, and drops what it has not asked for.
            frames.setEtherType(EtherType.IPV6);
            pair.a().ping(b(4)).count(1).run();
            assertNull(frames.tryReceive());
            frames.setEtherType(EtherType.IPV4);
            frames.setFilter(f -> !f.outbound());
            frames.setSnapLength(64);
            frames.send(ByteBuffer.wrap(request.bytes()));
            FrameSocket.Frame again = frames.receive();
            assertEquals(84, again.length());
            assertEquals(64, again.bytes().length);
            assertThrows(IOException.class, () -> frames.send(ByteBuffer.wrap(new byte[1501])));
            assertThrows(IllegalArgumentException.class, () -> pair.a().raw().frames("nix"));
        }
    }

    @Test
    void checksumsLeftToTheLinkAreCompleteInWhatIsSeen() throws IOException {
        try (var pair = Lab.Pair.open(1500); FrameSocket frames = pair.a().raw().frames("nic");
                UdpSocket from = pair.a().udp().bind(0)) {
            from.send(ByteBuffer.wrap(new byte[] {1, 2, 3}), new InetSocketAddress("10.9.0.2", 9));
            byte[] packet = frames.receive().bytes();
            var m = java.lang.foreign.MemorySegment.ofArray(packet);
            long pseudo = dev.millrace.wire.Checksum.pseudoHeader(0, IpAddress.parse("10.9.0.1").lo(), 0,
                    IpAddress.parse("10.9.0.2").lo(), 17, packet.length - 20);
            assertTrue(dev.millrace.wire.Checksum.isRight(pseudo + dev.millrace.wire.Checksum.sum(m, 20, packet.length - 20)));
        }
    }
}
