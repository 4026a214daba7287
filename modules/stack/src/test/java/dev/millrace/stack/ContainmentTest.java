package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is thrown on a thread that serves many is counted, ends what it concerns, and nothing else.
@Timeout(30)
class ContainmentTest {
    private final FakePlugins fake = new FakePlugins();
    private final long packetsBefore = Leaks.packets();
    private final long buffersBefore = Leaks.buffers();

    /// An error that cannot even be printed.
    private static final class Unspeakable extends StackOverflowError {
        private static final long serialVersionUID = 1;

        @Override
        public String toString() {
            throw new OutOfMemoryError("no memory for words");
        }

        @Override
        public String getMessage() {
            throw new OutOfMemoryError("no memory for words");
        }
    }

    private static Error error(String kind) {
        return switch (kind) {
            case "memory" -> new OutOfMemoryError("a test's");
            case "assertion" -> new AssertionError("a test's");
            default -> new Unspeakable();
        };
    }

    private Stack open() throws IOException {
        return fake.assembler().open(Stack.builder().nic("n", "fake:", "10.0.0.1/24").config());
    }

    private static long failures(Stack stack, String where) {
        return stack.counters().getOrDefault("failures", Map.of()).getOrDefault(where, 0L);
    }

    @AfterEach
    void nothingLeaks() {
        assertEquals(packetsBefore, Leaks.packets());
        assertEquals(buffersBefore, Leaks.buffers());
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "assertion", "unspeakable"})
    void errorInATimersTaskEndsNoOtherTimer(String kind) throws Exception {
        try (Stack stack = open(); Stack other = open()) {
            Timers timers = fake.transport.timers();
            var latch = new CountDownLatch(40);
            long now = System.nanoTime();
            for (int i = 0; i < 40; i++) {
                timers.create(_ -> {
                    latch.countDown();
                    throw error(kind);
                }).set(now + 2_000_000);
            }
            assertTrue(latch.await(10, TimeUnit.SECONDS), "lost " + latch.getCount());
            var later = new CountDownLatch(1);
            timers.create(_ -> later.countDown()).set(System.nanoTime());
            assertTrue(later.await(10, TimeUnit.SECONDS), "the thread of the timers lives");
            // The second stack's, whose context the fake keeps.
            assertEquals(40, failures(other, "timer"));
            assertEquals(0, failures(stack, "timer"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "assertion", "unspeakable"})
    void errorWhileAPacketIsProcessedLosesThatPacketOnce(String kind) throws Exception {
        var kept = new PacketList();
        try (Stack stack = open()) {
            var log = new ArrayList<Integer>();
            fake.onPacket = p -> {
                int id = p.toBytes()[1];
                log.add(id);
                switch (id) {
                    case 1 -> throw error(kind);
                    case 2 -> {
                        p.release();
                        throw error(kind);
                    }
                    case 3 -> {
                        kept.add(p);
                        throw error(kind);
                    }
                    case 4 -> {
                        p.release();
                        // The same object comes out of the pool again, and is somebody else's.
                        kept.add(Packet.copyOf(new byte[] {0x45, 9}));
                        fake.transport.afterDelivery(() -> {
                            log.add(40);
                            throw error(kind);
                        });
                        throw error(kind);
                    }
                    default -> p.release();
                }
            };
            fake.links.getFirst().deliver(new byte[] {0x45, 1}, new byte[] {0x45, 2}, new byte[] {0x45, 3},
                    new byte[] {0x45, 4}, new byte[] {0x45, 5});
            assertEquals(List.of(1, 2, 3, 4, 5, 40), log);
            assertEquals(2, kept.size());
            assertEquals(3, kept.peek().toBytes()[1]);
            assertEquals(4, failures(stack, "packet"));
            assertEquals(1, failures(stack, "after-delivery"));
            assertEquals(1L, stack.counters().get("drops").get("failure"));
            assertFalse(fake.transport.isDelivering());
        }
        kept.releaseAll();
    }

    @Test
    void packetThatAnotherThreadHasByNowIsLeftToIt() throws Exception {
        var inbox = new PacketList();
        var handedOver = new CyclicBarrier(2);
        try (Stack stack = open()) {
            fake.onPacket = p -> {
                inbox.add(p);
                await(handedOver);
                await(handedOver);
                throw new IllegalStateException("after it was handed over");
            };
            Thread owner = Thread.ofPlatform().start(() -> {
                await(handedOver);
                Packet p = inbox.poll();
                p.holdFor(inbox);
                await(handedOver);
            });
            fake.links.getFirst().deliver(new byte[] {0x45, 1});
            owner.join();
            assertEquals(1, failures(stack, "packet"));
            assertEquals(packetsBefore + 1, Leaks.packets(), "still the other thread's");
        }
        // What the owner has polled.
        fake.lastInbound.release();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void linkThatThrowsLosesOnePacketAndTheSenderHearsNothing() throws Exception {
        try (Stack stack = open()) {
            var sent = new ArrayList<Integer>();
            fake.links.getFirst().onTransmit = packets -> {
                Packet p;
                while ((p = packets.poll()) != null) {
                    int id = p.toBytes()[1];
                    p.release();
                    if (id % 2 == 0) {
                        throw error(id == 2 ? "assertion" : "unspeakable");
                    }
                    sent.add(id);
                }
            };
            transmit(stack, 1, 2, 3, 4, 5);
            assertEquals(List.of(1, 3, 5), sent);
            assertEquals(2, failures(stack, "transmit"));
            fake.links.getFirst().onTransmit = _ -> {
                throw new IllegalStateException("a broken device");
            };
            transmit(stack, 6, 7);
            assertEquals(2L, stack.counters().get("drops").get("failure"), "nobody took them");
        }
    }

    private void transmit(Stack stack, int... ids) {
        var list = new PacketList();
        for (int id : ids) {
            list.add(Packet.copyOf(new byte[] {0x45, (byte) id}));
        }
        fake.network.route(IpAddress.parse("10.0.0.9")).nic().transmit(list, IpAddress.parse("10.0.0.9"));
        assertTrue(list.isEmpty());
        assertTrue(stack.isOpen());
    }

    @Test
    void tapThatThrowsIsShownNothingMore() throws Exception {
        try (Stack stack = open()) {
            var shown = new AtomicInteger();
            var nic = (StackNic) stack.nic("n").orElseThrow();
            nic.addTap(new PacketTap() {
                @Override
                public void packet(TappedNic on, Packet packet, boolean outbound, long epochNanos) {
                    shown.incrementAndGet();
                    throw new Unspeakable();
                }

                @Override
                public void packetDropped(TappedNic on, Packet packet, boolean outbound, String reason, long epochNanos) {
                    throw new AssertionError("it is gone");
                }
            });
            var seen = new AtomicInteger();
            fake.onPacket = p -> {
                seen.incrementAndGet();
                p.release();
            };
            fake.links.getFirst().deliver(new byte[] {0x45, 1}, new byte[] {0x45, 2});
            transmit(stack, 3);
            assertEquals(1, shown.get());
            assertEquals(2, seen.get());
            assertEquals(1, failures(stack, "capture"));
        }
    }

    @Test
    void whoStepsIsToldAfterAllOtherTimersHaveRun() throws Exception {
        try (ManualStack stack = fake.assembler().openManual(Stack.builder().nic("n", "fake:", "10.0.0.1/24").config(), 7)) {
            var log = new ArrayList<String>();
            Timers timers = fake.transport.timers();
            var first = new AssertionError("first");
            timers.create(_ -> {
                throw first;
            }).set(100);
            timers.create(_ -> {
                throw new IllegalStateException("second");
            }).set(150);
            timers.create(now -> log.add("c" + now)).set(200);
            Throwable told = assertThrows(AssertionError.class, () -> stack.step(1000));
            assertSame(first, told);
            assertEquals("second", told.getSuppressed()[0].getMessage());
            assertEquals(List.of("c200"), log);
            assertEquals(1000, stack.nowNs());
            assertEquals(2, failures(stack, "timer"));
        }
    }

    @Test
    void partThatCannotCloseDoesNotKeepTheOthersOpen() throws Exception {
        Stack stack = open();
        fake.failToClose = new AssertionError("a test's");
        stack.close();
        assertEquals(List.of("toy", "ipv4", "ipv6", "link"), fake.closed);
        assertEquals(1, failures(stack, "close"));
    }

    @Test
    void whatPlugInsContainIsCountedUnderTheirOwnName() throws Exception {
        try (Stack stack = open()) {
            fake.transport.failed("readiness-callback", new Unspeakable());
            fake.transport.failed("readiness-callback", new AssertionError("a test's"));
            assertEquals(2, failures(stack, "readiness-callback"));
        }
    }

    /// A capture that opens while the stack closes is closed with it, or refused: never is one left open.
    @Test
    void captureThatRacesTheEndIsClosedOrRefused() throws Exception {
        for (int i = 0; i < 200; i++) {
            Stack stack = open();
            var ended = new AtomicInteger();
            var out = new ByteArrayOutputStream() {
                @Override
                public void close() {
                    ended.incrementAndGet();
                }
            };
            var together = new CyclicBarrier(2);
            Thread closer = Thread.ofPlatform().start(() -> {
                await(together);
                stack.close();
            });
            await(together);
            try {
                stack.capture(new CaptureRequest(new CaptureRequest.Stream(out), List.of(), 0, 16));
            } catch (IOException refused) {
                assertEquals("Stack closed", refused.getMessage());
            }
            closer.join();
            stack.close();
            assertEquals(out.size() == 0 ? 0 : 1, ended.get(), "round " + i);
            assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().startsWith("millrace-capture")),
                    "a capture's thread is left");
        }
    }
}
